# pyright: reportUnknownMemberType=false
# (matplotlib leaves its **kwargs untyped)
"""What happened on each machine, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from cyberdesk_nb.analysis.machines.reach import STALE_AFTER_S, clipped, machine_names, timelines
from cyberdesk_nb.analysis.machines.utilisation import place_runs
from cyberdesk_nb.analysis.times.timelines import US, When, Window, bare, require, window_of
from cyberdesk_nb.charts._style import (
    OUTCOME_COLOURS,
    OUTCOME_HATCHES,
    date_numbers,
    label,
    legend_right,
    new_axes,
    say_empty,
    set_title,
    time_scale,
    zone,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NEEDED = ("machine_id", "outcome", "created_at", "started_at", "ended_at")
_MACHINES_MAX = 60
_ROWS_MIN = 4
_CELLS = 1_500
_LINE_PT = 0.7
_CORNERS = 5
_VECTOR_MAX = 1_500
"""More bars than this are kept as pixels, in one picture, when the chart is saved as a drawing."""

# What is down must be seen in grey print, too: dark where it broke, light where it was closed.
_STATES: dict[str, tuple[str, dict[str, Any]]] = {
    "error": ("connection broke", {"facecolor": "#555555", "edgecolor": "#555555"}),
    "disconnected": ("disconnected", {"facecolor": "#EEEEEE", "edgecolor": "#AAAAAA", "hatch": "////"}),
    "unknown": ("connection unknown", {"facecolor": "none", "edgecolor": "#BBBBBB", "hatch": "||||"}),
}
# The later, the further in front, and the taller: a failure must not hide behind a success.
_HEIGHTS = {
    "success": 0.5, "cancelled": 0.5, "live": 0.5, "unknown": 0.5,
    "task_failed": 0.86, "check_failed": 0.86, "infra_error": 0.86,
}  # fmt: skip


def machine_timeline(
    runs: pd.DataFrame,
    connections: pd.DataFrame | None = None,
    ax: Axes | None = None,
    *,
    since: When = None,
    until: When = None,
    tz: str = "UTC",
) -> Axes:
    """Draw the runs of each machine as bars in the colour of their outcome, over the times it was not connected.

    Parameters
    ----------
    runs
        A frame as `runs_frame` gives it.
    connections
        A frame as `connections_frame` gives it. None: nothing is said of connections.
    ax
        Axes to draw on; None makes new ones.
    since, until
        The window, as in `connection_spans`. None: from the first to the last time that the runs tell (without any,
        that the connections tell).
    tz
        Time zone of the scale.

    Returns
    -------
    matplotlib.axes.Axes
        A row for each machine, in the order of names; at most the 60 with the most runs, as the title then says. It
        counts the runs that are drawn, and those that cannot be: on no machine, without times. Runs of one outcome
        with less than a 1,500th of the window between them are drawn as one bar, and whatever is too short to be seen
        as a thin line.

    Raises
    ------
    RequestError
        When a column is missing, or the window or the time zone is none.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> machine_timeline(runs_frame([])).get_title()
    'Runs by machine (n = 0)'
    """
    require(runs, _NEEDED, "runs")
    zone(tz)
    window = _window(runs, connections, since, until)
    if window is None:
        ax = new_axes(ax)
        set_title(ax, "Runs by machine", 0)
        return say_empty(ax, "No runs and no connections")
    work = place_runs(runs, window)
    inside = work.placed[(work.placed["start"] < window.until) & (work.placed["end"] > window.since)]
    placed = inside[inside["machine_id"].notna()]
    down = _down(connections, window)
    names = _names(placed, connections)
    shown = _shown(placed, names)
    drawn = placed[placed["machine_id"].isin(shown)]
    rows = {machine: row for row, machine in enumerate(reversed(shown))}
    ax = new_axes(ax, height_in=1.5 + 0.25 * max(len(shown), _ROWS_MIN))
    homeless = len(inside) - len(placed)
    set_title(
        ax,
        "Runs by machine",
        len(drawn),
        f"{len(shown)} of {len(names)} machines, those with the most runs" if len(shown) < len(names) else "",
        f"{homeless} on no known machine not shown" if homeless else "",
        f"{work.without_times} without times not shown" if work.without_times else "",
    )
    if not shown:
        return say_empty(ax, "No runs on machines in this time")
    drawings = _draw_states(ax, down[down["machine_id"].isin(shown)], rows, window)
    drawings += _draw_runs(ax, drawn, rows, window)
    if sum(len(bars.get_path()) for bars in ax.patches) > _CORNERS * _VECTOR_MAX:
        ax.set_rasterization_zorder(0)
    ax.set_ylim(len(shown) - 0.5 - max(len(shown), _ROWS_MIN), len(shown) - 0.5)
    size = float(np.clip(300 / max(len(shown), 1), 5.5, 10))
    ax.set_yticks(range(len(shown)), [label(names[machine] or machine) for machine in reversed(shown)], fontsize=size)
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(*date_numbers([window.since, window.until]))
    time_scale(ax, tz)
    legend_right(ax, handles=drawings, title="failed runs are taller;\nthe shortest are lines", title_fontsize="small")
    return ax


def _window(runs: pd.DataFrame, connections: pd.DataFrame | None, since: When, until: When) -> Window | None:
    times = [runs["started_at"], runs["ended_at"]]
    # A run that goes on goes on at least until the newest one was asked for.
    times += [runs["created_at"]] if bool(runs["started_at"].notna().any()) else []
    if connections is not None:
        times += [connections["last_ping"]] if bool(runs["started_at"].notna().any()) else _all_times(connections)
    known = pd.concat(times).dropna()
    if known.empty and (since is None or until is None):
        return None
    if until is None:  # a run that began last has a place, too
        until = known.max() + pd.Timedelta(seconds=1)
    return window_of(since, until, known)


def _all_times(connections: pd.DataFrame) -> list[pd.Series]:
    return [connections[name] for name in ("connected_at", "disconnected_at", "last_ping")]


def _down(connections: pd.DataFrame | None, window: Window) -> pd.DataFrame:
    """Give the spans of each machine in which it was not connected."""
    columns = ["machine_id", "start", "end", "state"]
    if connections is None:
        return pd.DataFrame(columns=columns)
    _, found = timelines(connections, *window.times, None, STALE_AFTER_S)
    rows = [(one.machine_id, span.start, span.end, span.state) for one in found for span in clipped(one.spans, window)]
    return pd.DataFrame([row for row in rows if row[3] != "connected"], columns=columns)


def _names(runs: pd.DataFrame, connections: pd.DataFrame | None) -> dict[str, str | None]:
    frames = [runs] if connections is None else [runs, connections]
    parts = [bare(frame, ("machine_id", "machine_name")) for frame in frames]
    return machine_names(pd.concat(parts, ignore_index=True))


def _shown(placed: pd.DataFrame, names: dict[str, str | None]) -> list[str]:
    """Choose the machines with the most runs, in the order of their names."""
    counts = placed["machine_id"].value_counts()
    busiest = sorted(names, key=lambda machine: (-int(counts.get(machine, 0)), machine))[:_MACHINES_MAX]
    return sorted(busiest, key=lambda machine: (names[machine] or machine, machine))


def _draw_states(ax: Axes, down: pd.DataFrame, rows: dict[str, int], window: Window) -> list[Patch]:
    handles: list[Patch] = []
    for state, (words, look) in _STATES.items():
        mine = down[down["state"] == state]
        if len(mine):
            _draw_bars(ax, mine, rows, window, 1.0, {**look, "zorder": -2})
            handles.append(Patch(linewidth=0, label=words, **look))
    return handles


def _draw_runs(ax: Axes, drawn: pd.DataFrame, rows: dict[str, int], window: Window) -> list[Patch]:
    handles: list[Patch] = []
    outcomes = drawn["outcome"].astype(object).fillna("unknown")
    for front, (outcome, height) in enumerate(_HEIGHTS.items()):
        mine = drawn[outcomes == outcome]
        if mine.empty:
            continue
        colour = OUTCOME_COLOURS[outcome]
        look = {"facecolor": colour, "edgecolor": colour, "zorder": -1 + 0.1 * front}
        _draw_bars(ax, mine, rows, window, height, look)
        words = f"{outcome.replace('_', ' ')} ({len(mine)})"
        hatch = OUTCOME_HATCHES.get(outcome)
        handles.append(Patch(facecolor=colour, edgecolor="white", linewidth=0, hatch=hatch, label=words))
    return handles


def _draw_bars(
    ax: Axes, stretches: pd.DataFrame, rows: dict[str, int], window: Window, height: float, look: dict[str, Any]
) -> None:
    """Draw stretches of time; those that are less than a cell apart become one, so that there are never many."""
    cell = max(window.seconds * US / _CELLS, 1.0)
    first = np.maximum((stretches["start"].to_numpy(dtype=np.float64) - window.since) / cell, 0.0)
    last = np.minimum((stretches["end"].to_numpy(dtype=np.float64) - window.since) / cell, _CELLS)
    places = stretches["machine_id"].map(rows).to_numpy(dtype=np.int64)
    row, first, last = _joined(places, first, last)
    starts, ends = (date_numbers(window.since + edge * cell) for edge in (first, last))
    low, high = row - height / 2, row + height / 2
    corners = np.stack([starts, low, starts, high, ends, high, ends, low, starts, low], axis=1).reshape(-1, 2)
    codes = np.tile([Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY], len(row))
    # One shape for all, as each of thousands would be drawn, and its hatch filled in, on its own.
    ax.add_artist(PathPatch(Path(corners, codes), linewidth=_LINE_PT, snap=True, **look))


def _joined(
    row: Any, first: np.ndarray[Any, np.dtype[np.float64]], last: np.ndarray[Any, np.dtype[np.float64]]
) -> tuple[Any, Any, Any]:
    """Join stretches of a row of which one begins less than a cell after another has ended."""
    order = np.lexsort((first, row))
    row, first, last = row[order], first[order], last[order]
    # Rows lie far apart on one line, so that a running maximum does not reach from one into the next.
    shift = row * (4.0 * _CELLS)
    reach = np.maximum.accumulate(last + shift)
    begins = np.ones(len(row), dtype=bool)
    begins[1:] = first[1:] + shift[1:] >= reach[:-1] + 1.0
    firsts = np.flatnonzero(begins)
    ends = np.append(firsts[1:], len(row)) - 1
    return row[firsts], first[firsts], (reach - shift)[ends] if len(row) else last
