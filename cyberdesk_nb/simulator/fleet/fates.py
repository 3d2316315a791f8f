"""What the seeded runs meet: how each ends, what disturbs it, what it replays, how long it takes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np

from cyberdesk_nb.simulator.engine.plans import matching_steps, nominal_s
from cyberdesk_nb.simulator.engine.scripts import ScriptKey, ScriptLibrary
from cyberdesk_nb.simulator.fleet.connections import Outage
from cyberdesk_nb.simulator.fleet.demand import Demand
from cyberdesk_nb.simulator.fleet.layout import Layout
from cyberdesk_nb.simulator.fleet.plants import BAD_MACHINE_ERROR_RATE, BREAK_RATE, SLOW_FACTOR, Plants
from cyberdesk_nb.simulator.runs.past_runs import NONE, STATUSES, US, Recording, WorkflowPlan, plain, to_us
from cyberdesk_nb.simulator.runs.runs import CANCELLED, ERROR, SUCCESS, TASK_FAILED

_ERROR_RATE, _TASK_FAILED_RATE, _CANCEL_RATE, _CHECK_FAILED_RATE = 0.025, 0.04, 0.025, 0.02
_DISTURBANCE_RATE = 0.02
_IMPATIENT_RATE = 0.02

SUCCEEDED, FAILED, BROKE, STOPPED = (STATUSES.index(s) for s in (SUCCESS, TASK_FAILED, ERROR, CANCELLED))


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


class Fate(NamedTuple):
    """What a run that starts somewhere meets; statuses are indices of STATUSES, NONE means nothing of the kind.

    Parameters
    ----------
    work_us, checks_us
        Length of the agent's work, cut where it is stopped, and of the checks after it.
    failed_check
        Whether the work was done and a check of it failed.
    """

    status: int
    failure: int
    disturbance: int
    trajectory: int
    natural_s: float
    work_us: int
    checks_us: int
    failed_check: bool


class Fates:
    """Draws fates; all chance is drawn beforehand, one column per question, so that order does not matter."""

    def __init__(self, setting: Setting, demand: Demand) -> None:
        self._setting = setting
        self._workflow = plain(demand.workflow)
        size = len(demand.created)
        dice = np.random.default_rng([setting.seed, 50])
        patience, *draws = dice.random((8, size), dtype=np.float32)
        self.is_impatient: list[bool] = (patience < _IMPATIENT_RATE).tolist()
        self._end, self._trouble, self._delay, self._cut, *rest = map(plain, draws)
        self.notice, self._fails_check, self._check = rest
        self._stretch = plain(np.exp(dice.normal(0.0, 0.2, size)).astype(np.float32))
        self._approvals = _by_workflow_and_display(setting)
        self._displays = [setting.shape.display(slot) for slot in range(setting.shape.size)]
        self._nominal: dict[tuple[int, int, int, int], float] = {}
        self._slow_since = to_us(setting.cause.slow_since)
        self._broken_since = to_us(setting.cause.broken_since)
        self.retried = _retried(setting, demand)

    def delay_us(self, number: int) -> int:
        """Return what passes between the placement of a run and its start."""
        return 400_000 + int(self._delay[number] * 2 * US)

    def of(self, number: int, slot: int, at: int, *, is_second: bool) -> Fate:
        """Return the fate of a run that starts on a slot; `is_second` says that it failed before and is retried."""
        workflow = self._workflow[number]
        if number in self.retried:
            status, failure = (SUCCEEDED, NONE) if is_second else (BROKE, self._failure(workflow, ERROR, 0.0))
        else:
            status, failure = self._ending(number, workflow, slot)
        disturbance = self._disturbance(number, workflow, at) if failure == NONE else NONE
        trajectory = self._trajectory(workflow, slot, at)
        natural_s = self._nominal_s(workflow, disturbance, failure, trajectory) * self._stretch[number]
        if workflow == self._setting.cause.slow_workflow and at >= self._slow_since:
            natural_s *= SLOW_FACTOR
        work_us, checks_us, failed_check = int(natural_s * US), 0, False
        if status == STOPPED:
            work_us = int(work_us * (0.15 + 0.7 * self._cut[number]))
        if status == SUCCEEDED and self._setting.has_checks[workflow]:
            checks_us = int((6 + 14 * self._check[number]) * US)
            failed_check = self._fails_check[number] < _CHECK_FAILED_RATE and number not in self.retried
            status = FAILED if failed_check else SUCCEEDED
        return Fate(status, failure, disturbance, trajectory, natural_s, work_us, checks_us, failed_check)

    def _ending(self, number: int, workflow: int, slot: int) -> tuple[int, int]:
        """Return how a run ends and which of its kind's failures it meets."""
        draw = self._end[number]
        error = BAD_MACHINE_ERROR_RATE if slot == self._setting.cause.bad_machine else _ERROR_RATE
        for status, share in ((BROKE, error), (FAILED, _TASK_FAILED_RATE), (STOPPED, _CANCEL_RATE)):
            if draw < share:
                if status == STOPPED:
                    return status, NONE
                failure = self._failure(workflow, STATUSES[status], draw / share)
                return (status, failure) if failure != NONE else (SUCCEEDED, NONE)
            draw -= share
        return SUCCEEDED, NONE

    def _failure(self, workflow: int, status: str, share: float) -> int:
        kind = self._setting.library.kinds[self._setting.workflows[workflow].kind]
        fitting = [i for i, failure in enumerate(kind.failures) if failure.status == status]
        return fitting[min(int(share * len(fitting)), len(fitting) - 1)] if fitting else NONE

    def _disturbance(self, number: int, workflow: int, at: int) -> int:
        cause, draw = self._setting.cause, self._trouble[number]
        if workflow == cause.broken_workflow and at >= self._broken_since:
            return cause.broken_disturbance if draw < BREAK_RATE else NONE
        if draw >= _DISTURBANCE_RATE:
            return NONE
        known = len(self._setting.workflows[workflow].disturbances)
        return int(draw / _DISTURBANCE_RATE * known) if known else NONE

    def _trajectory(self, workflow: int, slot: int, at: int) -> int:
        approved = self._approvals.get((workflow, self._displays[slot]))
        if approved is None:
            return NONE
        place = bisect_right(approved[0], at)
        return approved[1][place - 1] if place else NONE

    def _nominal_s(self, workflow: int, disturbance: int, failure: int, trajectory: int) -> float:
        key = (workflow, disturbance, failure, trajectory)
        if key not in self._nominal:
            plan = self._setting.workflows[workflow]
            named = ScriptKey(
                plan.kind,
                0,
                plan.disturbances[disturbance] if disturbance != NONE else None,
                plan.failures[failure] if failure != NONE else None,
            )
            script = self._setting.library.script(named)
            recorded = self._setting.recordings[trajectory].signatures if trajectory != NONE else ()
            self._nominal[key] = nominal_s(script, matching_steps(script, recorded))
        return self._nominal[key]


def _retried(setting: Setting, demand: Demand) -> set[int]:
    """Choose daytime runs, well before the anchor, that fail first and are retried."""
    cause = setting.cause
    fit = (demand.created < to_us(setting.anchor) - 86_400 * US) & (demand.workflow != (cause.nightly_workflow or 0))
    fit &= ~np.isin(np.arange(len(fit)), list(demand.sessions))
    numbers = np.flatnonzero(fit)
    if not cause.retries or not len(numbers):
        return set()
    step = max(1, len(numbers) // cause.retries)
    return set(numbers[step // 2 :: step][: cause.retries].tolist())


def _by_workflow_and_display(setting: Setting) -> dict[tuple[int, int], tuple[list[int], list[int]]]:
    table: dict[tuple[int, int], tuple[list[int], list[int]]] = {}
    for approval in sorted(setting.approvals, key=lambda one: one.at):
        times, numbers = table.setdefault((approval.workflow, approval.display), ([], []))
        times.append(to_us(approval.at))
        numbers.append(approval.number)
    return table
