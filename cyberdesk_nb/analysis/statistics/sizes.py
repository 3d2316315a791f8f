"""How large differences between two sets of runs are."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from cyberdesk_nb._extras import load
from cyberdesk_nb.analysis.statistics.significance import Estimate

if TYPE_CHECKING:
    import numpy.typing as npt


def pooled_share(
    part_a: npt.ArrayLike, whole_a: npt.ArrayLike, part_b: npt.ArrayLike, whole_b: npt.ArrayLike, confidence: float
) -> tuple[Estimate, float]:
    """Compute the difference of two shares of sums, b - a, such as the replayed share of all steps, and its p-value.

    Runs, not steps, are what chance draws: the interval is that of a ratio of means (linearised). With fewer than two
    runs on a side, or where no run differs from its side's share, its ends are missing.

    Parameters
    ----------
    part_a, whole_a, part_b, whole_b
        Part and whole of each run.
    confidence
        Of the interval.
    """
    share_a, variance_a = _share(part_a, whole_a)
    share_b, variance_b = _share(part_b, whole_b)
    value, spread = share_b - share_a, float(np.sqrt(variance_a + variance_b))
    if not spread > 0:
        return Estimate(value), np.nan
    half = NormalDist().inv_cdf((1 + confidence) / 2) * spread
    stats: Any = load("scipy.stats", extra="analysis")
    p_value = float(2 * stats.norm.sf(abs(value) / spread))
    return Estimate(value, max(-1.0, value - half), min(1.0, value + half)), p_value


def _share(part: npt.ArrayLike, whole: npt.ArrayLike) -> tuple[float, float]:
    """Give a share of sums and its variance."""
    parts, wholes = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    n, total = len(wholes), float(wholes.sum())
    if not total:
        return np.nan, np.nan
    share = float(parts.sum()) / total
    if n < 2:
        return share, np.nan
    rest = parts - share * wholes
    return share, float((rest**2).sum()) * n / (n - 1) / total**2
