"""One finding, and one search for findings of a kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from cyberdesk_nb.analysis.statistics.significance import Estimate


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong, in words and numbers.

    Attributes
    ----------
    subject_kind
        ``machine``, ``workflow``, ``machines``, ``runs`` or ``fleet``.
    headline, detail
        One sentence to read first; the numbers behind it.
    since, until
        Since when, and until when where it is over; NaT where it has always been so.
    n
        Runs that it rests on.
    size, unit
        How large it is, with the interval; NaN ends where it is counted and not estimated.
    p_value
        How often chance alone looks like this; NaN where it is counted and not estimated.
    runs_lost, hours_lost
        What it cost, as far as can be told.
    """

    kind: str
    subject_kind: str
    subject_id: str | None
    subject_name: str | None
    headline: str
    detail: str
    n: int
    size: Estimate
    unit: str
    p_value: float = np.nan
    since: pd.Timestamp | None = None
    until: pd.Timestamp | None = None
    runs_lost: float = 0.0
    hours_lost: float = 0.0
    run_ids: tuple[str, ...] = ()


@dataclass(slots=True)
class Search:
    """One kind that was looked for.

    Attributes
    ----------
    checked
        What was looked at, or why nothing was, in words.
    tested
        For each comparison its p-value, and the finding that it makes when it is no chance; None where the effect is
        too small to matter.
    certain
        Findings that were counted and need no test.
    """

    kind: str
    checked: str = ""
    tested: list[tuple[float, Finding | None]] = field(default_factory=list[tuple[float, Finding | None]])
    certain: list[Finding] = field(default_factory=list[Finding])
