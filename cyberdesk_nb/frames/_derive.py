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


def steps_total(frame: pd.DataFrame, _: ProblemLog) -> pd.Series:
    """Compute the number of all steps."""
    return frame["steps_agentic"] + frame["steps_cached"]


def cached_share(frame: pd.DataFrame, _: ProblemLog) -> pd.Series:
    """Compute the share of the steps that were replayed; missing without steps."""
    return frame["steps_cached"].astype("float64") / frame["steps_total"].astype("float64")


def per_text(values: pd.Series, compute: Callable[[str], Any]) -> pd.Series:
    """Apply a function once to each different text; a missing text stays missing."""
    codes, texts = values.factorize()
    results = np.array([*map(compute, texts), None], dtype=object)
    # A missing text has the code -1, which is the last result.
    return pd.Series(results[codes], index=values.index, dtype=object)


def json_items(text: str) -> list[dict[str, Any]]:
    """Give the objects of a JSON array in text; an empty list when it is no array."""
    return [item for item in list_of(read_exact(text)) if isinstance(item, dict)]
