"""How sure a share is, and a quantile."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from cyberdesk_nb._extras import load

if TYPE_CHECKING:
    import numpy.typing as npt


def wilson(
    successes: npt.ArrayLike, trials: npt.ArrayLike, confidence: float = 0.95
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Compute Wilson's score interval of a share.

    Parameters
    ----------
    successes, trials
        Counts of the same shape; NaN comes out where there are no trials.
    confidence
        Between 0 and 1.

    Returns
    -------
    tuple of arrays
        Lower and upper end, between 0 and 1.

    Examples
    --------
    >>> low, high = wilson([8], [10])
    >>> round(float(low[0]), 4), round(float(high[0]), 4)
    (0.4902, 0.9433)
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    n = np.asarray(trials, dtype=np.float64)
    n = np.where(n > 0, n, np.nan)
    share = np.asarray(successes, dtype=np.float64) / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # Rounding may leave an end a hair outside of 0 to 1 or on the wrong side of a share of 0 or 1.
    return np.where(share == 0, 0.0, centre - half), np.where(share == 1, 1.0, centre + half)


def quantile_interval(values: npt.ArrayLike, share: float, confidence: float = 0.95) -> tuple[float, float]:
    """Compute the interval of a quantile from the ranks of its neighbours, whatever the distribution.

    Parameters
    ----------
    values
        Missing ones do not count.
    share
        Which quantile, between 0 and 1.
    confidence
        Between 0 and 1; the interval holds the quantile at least so often.

    Returns
    -------
    tuple of float
        Lower and upper end, each one of the values; NaN for an end that so few values do not tell.

    Examples
    --------
    >>> quantile_interval(range(1, 101), 0.5)
    (40.0, 61.0)
    >>> quantile_interval([1, 2, 3], 0.5)
    (nan, nan)
    """
    known = np.asarray(values, dtype=np.float64)
    known = np.sort(known[~np.isnan(known)])
    stats: Any = load("scipy.stats", extra="analysis")
    tail = (1 - confidence) / 2
    # So many values lie below the quantile, by chance: at least `below`, at most `above`.
    below, above = (int(stats.binom.ppf(p, len(known), share)) if len(known) else 0 for p in (tail, 1 - tail))
    low = float(known[below - 1]) if below >= 1 else np.nan
    high = float(known[above]) if 0 <= above < len(known) else np.nan
    return low, high
