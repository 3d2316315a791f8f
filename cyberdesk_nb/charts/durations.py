# pyright: reportUnknownMemberType=false
# (matplotlib leaves its **kwargs untyped)
"""How long runs take, by workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.cbook import boxplot_stats

from cyberdesk_nb.charts._style import BLUE, ORANGE, label, new_axes, say_empty, set_title, time_unit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_WORKFLOWS_MAX = 20
_ROWS_MIN = 4
_VECTOR_MAX = 500
"""More points than this are kept as pixels when the chart is saved as a drawing."""


def duration_by_workflow(runs: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the distribution of run durations of each workflow: box from quarter to quarter, whiskers from 5 to 95 %.

    Parameters
    ----------
    runs
        A frame as `runs_frame` gives it; runs without a duration (live, never started) are left out of it.
    ax
        Axes to draw on; None makes new ones.

    Returns
    -------
    matplotlib.axes.Axes
        The slowest workflow on top, at most the 20 with the most runs; title and labels say over how many runs.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> duration_by_workflow(runs_frame([])).get_title()
    'Duration by workflow (n = 0)'
    """
    known = runs[runs["duration_s"].notna()]
    name = known["workflow_name"].fillna(known["workflow_id"]).fillna("(no workflow)")
    counts = name.value_counts()
    busiest, many = counts.index[:_WORKFLOWS_MAX], len(counts)
    taken = known["duration_s"].astype("float64").groupby(name)
    each = {workflow: own.to_numpy() for workflow, own in taken}
    seconds = {workflow: each[workflow] for workflow in taken.median().reindex(busiest).sort_values().index}
    ax = new_axes(ax, height_in=1.2 + 0.34 * max(len(seconds), _ROWS_MIN))
    total = sum(map(len, seconds.values()))
    left = len(runs) - len(known)
    set_title(
        ax,
        "Duration by workflow",
        total,
        f"{len(busiest)} of {many} workflows" if many > len(busiest) else "",
        f"{left} without a duration left out" if left else "",
    )
    if not seconds:
        return say_empty(ax, "No finished runs")
    length_s, unit = time_unit(known["duration_s"])
    names = [f"{label(workflow)} (n = {len(values)})" for workflow, values in seconds.items()]
    boxes = boxplot_stats([values / length_s for values in seconds.values()], whis=(5, 95), labels=names)
    beyond = np.concatenate([box["fliers"] for box in boxes])
    rows = np.repeat(np.arange(1, len(boxes) + 1), [len(box["fliers"]) for box in boxes])
    ax.plot(beyond, rows, ".", markersize=3, color="0.45", rasterized=len(rows) > _VECTOR_MAX)
    ax.bxp(
        boxes,
        orientation="horizontal",
        widths=0.6,
        patch_artist=True,
        boxprops={"facecolor": BLUE, "alpha": 0.35},
        medianprops={"color": ORANGE, "linewidth": 2},
        showfliers=False,
    )
    ax.set_xlim(left=0)
    ax.set_ylim(len(seconds) + 0.5 - max(len(seconds), _ROWS_MIN), len(seconds) + 0.5)
    ax.grid(axis="x", color="0.9")
    ax.set_xlabel(f"duration ({unit}); box: middle half, line: median, whiskers: 5 to 95 %", loc="right")
    return ax
