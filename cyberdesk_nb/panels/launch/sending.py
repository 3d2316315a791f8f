"""One launch at a time, each under an idempotency key that stays until its outcome is known."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import TypeAlias
from uuid import uuid4

from cyberdesk_nb.errors import APIStatusError
from cyberdesk_nb.panels.launch.launches import Reply, Request

Launch: TypeAlias = Callable[[Request, str], "Future[Reply]"]

_MAY_HAVE_HAPPENED = {408, 409, 429}


class Sender:
    """Sends launches; a second call while one is on its way gives the first one's future.

    A launch whose reply was lost may have gone through: sent again unchanged, it goes under the same key, so that the
    server starts it once. After a reply, or when the request changed, the key is a new one.

    Parameters
    ----------
    launch
        Sends a request under a key.
    done
        Called with each future once it has its reply, before anyone who waits for `send` sees it.

    """

    def __init__(self, launch: Launch, done: Callable[[Future[Reply]], None]) -> None:
        self._launch = launch
        self._done = done
        self._lock = Lock()
        self._unsettled: tuple[Request, str] | None = None
        self._flight: Future[Reply] | None = None

    @property
    def flight(self) -> Future[Reply] | None:
        """The future of the launch that is on its way."""
        return self._flight

    @property
    def is_unsettled(self) -> bool:
        """Whether the last launch may have gone through although no reply came."""
        return self._flight is None and self._unsettled is not None

    def send(self, request: Request) -> Future[Reply]:
        """Launch; the future gives the server's reply, or the error."""
        with self._lock:
            if self._flight is not None:
                return self._flight
            key = self._unsettled[1] if self._unsettled and self._unsettled[0] == request else str(uuid4())
            self._unsettled = (request, key)
            flight = self._flight = Future[Reply]()
        # Whoever waits may not cancel it: the request is out.
        flight.set_running_or_notify_cancel()
        try:
            reply = self._launch(request, key)
        except Exception as error:  # noqa: BLE001 - any failure to send is shown like one of the reply
            reply = Future[Reply]()
            reply.set_exception(error)
        reply.add_done_callback(lambda settled: self._settle(flight, settled))
        return flight

    def _settle(self, flight: Future[Reply], reply: Future[Reply]) -> None:
        error = _error_of(reply)
        with self._lock:
            self._flight = None
            if error is None or _was_refused(error):
                self._unsettled = None
        try:
            self._done(reply)
        finally:
            if error is None:
                flight.set_result(reply.result())
            else:
                flight.set_exception(error)


def _error_of(reply: Future[Reply]) -> BaseException | None:
    if reply.cancelled():
        return InterruptedError("The launch was cut off before the reply came.")
    return reply.exception()


def _was_refused(error: BaseException) -> bool:
    """Whether the server surely started nothing."""
    if not isinstance(error, APIStatusError):
        return False
    return 400 <= error.status < 500 and error.status not in _MAY_HAVE_HAPPENED
