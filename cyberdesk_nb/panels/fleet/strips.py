"""How a machine was connected over the window, as a strip of marks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import pandas as pd

from cyberdesk_nb.panels.fleet.wording import moment_words
from cyberdesk_nb.panels.wording import exact_words

SLOTS = 168
"""Marks of a strip at most: hours of a week."""
_RANK = ("connected", "unknown", "disconnected", "error")


@dataclass(frozen=True, slots=True)
class Mark:
    """A part of a strip: the worst state in it, its share of the window, and what it means in words."""

    state: str
    share: float
    words: str


def strip_of(spans: pd.DataFrame, at: datetime) -> list[Mark]:
    """Draw the spans of one machine, which follow each other without a gap, as marks.

    Time is cut into `SLOTS` equal parts, so that a gap of a minute is still seen; each shows the worst state in it.
    `at` is now: words name the day of other days.
    """
    if spans.empty:
        return []
    rows: list[dict[str, Any]] = [{str(name): value for name, value in row.items()} for row in spans.to_dict("records")]
    start, end = rows[0]["start"], rows[-1]["end"]
    slots = ["connected"] * SLOTS
    for row in rows:
        first = int((row["start"] - start) / (end - start) * SLOTS)
        last = max(first, -int(-((row["end"] - start) / (end - start) * SLOTS) // 1) - 1)
        for slot in range(min(first, SLOTS - 1), min(last, SLOTS - 1) + 1):
            slots[slot] = max(slots[slot], str(row["state"]), key=_RANK.index)
    marks: list[Mark] = []
    position = 0
    for state, same in groupby(slots):
        width = len(list(same))
        begin, until = (start + (end - start) * edge / SLOTS for edge in (position, position + width))
        marks.append(Mark(state, width / SLOTS, _words(state, rows, begin, until, at)))
        position += width
    return marks


def _words(state: str, rows: list[dict[str, Any]], begin: datetime, until: datetime, at: datetime) -> str:
    inside = [row for row in rows if row["state"] == state and row["start"] < until and row["end"] > begin]
    if state == "connected" or len(inside) == 1:
        first, last = (inside[0]["start"], inside[-1]["end"]) if len(inside) == 1 else (begin, until)
        long = exact_words((last - first).total_seconds())
        name = "not known" if state == "unknown" else "connection broken" if state == "error" else state
        return f"{name} {moment_words(first, at)} to {moment_words(last, at)} ({long})"
    lost_s = sum((min(row["end"], until) - max(row["start"], begin)).total_seconds() for row in inside)
    return (
        f"{state} {len(inside)} times between {moment_words(begin, at)} and {moment_words(until, at)}, "
        f"{exact_words(lost_s)} in all"
    )
