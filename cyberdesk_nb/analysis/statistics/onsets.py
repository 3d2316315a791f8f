"""Since when something happens more often than before, if it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_CLEAR = 3.0
_CLEAR_LEAST = 5.0
_BEFORE_LEAST = 5


@dataclass(frozen=True, slots=True)
class Onset:
    """A point in a sequence from which on something happens more often.

    Attributes
    ----------
    start
        Position of the first occurrence that counts as after.
    share_before, share_since
        How often it happened before and since.
    """

    start: int
    share_before: float
    share_since: float


def find_onset(hits: npt.ArrayLike) -> Onset | None:
    """Find the point that best parts a sequence into a time before and a time with more hits.

    Parameters
    ----------
    hits
        Whether it happened, trial by trial, in the order of time.

    Returns
    -------
    Onset or None
        None when no point parts the sequence clearly: twice the logarithm of the likelihood ratio of two rates against
        one must be above ``5 + 3 log(n)``, about the modified Bayesian criterion for one change. A steady rate then
        shows an onset in about one sequence of a thousand. Fewer than five trials are no time before.

    Examples
    --------
    >>> find_onset([0] * 30 + [1, 1, 0, 1, 1, 1, 0, 1])
    Onset(start=30, share_before=0.0, share_since=0.75)
    >>> find_onset([0, 1] * 20) is None
    True
    """
    happened = np.asarray(hits, dtype=np.float64)
    n = len(happened)
    if n < 2 or not happened.any():
        return None
    # An onset is at a hit; the trials before the first one all belong to the time before.
    splits = np.flatnonzero(happened > 0)
    splits = splits[splits >= _BEFORE_LEAST]
    if not len(splits):
        return None
    total = happened.sum()
    before = np.concatenate([[0.0], np.cumsum(happened)])[splits]
    ratio = 2 * (_fit(before, splits) + _fit(total - before, n - splits) - _fit(np.array([total]), np.array([n])))
    ratio[before / splits >= (total - before) / (n - splits)] = -np.inf
    best = int(np.argmax(ratio))
    if ratio[best] <= _CLEAR_LEAST + _CLEAR * np.log(n):
        return None
    start = int(splits[best])
    return Onset(start, float(before[best] / start), float((total - before[best]) / (n - start)))


def _fit(hits: npt.NDArray[np.float64], trials: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the log-likelihood of hits at their own rate."""
    misses = trials - hits
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [np.where(count > 0, count * np.log(count / trials), 0.0) for count in (hits, misses)]
    return parts[0] + parts[1]
