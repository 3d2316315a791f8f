# pyright: reportUnknownMemberType=false
# (matplotlib leaves its **kwargs untyped)
"""The share of the steps that were replayed, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyberdesk_nb.analysis.statistics.ratios import share_of_sums
from cyberdesk_nb.analysis.times.periods import period_starts
from cyberdesk_nb.analysis.times.timelines import micros, require
from cyberdesk_nb.charts._shares import draw_shares
from cyberdesk_nb.charts._style import new_axes, say_empty, set_title, zone
from cyberdesk_nb.charts.outcomes import PERIODS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def cached_share_trend(
    runs: pd.DataFrame, ax: Axes | None = None, *, freq: str = "D", tz: str = "UTC", confidence: float = 0.95
) -> Axes:
    """Draw the share of all steps that were replayed from trajectories, in each period.

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
    confidence
        Of the band. It takes runs, not steps, as independent: the steps of one run are alike.

    Returns
    -------
    matplotlib.axes.Axes
        A point at the beginning of each period with steps; the line breaks where there is none. The title says over
        how many runs, and how many have no steps.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> cached_share_trend(runs_frame([])).get_title()
    'Share of steps that were replayed, per day (n = 0)'
    """
    require(runs, ["created_at", "steps_cached", "steps_agentic"], "runs")
    zone(tz)
    ax = new_axes(ax)
    starts, periods = period_starts(runs["created_at"], freq, tz)
    whole = runs["steps_cached"].astype("float64") + runs["steps_agentic"].astype("float64")
    table = share_of_sums(runs["steps_cached"], whole, starts.dt.tz_convert("UTC"), confidence)
    n = int(table["n"].sum())
    without = len(runs) - n
    what = f"Share of steps that were replayed, per {PERIODS.get(freq, freq)}"
    set_title(ax, what, n, f"{without} without steps or date left out" if without else "")
    if not n:
        return say_empty(ax, "No steps")
    table = table.reindex(periods.tz_convert("UTC"))
    what = f"replayed, of all steps\n({100 * confidence:.6g} % interval)"
    return draw_shares(ax, micros(table.index.to_series()), table[["share", "low", "high"]], tz, what)
