"""The virtual clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cyberdesk_nb.simulator.clock import Clock

ANCHOR = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)


class RealTime:
    """Real seconds that the test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        """Return the seconds as they are now."""
        return self.seconds


def test_starts_at_the_anchor_in_utc() -> None:
    """The clock shows the anchor at first, in UTC whatever zone it was given in."""
    zone = datetime(2026, 11, 21, 17, 0, tzinfo=UTC).astimezone()
    now = Clock(zone, 0).now()
    assert now == zone
    assert now.utcoffset() == timedelta(0)


def test_speed_zero_moves_only_by_advance() -> None:
    """With speed 0 real time does nothing; advance moves it by exactly what was asked."""
    real = RealTime()
    clock = Clock(ANCHOR, 0, real)
    clock.hurry_until(ANCHOR + timedelta(days=1))
    real.seconds += 1000
    assert clock.now() == ANCHOR
    assert clock.advance(2.5) == ANCHOR + timedelta(seconds=2.5)
    assert clock.now() == ANCHOR + timedelta(seconds=2.5)


def test_hurries_only_while_work_is_due() -> None:
    """Time runs at `speed` up to the end of the work and at real pace after it, inside one look as well."""
    real = RealTime()
    clock = Clock(ANCHOR, 20, real)
    real.seconds += 10
    assert clock.now() == ANCHOR + timedelta(seconds=10)
    clock.hurry_until(ANCHOR + timedelta(seconds=110))
    real.seconds += 4
    assert clock.now() == ANCHOR + timedelta(seconds=90)
    real.seconds += 11
    assert clock.now() == ANCHOR + timedelta(seconds=120)


def test_a_shorter_hurry_does_not_turn_time_back() -> None:
    """Work that ends earlier than said leaves time where it is."""
    real = RealTime()
    clock = Clock(ANCHOR, 20, real)
    clock.hurry_until(ANCHOR + timedelta(seconds=1000))
    real.seconds += 10
    seen = clock.now()
    clock.hurry_until(ANCHOR)
    real.seconds += 1
    assert clock.now() == seen + timedelta(seconds=1)


@pytest.mark.parametrize(("anchor", "speed"), [(ANCHOR.replace(tzinfo=None), 1.0), (ANCHOR, -1.0)])
def test_refuses_what_no_clock_can_show(anchor: datetime, speed: float) -> None:
    """A naive anchor and a negative speed are refused."""
    with pytest.raises(ValueError, match="must"):
        Clock(anchor, speed)


def test_time_does_not_run_backwards() -> None:
    """Advance by a negative amount is refused."""
    with pytest.raises(ValueError, match="backwards"):
        Clock(ANCHOR, 0).advance(-1)
