# pyright: reportUnknownMemberType=false
# (matplotlib leaves its **kwargs untyped)
"""How many runs run, and wait, at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from cyberdesk_nb.analysis.machines.utilisation import place_runs
from cyberdesk_nb.analysis.times.timelines import Stretches, When, Window, micros, overlay, require, window_of
from cyberdesk_nb.charts._style import (
    BLUE,
    ORANGE,
    date_numbers,
    legend_right,
    new_axes,
    say_empty,
    set_title,
    span_text,
    time_scale,
    zone,
)

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.axes import Axes

    from cyberdesk_nb.analysis.times.timelines import Ints

_NEEDED = ("outcome", "created_at", "started_at", "ended_at")
_STEPS_MAX = 2_000
_LOOKS: dict[str, dict[str, Any]] = {
    "waiting": {"fill": True, "facecolor": "#F5CDB2", "edgecolor": ORANGE, "linewidth": 0.8},
    "running": {"baseline": None, "color": BLUE, "linewidth": 1.4},
}


def concurrency(
    runs: pd.DataFrame,
    ax: Axes | None = None,
    *,
    since: When = None,
    until: When = None,
    machines: int | None = None,
    tz: str = "UTC",
) -> Axes:
    """Draw how many runs are running, and how many wait for a machine, at each time.

    Parameters
    ----------
    runs
        A frame as `runs_frame` gives it.
    ax
        Axes to draw on; None makes new ones.
    since, until
        The window, as in `connection_spans`. None: the first and the last time that the runs tell.
    machines
        How many there are: drawn as the line that running cannot exceed. None: without one.
    tz
        Time zone of the scale.

    Returns
    -------
    matplotlib.axes.Axes
        Step lines. Where they have more than 2,000 steps, the peak of each of 2,000 equal pieces of the window is
        drawn, as the scale then says. Live runs go on to the end of the window. The title says over how many runs, and
        how many could not be placed.

    Raises
    ------
    RequestError
        When a column is missing, or the window or the time zone is none.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> concurrency(runs_frame([])).get_title()
    'Runs at a time (n = 0)'
    """
    require(runs, _NEEDED, "runs")
    zone(tz)
    ax = new_axes(ax)
    known = pd.concat([runs[name] for name in _NEEDED[1:]]).dropna()
    if known.empty and (since is None or until is None):
        set_title(ax, "Runs at a time", 0, f"{len(runs)} without times not shown" if len(runs) else "")
        return say_empty(ax, "No runs")
    if until is None:  # a run that began last has a place, too
        until = known.max() + pd.Timedelta(seconds=1)
    window = window_of(since, until, known)
    running, waiting, lost = _stretches(runs, window)
    pieces = overlay({"running": running, "waiting": waiting}, 1, window)
    inside = running.within(window)
    set_title(
        ax,
        "Runs at a time",
        len(inside.row),
        f"peak {int(pieces.depth['running'].max())} running",
        f"{lost} without times not shown" if lost else "",
    )
    cut = len(pieces.start) > _STEPS_MAX
    for name, look in _LOOKS.items():
        at, depth = _peaks(pieces.start, pieces.depth[name], window) if cut else (pieces.start, pieces.depth[name])
        edges = date_numbers([*at.tolist(), window.until])
        if depth.any() or name == "running":
            ax.stairs(depth, edges, label=name, **look)
    if machines is not None:
        ax.axhline(machines, color="black", linewidth=1, linestyle=":", label=f"{machines} machines")
    ax.set_ylim(bottom=0)
    ax.set_xlim(*date_numbers([window.since, window.until]))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.grid(axis="y", color="0.92")
    time_scale(ax, tz, f"peak of each {span_text(window.seconds / _STEPS_MAX)}" if cut else "")
    ax.set_ylabel("runs")
    legend_right(ax)
    return ax


def _stretches(runs: pd.DataFrame, window: Window) -> tuple[Stretches, Stretches, int]:
    """Give when runs ran and when they waited, and how many cannot be placed."""
    work = place_runs(runs, window)
    start, end = (work.placed[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
    asked = runs[runs["created_at"].notna()]
    goes_on = asked["started_at"].isna() & asked["ended_at"].isna() & (asked["outcome"] == "live")
    until = micros(asked["started_at"].fillna(asked["ended_at"]))
    over = np.where(goes_on, window.until, until)
    return _all(start, end), _all(micros(asked["created_at"]), over), work.without_times


def _all(start: Ints, end: Ints) -> Stretches:
    return Stretches(np.zeros(len(start), dtype=np.int64), start, end)


def _peaks(start: Ints, depth: Ints, window: Window) -> tuple[Ints, Ints]:
    """Give the greatest depth in each of many equal pieces of the window."""
    edges: npt.NDArray[np.int64] = np.linspace(window.since, window.until, _STEPS_MAX + 1).astype(np.int64)[:-1]
    # What a piece begins with, and whatever begins in it.
    peak = depth[np.searchsorted(start, edges, side="right") - 1]
    np.maximum.at(peak, np.searchsorted(edges, start, side="right") - 1, depth)
    return edges, peak
