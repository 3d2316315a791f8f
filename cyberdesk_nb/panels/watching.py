"""Follow what was launched until it ends: polite polls on a timer, which outlast a server that is away."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeAlias, TypeVar

from cyberdesk_nb.errors import (
    APITimeoutError,
    AuthenticationError,
    ClientClosedError,
    NotFoundError,
    PermissionDeniedError,
)

S = TypeVar("S")
Every: TypeAlias = Callable[[float, Callable[[], None]], Callable[[], None]]

TICK_S = 1.0
SLOWEST = 5
"""Ticks between two polls when nothing changes."""
LATE = 3
"""Ticks after which a poll without an answer is told: the client may be riding out an outage."""
# Asking again cannot help: the run is gone, or the key is.
_FINAL = (AuthenticationError, ClientClosedError, NotFoundError, PermissionDeniedError)


class Watch(Generic[S]):
    """Polls on every tick while the state changes, more seldom while it does not, and stops when it is over.

    Parameters
    ----------
    state
        What is known at first.
    poll, every
        How to read the state, and how to get ticks.
    is_over
        Whether a state changes no more.
    seen
        Called with the state after each poll that worked.
    failed
        Called with the error of each poll that did not, and whether it asks again; the last state seen stays good. Also
        called on each tick while an answer is late.
    ticked
        Called on each tick with the seconds since the watch began.

    Attributes
    ----------
    ended
        A future of the last state. It fails only where asking again cannot help, and is cancelled by `stop`.

    """

    def __init__(
        self,
        state: S,
        *,
        poll: Callable[[], Future[S]],
        is_over: Callable[[S], bool],
        every: Every,
        seen: Callable[[S], None],
        failed: Callable[[BaseException, bool], None],
        ticked: Callable[[float], None],
    ) -> None:
        self.state = state
        self.ended: Future[S] = Future()
        self._poll, self._is_over = poll, is_over
        self._seen, self._failed, self._ticked = seen, failed, ticked
        self._asking = False
        self._ticks = self._pause = self._until_poll = self._waited = 0
        self._stopped = False
        self._stop_ticks = every(TICK_S, self._tick)
        if is_over(state):
            self._end(state)

    def stop(self) -> None:
        """Stop asking; does nothing where it is over."""
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
            reply = self._poll()
        except Exception as error:  # noqa: BLE001 - whatever fails is shown; a tick that raises would end the timer
            self._fail(error)
        else:
            reply.add_done_callback(self._answered)

    def _answered(self, reply: Future[S]) -> None:
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
        state = reply.result()
        self._pause = 1 if state != self.state else min(self._pause + 1, SLOWEST)
        self._until_poll = self._pause
        self.state = state
        self._seen(state)
        if self._is_over(state):
            self._end(state)

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

    def _end(self, state: S) -> None:
        self._stop()
        if self.ended.set_running_or_notify_cancel():
            self.ended.set_result(state)
