"""Who runs where: queues, priority, and sessions that hold a machine. It knows no time and no records.

Machines are slots 0, 1, ...; where a job may run is a bit mask of slots, so that a million placements are cheap.
Jobs and sessions are any hashable keys of the caller. A slot never gets a second job before `finish`.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

ANYWHERE = -1
"""The mask of all slots, those to come included."""


@dataclass(slots=True)
class Session:
    """An exclusive hold on one machine: its runs go one after another.

    `ends_when_empty` remembers that a run which was to release it was cancelled before its turn.
    """

    slot: int | None = None
    current: int | None = None
    waiting: deque[int] = field(default_factory=deque[int])
    is_over: bool = False
    ends_when_empty: bool = False


@dataclass(slots=True)
class _Entry:
    mask: int
    rank: tuple[int, int]
    session: str | None


class Dispatcher:
    """Places jobs on slots: priority first, then in the order of submission; sessions keep their slot.

    `submit`, `finish`, `connect` and `release` answer with the one placement that they make possible.
    """

    def __init__(self, connected: int = 0) -> None:
        self.connected = connected
        self.sessions: dict[str, Session] = {}
        self.running: dict[int, int] = {}
        self._idle = connected
        self._queues: dict[int, list[tuple[tuple[int, int], int]]] = {}
        self._entries: dict[int, _Entry] = {}
        self._order = count()
        self._next_slot = 0

    # what is so
    @property
    def idle(self) -> int:
        """Mask of the connected slots that run nothing and that no session holds."""
        return self._idle

    @property
    def queued(self) -> list[int]:
        """Jobs that wait for a slot, sessions' waiting ones left out."""
        return list(self._entries)

    def holder(self, slot: int) -> str | None:
        """Return the session that holds a slot."""
        return next((key for key, session in self.sessions.items() if session.slot == slot), None)

    # what happens
    def submit(self, job: int, mask: int, *, priority: bool = False, session: str | None = None) -> int | None:
        """Queue a job; return the slot on which it starts at once, or None while it waits."""
        if session is not None:
            hold = self.sessions.setdefault(session, Session())
            if hold.current is not None:
                hold.waiting.append(job)
                return None
            hold.current = job
            if hold.slot is not None:
                return self._start_held(job, hold.slot)
        return self._enqueue(job, _Entry(mask, (0 if priority else 1, next(self._order)), session))

    def finish(self, slot: int, *, release: bool = False) -> int | None:
        """End the job of a slot; return the job that starts there next. `release` ends its session's hold."""
        del self.running[slot]
        key = self.holder(slot) if self.sessions else None
        if key is not None:
            self.sessions[key].current = None
            if not release:
                return self._next_in_session(key)
            return self.release(key)
        return self._offer(slot)

    def release(self, session: str) -> int | None:
        """End a session's hold; return the job that starts on its slot. Its waiting jobs queue anywhere no more."""
        hold = self.sessions.pop(session, None)
        if hold is None:
            return None
        hold.is_over = True
        return self._offer(hold.slot) if hold.slot is not None else None

    def connect(self, slot: int) -> int | None:
        """Let a slot take part; return the job that starts there."""
        self.connected |= 1 << slot
        key = self.holder(slot) if self.sessions else None
        if key is None:
            return self._offer(slot)
        hold = self.sessions[key]
        if hold.current is None:
            return self._next_in_session(key)
        if slot in self.running or self._start_held(hold.current, slot) is None:
            return None
        return hold.current

    def disconnect(self, slot: int) -> None:
        """Take a slot out; a job that runs there is the caller's to `finish`."""
        self.connected &= ~(1 << slot)
        self._idle &= ~(1 << slot)

    def withdraw(self, job: int) -> bool:
        """Take a waiting job out of whatever queue it is in.

        Return whether the next of its session now queues in its place, where it may run as the other might have: it is
        the caller's to `requeue`.
        """
        entry = self._entries.pop(job, None)
        for key, hold in list(self.sessions.items()):
            if job in hold.waiting:
                hold.waiting.remove(job)
            elif hold.current == job and job not in self.running.values():
                return self._promote(key, hold, entry)
        return False

    def requeue(self, mask_of: Callable[[int], int]) -> list[tuple[int, int]]:
        """Ask anew where each waiting job may run; return the placements (job, slot) that follow."""
        entries, self._entries, self._queues = self._entries, {}, {}
        placements: list[tuple[int, int]] = []
        for job, entry in sorted(entries.items(), key=lambda item: item[1].rank):
            slot = self._enqueue(job, _Entry(mask_of(job), entry.rank, entry.session))
            if slot is not None:
                placements.append((job, slot))
        return placements

    # how
    def _enqueue(self, job: int, entry: _Entry) -> int | None:
        slot = self._pick(entry.mask & self._idle)
        if slot is not None:
            self._start(job, slot, entry.session)
            return slot
        self._entries[job] = entry
        heapq.heappush(self._queues.setdefault(entry.mask, []), (entry.rank, job))
        return None

    def _pick(self, mask: int) -> int | None:
        """Choose a slot of the mask, going round so that work spreads over the machines."""
        if not mask:
            return None
        ahead = mask >> self._next_slot << self._next_slot
        bit = (ahead or mask) & -(ahead or mask)
        slot = bit.bit_length() - 1
        self._next_slot = slot + 1
        return slot

    def _start(self, job: int, slot: int, session: str | None) -> None:
        self.running[slot] = job
        self._idle &= ~(1 << slot)
        if session is not None:
            self.sessions[session].slot = slot

    def _start_held(self, job: int, slot: int) -> int | None:
        if not self.connected >> slot & 1:
            return None
        self.running[slot] = job
        return slot

    def _next_in_session(self, key: str) -> int | None:
        hold = self.sessions[key]
        if not hold.waiting or hold.slot is None:
            return None
        hold.current = hold.waiting.popleft()
        return hold.current if self._start_held(hold.current, hold.slot) is not None else None

    def _promote(self, key: str, hold: Session, entry: _Entry | None) -> bool:
        """Let the next of a session's jobs wait in place of a withdrawn one; without any the session is over."""
        hold.current = hold.waiting.popleft() if hold.waiting else None
        if hold.slot is not None:
            return False
        if hold.current is None or entry is None:
            del self.sessions[key]
            return False
        self._entries[hold.current] = entry
        heapq.heappush(self._queues.setdefault(entry.mask, []), (entry.rank, hold.current))
        return True

    def _offer(self, slot: int) -> int | None:
        """Give a slot that came free to the first waiting job that may run there."""
        bit = 1 << slot
        if not self.connected & bit or slot in self.running:
            return None
        best: list[tuple[tuple[int, int], int]] | None = None
        for mask, queue in list(self._queues.items()):
            if not mask & bit:
                continue
            while queue and not self._is_current(queue[0]):
                heapq.heappop(queue)
            if not queue:
                del self._queues[mask]
            elif best is None or queue[0] < best[0]:
                best = queue
        if best is None:
            self._idle |= bit
            return None
        job = heapq.heappop(best)[1]
        self._start(job, slot, self._entries.pop(job).session)
        return job

    def _is_current(self, item: tuple[tuple[int, int], int]) -> bool:
        entry = self._entries.get(item[1])
        return entry is not None and entry.rank == item[0]
