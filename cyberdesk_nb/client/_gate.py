"""The gate that all calls of one client pass: how many at once, and when all of them wait.

A server that says "wait" to one call means every call. So the first refusal shuts the gate for all, and the number of
calls let through together is halved, since each of those in flight would be one more refusal. Where the server tells
how many calls are left (`X-RateLimit-Remaining`), no more than that many are let through.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from cyberdesk_nb.client._clock import Clock

_CALM_S = 30.0
"""After this long without a refusal, the gate widens again by one call per answer."""

_EPOCH_FROM = 1e9
"""An `X-RateLimit-Reset` above this is a moment, below it a number of seconds."""


class WaitTooLongError(Exception):
    """The gate stays shut beyond the deadline of the call: for how long, and the status that shut it."""

    def __init__(self, seconds: float, status: int) -> None:
        super().__init__(seconds, status)
        self.seconds = seconds
        self.status = status


class Gate:
    """Lets at most `width` calls through at once, and none while the server asks to wait."""

    def __init__(self, width: int, clock: Clock) -> None:
        self._clock = clock
        self._full_width = width
        self._width = width
        self._queue: deque[asyncio.Future[None]] = deque()
        self._shut_until = 0.0
        self._status = 429
        self._told_at = float("-inf")
        self._left: int | None = None
        self._resets_at = 0.0
        self.in_flight = 0

    async def enter(self, deadline: float) -> float:
        """Wait for a turn and take it; gives the moment of entry, which `refused` wants back.

        Raises `WaitTooLongError` at once when the gate is known to stay shut until after `deadline`.
        """
        try:
            entered_at = await self._admission(deadline)
        except BaseException:
            # This call may have been the one woken; the next in the queue must not wait for it.
            self._wake()
            raise
        self.in_flight += 1
        if self._left is not None:
            self._left -= 1
        return entered_at

    async def _admission(self, deadline: float) -> float:
        while True:
            now = self._clock.monotonic()
            wait_s = self._wait_s(now)
            if now + wait_s > deadline:
                raise WaitTooLongError(wait_s, self._status)
            if wait_s > 0:
                await self._clock.sleep(wait_s)
            elif self._has_room():
                return now
            else:
                await self._turn()

    def leave(self) -> None:
        """Give the turn back."""
        self.in_flight -= 1
        self._wake()

    def answered(self, headers: Mapping[str, str]) -> None:
        """Learn from an answer how many calls are left."""
        now = self._clock.monotonic()
        if now - self._told_at > _CALM_S:
            self._width = min(self._full_width, self._width + 1)
        left, limit = _number(headers.get("x-ratelimit-remaining")), _number(headers.get("x-ratelimit-limit"))
        resets_in_s = reset_after_s(headers, self._clock)
        if left is None or left < 0 or resets_in_s is None or limit == 0:
            return
        # The server may not have counted the other calls in flight yet.
        self._left = int(left) - (self.in_flight - 1)
        self._resets_at = now + resets_in_s

    def refused(self, status: int, wait_s: float, entered_at: float) -> None:
        """Shut the gate for everyone; a refusal of a call that entered before the last one narrows no further."""
        now = self._clock.monotonic()
        if entered_at > self._told_at:
            self._width = max(1, self._width // 2)
            self._told_at = now
        self._status = status
        self._shut_until = max(self._shut_until, now + wait_s)

    def _wait_s(self, now: float) -> float:
        if self._left is not None and now >= self._resets_at:
            self._left = None
        used_up = self._left is not None and self._left <= 0 and self.in_flight == 0
        return max(0.0, self._shut_until - now, self._resets_at - now if used_up else 0.0)

    def _has_room(self) -> bool:
        return self.in_flight < self._width and (self._left is None or self._left > 0)

    async def _turn(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        finally:
            if turn in self._queue:
                self._queue.remove(turn)

    def _wake(self) -> None:
        """Let the longest waiting calls look again whether there is room for them."""
        room = self._width - self.in_flight
        while self._queue and room > 0:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                room -= 1


def told_to_wait_s(headers: Mapping[str, str], clock: Clock) -> float | None:
    """Seconds that an answer asks to wait: `Retry-After-Ms`, `Retry-After` (seconds or date), a used-up rate limit."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return max(0.0, milliseconds / 1000)
    after = headers.get("retry-after", "")
    seconds = _number(after)
    if seconds is None:
        at = _epoch_s(after)
        seconds = None if at is None else at - _server_now_s(headers, clock)
    if seconds is None and _number(headers.get("x-ratelimit-remaining")) == 0:
        seconds = reset_after_s(headers, clock)
    return None if seconds is None else max(0.0, seconds)


def reset_after_s(headers: Mapping[str, str], clock: Clock) -> float | None:
    """Seconds until the rate limit starts anew, from `X-RateLimit-Reset` as a moment or as a number of seconds."""
    reset = _number(headers.get("x-ratelimit-reset"))
    if reset is None:
        return None
    if reset < _EPOCH_FROM:
        return max(0.0, reset)
    epoch_s = reset / 1000 if reset > _EPOCH_FROM * 1000 else reset
    return max(0.0, epoch_s - _server_now_s(headers, clock))


def _server_now_s(headers: Mapping[str, str], clock: Clock) -> float:
    """Read the server's own clock where it gives it: a moment that it names is one on that clock."""
    at = _epoch_s(headers.get("date", ""))
    return clock.epoch_s() if at is None else at


def _epoch_s(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else None
    except ValueError:
        return None
    # NaN and infinity are no waits.
    return number if number is not None and abs(number) < float("inf") else None
