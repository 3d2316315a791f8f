"""Rates over time show how sure they are, and break where nothing is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes

from cyberdesk_nb.analysis import wilson
from cyberdesk_nb.charts import cached_share_trend, success_rate_over_time
from cyberdesk_nb.frames import runs_frame
from tests.charts.drawing import hours_of, run


def points(ax: Axes) -> tuple[list[float], list[float]]:
    """Give the hours and the heights of the points."""
    line = ax.lines[0]
    return hours_of(np.asarray(line.get_xdata())), [round(float(y), 6) for y in np.asarray(line.get_ydata())]


def whiskers(ax: Axes) -> list[list[float]]:
    """Give the ends of the interval at each point that has one."""
    (bars,) = ax.containers[0][2]
    return [[round(float(y), 6) for y in segment[:, 1]] for segment in bars.get_segments() if len(segment)]


def used(number: int, cached: int, total: int, **more: Any) -> dict[str, Any]:
    """Give a run that replayed so many of its steps."""
    steps = {"total_agentic_steps": total - cached, "total_cached_steps": cached}
    return run(number, usage_metadata=steps, **more)


def test_a_day_has_its_rate_with_wilsons_interval() -> None:
    """Live and cancelled runs are in no rate, a day without ended runs has no point, and the title counts both."""
    records = [
        run(0),
        run(1),
        run(2, "error"),
        run(3, "cancelled"),
        run(4, "task_failed", day=3),
        run(5, "running", day=2),
    ]
    ax = success_rate_over_time(runs_frame(records))
    assert points(ax) == ([0, 24, 48], [0.666667, pytest.approx(np.nan, nan_ok=True), 0])
    low, high = wilson([2, 0], [3, 1])
    assert whiskers(ax) == [[round(float(a), 6), round(float(b), 6)] for a, b in zip(low, high, strict=True)]
    assert "(n = 4, 2 live, cancelled or of unknown status not in it)" in ax.get_title()


def test_days_begin_where_the_reader_is() -> None:
    """A run late in the evening in UTC counts on the next day further east, which begins at its own midnight."""
    frame = runs_frame([run(0, hour=23), run(1, "error", hour=9)])
    ax = success_rate_over_time(frame, tz="Asia/Tokyo")
    assert points(ax) == ([-9, 15], [0, 1])
    assert "(Asia/Tokyo)" in ax.get_xlabel()


def test_days_of_25_hours_stand_apart_by_25_hours() -> None:
    """Across the change of clocks the points stand at the midnights of the reader, and no run is lost."""
    times = ["2026-10-24T12:00:00Z", "2026-10-25T22:30:00Z", "2026-10-25T23:30:00Z"]
    for chart in (success_rate_over_time, cached_share_trend):
        frame = runs_frame([used(number, 1, 2, created_at=time) for number, time in enumerate(times)])
        ax = chart(frame, tz="Europe/Berlin")
        hours, _ = points(ax)
        assert np.diff(hours).tolist() == [24, 25]
        assert "(n = 3)" in ax.get_title()


def test_the_cached_share_is_of_all_steps_of_a_day() -> None:
    """The share of a day is its replayed steps over all of its steps; runs without steps are stated, not counted."""
    records = [used(0, 6, 8), used(1, 0, 2), run(2), used(3, 0, 0), used(4, 3, 3, day=3), used(5, 1, 2, created_at="?")]
    ax = cached_share_trend(runs_frame(records))
    assert points(ax) == ([0, 24, 48], [0.6, pytest.approx(np.nan, nan_ok=True), 1])
    assert "(n = 3, 3 without steps or date left out)" in ax.get_title()
    # One run of three steps tells as much as one trial does, however alike its steps are.
    low, high = wilson([1], [1])
    assert whiskers(ax)[-1] == [round(float(low[0]), 6), round(float(high[0]), 6)]
