"""Runs to draw, and what was drawn, read back."""

from __future__ import annotations

from typing import Any

import matplotlib.dates as mdates
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.patches import Rectangle

DAY = pd.Timestamp("2026-11-01", tz="UTC")


def run(number: int, status: str = "success", *, hour: int = 9, day: int = 1, **more: Any) -> dict[str, Any]:
    """Give a run that waited 30 s and took 60 s."""
    start = f"2026-11-{day:02d}T{hour:02d}"
    times = {"created_at": f"{start}:00:00Z", "started_at": f"{start}:00:30Z", "ended_at": f"{start}:01:30Z"}
    return {"id": f"r-{number}", "workflow_id": f"w-{number % 3}", "machine_id": None, "status": status} | times | more


def at(hour: float) -> str:
    """Give the time so many hours into the first day."""
    return (DAY + pd.Timedelta(hours=hour)).isoformat()


def stay(number: int, start: float, end: float | None, status: str = "success", **more: Any) -> dict[str, Any]:
    """Give a run that was on a machine between two hours of the first day, and was asked for as it began."""
    times = {"created_at": at(start), "started_at": at(start), "ended_at": None if end is None else at(end)}
    return run(number, status) | times | {"machine_id": "m"} | more


def link(start: float, end: float | None, status: str = "disconnected", machine: str = "m") -> dict[str, Any]:
    """Give a connection by the hours of the first day; one without an end is up."""
    return {
        "id": f"{machine}-{start}", "machine_id": machine, "websocket_id": "w",
        "status": "connected" if end is None else status, "connected_at": at(start),
        "disconnected_at": None if end is None else at(end), "last_ping": at(24 if end is None else end),
    }  # fmt: skip


def text_of(ax: Axes) -> str:
    """Render the figure, so that every label is really laid out, and give all its words."""
    ax.figure.canvas.draw()
    words = [ax.get_title(), ax.get_xlabel(), ax.get_ylabel(), *(text.get_text() for text in ax.texts)]
    words += [label.get_text() for label in [*ax.get_xticklabels(), *ax.get_yticklabels()]]
    return "\n".join([*words, *legend_of(ax)])


def legend_of(ax: Axes) -> list[str]:
    """Give the words of the legend."""
    legend = ax.get_legend()
    return [text.get_text() for text in legend.get_texts()] if legend else []


def bars_of(ax: Axes) -> list[Rectangle]:
    """Give all bars."""
    return [patch for patch in ax.patches if isinstance(patch, Rectangle)]


def containers(ax: Axes) -> dict[str, BarContainer]:
    """Give the bars by the name in the legend."""
    return {str(bar.get_label()): bar for bar in ax.containers if isinstance(bar, BarContainer)}


def hours_of(dates: Any) -> list[float]:
    """Give matplotlib's days as hours of the first day."""
    return [round((float(date) - mdates.date2num(DAY)) * 24, 3) for date in dates]
