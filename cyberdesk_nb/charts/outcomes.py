# pyright: reportUnknownMemberType=false
# (matplotlib leaves its **kwargs untyped)
"""Outcomes over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.dates as mdates
import numpy as np
from matplotlib.ticker import MaxNLocator

from cyberdesk_nb.analysis import kpis
from cyberdesk_nb.charts._style import OUTCOME_COLOURS, OUTCOME_HATCHES, new_axes, say_empty, set_title, zone

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

PERIODS = {"h": "hour", "D": "day", "W": "week", "W-SUN": "week", "W-MON": "week", "MS": "month", "ME": "month"}
_BARS_MIN = 5


def outcomes_over_time(runs: pd.DataFrame, ax: Axes | None = None, *, freq: str = "D", tz: str = "UTC") -> Axes:
    """Draw how many runs of each period came to which outcome, as stacked bars.

    Parameters
    ----------
    runs
        A frame as `runs_frame` gives it; runs belong to the period in which they were created.
    ax
        Axes to draw on; None makes new ones.
    freq
        Length of a period, any pandas offset.
    tz
        Time zone whose days count.

    Returns
    -------
    matplotlib.axes.Axes
        Titled with what it shows and over how many runs. Without runs it says so.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> outcomes_over_time(runs_frame([])).get_title()
    'Runs per day by outcome (n = 0)'
    """
    ax = new_axes(ax)
    zone(tz)
    table = kpis(runs, freq=freq, tz=tz)
    drawn = table.dropna(subset="period")
    undated = int(table["n"].sum() - drawn["n"].sum())
    what = f"Runs per {PERIODS.get(freq, freq)} by outcome"
    set_title(ax, what, int(drawn["n"].sum()), f"{undated} without a date not shown" if undated else "")
    if drawn.empty:
        return say_empty(ax, "No runs")
    starts = np.asarray(mdates.date2num(drawn["period"].dt.tz_localize(None).to_numpy()), dtype=np.float64)
    widths = np.diff(starts, append=starts[-1] + (starts[-1] - starts[-2] if len(starts) > 1 else 1.0))
    base = np.zeros(len(drawn))
    for outcome, colour in OUTCOME_COLOURS.items():
        counts = drawn[outcome].to_numpy(dtype=np.float64)
        if not counts.any():
            continue
        hatch = OUTCOME_HATCHES.get(outcome)
        name = f"{outcome.replace('_', ' ')} ({int(counts.sum())})"
        ax.bar(
            starts, counts, widths * 0.88, base, align="edge", color=colour, edgecolor="white", lw=0.3, hatch=hatch,
            label=name,
        )  # fmt: skip
        base += counts
    if len(starts) < _BARS_MIN:  # a few bars would fill the axes
        ax.set_xlim(starts[0] - 2 * widths[0], starts[-1] + 3 * widths[-1])
    locator = mdates.AutoDateLocator(minticks=3, maxticks=9)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel(f"created ({tz})")
    ax.set_ylabel("runs")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    return ax
