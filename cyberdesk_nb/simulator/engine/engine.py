"""Makes runs go on: places them, plans their lives, ends them, and lets the next begin, as virtual time passes."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import replace
from datetime import datetime
from itertools import count

from cyberdesk_nb.simulator.engine.dispatch import ANYWHERE, Dispatcher
from cyberdesk_nb.simulator.engine.planning import Planner
from cyberdesk_nb.simulator.fleet.past import Lived
from cyberdesk_nb.simulator.runs.run_book import RunBook
from cyberdesk_nb.simulator.runs.runs import CANCELLED, ERROR, RUNNING, SUCCESS, Attempt, Run
from cyberdesk_nb.simulator.world.attachments import attach_export, file_names
from cyberdesk_nb.simulator.world.store import Store
from cyberdesk_nb.simulator.world.trajectories import Trajectories


class Engine:
    """Owns the dispatcher and the events to come. Times given to it never run backwards."""

    def __init__(self, store: Store, book: RunBook, trajectories: Trajectories, planner: Planner, lived: Lived) -> None:
        self.dispatcher: Dispatcher = lived.dispatcher
        self._store = store
        self._book = book
        self._trajectories = trajectories
        self._planner = planner
        self._order = count()
        self._ends: list[tuple[datetime, int, int, Attempt]] = []
        self._starting: deque[tuple[int, int, datetime]] = deque()
        self._is_starting = False
        for _, number, _ in lived.ends:
            attempt = book.own_past(number).attempt
            if attempt is not None:
                self._expect(number, attempt)
        for number in self._waiting():
            book.own_past(number)
        self._hurry()

    # time
    def settle(self, now: datetime) -> None:
        """Let happen what is due up to `now`."""
        while self._ends and self._ends[0][0] <= now:
            at, _, number, attempt = heapq.heappop(self._ends)
            run = self._book.own.get(number)
            if run is None or run.attempt is not attempt:
                continue
            if at < attempt.ends_at:
                self._finish_work(run, attempt, at)
            else:
                self._leave(run, at)
        self._hurry()

    def _hurry(self) -> None:
        if self._ends:
            self._store.clock.hurry_until(max(end[0] for end in self._ends))

    def _expect(self, number: int, attempt: Attempt) -> None:
        if attempt.work_ends_at < attempt.ends_at:
            heapq.heappush(self._ends, (attempt.work_ends_at, next(self._order), number, attempt))
        heapq.heappush(self._ends, (attempt.ends_at, next(self._order), number, attempt))

    # what users do
    def submit(self, run: Run, at: datetime) -> None:
        """Queue a run; it starts at once where a machine is free."""
        slot = self.dispatcher.submit(
            run.number, self.mask_of(run.number), priority=run.is_priority, session=run.session_id
        )
        if slot is not None:
            self._begin(run.number, slot, at)
        self._hurry()

    def cancel(self, run: Run, at: datetime) -> None:
        """Stop a live run: what it did until now stays."""
        self._stop(run, at, CANCELLED, None)

    def stop(self, run: Run, at: datetime, status: str, errors: list[str] | None) -> None:
        """End a live run in another way than its plan says."""
        self._stop(run, at, status, errors)

    def release_session(self, session_id: str, at: datetime) -> None:
        """Cancel a session's live runs and give its machine back."""
        for run in self._book.of_session(session_id):
            if run.is_live(at):
                self.cancel(run, at)
        self._free(session_id, at)

    def connect(self, slot: int, at: datetime) -> None:
        """Let a machine take part again."""
        number = self.dispatcher.connect(slot)
        if number is not None:
            self._begin(number, slot, at)
        self._hurry()

    def disconnect(self, slot: int, at: datetime, why: str) -> None:
        """Take a machine out; the run on it ends in an error."""
        self.dispatcher.disconnect(slot)
        number = self.dispatcher.running.get(slot)
        if number is not None:
            self._stop(self._book.own[number], at, ERROR, [why])

    def requeue(self, at: datetime) -> None:
        """Place waiting runs anew after what they ask for has changed."""
        for number, slot in self.dispatcher.requeue(self.mask_of):
            self._begin(number, slot, at)
        self._hurry()

    def mask_of(self, number: int) -> int:
        """Return where a run may be placed: machine beats pools (all of them) beats any."""
        run = self._book.own[number]
        if run.wanted_machine_id is not None:
            slot = self._store.slots.get(run.wanted_machine_id)
            return 1 << slot if slot is not None else 0
        mask = ANYWHERE
        for pool_id in run.pool_ids or ():
            mask &= self._store.pool_mask(pool_id)
        return mask

    # beginning
    def _begin(self, number: int, slot: int, at: datetime) -> None:
        """Start a run on a slot; those that a start makes possible follow it in a loop, not in a recursion."""
        self._starting.append((number, slot, at))
        if self._is_starting:
            return
        self._is_starting = True
        try:
            while self._starting:
                self._start(*self._starting.popleft())
        finally:
            self._is_starting = False

    def _start(self, number: int, slot: int, at: datetime) -> None:
        run = self._book.own[number]
        run.machine_id = self._store.machine_at[slot]
        values, why = self._planner.execution_values(run, at)
        if why is not None:
            run.closed_at, run.closed_as, run.closed_because = at, ERROR, [why]
            self._vacate(run, slot, at)
            return
        run.values = values
        run.attempt = self._planner.plan(run, values, at)
        self._expect(run.number, run.attempt)

    # ending
    def _stop(self, run: Run, at: datetime, status: str, errors: list[str] | None) -> None:
        if run.attempt is None:
            self._abandon_after(run, at)
            run.closed_at, run.closed_as, run.closed_because = at, status, errors
            self._note_error(run, at)
            if self.dispatcher.withdraw(run.number):
                self.requeue(at)
            self._after_waiting(run, at)
            return
        attempt, was_running = run.attempt, run.status(at) == RUNNING or at < run.attempt.started_at
        run.attempt = replace(
            attempt,
            started_at=min(attempt.started_at, at),
            work_ends_at=min(attempt.work_ends_at, at),
            ends_at=at,
            final=status,
            errors=errors,
            is_cut=was_running,
        )
        self._leave(run, at)

    def _finish_work(self, run: Run, attempt: Attempt, at: datetime) -> None:
        """Keep what the agent has exported, and let the checks look at it."""
        files = attach_export(self._store, run.workflow_id, run.id, self._planner.output(run, at), at)
        run.output_attachment_ids = [*(run.output_attachment_ids or ()), *files] or None
        self._planner.judge(run, attempt, file_names(self._store, run.id, "output"), at)

    def _leave(self, run: Run, at: datetime) -> None:
        """Give the machine of a run that has ended to the next."""
        slot = next(slot for slot, number in self.dispatcher.running.items() if number == run.number)
        if run.attempt is not None and run.attempt.final == SUCCESS:
            self._trajectories.record_new(run, run.attempt, at)
            if run.attempt.work_ends_at == run.attempt.ends_at:
                self._finish_work(run, run.attempt, at)
        self._vacate(run, slot, at)

    def _note_error(self, run: Run, at: datetime) -> None:
        """Flag the workflow of a run that ended in an error, until a user clears the flag."""
        if run.status(at) == ERROR:
            self._store.workflows[run.workflow_id]["workflow_metadata"] = {
                "has_unaddressed_error": True,
                "last_errored_run_start": run.attempt.started_at if run.attempt is not None else None,
                "last_errored_run_uuid": run.id,
            }

    def _vacate(self, run: Run, slot: int, at: datetime) -> None:
        self._note_error(run, at)
        release = bool(run.release_session_after)
        left: list[int] = []
        if run.session_id is not None and run.session_id in self.dispatcher.sessions:
            waiting = self.dispatcher.sessions[run.session_id].waiting
            if run.chain is not None and run.status(at) != SUCCESS:
                release = self._abandon(list(waiting), at) or release
            left = [number for number in waiting if self._book.own[number].is_live(at)]
            release = release or (self.dispatcher.sessions[run.session_id].ends_when_empty and not left)
        following = self.dispatcher.finish(slot, release=release)
        if following is not None:
            self._begin(following, slot, at)
        if release:
            self._resubmit(left, at)

    def _abandon_after(self, run: Run, at: datetime) -> None:
        """Cancel the steps of a chain that come after one which ends before its turn."""
        hold = self.dispatcher.sessions.get(run.session_id or "")
        if hold is not None and run.chain is not None:
            later = [number for number in hold.waiting if number > run.number]
            hold.ends_when_empty = self._abandon(later, at) or hold.ends_when_empty

    def _abandon(self, waiting: list[int], at: datetime) -> bool:
        """Cancel the rest of a chain after a failed step; return whether the session is to be released with it."""
        rest = [self._book.own[number] for number in waiting if self._book.own[number].chain is not None]
        for run in rest:
            run.closed_at, run.closed_as = at, CANCELLED
            run.closed_because = ["Cancelled because an earlier step of the chain did not succeed"]
            self.dispatcher.withdraw(run.number)
        return any(run.release_session_after for run in rest)

    def _after_waiting(self, run: Run, at: datetime) -> None:
        """Release the session of a cancelled run that was to release it, now or once nothing else is in it."""
        hold = self.dispatcher.sessions.get(run.session_id or "")
        if hold is None:
            return
        hold.ends_when_empty = hold.ends_when_empty or bool(run.release_session_after)
        if hold.ends_when_empty and hold.current is None and not hold.waiting:
            self._free(run.session_id or "", at)

    def _free(self, session_id: str, at: datetime) -> None:
        hold = self.dispatcher.sessions.get(session_id)
        following = self.dispatcher.release(session_id)
        if following is not None and hold is not None and hold.slot is not None:
            self._begin(following, hold.slot, at)

    def _resubmit(self, numbers: list[int], at: datetime) -> None:
        """Let runs whose session was released before their turn begin a new hold."""
        for number in numbers:
            self.submit(self._book.own[number], at)

    def _waiting(self) -> list[int]:
        held = [number for session in self.dispatcher.sessions.values() for number in session.waiting]
        return [*self.dispatcher.queued, *held]
