"""The interval of a share of sums covers the truth although its parts come in lumps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cyberdesk_nb.analysis.statistics.intervals import wilson
from cyberdesk_nb.analysis.statistics.ratios import share_of_sums


def test_shares_are_those_of_the_sums() -> None:
    """Parts and wholes are added up by group; what has no whole or no group counts nothing."""
    runs = pd.DataFrame(
        {"part": [6, 0, 5, 9, 1], "whole": [8, 2, 10, 0, 2], "group": ["a", "a", "b", "b", None]}, dtype=object
    )
    table = share_of_sums(runs["part"], runs["whole"], runs["group"])
    assert table.index.tolist() == ["a", "b"]
    assert table[["n", "whole", "share"]].to_numpy().tolist() == [[2, 10, 0.6], [1, 10, 0.5]]


def test_runs_of_one_step_have_wilsons_interval() -> None:
    """Where each run has one step, steps are as independent as runs are, and the interval is about Wilson's."""
    part = pd.Series([1.0] * 30 + [0.0] * 70)
    row = share_of_sums(part, pd.Series(1.0, part.index), pd.Series("a", part.index)).iloc[0]
    low, high = wilson([30], [100])
    assert row[["low", "high"]].tolist() == pytest.approx([low[0], high[0]], abs=0.001)


def test_lumps_widen_the_interval() -> None:
    """A hundred steps of four runs that are all or nothing tell about as much as four trials do."""
    part, whole = pd.Series([25, 25, 0, 0]), pd.Series([25] * 4)
    row = share_of_sums(part, whole, pd.Series("a", part.index)).iloc[0]
    low, high = wilson([2], [4])
    assert row["high"] - row["low"] > 0.9 * float((high - low)[0])


def test_intervals_cover_the_true_share() -> None:
    """Of a thousand fleets whose runs differ in length and in luck, about 95 % of the intervals hold the true share."""
    rng = np.random.default_rng(5)
    fleets, runs = 1000, 60
    luck = rng.beta(2, 3, (fleets, runs))
    whole = rng.integers(1, 30, (fleets, runs))
    part = rng.binomial(whole, luck)
    group = np.repeat(np.arange(fleets), runs)
    table = share_of_sums(pd.Series(part.ravel()), pd.Series(whole.ravel()), pd.Series(group))
    covered = ((table["low"] <= 0.4) & (table["high"] >= 0.4)).mean()
    assert 0.925 < covered < 0.97


def test_nothing_gives_no_row() -> None:
    """Without runs there is no group, with the same columns."""
    none = pd.Series(dtype="float64")
    assert list(share_of_sums(none, none, none).columns) == ["n", "whole", "share", "low", "high"]
