"""How findings put names, shares, times and counts into words."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cyberdesk_nb.errors import printable

_NAME_MAX = 60


def named(name: Any, key: Any) -> str:
    """Give a name from outside as one safe line; the id where there is no name."""
    text = key if pd.isna(name) or not str(name).strip() else name
    return "(unknown)" if pd.isna(text) else printable(str(text), _NAME_MAX)


def percent(share: float) -> str:
    """Write a share."""
    shown = 100 * share
    return f"{shown:.0f} %" if shown >= 10 or shown == 0 else f"{shown:.1f} %"


def counted(n: float, noun: str) -> str:
    """Write a count with its noun."""
    rounded = round(n)
    return f"{rounded:,} {noun}" if rounded == 1 else f"{rounded:,} {noun}s"


def seconds(value_s: float) -> str:
    """Write a span of time in the unit that suits it."""
    if value_s >= 2 * 86_400:
        return f"{value_s / 86_400:.1f} days"
    if value_s >= 2 * 3600:
        return f"{value_s / 3600:.1f} h"
    if value_s >= 120:
        return f"{value_s / 60:.0f} min"
    return f"{value_s:.0f} s" if value_s >= 10 else f"{value_s:.1f} s"


def when(time: pd.Timestamp, tz: str) -> str:
    """Write a time where its reader is."""
    local = time.tz_convert(tz)
    return f"{local.day} {local:%b %Y %H:%M}"


def listed(names: list[str], most: int = 3) -> str:
    """Write a list, with how many are left out."""
    shown, more = names[:most], len(names) - most
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""
