"""Wilson's interval agrees with an independent definition, and a quantile's covers what it promises."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberdesk_nb.analysis import wilson
from cyberdesk_nb.analysis.statistics.intervals import quantile_interval

Z_95 = 1.959963984540054


@given(st.integers(1, 10**6), st.floats(0, 1))
def test_the_ends_solve_the_score_equation(trials: int, share: float) -> None:
    """Each end p is where the observed share lies exactly z standard errors of p away, or the border of 0 to 1."""
    successes = round(trials * share)
    (low,), (high,) = (np.atleast_1d(end) for end in wilson(successes, trials))
    assert 0 <= low <= successes / trials <= high <= 1
    for end in (low, high):
        distance = abs(successes / trials - end)
        assert distance == pytest.approx(Z_95 * sqrt(end * (1 - end) / trials), abs=1e-9)


def test_no_trials_give_no_interval() -> None:
    """Nothing is known of a share without trials, and nothing is divided by zero to find that out."""
    with np.errstate(all="raise"):
        low, high = wilson([0, 1], [0, 1])
    assert np.isnan(low[0])
    assert np.isnan(high[0])
    assert high[1] == 1


def test_more_confidence_is_wider() -> None:
    """A surer interval contains a less sure one."""
    low, high = wilson([3], [10], confidence=0.99)
    inner_low, inner_high = wilson([3], [10], confidence=0.8)
    assert low < inner_low < inner_high < high


@pytest.mark.parametrize("share", [0.5, 0.95])
@pytest.mark.parametrize("size", [20, 300])
def test_a_quantile_lies_in_its_interval_as_often_as_promised(share: float, size: int) -> None:
    """Of 1,000 samples at least 93 % have the true quantile in their interval; an end that is missing holds it."""
    dice = np.random.default_rng(3)
    truth = -np.log(1 - share)
    ends = [quantile_interval(dice.exponential(size=size), share) for _ in range(1_000)]
    held = [not low > truth and not high < truth for low, high in ends]
    assert np.mean(held) > 0.93


def test_too_few_values_tell_no_interval() -> None:
    """Of no value, or a few, an end that cannot be told is NaN."""
    assert np.isnan(quantile_interval([], 0.5)).all()
    assert np.isnan(quantile_interval([np.nan, 1.0], 0.95)).all()
    low, high = quantile_interval(range(30), 0.95)
    assert low > 20
    assert np.isnan(high)
