"""Since when values lie higher than before, if they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cyberdesk_nb._extras import load

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

_SIDE_LEAST = 8
_SPLITS_MAX = 40
# The 95 % quantile of chi square with one degree of freedom: so far may the square of a score lie below the best.
_AS_WELL = 3.84


@dataclass(frozen=True, slots=True)
class Shift:
    """The point that best parts a sequence into lower values before and higher ones since.

    Attributes
    ----------
    start
        Position of the first value since.
    p_value
        How often chance alone gives some point so clear a difference; corrected for the number of points looked at.
    """

    start: int
    p_value: float


def find_shift(values: npt.ArrayLike, strata: npt.ArrayLike | None = None) -> Shift | None:
    """Find the point since which values lie higher, by their ranks.

    Parameters
    ----------
    values
        In the order of time.
    strata
        What values must have in common to be compared; None compares all.

    Returns
    -------
    Shift or None
        None when there are not 8 values on either side of any point. At most 40 points are looked at first, then
        those around the best of them.

    Examples
    --------
    >>> find_shift([1, 2] * 20 + [5, 6] * 20).start
    40
    >>> find_shift([1, 2] * 20).p_value
    1.0
    """
    series = np.asarray(values, np.float64)
    n = len(series)
    splits = np.arange(_SIDE_LEAST, n - _SIDE_LEAST + 1)
    if not len(splits):
        return None
    scores = _scores(series, strata)
    step = -(-len(splits) // _SPLITS_MAX)
    coarse = splits[::step]
    z = scores[coarse]
    best = int(np.argmax(z))
    stats: Any = load("scipy.stats", extra="analysis")
    p_value = min(1.0, float(stats.norm.sf(z[best])) * len(coarse))
    near = splits[max(0, (best - 1) * step) : (best + 1) * step + 1]
    return Shift(int(near[np.argmax(scores[near])]), p_value)


def parts_as_well(values: npt.ArrayLike, strata: npt.ArrayLike | None, start: int, other: int) -> bool:
    """Whether a point known from elsewhere parts the values of `find_shift` nearly as well as the one that it found."""
    series = np.asarray(values, np.float64)
    if not _SIDE_LEAST <= other <= len(series) - _SIDE_LEAST:
        return False
    best, score = _scores(series, strata)[[start, other]]
    return bool(score > 0 and score**2 >= best**2 - _AS_WELL)


def find_rise(hits: npt.ArrayLike) -> Shift | None:
    """Find the point since which hits are more frequent, by the exact chance of so many hits after it.

    Parameters
    ----------
    hits
        Whether it happened, in the order of time. Only hits are points to look at, as it begins with one; at most 40.
    """
    happened = np.asarray(hits, bool)
    n, total = len(happened), int(happened.sum())
    splits = np.flatnonzero(happened)
    splits = splits[(splits >= _SIDE_LEAST) & (splits <= n - _SIDE_LEAST)]
    if not len(splits):
        return None
    splits = splits[:: -(-len(splits) // _SPLITS_MAX)]
    after = total - np.concatenate([[0], np.cumsum(happened)])[splits]
    stats: Any = load("scipy.stats", extra="analysis")
    p_values = stats.hypergeom.sf(after - 1, n, total, n - splits)
    best = int(np.argmin(p_values))
    return Shift(int(splits[best]), min(1.0, float(p_values[best]) * len(splits)))


def _scores(values: Floats, strata: npt.ArrayLike | None) -> Floats:
    """Give for each split how far the later ranks lie above what chance gives, in standard deviations (van Elteren)."""
    n = len(values)
    labels = np.zeros(n, np.int64) if strata is None else pd.factorize(np.asarray(strata), use_na_sentinel=False)[0]
    above, variance = np.zeros(n + 1), np.zeros(n + 1)
    for label in range(int(labels.max()) + 1):
        mine = labels == label
        size = int(mine.sum())
        if size < 2:
            continue
        ranks = pd.Series(values[mine]).rank().to_numpy()
        centred = np.zeros(n)
        centred[mine] = (ranks - (size + 1) / 2) / (size + 1)
        # The part of the sequence from each split on is a draw without replacement.
        above += np.concatenate([np.cumsum(centred[::-1])[::-1], [0.0]])
        after = np.concatenate([np.cumsum(mine[::-1])[::-1], [0]])
        variance += after * (size - after) / (size * (size - 1)) * float((centred**2).sum())
    return np.divide(above, np.sqrt(variance), out=np.full(n + 1, -np.inf), where=variance > 1e-12)
