# pyright: reportUnknownMemberType=false
# (matplotlib leaves its **kwargs untyped)
"""How long runs wait for a machine, by hour of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cyberdesk_nb.charts._style import BLUE, ORANGE, new_axes, say_empty, set_title, time_unit, zone

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def queue_wait_by_hour(runs: pd.DataFrame, ax: Axes | None = None, *, tz: str = "UTC") -> Axes:
    """Draw the wait for a machine by the hour at which runs were created: median as a bar, 95 % as a mark.

    Parameters
    ----------
    runs
        A frame as `runs_frame` gives it; runs that have not started have no wait yet and are counted in the title.
    ax
        Axes to draw on; None makes new ones.
    tz
        Time zone whose hours count.

    Returns
    -------
    matplotlib.axes.Axes
        Titled with what it shows and over how many runs. Without runs it says so.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> queue_wait_by_hour(runs_frame([])).get_title()
    'Wait for a machine by hour of day (n = 0)'
    """
    ax = new_axes(ax)
    known = runs[runs["queue_wait_s"].notna()]
    waiting = len(runs) - len(known)
    note = f"{waiting} not started left out" if waiting else ""
    set_title(ax, "Wait for a machine by hour of day", len(known), note)
    if known.empty:
        return say_empty(ax, "No started runs")
    length_s, unit = time_unit(known["queue_wait_s"])
    hours = known["created_at"].dt.tz_convert(zone(tz)).dt.hour
    waits = pd.DataFrame({"hour": hours, "wait": known["queue_wait_s"] / length_s}).groupby("hour")["wait"]
    middle, late = waits.median(), waits.quantile(0.95)
    ax.bar(middle.index, middle.to_numpy(), width=0.8, color=BLUE, alpha=0.6, label="median")
    ax.plot(late.index, late.to_numpy(), linestyle="", marker="_", markersize=12, markeredgewidth=2, color=ORANGE,
            label="95 % wait less")  # fmt: skip
    ax.set_xlim(-0.6, 23.6)
    ax.set_xticks(range(0, 24, 3), [f"{hour:02d}:00" for hour in range(0, 24, 3)])
    ax.set_ylim(bottom=0)
    ax.grid(axis="y", color="0.9")
    ax.set_xlabel(f"created ({tz})")
    ax.set_ylabel(f"wait ({unit})")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    return ax
