"""When to ask a server again: soon while things change, ever later while they do not, never where it is no use."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from cyberdesk_nb.errors import (
    AuthenticationError,
    BadRequestError,
    ClientClosedError,
    NotFoundError,
    PermissionDeniedError,
    RequestError,
)

T = TypeVar("T")

SLOWEST = 5
"""Ticks between two requests when nothing changes."""
LATE = 3
"""Ticks after which a request without an answer is told: the client may be riding out an outage."""
LOST = AuthenticationError, ClientClosedError, PermissionDeniedError
"""The key or the connection is no good any more."""
GONE = *LOST, BadRequestError, NotFoundError, RequestError
"""What was asked for is gone or wrong, or the key or the connection is."""


class Pace:
    """Counts the ticks of a timer for requests that follow each other; it holds neither a timer nor a lock.

    `slowest` and `slowest_after_failure` are the most ticks between an answer and the next request. `waited` says for
    how many ticks an answer has been waited for.
    """

    def __init__(self, slowest: int = SLOWEST, slowest_after_failure: int = SLOWEST) -> None:
        self.is_asking = False
        self.waited = self._pause = self._left = 0
        self._slowest, self._slowest_after_failure = slowest, slowest_after_failure

    def tick(self) -> bool:
        """Count a tick, and say whether the next request is due."""
        self._left -= 1
        self.waited += self.is_asking
        return not self.is_asking and self._left <= 0

    def asked(self) -> None:
        """Note that a request goes out."""
        self.is_asking, self.waited = True, 0

    def answered(self, *, has_changed: bool) -> None:
        """Note a good answer, and whether it said something new."""
        self._rest(1 if has_changed else min(self._pause + 1, self._slowest))

    def failed(self) -> None:
        """Note an answer that was an error."""
        self._rest(min(self._pause * 2 or 1, self._slowest_after_failure))

    @property
    def is_late(self) -> bool:
        """Whether the answer has been waited for so long that it must be told."""
        return self.is_asking and self.waited >= LATE

    @property
    def until_next(self) -> int:
        """In how many ticks the next request goes out; 0 while one is out."""
        return 0 if self.is_asking else max(1, self._left)

    def _rest(self, ticks: int) -> None:
        self.is_asking = False
        self._pause = self._left = ticks


def attempt(ask: Callable[[], Future[T]]) -> Future[T]:
    """Ask; what fails before anything is sent is given as the answer: a tick that raises would end its timer."""
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - whatever fails is shown
        failed = Future[T]()
        failed.set_exception(error)
        return failed


def failure_of(reply: Future[Any]) -> BaseException | None:
    """Give the error of an answer that came; None where it is good."""
    return ClientClosedError("The connection was closed.") if reply.cancelled() else reply.exception()


def is_final(error: BaseException, kinds: tuple[type[Exception], ...] = GONE) -> bool:
    """Whether asking again cannot help, which is for the one who asks to say: `LOST` or `GONE`."""
    return isinstance(error, kinds)
