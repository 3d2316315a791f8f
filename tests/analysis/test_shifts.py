"""A shift is found where it is, and steady sequences have one no more often than they may."""

from __future__ import annotations

import numpy as np
import pytest

from cyberdesk_nb.analysis.statistics.shifts import find_rise, find_shift, parts_as_well


@pytest.mark.parametrize("start", [12, 60, 105])
def test_a_shift_is_found_where_it_is(start: int) -> None:
    """Values that lie higher from some point on give that point, give or take a few."""
    dice = np.random.default_rng(start)
    values = np.exp(dice.normal(0, 0.2, 120)) * np.where(np.arange(120) < start, 1, 1.8)
    found = find_shift(values)
    assert found is not None
    assert abs(found.start - start) <= 2
    assert found.p_value < 1e-4


def test_a_long_sequence_gives_the_point_as_exactly() -> None:
    """Looking at some points first costs no exactness."""
    dice = np.random.default_rng(5)
    found = find_shift(dice.normal(0, 0.3, 30_000) + (np.arange(30_000) >= 21_357))
    assert found is not None
    assert abs(found.start - 21_357) <= 10


def test_a_point_beside_the_best_parts_as_well_and_one_far_off_does_not() -> None:
    """A time known from elsewhere is believed where the values leave it open, and nowhere else."""
    values = [1.0, 2.0] * 15 + [3.0, 1.5, 1.2, 3.5] + [4.0, 5.0] * 15
    found = find_shift(values)
    assert found is not None
    assert parts_as_well(values, None, found.start, 34)
    assert parts_as_well(values, None, found.start, 32)
    assert not parts_as_well(values, None, found.start, 20)
    assert not parts_as_well(values, None, found.start, 50)
    assert not parts_as_well(values, None, found.start, len(values))


def test_values_that_fall_are_no_shift() -> None:
    """Only a rise counts."""
    found = find_shift([5.0] * 30 + [1.0] * 30)
    assert found is not None
    assert found.p_value == 1.0


@pytest.mark.parametrize("kind", ["values", "strata", "hits"])
def test_steady_sequences_rarely_show_a_shift(kind: str) -> None:
    """Where nothing changes, a p-value is below 5 % in no more than 5 % of the cases."""
    dice = np.random.default_rng(6)
    found = []
    for _ in range(400):
        values = dice.exponential(1, 90)
        if kind == "values":
            found.append(find_shift(values))
        elif kind == "strata":
            found.append(find_shift(values, dice.integers(0, 6, 90)))
        else:
            found.append(find_rise(dice.random(90) < 0.08))
    assert np.mean([one is not None and one.p_value <= 0.05 for one in found]) <= 0.07


def test_more_of_a_slower_stratum_is_no_shift() -> None:
    """A change in what is done is no change in how long it takes."""
    dice = np.random.default_rng(7)
    strata = dice.random(200) < np.where(np.arange(200) < 100, 0.2, 0.8)
    values = dice.normal(0, 0.1, 200) + strata
    within, pooled = find_shift(values, strata), find_shift(values)
    assert within is not None
    assert pooled is not None
    assert within.p_value > 0.05
    assert pooled.p_value < 1e-6


def test_hits_become_more_frequent_at_a_hit() -> None:
    """A rise of rare hits is found at one of its first."""
    hits = [0] * 60 + [1, 0, 0] * 10
    hits[20] = 1
    found = find_rise(hits)
    assert found is not None
    assert (found.start, found.p_value < 1e-3) == (60, True)


@pytest.mark.parametrize("values", [[], [1.0], [1.0] * 15])
def test_too_few_values_have_no_shift(values: list[float]) -> None:
    """There must be eight values on either side."""
    assert find_shift(values) is None
    assert find_rise(values) is None


def test_equal_values_have_no_shift() -> None:
    """Values that never differ are steady."""
    found = find_shift([3.0] * 40)
    assert found is not None
    assert found.p_value == 1.0
