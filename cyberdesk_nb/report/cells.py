"""Values as people read them, and tables of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import isfinite, isinf, nan
from typing import TYPE_CHECKING, Any

import pandas as pd

from cyberdesk_nb.errors import printable
from cyberdesk_nb.report.blocks import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NOTHING = "\N{EN DASH}"
"""What stands for a value that there is not."""

_TEXT_MAX = 160
_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3_600, 60


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of a table: its name, and how a row gives its text."""

    name: str
    read: Callable[[Mapping[str, Any]], str]
    numeric: bool = True


def table(
    title: str, frame: pd.DataFrame, headings: Sequence[Heading], *, most: int = 15, notes: Sequence[str] = ()
) -> Table:
    """Make a table of the first rows of a frame; says how many there are when it does not show all."""
    rows = frame.head(most).to_dict("records")
    cut = [f"{len(rows)} of {len(frame):,} rows shown; the attached frame has all."] if len(frame) > most else []
    return Table(
        title,
        tuple(heading.name for heading in headings),
        tuple(heading.numeric for heading in headings),
        tuple(tuple(heading.read(row) for heading in headings) for row in rows),  # type: ignore[arg-type]
        (*cut, *notes),
    )


def words(name: str, heading: str | None = None, most: int = _TEXT_MAX) -> Heading:
    """Make a column of texts, of at most so many characters each."""
    return Heading(heading or name.replace("_", " "), lambda row: text(row.get(name), most), numeric=False)


def kinds(name: str, heading: str | None = None) -> Heading:
    """Make a column of the API's own words, such as ``infra_error``."""
    return Heading(heading or name.replace("_", " "), lambda row: text(row.get(name)).replace("_", " "), numeric=False)


def counts(name: str, heading: str | None = None) -> Heading:
    """Make a column of whole numbers."""
    return Heading(heading or name.replace("_", " "), lambda row: count(row.get(name)))


def shares(name: str, heading: str, low: str | None = None, high: str | None = None) -> Heading:
    """Make a column of shares, with their intervals where they have one."""
    if low is None or high is None:
        return Heading(heading, lambda row: share(row.get(name)))
    return Heading(heading, lambda row: between(row.get(name), row.get(low), row.get(high)))


def times_taken(name: str, heading: str) -> Heading:
    """Make a column of seconds, in readable units."""
    return Heading(heading, lambda row: duration(row.get(name)))


def text(value: object, most: int = _TEXT_MAX) -> str:
    """Give text from outside on one line, at most so many characters of it."""
    return NOTHING if is_missing(value) else printable(str(value), most)


def count(value: object) -> str:
    """Give a whole number with its thousands apart."""
    return NOTHING if is_missing(value) else f"{int(float(str(value))):,}"


def share(value: object) -> str:
    """Give a share in per cent."""
    if is_missing(value):
        return NOTHING
    percent = 100 * float(str(value))
    # 99.97 % is not all, and 0.02 % is not nothing.
    digits = 2 if 0 < percent < 0.1 or 99.9 < percent < 100 else 1
    return f"{percent:.{digits}f} %"


def between(value: object, low: object, high: object) -> str:
    """Give a share with the interval around it."""
    if is_missing(value) or is_missing(low) or is_missing(high):
        return share(value)
    return f"{share(value)} ({share(low).removesuffix(' %')} to {share(high)})"


def number(value: object) -> str:
    """Give a number with three digits that count."""
    return NOTHING if is_missing(value) else f"{float(str(value)):,.3g}"


def probability(value: object) -> str:
    """Give a p-value; below 0.001 only that it is."""
    if is_missing(value):
        return NOTHING
    p = float(str(value))
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def duration(value: object) -> str:
    """Give seconds in the two largest units that they fill; what never ends has no such number."""
    seconds = nan if is_missing(value) else float(str(value))
    if not isfinite(seconds):
        return "without end" if isinf(seconds) else NOTHING
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    if seconds < 10:
        return f"{sign}{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{sign}{whole} s"
    if whole < _HOUR_S:
        return f"{sign}{whole // _MINUTE_S} min {whole % _MINUTE_S} s"
    minutes = round(seconds / _MINUTE_S)
    if minutes < _DAY_S // _MINUTE_S:
        return f"{sign}{minutes // 60} h {minutes % 60} min"
    hours = round(seconds / _HOUR_S)
    return f"{sign}{hours // 24} d {hours % 24} h"


def moment(value: object, tz: str) -> str:
    """Give a time to the minute in a time zone, with its offset from UTC where it is another."""
    if is_missing(value):
        return NOTHING
    local = pd.Timestamp(value).tz_convert(tz)  # type: ignore[arg-type]
    zone = "UTC" if local.utcoffset() == timedelta(0) else f"UTC{local.strftime('%z')[:3]}:{local.strftime('%z')[3:]}"
    return f"{local:%Y-%m-%d %H:%M} {zone}"


def is_missing(value: object) -> bool:
    """Whether there is no value: None, NaN, NaT or NA."""
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)  # noqa: PLR0124
