"""Follow what was launched until it ends: polite polls on a timer, which outlast a server that is away."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeAlias, TypeVar

from cyberdesk_nb.errors import APITimeoutError
from cyberdesk_nb.panels.pacing import Pace, attempt, failure_of, is_final

S = TypeVar("S")
Every: TypeAlias = Callable[[float, Callable[[], None]], Callable[[], None]]

TICK_S = 1.0


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
        self._pace = Pace()
        self._ticks = 0
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
        if self._pace.tick():
            self._pace.asked()
            attempt(self._poll).add_done_callback(self._answered)
        elif self._pace.is_late:
            self._failed(APITimeoutError(f"The server has not answered for {self._pace.waited * TICK_S:.0f} s."), True)

    def _answered(self, reply: Future[S]) -> None:
        if self._stopped:
            return
        if (error := failure_of(reply)) is not None:
            self._fail(error)
            return
        state = reply.result()
        self._pace.answered(has_changed=state != self.state)
        self.state = state
        self._seen(state)
        if self._is_over(state):
            self._end(state)

    def _fail(self, error: BaseException) -> None:
        self._pace.failed()
        self._failed(error, not is_final(error))
        if is_final(error):
            self._stop()
            if self.ended.set_running_or_notify_cancel():
                self.ended.set_exception(error)

    def _end(self, state: S) -> None:
        self._stop()
        if self.ended.set_running_or_notify_cancel():
            self.ended.set_result(state)
