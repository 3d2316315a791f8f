# pyright: reportUnknownMemberType=false
# (matplotlib leaves its **kwargs untyped)
"""When in the week: counts, waits, durations or success by weekday and hour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.colors import ListedColormap
from matplotlib.ticker import FuncFormatter, MaxNLocator

from cyberdesk_nb.analysis.times.timelines import require
from cyberdesk_nb.charts._style import new_axes, say_empty, set_title, span_text, zone
from cyberdesk_nb.errors import RequestError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FEW = 5
# One colour from light to dark, so that print in grey keeps the order; the lightest still differs from paper.
_SHADES = ListedColormap(colormaps["Blues"](np.linspace(0.14, 1, 256)))
_ENDED = ("success", "task_failed", "infra_error", "check_failed")
_WORDS = {
    "n": ("Runs", "runs"),
    "queue_wait_s": ("Median wait for a machine", "median wait"),
    "duration_s": ("Median duration", "median duration"),
    "success_rate": ("Success rate", "succeeded, of ended"),
}

HeatValue = Literal["n", "queue_wait_s", "duration_s", "success_rate"]


def weekday_hour_heatmap(
    runs: pd.DataFrame, ax: Axes | None = None, *, value: HeatValue = "n", tz: str = "UTC"
) -> Axes:
    """Draw a field for each hour of the week, darker where there is more.

    Parameters
    ----------
    runs
        A frame as `runs_frame` gives it; runs belong to the hour in which they were created.
    ax
        Axes to draw on; None makes new ones.
    value
        ``n`` (how many runs), ``queue_wait_s`` or ``duration_s`` (the median), or ``success_rate`` (of ended runs).
    tz
        Time zone whose weekdays and hours count.

    Returns
    -------
    matplotlib.axes.Axes
        Monday on top. Hours without a run are hatched, and a dot marks what is said by fewer than five. The title says
        over how many runs, and how many have no such value.

    Raises
    ------
    RequestError
        For another value, a time zone that is none, or a column that is missing.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> weekday_hour_heatmap(runs_frame([])).get_title()
    'Runs by weekday and hour (n = 0)'
    """
    if value not in _WORDS:
        raise RequestError(f"There is no value {value!r} to draw.", hint=f"Values are {', '.join(_WORDS)}.")
    needed = {"n": [], "success_rate": ["outcome"]}.get(value, [value])
    require(runs, ["created_at", *needed], "runs")
    created = runs["created_at"].dt.tz_convert(zone(tz))
    fields = pd.DataFrame({"day": created.dt.day_of_week, "hour": created.dt.hour, "value": _values(runs, value)})
    seen, size = _fields(fields, value)
    ax = new_axes(ax)
    what, noun = _WORDS[value]
    lost = len(runs) - int(size.sum())
    set_title(ax, f"{what} by weekday and hour", int(size.sum()), f"{lost} without it left out" if lost else "")
    if not size.any():
        return say_empty(ax, "No runs")
    total = seen if value != "n" else np.where(size > 0, size, np.nan)
    _draw(ax, total, size, value, noun)
    ax.set_xlabel(f"created ({tz}); hatched: no run" + ("" if value == "n" else f", dot: fewer than {_FEW}"))
    return ax


def _values(runs: pd.DataFrame, value: HeatValue) -> pd.Series:
    """Give what each run counts; missing where it is not in the figure."""
    if value == "n":
        return pd.Series(1.0, index=runs.index)
    if value == "success_rate":
        return (runs["outcome"] == "success").astype("float64").where(runs["outcome"].isin(_ENDED))
    return runs[value].astype("float64")


def _fields(table: pd.DataFrame, value: HeatValue) -> tuple[Any, Any]:
    """Give the value of each weekday and hour, and of how many runs it is."""
    known = table.dropna()
    grouped = known.groupby(["day", "hour"])["value"]
    seen = grouped.mean() if value == "success_rate" else grouped.median()
    every = pd.MultiIndex.from_product([range(7), range(24)], names=["day", "hour"])
    size = grouped.size().reindex(every, fill_value=0)
    return seen.reindex(every).to_numpy().reshape(7, 24), size.to_numpy().reshape(7, 24)


def _draw(ax: Axes, seen: Any, size: Any, value: HeatValue, noun: str) -> None:
    top = 1.0 if value == "success_rate" else float(np.nanmax(seen)) or 1.0
    image = ax.pcolormesh(
        np.arange(25) - 0.5, np.arange(8) - 0.5, seen, cmap=_SHADES, vmin=0, vmax=top, edgecolors="white", lw=0.4
    )
    ax.patch.set(hatch="////", edgecolor="0.9", linewidth=0)
    if value != "n":
        day, hour = np.nonzero((size > 0) & (size < _FEW))
        ax.plot(hour, day, linestyle="", marker="o", markersize=3.5, color="white", markeredgecolor="black", mew=0.6)
    ax.set_ylim(6.5, -0.5)
    ax.set_yticks(range(7), _DAYS)
    ax.set_xticks(range(0, 24, 3), [f"{hour:02d}:00" for hour in range(0, 24, 3)])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    forms = {"n": "{:g}".format, "success_rate": "{:.0%}".format}
    write = forms.get(value, span_text)

    def tick(number: float, _: int) -> str:
        return write(number) if number else "0"

    bar = ax.figure.colorbar(
        image, ax=ax, label=noun, pad=0.02, format=FuncFormatter(tick), ticks=MaxNLocator(5, integer=value == "n")
    )
    cast("Any", bar.outline).set_visible(False)
