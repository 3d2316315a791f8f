"""Computations that several tables share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cyberdesk_nb.frames._exact import read_exact
from cyberdesk_nb.frames._json import list_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cyberdesk_nb.frames._problems import ProblemLog


def seconds_between(
    start: str, end: str, *, column: str, key: str = "id"
) -> Callable[[pd.DataFrame, ProblemLog], pd.Series]:
    """Make the computation of the seconds from one time column to another; a negative one is a problem."""

    def compute(frame: pd.DataFrame, log: ProblemLog) -> pd.Series:
        elapsed_s = (frame[end] - frame[start]).dt.total_seconds()
        backwards = elapsed_s < 0
        if not backwards.any():
            return elapsed_s
        for row in frame.loc[backwards, [key, start, end]].itertuples(index=False):
            row_id = row[0] if isinstance(row[0], str) else None
            log.add(row_id, column, f"{start}={row[1]}, {end}={row[2]}", f"{end} is before {start}")
        return elapsed_s.mask(backwards)

    return compute


def steps_total(frame: pd.DataFrame, log: ProblemLog) -> pd.Series:
    """Compute the number of all steps; one beyond 64 bits is a problem."""
    agentic, cached = frame["steps_agentic"], frame["steps_cached"]
    total = agentic + cached
    has_wrapped = ((total < agentic) != (cached < 0)).fillna(value=False).astype(bool)
    return without(total, has_wrapped, frame, log, "steps_total", "integer does not fit in 64 bits")


def cached_share(frame: pd.DataFrame, log: ProblemLog) -> pd.Series:
    """Compute the share of the steps that were replayed; missing without steps, a problem where counts contradict."""
    share = frame["steps_cached"].astype("float64") / frame["steps_total"].astype("float64")
    is_none = share.notna() & ~share.between(0, 1)
    return without(share, is_none, frame, log, "cached_share", "one of the counts of steps is below zero")


def without(
    values: pd.Series, wrong: pd.Series, frame: pd.DataFrame, log: ProblemLog, column: str, reason: str
) -> pd.Series:
    """Take the values that are wrong out of a computed column, each a problem of its row."""
    if not wrong.any():
        return values
    ids: pd.Series = frame["id"] if "id" in frame else pd.Series(None, frame.index, dtype=object)
    for row_id, value in zip(ids[wrong], values[wrong], strict=True):
        log.add(row_id if isinstance(row_id, str) else None, column, str(value), reason)
    return values.mask(wrong)


def per_text(values: pd.Series, compute: Callable[[str], Any]) -> pd.Series:
    """Apply a function once to each different text; a missing text stays missing."""
    codes, texts = values.factorize()
    results = np.array([*map(compute, texts), None], dtype=object)
    # A missing text has the code -1, which is the last result.
    return pd.Series(results[codes], index=values.index, dtype=object)


def json_items(text: str) -> list[dict[str, Any]]:
    """Give the objects of a JSON array in text; an empty list when it is no array."""
    return [item for item in list_of(read_exact(text)) if isinstance(item, dict)]
