"""Read what people write for a time: a span back from now, a date, a time."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

import pandas as pd

from cyberdesk_nb.errors import RequestError, printable

When = str | timedelta | date | datetime | None
"""``"7d"`` or a timedelta: so long before now. A date or datetime, or one in ISO text: itself; naive is UTC."""

_SPAN = re.compile(r"\d+(\.\d+)?\s*[A-Za-z]+")


def as_time(when: When, *, now: datetime | None = None) -> datetime | None:
    """Give an aware UTC time; None stays None. Raises `RequestError` for what is no time."""
    if when is None:
        return None
    try:
        meant = _read(when)
        if isinstance(meant, timedelta):
            return (now or datetime.now(UTC)) - meant
        return meant.replace(tzinfo=UTC) if meant.tzinfo is None else meant.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise RequestError(
            f"{printable(repr(when), 60)} is no time.",
            hint='Use a span such as "7d" or "12h", or a date such as "2026-03-01".',
        ) from None


def as_span(span: str | timedelta) -> timedelta:
    """Give a stretch of time, longer than none. Raises `RequestError` for what is not."""
    try:
        meant = _read(span)
    except (ValueError, TypeError, OverflowError):
        meant = None
    if not isinstance(meant, timedelta) or meant <= timedelta(0):
        raise RequestError(f"{printable(repr(span), 60)} is no span of time.", hint='Use "7d", "12h" or a timedelta.')
    return meant


def _read(when: str | timedelta | date | datetime) -> timedelta | datetime:
    if isinstance(when, timedelta | datetime):
        return when
    if isinstance(when, date):
        return datetime.combine(when, time())
    if _SPAN.fullmatch(when.strip()):
        # Days are D to pandas, and d to everybody else.
        return pd.Timedelta(re.sub("d$", "D", when.strip())).to_pytimedelta()
    return datetime.fromisoformat(when.strip())
