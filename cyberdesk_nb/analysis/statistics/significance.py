"""How likely chance alone makes a difference, and how large the difference is."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from cyberdesk_nb.analysis.statistics.intervals import wilson
from cyberdesk_nb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_VALUES_MAX = 400


@dataclass(frozen=True, slots=True)
class Estimate:
    """A difference with the ends of its interval; NaN where there are too few values for one."""

    value: float
    low: float = np.nan
    high: float = np.nan


@dataclass(frozen=True, slots=True)
class Excess:
    """How often something happened in one part of all trials.

    Attributes
    ----------
    n, hits
        Trials here, and how many of them were hits.
    expected
        Hits that the shares elsewhere in the same strata would have given here.
    p_value
        How often chance gives so many hits here or more, given how many each stratum has; exact.
    """

    n: int
    hits: int
    expected: float
    p_value: float


def check_confidence(confidence: float) -> None:
    """Raise `RequestError` for a confidence that no interval can have."""
    if not 0 < confidence < 1:
        raise RequestError(f"confidence={confidence!r} is not between 0 and 1.", hint="Use 0.95 for 95 %.")


def holm(p_values: npt.ArrayLike) -> Floats:
    """Correct p-values for their number (Holm 1979): any of them below a level is so by chance that often at most.

    Parameters
    ----------
    p_values
        One for each comparison; NaN where none could be made, which does not count.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    given = np.asarray(p_values, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(given))
    order = known[np.argsort(given[known], kind="stable")]
    adjusted = np.full(given.shape, np.nan)
    steps = given[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0) if len(order) else steps
    return adjusted


def newcombe(hits_a: float, n_a: int, hits_b: float, n_b: int, confidence: float = 0.95) -> Estimate:
    """Compute the difference of two shares, b - a, with Newcombe's interval from Wilson's two."""
    if not n_a or not n_b:
        return Estimate(np.nan)
    a, b = hits_a / n_a, hits_b / n_b
    (low_a, low_b), (high_a, high_b) = (ends.tolist() for ends in wilson([hits_a, hits_b], [n_a, n_b], confidence))
    low = b - a - np.hypot(b - low_b, high_a - a)
    high = b - a + np.hypot(high_b - b, a - low_a)
    return Estimate(b - a, float(low), float(high))


def hodges_lehmann(groups: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]], confidence: float = 0.95) -> Estimate:
    """Compute by how much values b lie above values a: the median of all differences within each group.

    Parameters
    ----------
    groups
        Pairs of a and b that may be compared. Of more than 400 values, 400 quantiles stand for all.
    confidence
        Of the interval, which comes from the ranks (Moses).
    """
    pairs = [(np.sort(np.asarray(a, np.float64)), np.sort(np.asarray(b, np.float64))) for a, b in groups]
    pairs = [(a, b) for a, b in pairs if len(a) and len(b)]
    if not pairs:
        return Estimate(np.nan)
    thinned = [(_thinned(a), _thinned(b)) for a, b in pairs]
    sizes = np.array([len(a) * len(b) for a, b in pairs], np.float64)
    each = [np.subtract.outer(b, a).ravel() for a, b in thinned]
    differences = np.concatenate(each)
    weights = np.concatenate([np.full(len(part), size / len(part)) for part, size in zip(each, sizes, strict=True)])
    order = np.argsort(differences)
    differences, reached = differences[order], np.cumsum(weights[order])
    total = float(sizes.sum())
    spread = np.sqrt(sum(len(a) * len(b) * (len(a) + len(b) + 1) / 12 for a, b in pairs))
    out = total / 2 - NormalDist().inv_cdf((1 + confidence) / 2) * float(spread)
    value = (_at(differences, reached, total / 2) + _at(differences, reached, total / 2, "right")) / 2
    if out < 1:
        return Estimate(value)
    return Estimate(value, _at(differences, reached, out), _at(differences, reached, total - out, "right"))


def excess(hits: npt.ArrayLike, is_here: npt.ArrayLike, strata: npt.ArrayLike) -> Excess:
    """Test whether hits are more frequent here than elsewhere in the same strata (exact conditional test, one-sided).

    Parameters
    ----------
    hits, is_here
        Whether each trial was a hit, and whether it belongs to the part that is tested.
    strata
        What trials must have in common to be compared, as numbers from 0 on.
    """
    hit, here = np.asarray(hits, bool), np.asarray(is_here, bool)
    codes = np.asarray(strata, np.int64)
    count = int(codes.max()) + 1 if len(codes) else 0
    of_all, hits_all, of_here, hits_here = (
        np.bincount(codes[mask], minlength=count) for mask in (np.ones_like(hit), hit, here, hit & here)
    )
    # A stratum that is all here says nothing about elsewhere.
    compared = (of_here > 0) & (of_here < of_all)
    elsewhere = of_all - of_here
    rate = np.divide(hits_all - hits_here, elsewhere, out=np.zeros(count), where=elsewhere > 0)
    expected = float((rate * of_here)[compared].sum())
    observed = int(hits_here[compared].sum())
    law, least = np.ones(1), 0
    for n, k, m in zip(of_all[compared], hits_all[compared], of_here[compared], strict=True):
        low, chances = _hypergeometric(int(n), int(k), int(m))
        law, least = np.convolve(law, chances), least + low
    p_value = min(1.0, float(law[max(0, observed - least) :].sum()))
    return Excess(int(of_here[compared].sum()), observed, expected, p_value)


def _hypergeometric(n: int, k: int, m: int) -> tuple[int, Floats]:
    """Give the least number of hits that m of n trials can have when k of all are hits, and the chance of each number.

    Each chance follows from the one before; a library's, one by one, takes a hundred times as long on large strata.
    """
    low, high = max(0, m - (n - k)), min(k, m)
    i = np.arange(low, high, dtype=np.float64)
    ratios = np.log((k - i) * (m - i)) - np.log((i + 1) * (n - k - m + i + 1))
    logs = np.concatenate([[0.0], np.cumsum(ratios)])
    weights = np.exp(logs - logs.max())
    return low, weights / weights.sum()


def _thinned(values: Floats) -> Floats:
    if len(values) <= _VALUES_MAX:
        return values
    return np.quantile(values, (np.arange(_VALUES_MAX) + 0.5) / _VALUES_MAX)


def _at(values: Floats, reached: Floats, rank: float, side: Any = "left") -> float:
    """Give the value at which the summed weights reach a rank."""
    return float(values[min(int(np.searchsorted(reached, rank * (1 + 1e-12 if side == "right" else 1 - 1e-12),
                                                side=side)), len(values) - 1)])  # fmt: skip
