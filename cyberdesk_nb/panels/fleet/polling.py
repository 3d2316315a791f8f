"""Read something again and again: quick while it changes, slower while it does not, patient with failures."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeAlias, TypeVar

from cyberdesk_nb.errors import APITimeoutError, AuthenticationError, ClientClosedError, PermissionDeniedError
from cyberdesk_nb.panels.watching import Every

T = TypeVar("T")
Read: TypeAlias = Callable[[bool], "Future[T]"]

TICK_S = 2.0
SLOWEST = 8
"""Ticks between two readings when nothing changes."""
SLOWEST_AFTER_FAILURE = 4
LATE = 3
"""Ticks after which a reading without an end is told: the client may be riding out an outage."""
_FINAL = (AuthenticationError, ClientClosedError, PermissionDeniedError)


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
        self._is_reading = self._is_stopped = False
        self._stop_ticks: Callable[[], None] | None = None
        self._pause = self._until_next = self._waited = 0

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

    def stop(self) -> None:
        """Read no more; what is under way is not heard."""
        with self._lock:
            self._is_stopped = True
            wanted, self._wanted = self._wanted, None
        self._stop_timer()
        if wanted is not None:
            wanted.cancel()

    def _start_ticks(self) -> None:
        if self._stop_ticks is not None or self._is_stopped:
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
        self._until_next -= 1
        if self._is_reading:
            self._wait_on()
        elif self._until_next <= 0:
            self._begin()

    def _wait_on(self) -> None:
        self._waited += 1
        if self._waited >= LATE and not self._is_stopped:
            waited = f"{self._waited * self._tick_s:.0f} s"
            self._failed(APITimeoutError(f"Not all answers have come yet, after {waited}."), True)

    def _begin(self) -> None:
        with self._lock:
            if self._is_reading or self._is_stopped:
                return
            self._is_reading, self._waited = True, 0
            wanted, self._wanted = self._wanted, None
        try:
            reply = self._read(wanted is not None)
        except Exception as error:  # noqa: BLE001 - whatever fails is shown; a tick that raises would end the timer
            reply = Future[T]()
            reply.set_exception(error)
        reply.add_done_callback(lambda settled: self._settle(settled, wanted))

    def _settle(self, reply: Future[T], wanted: Future[T] | None) -> None:
        error = ClientClosedError("The connection was closed.") if reply.cancelled() else reply.exception()
        if not self._is_stopped and error is None:
            # Whatever goes wrong in showing it must be seen, too, and must not end the readings.
            error = self._heard(reply)
        if not self._is_stopped and error is not None:
            self._fail(error)
        with self._lock:
            self._is_reading = False
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

    def _heard(self, reply: Future[T]) -> BaseException | None:
        try:
            has_changed = self._seen(reply.result())
        except Exception as error:  # noqa: BLE001 - shown like any other failure
            return error
        self._pause = self._until_next = 1 if has_changed else min(self._pause + 1, SLOWEST)
        return None

    def _fail(self, error: BaseException) -> None:
        self._pause = self._until_next = min(self._pause + 1, SLOWEST_AFTER_FAILURE)
        is_final = isinstance(error, _FINAL)
        if is_final:
            self._stop_timer()
        self._failed(error, not is_final)
