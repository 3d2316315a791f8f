"""Which failures are worth another try, after how long, and until when."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tenacity import AsyncRetrying, RetryCallState

from cyberdesk_nb.client._clock import Clock

_FIRST_WAIT_S = 0.25
_LONGEST_WAIT_S = 2.0
_TRIES_MIN = 3

RETRIED_4XX = frozenset({408, 425})
FINAL_5XX = frozenset({501, 505})
"""Server errors that say "never": the route, or the protocol, is not there."""


class Again(Enum):
    """Whether a failed call is tried again."""

    NEVER = "never"
    THROUGH_OUTAGE = "while an outage may pass"
    UNTIL_DEADLINE = "until the deadline of the call"


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed try: the error to raise should it be the last, and whether and when to try again."""

    error: BaseException
    again: Again = Again.NEVER
    wait_s: float | None = None
    """What the server asked to wait."""


class Patience:
    """The plan of one call's tries.

    Failures of the connection and of the server are ridden out for `outage_s`, and at least over three tries; what
    the server told to repeat (429, `Retry-After`, an idempotent request in progress) is repeated until the deadline.
    A wait that would pass the deadline is not begun.
    """

    def __init__(self, clock: Clock, timeout_s: float, outage_s: float, *, may_repeat: bool) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._outage_s = outage_s
        self._may_repeat = may_repeat
        self.timeout_s = timeout_s
        self.deadline = self._began + timeout_s

    def tries(self) -> AsyncRetrying:
        """Give the loop that follows this plan; what it returns is the last try's outcome, failed or not."""
        return AsyncRetrying(
            sleep=self._clock.sleep,
            retry=self._is_worth_another,
            wait=self._wait_s,
            stop=self._is_over,
            retry_error_callback=_last_outcome,
        )

    def _is_worth_another(self, state: RetryCallState) -> bool:
        failure = _last_outcome(state)
        return self._may_repeat and isinstance(failure, Failure) and failure.again is not Again.NEVER

    def _wait_s(self, state: RetryCallState) -> float:
        asked_s = _last_outcome(state).wait_s
        if asked_s is not None and state.attempt_number == 1:
            return asked_s
        # Half of the wait is random, so that callers that failed together do not come back together.
        longest_s = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** min(state.attempt_number - 1, 8))
        own_s = longest_s * (0.5 + 0.5 * random.random())  # noqa: S311 - no secret depends on it
        # A server that asks for no wait at all, again and again, gets one all the same.
        return own_s if asked_s is None else max(asked_s, own_s)

    def _is_over(self, state: RetryCallState) -> bool:
        now = self._clock.monotonic()
        if now + state.upcoming_sleep >= self.deadline:
            return True
        is_outage = _last_outcome(state).again is Again.THROUGH_OUTAGE
        return is_outage and state.attempt_number >= _TRIES_MIN and now - self._began > self._outage_s


def _last_outcome(state: RetryCallState) -> Any:
    outcome = state.outcome
    return None if outcome is None else outcome.result()
