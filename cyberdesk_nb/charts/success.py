# pyright: reportUnknownMemberType=false
# (matplotlib leaves its **kwargs untyped)
"""The success rate over time, and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyberdesk_nb.analysis import kpis
from cyberdesk_nb.analysis.times.timelines import micros
from cyberdesk_nb.charts._shares import draw_shares
from cyberdesk_nb.charts._style import new_axes, say_empty, set_title, zone
from cyberdesk_nb.charts.outcomes import PERIODS

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def success_rate_over_time(
    runs: pd.DataFrame, ax: Axes | None = None, *, freq: str = "D", tz: str = "UTC", confidence: float = 0.95
) -> Axes:
    """Draw the share of ended runs that succeeded in each period, with Wilson's interval.

    Parameters
    ----------
    runs
        A frame as `runs_frame` gives it; runs belong to the period in which they were created. Live and cancelled ones
        are in no rate.
    ax
        Axes to draw on; None makes new ones.
    freq
        Length of a period, any pandas offset.
    tz
        Time zone whose days count.
    confidence
        Of the intervals.

    Returns
    -------
    matplotlib.axes.Axes
        A point at the beginning of each period in which a run ended; the line breaks where there is none. The title
        says over how many ended runs, and how many others there are.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> success_rate_over_time(runs_frame([])).get_title()
    'Success rate per day (n = 0)'
    """
    zone(tz)
    ax = new_axes(ax)
    table = kpis(runs, freq=freq, tz=tz, confidence=confidence)
    dated = table.dropna(subset="period")
    total, counted = int(table["n"].sum()), int(dated["ended"].sum())
    undated = int(table["ended"].sum()) - counted
    others = total - counted - undated
    set_title(
        ax,
        f"Success rate per {PERIODS.get(freq, freq)}",
        counted,
        f"{others} live, cancelled or of unknown status not in it" if others else "",
        f"{undated} without a date not shown" if undated else "",
    )
    if not counted:
        return say_empty(ax, "No ended runs")
    times_us = micros(dated["period"].dt.tz_convert("UTC"))
    shares = dated[["success_rate", "success_low", "success_high"]]
    return draw_shares(ax, times_us, shares, tz, f"succeeded, of ended\n({100 * confidence:.6g} % interval)")
