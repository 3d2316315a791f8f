"""Read something again and again: quick while it changes, slower while it does not, patient with failures."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeAlias, TypeVar

from cyberdesk_nb.errors import APITimeoutError, ClientClosedError
from cyberdesk_nb.panels.pacing import LOST, Pace, attempt, failure_of, is_final
from cyberdesk_nb.panels.watching import Every

T = TypeVar("T")
Read: TypeAlias = Callable[[bool], "Future[T]"]

TICK_S = 2.0
SLOWEST = 8
"""Ticks between two readings when nothing changes."""
SLOWEST_AFTER_FAILURE = 4


class Polling(Generic[T]):
    """Reads on a timer, one reading at a time.

    Parameters
    ----------
    read
        Reads once; told True, it reads all anew.
    every
        How to get ticks.
    seen
        Called with what was read; gives whether it differs from before.
    failed
        Called with the error of each reading that failed, and whether it asks again. Also called on each tick while a
        reading is late.
    tick_s
        Seconds between two readings while things change.

    """

    def __init__(
        self,
        read: Read[T],
        every: Every,
        *,
        seen: Callable[[T], bool],
        failed: Callable[[BaseException, bool], None],
        tick_s: float = TICK_S,
    ) -> None:
        self._read, self._every, self._seen, self._failed = read, every, seen, failed
        self._tick_s = tick_s
        self._lock = Lock()
        self._wanted: Future[T] | None = None
        self._is_paused = self._is_stopped = False
        self._stop_ticks: Callable[[], None] | None = None
        self._pace = Pace(SLOWEST, SLOWEST_AFTER_FAILURE)

    def ask(self) -> Future[T]:
        """Read all anew, at once or after the reading that is under way; gives a future of what that reading finds.

        After an error that ended the readings they begin again.
        """
        with self._lock:
            if self._is_stopped:
                raise ClientClosedError("This panel is closed.", hint="Make a new one.")
            wanted = self._wanted = self._wanted or Future[T]()
        self._start_ticks()
        self._begin()
        return wanted

    def pause(self) -> None:
        """Read only what is asked for, until `resume`."""
        self._is_paused = True
        self._stop_timer()

    def resume(self) -> None:
        """Go on with what was paused, at once."""
        if self._is_paused:
            self._is_paused = False
            self.ask()

    def stop(self) -> None:
        """Read no more; what is under way is not heard."""
        with self._lock:
            self._is_stopped = True
            wanted, self._wanted = self._wanted, None
        self._stop_timer()
        if wanted is not None:
            wanted.cancel()

    def _start_ticks(self) -> None:
        if self._stop_ticks is not None or self._is_stopped or self._is_paused:
            return
        try:
            self._stop_ticks = self._every(self._tick_s, self._tick)
        except ClientClosedError as error:
            self._failed(error, False)

    def _stop_timer(self) -> None:
        stop, self._stop_ticks = self._stop_ticks, None
        if stop is not None:
            stop()

    def _tick(self) -> None:
        if self._pace.tick():
            self._begin()
        elif self._pace.is_late and not self._is_stopped:
            waited = f"{self._pace.waited * self._tick_s:.0f} s"
            self._failed(APITimeoutError(f"Not all answers have come yet, after {waited}."), True)

    def _begin(self) -> None:
        with self._lock:
            if self._pace.is_asking or self._is_stopped:
                return
            self._pace.asked()
            wanted, self._wanted = self._wanted, None
        reply = attempt(lambda: self._read(wanted is not None))
        reply.add_done_callback(lambda settled: self._settle(settled, wanted))

    def _settle(self, reply: Future[T], wanted: Future[T] | None) -> None:
        error, has_changed = failure_of(reply), False
        if not self._is_stopped and error is None:
            try:
                has_changed = self._seen(reply.result())
            except Exception as raised:  # noqa: BLE001 - must be seen like any other failure, and not end the readings
                error = raised
        if not self._is_stopped and error is not None:
            self._fail(error)
        with self._lock:
            if error is None:
                self._pace.answered(has_changed=has_changed)
            else:
                self._pace.failed()
            is_wanted = self._wanted is not None
        if wanted is not None and wanted.set_running_or_notify_cancel():
            if self._is_stopped:
                wanted.set_exception(ClientClosedError("The panel was closed before the answer came."))
            elif error is None:
                wanted.set_result(reply.result())
            else:
                wanted.set_exception(error)
        if is_wanted:
            self._begin()

    def _fail(self, error: BaseException) -> None:
        # A machine may refuse one reading and give the next.
        is_over = is_final(error, LOST)
        if is_over:
            self._stop_timer()
        self._failed(error, not is_over)
