"""What people write for a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.workspace.when import When, as_time

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (None, None),
        ("7d", NOW - timedelta(days=7)),
        ("90min", NOW - timedelta(minutes=90)),
        (timedelta(hours=2), NOW - timedelta(hours=2)),
        ("1.5 D", NOW - timedelta(hours=36)),
        ("20260301", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        (date(2026, 3, 1), datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T08:00:00+02:00", datetime(2026, 3, 1, 6, tzinfo=UTC)),
        (datetime(2026, 3, 1, 8), datetime(2026, 3, 1, 8, tzinfo=UTC)),  # noqa: DTZ001 - naive on purpose
        (datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=-5))), datetime(2026, 3, 1, 13, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_people_mean_them(written: When, meant: datetime | None) -> None:
    """A span counts back from now, a date is its first moment in UTC, a naive time is UTC."""
    read = as_time(written, now=NOW)
    assert read == meant
    assert read is None or read.tzinfo is UTC


@pytest.mark.parametrize("text", ["7", "", "NaT", "soon", "7 moons", "2026-13-01"])
def test_what_is_no_time_is_refused(text: str) -> None:
    """A number without a unit, an empty text and a wrong date are refused: none is guessed at."""
    with pytest.raises(RequestError, match="is no time"):
        as_time(text)


@given(st.text(max_size=20))
def test_any_text_is_a_time_or_a_clear_error(text: str) -> None:
    """Text gives an aware UTC time or an error that shows how to write one; nothing else."""
    try:
        read = as_time(text, now=NOW)
    except RequestError as error:
        said = str(error)
    else:
        assert read is None or read.utcoffset() == timedelta(0)
        return
    assert "7d" in said
