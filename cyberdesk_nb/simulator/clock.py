"""The virtual clock of the simulator: fast while there is work to watch, real pace otherwise."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_TO_SECONDS = timedelta(seconds=1)


class Clock:
    """Virtual time, starting at `anchor`.

    While work is due (see `hurry_until`) virtual time runs `speed` times real time, otherwise at real pace, so that
    it does not drift far from the real one. With `speed` 0 it moves only by `advance`.

    Parameters
    ----------
    anchor
        Aware time that the clock shows at first.
    speed
        Virtual seconds per real second while work is due; 0 stops the clock.
    monotonic
        Source of real seconds; tests pass their own.

    Attributes
    ----------
    is_repeating
        Whether what happens now has happened before (see `repeated`).

    """

    def __init__(self, anchor: datetime, speed: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        if anchor.tzinfo is None:
            raise ValueError("anchor must be an aware datetime")
        if speed < 0:
            raise ValueError("speed must not be negative")
        self.anchor = anchor.astimezone(UTC)
        self.speed = speed
        self._monotonic = monotonic
        self._virtual = self.anchor
        self._real_s = monotonic()
        self._hurry_until = self.anchor
        self._held: datetime | None = None
        self.is_repeating = False

    def now(self) -> datetime:
        """Return the virtual time, aware UTC."""
        if self._held is not None:
            return self._held
        real_s = self._monotonic()
        elapsed_s, self._real_s = real_s - self._real_s, real_s
        self._virtual += timedelta(seconds=self._virtual_s(elapsed_s))
        return self._virtual

    def _virtual_s(self, elapsed_s: float) -> float:
        if self.speed <= 1:
            return elapsed_s * self.speed
        hurry_s = max(0.0, (self._hurry_until - self._virtual) / _TO_SECONDS)
        fast_s = min(elapsed_s, hurry_s / self.speed)
        return fast_s * self.speed + (elapsed_s - fast_s)

    def advance(self, seconds: float) -> datetime:
        """Move virtual time forward by `seconds` (not negative) and return it."""
        if seconds < 0:
            raise ValueError("time does not run backwards")
        self.now()
        self._virtual += timedelta(seconds=seconds)
        return self._virtual

    @contextmanager
    def held(self) -> Generator[datetime]:
        """Stand still in the block: all that happens in it happens at one instant."""
        with self._showing(self.now()) as now:
            yield now

    @contextmanager
    def repeated(self, at: datetime) -> Generator[None]:
        """Show the past time `at` in the block, in which something is done again that was done then."""
        self.is_repeating = True
        try:
            with self._showing(at):
                yield
        finally:
            self.is_repeating = False

    @contextmanager
    def _showing(self, at: datetime) -> Generator[datetime]:
        before, self._held = self._held, at
        try:
            yield at
        finally:
            self._held = before

    def set(self, when: datetime) -> None:
        """Show `when` from now on, for a world that goes on where an earlier life of it ended."""
        self._virtual, self._real_s = when, self._monotonic()

    @property
    def is_hurrying(self) -> bool:
        """Whether work is still due."""
        return self._hurry_until > self.now()

    def hurry_until(self, when: datetime) -> None:
        """Say that work is due until `when`: up to there time runs at `speed`, after it at real pace."""
        self.now()
        self._hurry_until = when
