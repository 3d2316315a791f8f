# pyright: reportUnknownMemberType=false
# (matplotlib leaves its **kwargs untyped)
"""How long runs take and wait, all of them: the share that is done within a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.ticker import PercentFormatter

from cyberdesk_nb.analysis.figures.survival import duration_survival
from cyberdesk_nb.analysis.times.timelines import require
from cyberdesk_nb.charts._style import (
    SERIES,
    label,
    legend_right,
    new_axes,
    say_empty,
    set_title,
    span_scale,
    span_text,
)

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.axes import Axes

    from cyberdesk_nb.analysis.figures.survival import Value
    from cyberdesk_nb.analysis.times.timelines import When

    Floats = npt.NDArray[np.float64]

_LINES_MAX = 5
_POINTS_MAX = 200
_ORDERS = 20.0
_OTHERS = "\0"
_SIDE_BY_SIDE = 50
"""Marks the line of all others, which no name from outside does."""


def duration_distribution(
    runs: pd.DataFrame, ax: Axes | None = None, *, by: str | None = "workflow_name", as_of: When = None
) -> Axes:
    """Draw which share of runs has ended within which time from their start, for each workflow.

    Runs that still go on count as longer than until now (Kaplan and Meier), instead of being left out. Needs the extra
    ``analysis``.

    Parameters
    ----------
    runs
        A frame as `runs_frame` gives it.
    ax
        Axes to draw on; None makes new ones.
    by
        Column to draw a line for each value of: the five with the most runs, and one for all others. None: one line.
    as_of
        When the frame was fetched; None: the latest time in it.

    Returns
    -------
    matplotlib.axes.Axes
        Lines from 0 to 100 % with bands of 95 %; the legend has each one's n and median, the title the n of all, how
        many still go on, and how many have no time. The scale is logarithmic where times are orders of magnitude apart.

    Raises
    ------
    RequestError
        When a column is missing.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> duration_distribution(runs_frame([])).get_title()
    'Runs that end within a time (n = 0)'
    """
    require(runs, ["started_at", *_columns(by)], "runs")
    ax = new_axes(ax)
    began = runs["started_at"].notna()
    words = ("Runs that end within a time", "still going count as longer", "duration", "No runs have begun")
    return _draw(ax, runs[began], "duration_s", by, as_of, words, int((~began).sum()))


def wait_distribution(
    runs: pd.DataFrame, ax: Axes | None = None, *, by: str | None = "workflow_name", as_of: When = None
) -> Axes:
    """Draw which share of runs has got a machine within which time from being asked for, for each workflow.

    Runs that still wait, and those that ended without having begun, count as waiting for longer than that (Kaplan and
    Meier). Needs the extra ``analysis``.

    Parameters
    ----------
    runs, ax, by, as_of
        As in `duration_distribution`.

    Returns
    -------
    matplotlib.axes.Axes
        As in `duration_distribution`.

    Raises
    ------
    RequestError
        When a column is missing.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> wait_distribution(runs_frame([])).get_title()
    'Runs that get a machine within a time (n = 0)'
    """
    words = ("Runs that get a machine within a time", "that never began count as longer", "wait", "No runs")
    require(runs, _columns(by), "runs")
    return _draw(new_axes(ax), runs, "queue_wait_s", by, as_of, words, 0)


def _draw(
    ax: Axes,
    runs: pd.DataFrame,
    value: Value,
    by: str | None,
    as_of: When,
    words: tuple[str, str, str, str],
    never: int,
) -> Axes:
    what, longer, noun, empty = words
    named = runs.assign(line=_lines(runs, by))
    curves = duration_survival(named, value, "line", as_of)
    going, lost = curves.attrs["censored"], curves.attrs["left_out"]
    set_title(
        ax,
        what,
        len(runs) - lost,
        f"{going} {longer}" if going else "",
        f"{never} that never began left out" if never else "",
        f"{lost} without times left out" if lost else "",
    )
    if not curves["events"].sum():
        return say_empty(ax, empty if curves.empty else "None is over yet")
    shortest, longest = _reach(curves)
    is_wide = longest > _ORDERS * shortest
    for line, (colour, dashes) in zip(_ordered(named["line"]), SERIES, strict=False):
        curve = curves[curves["line"] == line]
        if curve.empty:
            continue
        n = int(curve["events"].sum() + curve["censored"].sum())
        at, share, low, high = _steps(curve, shortest if is_wide else 0.0)
        ax.step(at, share, where="post", color=colour, linestyle=dashes, linewidth=1.7,
                label=f"{line.removeprefix(_OTHERS) or 'all runs'} (n = {n}; {_median(curve)})")  # fmt: skip
        ax.fill_between(at, low, high, step="post", color=colour, alpha=0.12, linewidth=0)
    span_scale(ax, shortest if is_wide else 0.0, longest)
    ax.set_ylim(0, 1.01)
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.grid(color="0.92")
    ax.set_xlabel(f"{noun}{' (logarithmic)' if is_wide else ''}; bands: 95 % intervals")
    ax.set_ylabel("share of runs")
    # Below, as names are long and the lines need the width; two of the longest do not fit beside each other.
    longest_name = max(len(name) for name in ax.get_legend_handles_labels()[1])
    columns = 2 if longest_name <= _SIDE_BY_SIDE else 1
    legend_right(ax, loc="upper center", bbox_to_anchor=(0.5, 0), borderaxespad=4.2, ncols=columns, fontsize="small")
    return ax


def _columns(by: str | None) -> list[str]:
    return [] if by is None else [by, "workflow_id"] if by == "workflow_name" else [by]


def _lines(runs: pd.DataFrame, by: str | None) -> pd.Series:
    """Give each run the name of its line, as it is shown."""
    if by is None:
        return pd.Series("", index=runs.index, dtype="str")
    values = runs[by].astype(object)
    if by == "workflow_name":
        values = values.fillna(runs["workflow_id"].astype(object))
    counts = values.value_counts(dropna=False)
    shown = counts.index[: _LINES_MAX if len(counts) > _LINES_MAX + 1 else _LINES_MAX + 1]
    names = {value: "(none)" if pd.isna(value) else label(value) for value in shown}
    others = f"{_OTHERS}{len(counts) - len(shown)} others"
    return values.map(lambda value: names.get(value, others)).astype("str")


def _ordered(lines: pd.Series) -> list[str]:
    """Give the names of the lines, the one with the most runs first and the others together last."""
    counts = lines.value_counts().sort_index(kind="stable").sort_values(ascending=False, kind="stable")
    return sorted(map(str, counts.index), key=lambda name: name.startswith(_OTHERS))


def _reach(curves: pd.DataFrame) -> tuple[float, float]:
    """Give the ends of the scale: all but the few shortest, and the longest."""
    times: Floats = np.repeat(curves["time_s"].to_numpy(dtype=np.float64), curves["events"] + curves["censored"])
    longest = max(float(times.max()), 1e-3)
    above = times[times > longest * 1e-6]
    return max(float(np.quantile(above, 0.005)) if len(above) else longest, 1e-3), longest


def _steps(curve: pd.DataFrame, least: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Give the corners of a line, from nothing at the left end, as many as an eye can tell apart."""
    places = np.unique(np.linspace(0, len(curve) - 1, min(len(curve), _POINTS_MAX)).astype(int))
    # Before the first end there is no interval.
    kept = curve.iloc[places].assign(
        high=lambda rows: rows["high"].where(rows["survival"] < 1, 1.0),
        low=lambda rows: rows["low"].where(rows["survival"] < 1, 1.0),
    )
    at = np.maximum(kept["time_s"].to_numpy(dtype=np.float64), least)
    share, low, high = (
        np.concatenate([np.zeros(1), 1 - kept[name].to_numpy(dtype=np.float64)]) for name in ("survival", "high", "low")
    )
    return np.concatenate([np.array([least]), at]), share, low, high


def _median(curve: pd.DataFrame) -> str:
    reached = curve.loc[curve["survival"] <= 0.5 + 1e-9, "time_s"]
    return f"median {span_text(float(reached.iloc[0]))}" if len(reached) else "median not reached"
