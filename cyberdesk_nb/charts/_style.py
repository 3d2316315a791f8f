# pyright: reportUnknownMemberType=false
# (matplotlib leaves its **kwargs untyped)
"""What all charts share: axes, colours that the colour-blind and a printer keep apart, safe labels, units of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt

from cyberdesk_nb.errors import printable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

# Okabe and Ito's palette; hatches keep the failures apart in grey print, too.
OUTCOME_COLOURS = {
    "success": "#009E73",
    "cancelled": "#BBBBBB",
    "task_failed": "#E69F00",
    "check_failed": "#CC79A7",
    "infra_error": "#D55E00",
    "live": "#56B4E9",
    "unknown": "#000000",
}
OUTCOME_HATCHES = {"task_failed": "...", "check_failed": "xxx", "infra_error": "///", "live": "\\\\\\"}
BLUE = "#0072B2"
ORANGE = "#D55E00"

_LABEL_MAX = 36
_UNITS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"))


def new_axes(ax: Axes | None, *, height_in: float = 3.6) -> Axes:
    """Give the axes to draw on: the caller's, or new ones in a figure of their own."""
    if ax is None:
        _, ax = plt.subplots(figsize=(8, height_in), layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)
    return ax


def label(text: object) -> str:
    """Give text from outside as a label: one line, short, and never read as a formula."""
    return printable(str(text), _LABEL_MAX).replace("$", r"\$")


def say_empty(ax: Axes, message: str) -> Axes:
    """Say in the middle of the axes that there is nothing to draw."""
    ax.text(0.5, 0.5, message, transform=ax.transAxes, ha="center", va="center", color="0.35")
    ax.set_xticks([])
    ax.set_yticks([])
    return ax


def time_unit(seconds: pd.Series) -> tuple[float, str]:
    """Choose the unit that gives a readable scale: its length in seconds, and its name."""
    longest_s = float(seconds.quantile(0.95)) if len(seconds) else 0.0
    return next(((length_s, name) for length_s, name in _UNITS if longest_s >= 3 * length_s), (1.0, "s"))
