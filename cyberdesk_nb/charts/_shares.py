# pyright: reportUnknownMemberType=false
# (matplotlib leaves its **kwargs untyped)
"""A share over time, with the interval around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import PercentFormatter

from cyberdesk_nb.charts._style import BLUE, date_numbers, time_scale

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def draw_shares(ax: Axes, times_us: object, shares: pd.DataFrame, tz: str, what: str) -> Axes:
    """Draw a point for each time, joined by a line that breaks where there is no share.

    Parameters
    ----------
    times_us
        Microseconds since 1970.
    shares
        Share, lower and upper end, in this order.
    tz
        Time zone of the scale.
    what
        Label of the shares' axis.
    """
    at = date_numbers(times_us)
    share, low, high = shares.to_numpy(dtype=np.float64).T
    ax.fill_between(at, low, high, color=BLUE, alpha=0.18, linewidth=0)
    ax.errorbar(at, share, yerr=(share - low, high - share), color=BLUE, marker="o", markersize=4, linewidth=1.4,
                elinewidth=0.9, capsize=2)  # fmt: skip
    if len(at) == 1:
        ax.set_xlim(at[0] - 1, at[0] + 1)
    ax.set_ylim(0, 1.02)
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.grid(axis="y", color="0.9")
    time_scale(ax, tz, "created")
    ax.set_ylabel(what)
    return ax
