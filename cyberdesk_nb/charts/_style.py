# pyright: reportUnknownMemberType=false
# (matplotlib leaves its **kwargs untyped)
"""What all charts share: axes, colours that the colour-blind and a printer keep apart, safe labels, units of time."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter, MultipleLocator, NullLocator

from cyberdesk_nb.errors import RequestError, printable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# Okabe and Ito's palette; hatches keep the failures apart in grey print, too. None has dots: their outlines would be
# most of a drawing.
OUTCOME_COLOURS = {
    "success": "#009E73",
    "cancelled": "#BBBBBB",
    "task_failed": "#E69F00",
    "check_failed": "#CC79A7",
    "infra_error": "#D55E00",
    "live": "#56B4E9",
    "unknown": "#000000",
}
OUTCOME_HATCHES = {"task_failed": "---", "check_failed": "xxx", "infra_error": "///", "live": "\\\\\\"}
BLUE = "#0072B2"
ORANGE = "#D55E00"
SERIES: tuple[tuple[str, Any], ...] = (
    ("#0072B2", "-"),
    ("#D55E00", "--"),
    ("#009E73", "-."),
    ("#CC79A7", ":"),
    ("#E69F00", (0, (6, 1, 1, 1, 1, 1))),
    ("#000000", (0, (1, 1))),
)
"""Colour and dashes of lines that stand for things of one kind, such as workflows."""

_LABEL_MAX = 36
_UNITS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"))
_SPANS = (0.001, 0.01, 0.1, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 18_000, 43_200, 86_400, 259_200,
          604_800, 2_592_000)  # fmt: skip

_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
          7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800)  # fmt: skip


def new_axes(ax: Axes | None, *, height_in: float = 3.6) -> Axes:
    """Give the axes to draw on: the caller's, or new ones in a figure of their own."""
    if ax is None:
        _, ax = plt.subplots(figsize=(8, height_in), layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)
    return ax


def set_title(ax: Axes, what: str, n: int, *notes: str) -> None:
    """Say what the chart shows, over how many, and what of them it does not show; empty notes are left out."""
    told = ", ".join([f"n = {n}", *(note for note in notes if note)])
    ax.set_title(f"{what} ({told})", fontsize="medium", wrap=True)


def label(text: object, lines: int = 1) -> str:
    """Give text from outside as a label: short, a line or a few, and never read as a formula."""
    short = printable(str(text), lines * _LABEL_MAX)
    wrapped = textwrap.wrap(short, _LABEL_MAX, max_lines=lines, placeholder="…") if lines > 1 else [short]
    return "\n".join(wrapped).replace("$", r"\$")


def say_empty(ax: Axes, message: str) -> Axes:
    """Say in the middle of the axes that there is nothing to draw."""
    ax.text(0.5, 0.5, message, transform=ax.transAxes, ha="center", va="center", color="0.35")
    ax.set_xticks([])
    ax.set_yticks([])
    return ax


def legend_right(ax: Axes, **options: Any) -> None:
    """Put the legend beside the axes, where it hides nothing."""
    ax.legend(**{"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "frameon": False} | options)


def time_unit(seconds: pd.Series) -> tuple[float, str]:
    """Choose the unit that gives a readable scale: its length in seconds, and its name."""
    longest_s = float(seconds.quantile(0.95)) if len(seconds) else 0.0
    return next(((length_s, name) for length_s, name in _UNITS if longest_s >= 3 * length_s), (1.0, "s"))


def span_text(seconds: float) -> str:
    """Write a length of time in its largest unit."""
    length_s, unit = next(((length_s, unit) for length_s, unit in _UNITS if seconds >= length_s), (1.0, "s"))
    return f"{seconds / length_s:.3g} {unit}"


def span_scale(ax: Axes, shortest_s: float, longest_s: float) -> None:
    """Make the x axis one of lengths of time; one that does not begin at zero is logarithmic."""
    ax.xaxis.set_major_formatter(FuncFormatter(_tick))
    if shortest_s <= 0:
        ax.set_xlim(0, longest_s)
        ax.xaxis.set_major_locator(MultipleLocator(next((step for step in _STEPS if longest_s < 7 * step), longest_s)))
        return
    ax.set_xscale("log")
    ax.set_xlim(shortest_s, longest_s)
    inside = [span for span in _SPANS if shortest_s * 0.999 <= span <= longest_s * 1.001]
    ax.xaxis.set_major_locator(FixedLocator(inside[:: 1 + len(inside) // 10]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(_tick))


def _tick(seconds: float, _: int) -> str:
    return span_text(seconds) if seconds else "0"


def zone(tz: str) -> ZoneInfo:
    """Give a time zone by its name."""
    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, OSError):
        raise RequestError(
            f"There is no time zone {printable(repr(tz), 60)}.", hint='Use a name such as "Europe/Berlin" or "UTC".'
        ) from None


def date_numbers(micros: Any) -> Any:
    """Give microseconds since 1970 as matplotlib's days."""
    return np.asarray(micros, dtype=np.float64) / 86_400e6


def time_scale(ax: Axes, tz: str, words: str = "") -> None:
    """Make the x axis one of times, read in a time zone."""
    place = zone(tz)
    locator = mdates.AutoDateLocator(minticks=3, maxticks=9, tz=place)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(locator, tz=place))
    # On the left, as the year stands on the right.
    ax.set_xlabel(f"{words} ({tz})" if words else f"({tz})", loc="left")
