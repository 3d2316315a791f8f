"""Chances and intervals are those of the textbooks, and of other libraries."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats import multitest, proportion

from cyberdesk_nb.analysis.statistics.significance import excess, hodges_lehmann, holm, newcombe
from cyberdesk_nb.analysis.statistics.sizes import pooled_share

stats: Any = scipy.stats


def test_holm_is_that_of_statsmodels() -> None:
    """Corrected p-values equal those of statsmodels, in the order given."""
    dice = np.random.default_rng(1)
    for size in (1, 2, 7, 200):
        p_values = dice.random(size) ** 3
        assert holm(p_values) == pytest.approx(multitest.multipletests(p_values, method="holm")[1], abs=1e-12)
    assert holm([]).tolist() == []


def test_what_was_not_compared_is_not_corrected_for() -> None:
    """A missing p-value stays missing and does not count."""
    assert holm([0.01, np.nan, 0.02])[[0, 2]].tolist() == [0.02, 0.02]
    assert np.isnan(holm([0.01, np.nan, 0.02])[1])


@pytest.mark.parametrize("counts", [(0, 10, 3, 12), (5, 5, 2, 9), (40, 400, 80, 410), (0, 3, 0, 4), (7, 7, 9, 9)])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_the_interval_of_a_difference_of_rates_is_newcombes(
    counts: tuple[int, int, int, int], confidence: float
) -> None:
    """Difference and ends equal those of statsmodels' method newcomb."""
    hits_a, n_a, hits_b, n_b = counts
    found = newcombe(hits_a, n_a, hits_b, n_b, confidence)
    low, high = proportion.confint_proportions_2indep(hits_b, n_b, hits_a, n_a, method="newcomb", alpha=1 - confidence)
    assert (found.value, found.low, found.high) == pytest.approx((hits_b / n_b - hits_a / n_a, low, high), abs=1e-9)


def test_no_trials_have_no_difference() -> None:
    """Without trials on a side nothing is said."""
    assert np.isnan(newcombe(0, 0, 1, 2).value)


def test_the_excess_in_one_stratum_is_fishers_test() -> None:
    """With one stratum the chance is that of Fisher's exact test, one-sided."""
    hits = np.array([1] * 6 + [0] * 4 + [1] * 3 + [0] * 20, bool)
    here = np.array([1] * 10 + [0] * 23, bool)
    found = excess(hits, here, np.zeros(33, int))
    assert found.p_value == pytest.approx(stats.fisher_exact([[6, 4], [3, 20]], alternative="greater").pvalue, rel=1e-9)
    assert (found.n, found.hits, found.expected) == (10, 6, pytest.approx(10 * 3 / 23))


def test_the_excess_over_strata_is_exact() -> None:
    """Over strata the chance equals that of all ways to deal the hits, counted one by one."""
    strata = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2])
    here = np.array([1, 1, 0, 0, 0, 1, 1, 0, 0, 1, 1], bool)
    hits = np.array([1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 1], bool)
    # The last stratum has nothing elsewhere to compare with.
    ways = {
        (first, second): len(set(first) & {0, 1}) + len(set(second) & {0, 1})
        for first in combinations(range(5), 3)
        for second in combinations(range(4), 1)
    }
    chance = sum(count >= 3 for count in ways.values()) / len(ways)
    found = excess(hits, here, strata)
    assert found.p_value == pytest.approx(chance, abs=1e-12)
    assert (found.n, found.hits, found.expected) == (4, 3, pytest.approx(2 / 3))


def test_a_stratum_with_more_hits_everywhere_is_no_excess() -> None:
    """A part that only has the harder work is not worse than the others."""
    strata = np.repeat([0, 1], 200)
    hits = np.concatenate([np.arange(200) % 2 == 0, np.arange(200) % 50 == 0])
    here = np.concatenate([np.arange(200) < 150, np.arange(200) < 10])
    assert excess(hits, here, strata).p_value > 0.3
    assert excess(hits, here, np.zeros(400, int)).p_value < 1e-6


def test_the_difference_of_values_is_the_median_of_all_differences() -> None:
    """Hodges and Lehmann's estimate and Moses' interval equal the naive computation."""
    dice = np.random.default_rng(2)
    a, b = dice.exponential(3, 14), dice.exponential(3, 19) + 1
    differences = np.sort(np.subtract.outer(b, a).ravel())
    found = hodges_lehmann([(a, b)])
    assert found.value == pytest.approx(np.median(differences), abs=1e-12)
    out = 14 * 19 / 2 - 1.959963985 * np.sqrt(14 * 19 * 34 / 12)
    assert found.low == differences[int(np.ceil(out)) - 1]
    assert found.high == differences[int(np.floor(14 * 19 - out))]
    assert np.isnan(hodges_lehmann([([1.0, 2.0], [3.0])]).low)
    assert np.isnan(hodges_lehmann([([], [3.0])]).value)


def test_the_interval_of_a_difference_covers_it() -> None:
    """The interval holds the true shift in about 95 of 100 draws, also where quantiles stand for many values."""
    dice = np.random.default_rng(3)
    for size, draws, spread in ((12, 400, 0.03), (900, 20, 0.1)):
        covered = 0
        for _ in range(draws):
            found = hodges_lehmann([(dice.lognormal(size=size), dice.lognormal(size=size) + 0.7)])
            covered += found.low <= 0.7 <= found.high
        assert covered / draws == pytest.approx(0.95, abs=spread)


def test_only_values_of_one_group_are_compared() -> None:
    """A difference between groups is no difference between sides."""
    found = hodges_lehmann([([1.0, 1.1, 1.2], [2.0, 2.1, 2.2]), ([11.0, 11.1], [12.0, 12.1])])
    assert found.value == pytest.approx(1.0)


def test_the_interval_of_a_pooled_share_covers_it() -> None:
    """Runs, not their steps, are the draws: the interval holds the true difference in about 95 of 100 draws."""
    dice = np.random.default_rng(4)
    covered = 0
    for _ in range(400):
        sides = []
        for share in (0.7, 0.4):
            steps = dice.integers(5, 30, 60)
            sides += [np.round(steps * np.clip(dice.normal(share, 0.2, 60), 0, 1)), steps]
        found, _ = pooled_share(*sides, confidence=0.95)
        covered += found.low <= -0.2975 <= found.high
    assert covered / 400 == pytest.approx(0.95, abs=0.03)
