"""A queue lived through again, event by event: who starts where and when, given machines and who may use them."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

NEVER = 2**62
"""The start of a run for which there is no machine."""

_END, _UP, _DOWN = range(3)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Runs in the order in which they were asked for; times in whole microseconds.

    Attributes
    ----------
    created
        When each was asked for.
    taken
        How long each takes a machine.
    mask
        Which machines may run each, a bit for each.
    usual
        The machine that each takes when that one is free; -1 is none.
    is_priority
        Whether it goes before others.
    session
        The number of the session of each; -1 is none. A session's runs go one after another, as they stand here, on
        one machine, which is kept for them from the first to the last.
    """

    created: Sequence[int]
    taken: Sequence[int]
    mask: Sequence[int]
    usual: Sequence[int]
    is_priority: Sequence[bool]
    session: Sequence[int]


@dataclass(slots=True)
class _Session:
    to_come: deque[int]
    machine: int | None = None
    arrived: set[int] = field(default_factory=set[int])


def replay(arrivals: Arrivals, up: Sequence[Sequence[tuple[int, int]]]) -> Ints:
    """Give the time at which each run gets a machine; `NEVER` for those that get none.

    Of the runs that wait those with priority go first, then those that were asked for first; of the machines that are
    free its usual one, else the one that is so longest.

    Parameters
    ----------
    arrivals
        The runs.
    up
        For each machine the stretches of time, in order, in which runs may begin on it. One that runs goes on.
    """
    return _Replay(arrivals, up).live()


class _Replay:
    def __init__(self, arrivals: Arrivals, up: Sequence[Sequence[tuple[int, int]]]) -> None:
        self.runs = arrivals
        # Lists and plain fields: these few lines are run for every event of a year.
        self.starts = [NEVER] * len(arrivals.created)
        self.taken, self.mask, self.usual = arrivals.taken, arrivals.mask, arrivals.usual
        self.is_priority, self.session = arrivals.is_priority, arrivals.session
        self.idle: dict[int, None] = {}
        self.running: set[int] = set()
        self.up: set[int] = set()
        self.held: dict[int, int] = {}
        self.sessions: dict[int, _Session] = {}
        self.queues: dict[int, list[tuple[bool, int]]] = {}
        self.events = [
            event
            for machine, spans in enumerate(up)
            for start, end in spans
            for event in ((start, _UP, machine), (end, _DOWN, machine))
        ]
        heapq.heapify(self.events)
        for run, session in enumerate(arrivals.session):
            if session >= 0:
                self.sessions.setdefault(session, _Session(deque())).to_come.append(run)

    def live(self) -> Ints:
        """Handle arrivals and events in the order of time; what happens at once happens before what arrives."""
        events = self.events
        for run, at in enumerate(self.runs.created):
            while events and events[0][0] <= at:
                self._happen(*heapq.heappop(events))
            self._arrive(run, at)
        while events:
            self._happen(*heapq.heappop(events))
        return np.array(self.starts, np.int64)

    def _happen(self, at: int, what: int, machine: int) -> None:
        if what == _DOWN:
            self.up.discard(machine)
            self.idle.pop(machine, None)
            return
        if what == _UP:
            self.up.add(machine)
        else:
            self.running.discard(machine)
            if self.held:
                self._leave_session(machine)
        self._offer(machine, at)

    def _leave_session(self, machine: int) -> None:
        """End a session's hold when its last run is over."""
        session = self.held.get(machine)
        if session is not None and not self.sessions[session].to_come:
            del self.held[machine]

    def _arrive(self, run: int, at: int) -> None:
        number = self.session[run]
        if number >= 0:
            session = self.sessions[number]
            session.arrived.add(run)
            if session.machine is not None:
                self._offer(session.machine, at)
                return
            if session.to_come[0] != run:
                return
        mask = self.mask[run]
        usual = self.usual[run]
        choice = usual if usual in self.idle else next((one for one in self.idle if mask >> one & 1), None)
        if choice is not None:
            self._start(run, choice, at)
            return
        heapq.heappush(self.queues.setdefault(mask, []), (not self.is_priority[run], run))

    def _offer(self, machine: int, at: int) -> None:
        """Let a machine that is free take what waits for it."""
        if machine in self.running or machine not in self.up:
            return
        held = self.held.get(machine)
        if held is not None:
            session = self.sessions[held]
            if session.to_come and session.to_come[0] in session.arrived:
                self._start(session.to_come[0], machine, at)
            return
        waiting = [(queue, mask) for mask, queue in self.queues.items() if mask >> machine & 1]
        if not waiting:
            self.idle[machine] = None
            return
        queue, mask = min(waiting)
        run = heapq.heappop(queue)[1]
        if not queue:
            # Every machine that is free looks through all that there are.
            del self.queues[mask]
        self._start(run, machine, at)

    def _start(self, run: int, machine: int, at: int) -> None:
        self.idle.pop(machine, None)
        self.running.add(machine)
        self.starts[run] = at
        number = self.session[run]
        if number >= 0:
            session = self.sessions[number]
            session.to_come.popleft()
            session.machine = machine
            self.held[machine] = number
        heapq.heappush(self.events, (at + self.taken[run], _END, machine))
