"""How sure the share of a sum is, when its parts come in lumps."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cyberdesk_nb.analysis.statistics.intervals import wilson


def share_of_sums(part: pd.Series, whole: pd.Series, groups: pd.Series, confidence: float = 0.95) -> pd.DataFrame:
    """Give the sum of parts over the sum of wholes for each group, with an interval that knows of the lumps.

    The steps of one run are alike: a hundred of them tell less than a hundred of different runs. So Wilson's interval
    is taken at the number of independent steps that would scatter as much as the runs do (never more than there are,
    and, where the runs do not scatter at all, as many as there are runs).

    Parameters
    ----------
    part, whole
        Of each run, such as its cached steps and all of its steps; runs without a whole count nothing.
    groups
        Group of each run; runs where it is missing are in none.
    confidence
        Between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        Index: the group. ``n`` (runs that count), ``whole`` (their sum), ``share``, ``low``, ``high``.

    Examples
    --------
    >>> runs = pd.DataFrame({"cached": [8, 9, 0], "all": [10, 10, 10], "day": [1, 1, 1]})
    >>> share_of_sums(runs["cached"], runs["all"], runs["day"]).round(2).to_numpy().tolist()
    [[3.0, 30.0, 0.57, 0.16, 0.9]]
    """
    table = pd.DataFrame({"part": part, "whole": whole}).astype("float64").assign(group=groups).dropna()
    table = table[table["whole"] > 0]
    grouped = table.groupby("group", observed=True)
    sums: pd.DataFrame = grouped[["part", "whole"]].sum().assign(n=grouped.size())
    share: pd.Series = sums["part"] / sums["whole"]
    off = (table["part"] - table["group"].map(share).astype("float64") * table["whole"]) ** 2
    scatter = off.groupby(table["group"], observed=True).sum() * sums["n"] / (sums["n"] - 1).where(sums["n"] > 1)
    variance = (scatter / sums["whole"] ** 2).fillna(0.0)
    steps = np.where(variance > 0, share * (1 - share) / variance.where(variance > 0), sums["n"])
    worth = np.minimum(np.maximum(steps, 1.0), sums["whole"])
    low, high = wilson(share * worth, worth, confidence)
    return pd.DataFrame({"n": sums["n"], "whole": sums["whole"], "share": share, "low": low, "high": high})
