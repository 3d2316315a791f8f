"""Follow a run until it ends: polite polls on a timer, which outlast a server that is away."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeAlias

from cyberdesk_nb.errors import (
    APITimeoutError,
    AuthenticationError,
    ClientClosedError,
    NotFoundError,
    PermissionDeniedError,
)
from cyberdesk_nb.models import RunResponse

Poll: TypeAlias = Callable[[str], "Future[RunResponse]"]
Every: TypeAlias = Callable[[float, Callable[[], None]], Callable[[], None]]

TICK_S = 1.0
SLOWEST = 5
"""Ticks between two polls when nothing changes."""
LATE = 3
"""Ticks after which a poll without an answer is told: the client may be riding out an outage."""
# Asking again cannot help: the run is gone, or the key is.
_FINAL = (AuthenticationError, ClientClosedError, NotFoundError, PermissionDeniedError)


class Watch:
    """Polls a run on every tick while it changes, more seldom while it does not, and stops when it has ended.

    Parameters
    ----------
    run
        The run as it was queued.
    poll, every
        How to read the run, and how to get ticks.
    seen
        Called with the run after each poll that worked.
    failed
        Called with the error of each poll that did not, and whether it asks again; the last run seen stays good. Also
        called on each tick while an answer is late.
    ticked
        Called on each tick with the seconds since the watch began.

    Attributes
    ----------
    ended
        A future of the ended run. It fails only where asking again cannot help, and is cancelled by `stop`.

    """

    def __init__(
        self,
        run: RunResponse,
        *,
        poll: Poll,
        every: Every,
        seen: Callable[[RunResponse], None],
        failed: Callable[[BaseException, bool], None],
        ticked: Callable[[float], None],
    ) -> None:
        self.run = run
        self.ended: Future[RunResponse] = Future()
        self._poll, self._seen, self._failed, self._ticked = poll, seen, failed, ticked
        self._asking = False
        self._ticks = self._pause = self._until_poll = self._waited = 0
        self._stopped = False
        self._stop_ticks = every(TICK_S, self._tick)
        if run.is_terminal:
            self._end(run)

    def stop(self) -> None:
        """Stop asking; does nothing where the run has ended."""
        self._stop()
        self.ended.cancel()

    def _stop(self) -> None:
        self._stopped = True
        self._stop_ticks()

    def _tick(self) -> None:
        if self._stopped:
            return
        self._ticks += 1
        self._ticked(self._ticks * TICK_S)
        self._until_poll -= 1
        if self._asking:
            self._wait_on()
        elif self._until_poll <= 0:
            self._ask()

    def _wait_on(self) -> None:
        self._waited += 1
        if self._waited >= LATE:
            self._failed(APITimeoutError(f"The server has not answered for {self._waited * TICK_S:.0f} s."), True)

    def _ask(self) -> None:
        self._asking, self._waited = True, 0
        try:
            reply = self._poll(self.run.id)
        except Exception as error:  # noqa: BLE001 - whatever fails is shown; a tick that raises would end the timer
            self._fail(error)
        else:
            reply.add_done_callback(self._answered)

    def _answered(self, reply: Future[RunResponse]) -> None:
        if reply.cancelled():
            self._fail(ClientClosedError("The connection was closed."))
            return
        error = reply.exception()
        if error is not None:
            self._fail(error)
            return
        self._asking = False
        if self._stopped:
            return
        run = reply.result()
        self._pause = 1 if run != self.run else min(self._pause + 1, SLOWEST)
        self._until_poll = self._pause
        self.run = run
        self._seen(run)
        if run.is_terminal:
            self._end(run)

    def _fail(self, error: BaseException) -> None:
        self._asking = False
        if self._stopped:
            return
        self._pause = self._until_poll = min(self._pause + 1, SLOWEST)
        is_final = isinstance(error, _FINAL)
        self._failed(error, not is_final)
        if is_final:
            self._stop()
            if self.ended.set_running_or_notify_cancel():
                self.ended.set_exception(error)

    def _end(self, run: RunResponse) -> None:
        self._stop()
        if self.ended.set_running_or_notify_cancel():
            self.ended.set_result(run)
