"""Read what people write for a time: a span back from now, a date, a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from cyberdesk_nb.errors import RequestError, printable

When = str | timedelta | date | datetime | None
"""``"7d"`` or a timedelta: so long before now. A date or datetime, or one in ISO text: itself; naive is UTC."""


def as_time(when: When, *, now: datetime | None = None) -> datetime | None:
    """Give an aware UTC time; None stays None. Raises `RequestError` for what is no time."""
    import pandas as pd

    if when is None:
        return None
    try:
        if isinstance(when, str):
            when = _span(when) or pd.Timestamp(when)
        if isinstance(when, timedelta):
            return (now or datetime.now(UTC)) - when
        stamp = pd.Timestamp(when)
        return (stamp.tz_localize(UTC) if stamp.tzinfo is None else stamp.tz_convert(UTC)).to_pydatetime()
    except (ValueError, TypeError, OverflowError):
        raise RequestError(
            f"{printable(repr(when), 60)} is no time.",
            hint='Use a span such as "7d" or "12h", or a date such as "2026-03-01".',
        ) from None


def _span(text: str) -> timedelta | None:
    import pandas as pd

    try:
        return pd.Timedelta(text).to_pytimedelta()
    except ValueError:
        return None
