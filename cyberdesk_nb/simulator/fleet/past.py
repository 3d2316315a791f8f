"""The seeded past, lived through event by event with the same dispatcher that places runs from now on."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import exp

import numpy as np

from cyberdesk_nb.simulator.chance import unit
from cyberdesk_nb.simulator.checks import CHECK_FAILED
from cyberdesk_nb.simulator.dispatch import Dispatcher
from cyberdesk_nb.simulator.fleet.connections import Outage
from cyberdesk_nb.simulator.fleet.demand import Demand
from cyberdesk_nb.simulator.fleet.layout import Layout
from cyberdesk_nb.simulator.fleet.plants import BAD_MACHINE_ERROR_RATE, BREAK_RATE, SLOW_FACTOR, Plants
from cyberdesk_nb.simulator.past_runs import NONE, STATUSES, US, PastRuns, Recording, WorkflowPlan, from_us, to_us
from cyberdesk_nb.simulator.plans import matching_steps, nominal_s
from cyberdesk_nb.simulator.runs import CANCELLED, ERROR, SUCCESS, TASK_FAILED
from cyberdesk_nb.simulator.scripts import ScriptKey, ScriptLibrary

SAMPLES = 24
"""Different inputs per workflow that the seeded runs draw from."""
_ERROR_RATE, _TASK_FAILED_RATE, _CANCEL_RATE, _CHECK_FAILED_RATE = 0.025, 0.04, 0.025, 0.02
_DISTURBANCE_RATE = 0.02
_IMPATIENT_RATE, _PATIENCE_S = 0.02, 150
_RETRY_AFTER_S = 38 * 60

_SUCCESS, _TASK_FAILED, _ERROR, _CANCELLED = (STATUSES.index(s) for s in (SUCCESS, TASK_FAILED, ERROR, CANCELLED))
_ARRIVE, _END, _DOWN, _UP, _GIVE_UP, _RETRY = range(6)


@dataclass(frozen=True, slots=True)
class Approval:
    """From `at` on, runs of a workflow on displays of a size replay recording `number`."""

    workflow: int
    display: int
    at: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything that the past is made from."""

    seed: int
    anchor: datetime
    shape: Layout
    cause: Plants
    library: ScriptLibrary
    workflows: Sequence[WorkflowPlan]
    has_checks: Sequence[bool]
    machine_ids: Sequence[str]
    machine_names: Sequence[str]
    outages: Sequence[Sequence[Outage]]
    recordings: Sequence[Recording]
    approvals: Sequence[Approval]


@dataclass(slots=True)
class Lived:
    """The past and where it left off: who runs what, who waits, and when the running ones end."""

    runs: PastRuns
    dispatcher: Dispatcher
    ends: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])
    """(time in microseconds, run number, slot) of the runs that are live at the anchor."""


def live_through(setting: Setting, demand: Demand) -> Lived:
    """Live through the demand up to the anchor."""
    return _Past(setting, demand).live()


class _Past:
    """The event loop; times are integers in microseconds."""

    def __init__(self, setting: Setting, demand: Demand) -> None:
        self.setting = setting
        self.demand = demand
        size = len(demand.created)
        self.runs = _empty(setting, demand)
        self.anchor = to_us(setting.anchor)
        self.downs = [[to_us(outage.start) for outage in outages] for outages in setting.outages]
        self.dispatcher = Dispatcher(connected=(1 << setting.shape.size) - 1)
        self.events: list[tuple[int, int, int, int]] = []
        self.ends: list[tuple[int, int, int]] = []
        self.approvals = _by_workflow_and_display(setting)
        self.nominal: dict[tuple[int, int, int, int], float] = {}
        dice = np.random.default_rng([setting.seed, 50])
        self.chance = dice.random((size, 3), dtype=np.float32)
        self.stretch = dice.normal(0.0, 0.2, size).astype(np.float32)
        self.retried = self._choose_retries()

    def live(self) -> Lived:
        """Handle every event up to the anchor, in order of time."""
        self._schedule_outages()
        created, impatient = self.demand.created, self.chance[:, 0] < _IMPATIENT_RATE
        arrivals = iter(created.tolist())
        number, arrival = 0, next(arrivals, None)
        events = self.events
        while True:
            if arrival is not None and (not events or arrival <= events[0][0]):
                if impatient[number]:
                    heapq.heappush(events, (arrival + _PATIENCE_S * US, _GIVE_UP, number, 0))
                self._arrive(arrival, number)
                number, arrival = number + 1, next(arrivals, None)
            elif events and events[0][0] <= self.anchor:
                self._happen(*heapq.heappop(events))
            else:
                break
        ends = [(at, number, slot) for at, what, number, slot in events if what == _END]
        return Lived(self.runs, self.dispatcher, sorted(ends))

    def _happen(self, at: int, what: int, number: int, slot: int) -> None:
        if what == _END:
            self._end(at, number, slot)
        elif what == _DOWN:
            self.dispatcher.disconnect(slot)
        elif what == _UP:
            self._begin_if(at, self.dispatcher.connect(slot), slot)
        elif what == _GIVE_UP:
            self._give_up(at, number)
        else:
            self._arrive(at, number)

    def _schedule_outages(self) -> None:
        for slot, outages in enumerate(self.setting.outages):
            for outage in outages:
                self.events.append((to_us(outage.start), _DOWN, NONE, slot))
                self.events.append((to_us(outage.end), _UP, NONE, slot))
        heapq.heapify(self.events)

    def _arrive(self, at: int, number: int) -> None:
        ask = self.demand.asks[int(self.demand.ask[number])]
        session = self.demand.sessions.get(number)
        slot = self.dispatcher.submit(
            number, ask.mask, priority=bool(self.demand.priority[number]), session=session[0] if session else None
        )
        if slot is not None:
            self._begin(at, number, slot)

    def _begin_if(self, at: int, number: int | None, slot: int) -> None:
        if number is not None:
            self._begin(at, number, slot)

    def _begin(self, at: int, number: int, slot: int) -> None:
        """Plan the whole run that starts now on a slot, and note its end."""
        runs, down = self.runs, self._next_down(slot, at)
        runs.errors.pop(number, None)
        at += 400_000 + int(unit(self.setting.seed, number, 51) * 2 * US)
        at = at if down is None else min(at, down)
        workflow = int(self.demand.workflow[number])
        status, failure = self._outcome(number, workflow, slot)
        disturbance = self._disturbance(number, workflow, at) if failure == NONE else NONE
        trajectory = self._trajectory(workflow, slot, at)
        natural_s = self._nominal_s(workflow, disturbance, failure, trajectory) * exp(float(self.stretch[number]))
        if self.setting.cause.slow_workflow == workflow and at >= to_us(self.setting.cause.slow_since):
            natural_s *= SLOW_FACTOR
        end = at + int(natural_s * US)
        if status == _CANCELLED:
            end = at + int(natural_s * (0.15 + 0.7 * unit(self.setting.seed, number, 52)) * US)
        if down is not None and down < end:
            status, failure, disturbance, end = self._drop(number, slot, down)
        runs.started[number], runs.machine[number], runs.natural_s[number] = at, slot, natural_s
        runs.status[number], runs.disturbance[number], runs.failure[number] = status, disturbance, failure
        runs.trajectory[number], runs.work_ended[number] = trajectory, end
        runs.cut[number] = status == _CANCELLED or number in runs.errors
        runs.ended[number] = end = self._check(number, workflow, end)
        heapq.heappush(self.events, (end, _END, number, slot))

    def _end(self, at: int, number: int, slot: int) -> None:
        session = self.demand.sessions.get(number)
        if number in self.retried and number not in self.runs.first_attempts:
            runs = self.runs
            first = (slot, int(runs.started[number]), at, int(runs.failure[number]))
            runs.first_attempts[number] = first
            heapq.heappush(self.events, (at + _RETRY_AFTER_S * US, _RETRY, number, 0))
        release = bool(session and session[2])
        if session is not None and self.runs.status[number] != _SUCCESS:
            self._abandon(at, session[0])
            release = True
        self._begin_if(at, self.dispatcher.finish(slot, release=release), slot)

    def _abandon(self, at: int, session: str) -> None:
        """Cancel what was to follow a failed step of a chain."""
        for number in self.dispatcher.sessions[session].waiting:
            self.runs.ended[number] = at
            self.runs.status[number] = _CANCELLED

    def _give_up(self, at: int, number: int) -> None:
        """Cancel a run whose user is tired of waiting."""
        if self.runs.started[number] != NONE or number in self.demand.sessions:
            return
        self.dispatcher.withdraw(number)
        self.runs.ended[number] = at
        self.runs.status[number] = _CANCELLED

    def _outcome(self, number: int, workflow: int, slot: int) -> tuple[int, int]:
        """Return how a run ends (index in STATUSES) and which of its kind's failures it meets."""
        if number in self.retried:
            return self._retried_outcome(number, workflow)
        draw = float(self.chance[number, 1])
        error = BAD_MACHINE_ERROR_RATE if slot == self.setting.cause.bad_machine else _ERROR_RATE
        for status, share in ((_ERROR, error), (_TASK_FAILED, _TASK_FAILED_RATE), (_CANCELLED, _CANCEL_RATE)):
            if draw < share:
                if status == _CANCELLED:
                    return status, NONE
                failure = self._failure(workflow, STATUSES[status], draw / share)
                return (status, failure) if failure != NONE else (_SUCCESS, NONE)
            draw -= share
        return _SUCCESS, NONE

    def _retried_outcome(self, number: int, workflow: int) -> tuple[int, int]:
        if number in self.runs.first_attempts:
            return _SUCCESS, NONE
        return _ERROR, self._failure(workflow, ERROR, 0.0)

    def _failure(self, workflow: int, status: str, share: float) -> int:
        kind = self.setting.library.kinds[self.setting.workflows[workflow].kind]
        fitting = [i for i, failure in enumerate(kind.failures) if failure.status == status]
        return fitting[min(int(share * len(fitting)), len(fitting) - 1)] if fitting else NONE

    def _disturbance(self, number: int, workflow: int, at: int) -> int:
        cause = self.setting.cause
        known = len(self.setting.workflows[workflow].disturbances)
        draw = float(self.chance[number, 2])
        if cause.broken_workflow == workflow and at >= to_us(cause.broken_since):
            return cause.broken_disturbance if draw < BREAK_RATE else NONE
        return int(draw / _DISTURBANCE_RATE * known) if known and draw < _DISTURBANCE_RATE else NONE

    def _trajectory(self, workflow: int, slot: int, at: int) -> int:
        times, numbers = self.approvals.get((workflow, self.setting.shape.display(slot)), ([], []))
        place = bisect_right(times, at)
        return numbers[place - 1] if place else NONE

    def _nominal_s(self, workflow: int, disturbance: int, failure: int, trajectory: int) -> float:
        key = (workflow, disturbance, failure, trajectory)
        if key not in self.nominal:
            plan = self.setting.workflows[workflow]
            script = self.setting.library.script(
                ScriptKey(
                    plan.kind,
                    0,
                    plan.disturbances[disturbance] if disturbance != NONE else None,
                    plan.failures[failure] if failure != NONE else None,
                )
            )
            recorded = self.setting.recordings[trajectory].signatures if trajectory != NONE else ()
            self.nominal[key] = nominal_s(script, matching_steps(script, recorded))
        return self.nominal[key]

    def _next_down(self, slot: int, at: int) -> int | None:
        downs = self.downs[slot]
        place = bisect_right(downs, at)
        return downs[place] if place < len(downs) else None

    def _drop(self, number: int, slot: int, down: int) -> tuple[int, int, int, int]:
        """End a run some seconds after its machine went away."""
        noticed_s = 4 + 16 * unit(self.setting.seed, number, 53)
        name, ping = self.setting.machine_names[slot], from_us(down)
        words = f"Machine {name} disconnected during the run: no answer for {noticed_s:.1f} s since {ping:%H:%M:%S}"
        self.runs.errors[number] = [words]
        return _ERROR, NONE, NONE, down + int(noticed_s * US)

    def _check(self, number: int, workflow: int, end: int) -> int:
        """Let the checks follow a success; return the end after them."""
        if not self.setting.has_checks[workflow] or self.runs.status[number] != _SUCCESS:
            return end
        if unit(self.setting.seed, number, 54) < _CHECK_FAILED_RATE and number not in self.retried:
            self.runs.status[number] = _TASK_FAILED
            self.runs.errors[number] = [f"{CHECK_FAILED}a value is missing in the output"]
        return end + int((6 + 14 * unit(self.setting.seed, number, 55)) * US)

    def _choose_retries(self) -> set[int]:
        """Choose daytime runs, well before the anchor, that fail first and are retried."""
        cause, demand = self.setting.cause, self.demand
        fit = (demand.created < self.anchor - 86_400 * US) & (demand.workflow != (cause.nightly_workflow or 0))
        fit &= ~np.isin(np.arange(len(fit)), list(demand.sessions))
        numbers = np.flatnonzero(fit)
        if not cause.retries or not len(numbers):
            return set()
        step = max(1, len(numbers) // cause.retries)
        return set(numbers[step // 2 :: step][: cause.retries].tolist())


def _empty(setting: Setting, demand: Demand) -> PastRuns:
    size = len(demand.created)
    sample = np.random.default_rng([setting.seed, 49]).integers(0, SAMPLES, size, dtype=np.int32)

    return PastRuns(
        seed=setting.seed,
        workflows=setting.workflows,
        machine_ids=list(setting.machine_ids),
        asks=demand.asks,
        recordings=setting.recordings,
        created=demand.created,
        workflow=demand.workflow,
        sample=sample,
        ask=demand.ask,
        priority=demand.priority,
        started=np.full(size, NONE, np.int64),
        work_ended=np.full(size, NONE, np.int64),
        ended=np.full(size, NONE, np.int64),
        natural_s=np.zeros(size, np.float32),
        machine=np.full(size, NONE, np.int16),
        status=np.full(size, NONE, np.int8),
        disturbance=np.full(size, NONE, np.int8),
        failure=np.full(size, NONE, np.int8),
        trajectory=np.full(size, NONE, np.int16),
        cut=np.zeros(size, np.bool_),
        sessions=demand.sessions,
    )


def _by_workflow_and_display(setting: Setting) -> dict[tuple[int, int], tuple[list[int], list[int]]]:
    table: dict[tuple[int, int], tuple[list[int], list[int]]] = {}
    for approval in sorted(setting.approvals, key=lambda one: one.at):
        times, numbers = table.setdefault((approval.workflow, approval.display), ([], []))
        times.append(to_us(approval.at))
        numbers.append(approval.number)
    return table
