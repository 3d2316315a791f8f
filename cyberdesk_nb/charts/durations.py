# pyright: reportUnknownMemberType=false
# (matplotlib leaves its **kwargs untyped)
"""How long runs take, by workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyberdesk_nb.charts._style import BLUE, ORANGE, label, new_axes, say_empty, set_title, time_unit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_WORKFLOWS_MAX = 20
_ROWS_MIN = 4


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
    busiest = name.value_counts().index[:_WORKFLOWS_MAX]
    seconds = known["duration_s"].groupby(name).agg(list).reindex(busiest)
    seconds = seconds.loc[known["duration_s"].groupby(name).median().reindex(busiest).sort_values().index]
    ax = new_axes(ax, height_in=1.2 + 0.34 * max(len(seconds), _ROWS_MIN))
    total = sum(map(len, seconds))
    many = name.nunique()
    left = len(runs) - len(known)
    set_title(
        ax,
        "Duration by workflow",
        total,
        f"{len(busiest)} of {many} workflows" if many > len(busiest) else "",
        f"{left} without a duration left out" if left else "",
    )
    if seconds.empty:
        return say_empty(ax, "No finished runs")
    length_s, unit = time_unit(known["duration_s"])
    ax.boxplot(
        [[value / length_s for value in values] for values in seconds],
        orientation="horizontal",
        whis=(5, 95),
        widths=0.6,
        patch_artist=True,
        tick_labels=[f"{label(workflow)} (n = {len(values)})" for workflow, values in seconds.items()],
        boxprops={"facecolor": BLUE, "alpha": 0.35},
        medianprops={"color": ORANGE, "linewidth": 2},
        flierprops={"marker": ".", "markersize": 3, "markeredgecolor": "0.45"},
    )
    ax.set_xlim(left=0)
    ax.set_ylim(len(seconds) + 0.5 - max(len(seconds), _ROWS_MIN), len(seconds) + 0.5)
    ax.grid(axis="x", color="0.9")
    ax.set_xlabel(f"duration ({unit}); box: middle half, line: median, whiskers: 5 to 95 %")
    return ax
