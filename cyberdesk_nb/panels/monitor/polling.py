"""Reads a list of runs once, then polls it politely until all of them have ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from enum import Enum
from threading import RLock
from typing import Any

from cyberdesk_nb.errors import ClientClosedError, CyberdeskError
from cyberdesk_nb.models import RunResponse
from cyberdesk_nb.panels.monitor.book import RunBook
from cyberdesk_nb.panels.monitor.rounds import Rounds
from cyberdesk_nb.panels.monitor.source import RunPage, RunSource, Walked
from cyberdesk_nb.panels.pacing import Pace, attempt, failure_of, is_final
from cyberdesk_nb.panels.watching import TICK_S

PAUSE_MAX = 10
"""Ticks between two tries while the server is away."""
_WALK_GAP = 30
"""Ticks between two times that the list is read again because it does not agree with what is known."""


class Phase(Enum):
    """What a poller is doing."""

    READING = "reading the list"
    WATCHING = "watching"
    ENDED = "all have ended"
    STOPPED = "stopped"


class Poller:
    """Reads the whole list, then makes at most one request on each tick, more seldom while nothing changes.

    It outlasts a server that is away, and stops when all runs have ended, when asking again cannot help, and by
    `stop`.

    Parameters
    ----------
    source
        Reads the list.
    book
        Keeps what was seen.
    lock
        Held in every use of the book, and in every call from here.
    changed
        Called with the ids of runs that are new or changed; others may be gone.
    ticked
        Called on each tick, and when something is to be said anew.

    Attributes
    ----------
    phase
        What it is doing.
    pace
        When it asks next, and for how long it has waited for an answer.
    rows, total
        How far a reading of the whole list has come.
    last_good
        When the server answered last.
    failure
        The error of the last answer; None where that was good.
    doubt
        Why the list is read again, in words.
    walked
        The last reading that came to its end.
    ended
        A future that is done when all runs have ended. It fails where asking again cannot help.
    """

    def __init__(
        self,
        source: RunSource,
        book: RunBook,
        lock: RLock,
        *,
        changed: Callable[[set[str]], object],
        ticked: Callable[[], object],
    ) -> None:
        self.phase = Phase.READING
        self.rows = 0
        self.total: int | None = None
        self.last_good: datetime | None = None
        self.failure: BaseException | None = None
        self.doubt = ""
        self.walked: Walked | None = None
        self.ended: Future[None] = Future()
        self.requests = 0
        self.pace = Pace(slowest_after_failure=PAUSE_MAX)
        self._source, self._book, self._lock = source, book, lock
        self._changed, self._ticked = changed, ticked
        self._rounds = Rounds(book, counts=False)
        self._flight: Future[Any] | None = None
        self._reading: Future[None] | None = None
        self._reading_number = 0
        self._must_walk = True
        self._stays = False
        self._since_walk = _WALK_GAP
        self._stop_ticks: Callable[[], None] | None = None

    def start(self) -> None:
        """Start, or go on after an end; does nothing while it runs."""
        with self._lock:
            if self._stop_ticks is not None:
                return
            if self.ended.done():
                self.ended = Future()
            self.phase = Phase.READING if self._must_walk else Phase.WATCHING
            self.pace = Pace(slowest_after_failure=PAUSE_MAX)
            try:
                self._stop_ticks = self._source.every(TICK_S, self._tick)
            except CyberdeskError as error:
                self._fail(error)
                return
            if self._must_walk:
                self._ask()

    def watch_on(self) -> None:
        """Go on although all runs have ended: until others have been seen, and these have ended."""
        with self._lock:
            self._stays = True
            self.start()

    def read_again(self) -> Future[None]:
        """Read the whole list anew; the future is done when it was read, and fails where it could not be."""
        with self._lock:
            reading = self._reading = self._reading or Future[None]()
            self._must_walk = True
            if self._stop_ticks is None:
                self.start()
            elif not self.pace.is_asking:
                self._ask()
            return reading

    def learn(self, run: RunResponse) -> None:
        """Take in a run as an answer to a change gave it: no answer that was asked for before may undo it."""
        with self._lock:
            self._book.held.discard(run.id)
            self._changed(self._book.take([run], datetime.now(UTC)))
            self._book.held.add(run.id)
            if self._book.live:
                self.start()
            self._ticked()

    def stop(self) -> None:
        """Stop asking; what waits for an end is cancelled."""
        with self._lock:
            self._halt(Phase.STOPPED)
            self.ended.cancel()
            self._settle_reading(ClientClosedError("The monitor was closed."))

    def _halt(self, phase: Phase) -> None:
        self.phase = phase
        stop, self._stop_ticks = self._stop_ticks, None
        if stop is not None:
            stop()

    @property
    def _is_off(self) -> bool:
        return self._stop_ticks is None

    # ticks and requests

    def _tick(self) -> None:
        with self._lock:
            if self._is_off:
                return
            self._since_walk += 1
            if self.pace.tick():
                self._ask()
            if not self._is_off:
                self._ticked()

    def _ask(self) -> None:
        self.pace.asked()
        self._book.held.clear()
        if self._must_walk:
            self.rows, self.total = 0, None
            self._reading_number += 1
            number = self._reading_number
            self._flight = attempt(lambda: self._source.walk(lambda runs, total: self._told(number, runs, total)))
            self._flight.add_done_callback(self._walk_answered)
        else:
            self.requests += 1
            self._flight = attempt(lambda: self._source.page(*self._rounds.ask()))
            self._flight.add_done_callback(self._page_answered)

    def _told(self, number: int, runs: Sequence[RunResponse], total: int | None) -> None:
        """Take a page of a reading that is going on."""
        with self._lock:
            if self._is_off or number != self._reading_number:
                return
            self.pace.waited = 0
            self.rows, self.total = self.rows + len(runs), total
            self._changed(self._book.take(runs, datetime.now(UTC)))
            self._ticked()

    def _walk_answered(self, answer: Future[Walked]) -> None:
        with self._lock:
            walked: Walked | None = self._result(answer)
            if walked is None:
                return
            self._must_walk = False
            self._since_walk = _WALK_GAP if self.walked is None else 0
            self.walked = walked
            changed = self._book.take(walked.runs, datetime.now(UTC))
            if not walked.is_cut:
                self._book.keep_only({run.id for run in walked.runs})
            self._rounds.counts = walked.complete and not walked.is_cut and self._source.watched is None
            self._rounds.restart()
            self._changed(changed)
            self._good(has_changed=bool(changed))
            self._settle_reading(None)

    def _page_answered(self, answer: Future[RunPage]) -> None:
        with self._lock:
            page: RunPage | None = self._result(answer)
            if page is None:
                return
            step = self._rounds.take(page, datetime.now(UTC))
            if step.changed:
                self._changed(step.changed)
            self.doubt = step.doubt or (self.doubt if not step.is_over else "")
            self._must_walk = self._must_walk or (bool(step.doubt) and self._since_walk >= _WALK_GAP)
            self._good(has_changed=bool(step.changed) or not step.is_over or self._must_walk)

    def _result(self, answer: Future[Any]) -> Any:
        """Give what came, or None where nothing is to be done with it."""
        if self._flight is not answer:
            # It was asked for before a stop, and others were asked for since.
            return None
        self._flight, self.pace.is_asking = None, False
        if self._is_off:
            return None
        error = failure_of(answer)
        if error is None:
            return answer.result()
        self._fail(error)
        return None

    def _good(self, *, has_changed: bool) -> None:
        self.last_good, self.failure = datetime.now(UTC), None
        self.phase = Phase.WATCHING
        self.pace.answered(has_changed=has_changed)
        self._stays = self._stays and not self._book.live
        if not self._book.live and not self._must_walk and not self._stays:
            self._halt(Phase.ENDED)
            if self.ended.set_running_or_notify_cancel():
                self.ended.set_result(None)
        self._ticked()

    def _fail(self, error: BaseException) -> None:
        self.failure = error
        self.pace.failed()
        if is_final(error):
            self._halt(Phase.STOPPED)
            if self.ended.set_running_or_notify_cancel():
                self.ended.set_exception(error)
        self._settle_reading(error)
        self._ticked()

    def _settle_reading(self, error: BaseException | None) -> None:
        reading, self._reading = self._reading, None
        if reading is None or not reading.set_running_or_notify_cancel():
            return
        if error is None:
            reading.set_result(None)
        else:
            reading.set_exception(error)
