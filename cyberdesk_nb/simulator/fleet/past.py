"""The seeded past, lived through event by event with the same dispatcher that places runs from now on."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np

from cyberdesk_nb.simulator.engine.checks import CHECK_FAILED
from cyberdesk_nb.simulator.engine.dispatch import Dispatcher
from cyberdesk_nb.simulator.fleet.demand import Demand
from cyberdesk_nb.simulator.fleet.fates import BROKE, STOPPED, SUCCEEDED, Fate, Fates, Setting
from cyberdesk_nb.simulator.runs.past_runs import NONE, US, PastRuns, from_us, plain, to_us

SAMPLES = 24
"""Different inputs per workflow that the seeded runs draw from."""
_PATIENCE_S = 150
_RETRY_AFTER_S = 38 * 60

_END, _DOWN, _UP, _GIVE_UP, _RETRY = range(5)


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
    """The event loop; times are integers in microseconds. Columns are memory views: they read and write faster."""

    def __init__(self, setting: Setting, demand: Demand) -> None:
        self.setting = setting
        self.demand = demand
        self.runs = runs = _empty(setting, demand)
        self.fates = Fates(setting, demand)
        self.anchor = to_us(setting.anchor)
        self.downs = [[to_us(outage.start) for outage in outages] for outages in setting.outages]
        self.dispatcher = Dispatcher(connected=(1 << setting.shape.size) - 1)
        self.events: list[tuple[int, int, int, int]] = []
        self.masks: list[int] = [ask.mask for ask in demand.asks]
        self.ask, self.priority = plain(demand.ask), plain(demand.priority)
        self.started, self.work_ended, self.ended = map(plain, (runs.started, runs.work_ended, runs.ended))
        self.machine, self.natural_s, self.status = map(plain, (runs.machine, runs.natural_s, runs.status))
        self.disturbance, self.failure = plain(runs.disturbance), plain(runs.failure)
        self.trajectory, self.cut = plain(runs.trajectory), plain(runs.cut)

    def live(self) -> Lived:
        """Handle every event up to the anchor, in order of time."""
        self._schedule_outages()
        events, impatient = self.events, self.fates.is_impatient
        number, arrival, arrivals = 0, 0, iter(self.demand.created.tolist())
        never = self.anchor + 1
        arrival = next(arrivals, never)
        while arrival < never or (events and events[0][0] < never):
            if not events or arrival <= events[0][0]:
                if impatient[number]:
                    heapq.heappush(events, (arrival + _PATIENCE_S * US, _GIVE_UP, number, 0))
                self._arrive(arrival, number)
                number, arrival = number + 1, next(arrivals, never)
            else:
                self._happen(*heapq.heappop(events))
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
        session = self.demand.sessions.get(number)
        slot = self.dispatcher.submit(
            number,
            self.masks[int(self.ask[number])],
            priority=self.priority[number],
            session=session[0] if session else None,
        )
        if slot is not None:
            self._begin(at, number, slot)

    def _begin_if(self, at: int, number: int | None, slot: int) -> None:
        if number is not None:
            self._begin(at, number, slot)

    def _begin(self, at: int, number: int, slot: int) -> None:
        """Write down the whole run that starts now on a slot, and note its end."""
        down = self._next_down(slot, at)
        start = min(at + self.fates.delay_us(number), down)
        fate = self.fates.of(number, slot, start, is_second=number in self.runs.first_attempts)
        work_ended = start + fate.work_us
        ended = work_ended + fate.checks_us
        self.cut[number] = fate.status == STOPPED
        self.runs.errors.pop(number, None)
        if down < ended:
            fate, ended = self._drop(number, slot, down, fate)
            work_ended = min(work_ended, ended)
        elif fate.failed_check:
            self.runs.errors[number] = [f"{CHECK_FAILED}a value is missing in the output"]
        self.started[number], self.work_ended[number], self.ended[number] = start, work_ended, ended
        self.machine[number], self.natural_s[number], self.status[number] = slot, fate.natural_s, fate.status
        self.disturbance[number], self.failure[number] = fate.disturbance, fate.failure
        self.trajectory[number] = fate.trajectory
        heapq.heappush(self.events, (ended, _END, number, slot))

    def _drop(self, number: int, slot: int, down: int, fate: Fate) -> tuple[Fate, int]:
        """End a run some seconds after its machine went away."""
        noticed_s = 4 + 16 * self.fates.notice[number]
        name, ping = self.setting.machine_names[slot], from_us(down)
        words = f"Machine {name} disconnected during the run: no answer for {noticed_s:.1f} s since {ping:%H:%M:%S}"
        self.runs.errors[number] = [words]
        self.cut[number] = True
        return fate._replace(status=BROKE, failure=NONE, disturbance=NONE), down + int(noticed_s * US)

    def _end(self, at: int, number: int, slot: int) -> None:
        session = self.demand.sessions.get(number)
        if number in self.fates.retried and number not in self.runs.first_attempts:
            self.runs.first_attempts[number] = (slot, self.started[number], at, self.failure[number])
            heapq.heappush(self.events, (at + _RETRY_AFTER_S * US, _RETRY, number, 0))
        release = bool(session and session[2])
        if session is not None and self.status[number] != SUCCEEDED:
            self._abandon(at, session[0])
            release = True
        self._begin_if(at, self.dispatcher.finish(slot, release=release), slot)

    def _abandon(self, at: int, session: str) -> None:
        """Cancel what was to follow a failed step of a chain."""
        for number in self.dispatcher.sessions[session].waiting:
            self.ended[number], self.status[number] = at, STOPPED

    def _give_up(self, at: int, number: int) -> None:
        """Cancel a run whose user is tired of waiting."""
        if self.started[number] != NONE or number in self.demand.sessions:
            return
        self.dispatcher.withdraw(number)
        self.ended[number], self.status[number] = at, STOPPED

    def _next_down(self, slot: int, at: int) -> int:
        """Return when a slot goes off next; far in the future when it never does."""
        downs = self.downs[slot]
        place = bisect_right(downs, at)
        return downs[place] if place < len(downs) else self.anchor * 2


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
        machine=np.array([NONE if one.machine is None else one.machine for one in demand.asks], np.int16)[demand.ask],
        status=np.full(size, NONE, np.int8),
        disturbance=np.full(size, NONE, np.int8),
        failure=np.full(size, NONE, np.int8),
        trajectory=np.full(size, NONE, np.int16),
        cut=np.zeros(size, np.bool_),
        sessions=demand.sessions,
    )
