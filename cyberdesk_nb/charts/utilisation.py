# pyright: reportUnknownMemberType=false
# (matplotlib leaves its **kwargs untyped)
"""What machines did with their time, as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import PercentFormatter

from cyberdesk_nb.analysis.causes.finding.words import counted
from cyberdesk_nb.analysis.machines.utilisation import USES
from cyberdesk_nb.analysis.times.timelines import require
from cyberdesk_nb.charts._style import label, legend_right, new_axes, say_empty, set_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MACHINES_MAX = 60
_ROWS_MIN = 4
_LOOKS: dict[str, dict[str, Any]] = {
    "busy": {"color": "#0072B2"},
    "reserved": {"color": "#E69F00", "hatch": "///"},
    "idle": {"color": "#D9ECF7"},
    "offline": {"color": "#555555", "hatch": "xxx"},
    "unknown": {"color": "#FFFFFF", "hatch": "||||", "edgecolor": "#999999"},
}


def utilisation_bars(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw which share of its time each machine was busy, reserved, idle, offline or in a state not known.

    Parameters
    ----------
    table
        A frame as `utilisation` gives it.
    ax
        Axes to draw on; None makes new ones.

    Returns
    -------
    matplotlib.axes.Axes
        The busiest machine on top, at most the 60 busiest, as the title then says; behind each name how many runs. The
        title says over how many machines.

    Raises
    ------
    RequestError
        When a column is missing.

    Examples
    --------
    >>> from cyberdesk_nb.analysis import utilisation
    >>> from cyberdesk_nb.frames import runs_frame
    >>> utilisation_bars(utilisation(runs_frame([]), since="2026-11-01", until="2026-11-02")).get_title()
    'What machines did (n = 0)'
    """
    require(table, ["machine_id", "machine_name", "runs", *(f"{use}_share" for use in USES)], "utilisation")
    order = ["busy_share", "reserved_share", "runs"]
    shown = table.sort_values(order, ascending=False, kind="stable").iloc[:_MACHINES_MAX].iloc[::-1]
    ax = new_axes(ax, height_in=1.5 + 0.25 * max(len(shown), _ROWS_MIN))
    set_title(
        ax,
        "What machines did",
        len(shown),
        f"the busiest of {len(table)} machines" if len(shown) < len(table) else "",
    )
    if shown.empty:
        return say_empty(ax, "No machines")
    base = np.zeros(len(shown))
    rows = np.arange(len(shown))
    for use in USES:
        share = shown[f"{use}_share"].to_numpy(dtype=np.float64)
        if not share.any():
            continue
        look: dict[str, Any] = {"edgecolor": "white", **_LOOKS[use]}
        whole = f"{use} ({table[f'{use}_s'].sum() / table[[f'{each}_s' for each in USES]].to_numpy().sum():.1%})"
        ax.barh(rows, share, left=base, height=0.78, linewidth=0, label=whole, **look)
        base += share
    names = shown["machine_name"].fillna(shown["machine_id"])
    labels = [f"{label(name)} ({counted(runs, 'run')})" for name, runs in zip(names, shown["runs"], strict=True)]
    ax.set_yticks(rows, labels, fontsize=float(np.clip(300 / len(shown), 5.5, 10)))
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(shown) - 0.5 - max(len(shown), _ROWS_MIN), len(shown) - 0.5)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.set_xlabel(_words(table))
    legend_right(ax, title="of all machines")
    return ax


def _words(table: pd.DataFrame) -> str:
    since, until = (str(table.attrs.get(name, ""))[:16].replace("T", " ") for name in ("since", "until"))
    return f"share of the time from {since} to {until} (UTC)" if since and until else "share of the time"
