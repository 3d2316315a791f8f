"""Weekdays and hours are those of the reader; concurrency counts who runs and who waits; failures are ranked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.patches import StepPatch

from cyberdesk_nb.analysis.figures.failures import failures
from cyberdesk_nb.charts import concurrency, failure_pareto, weekday_hour_heatmap
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import runs_frame
from tests.charts.drawing import DAY, bars_of, hours_of, legend_of, run, stay, text_of

WINDOW: dict[str, Any] = {"since": DAY, "until": DAY + pd.Timedelta(hours=24)}


def fields(ax: Axes) -> dict[tuple[int, int], float]:
    """Give the value of each field that is drawn, by weekday (Monday is 0) and hour."""
    (mesh,) = [drawn for drawn in ax.collections if isinstance(drawn, QuadMesh)]
    values = np.ma.filled(np.ma.masked_invalid(np.ma.asarray(mesh.get_array(), dtype=float)), np.nan).reshape(7, 24)
    return {(int(d), int(h)): float(values[d, h]) for d, h in zip(*np.nonzero(~np.isnan(values)), strict=True)}


def test_each_hour_of_the_week_has_its_runs() -> None:
    """The first of November 2026 is a Sunday; fields without a run are blank, and every run is in one field."""
    ax = weekday_hour_heatmap(runs_frame([run(0), run(1), run(2, hour=23), run(3, day=8), run(4, created_at="?")]))
    assert fields(ax) == {(6, 9): 3, (6, 23): 1}
    assert "(n = 4, 1 without it left out)" in ax.get_title()


def test_hours_are_those_of_the_readers_zone() -> None:
    """In Tokyo the run is nine hours later; where clocks change, the hour is the one on the wall."""
    assert fields(weekday_hour_heatmap(runs_frame([run(0, hour=20)]), tz="Asia/Tokyo")) == {(0, 5): 1}
    times = ["2026-10-24T08:00:00Z", "2026-10-31T09:00:00Z"]
    frame = runs_frame([run(number, created_at=time) for number, time in enumerate(times)])
    assert fields(weekday_hour_heatmap(frame, tz="Europe/Berlin")) == {(5, 10): 2}


@pytest.mark.parametrize(
    ("value", "expected", "title"),
    [
        ("queue_wait_s", {(6, 9): 30, (6, 10): 30}, "Median wait for a machine by weekday and hour (n = 5, 1"),
        ("duration_s", {(6, 9): 60, (6, 10): 60}, "Median duration by weekday and hour (n = 5, 1"),
        ("success_rate", {(6, 9): 0.75, (6, 10): 1}, "Success rate by weekday and hour (n = 5, 1"),
    ],
)
def test_other_values_can_be_drawn(value: Any, expected: dict[tuple[int, int], float], title: str) -> None:
    """Medians and rates are those of the field's runs that have one; fields of few runs carry a dot."""
    records = [*(run(n) for n in range(3)), run(3, "error"), run(4, hour=10), run(5, "running", started_at=None)]
    records[5]["ended_at"] = None
    ax = weekday_hour_heatmap(runs_frame(records), value=value)
    assert fields(ax) == expected
    assert title in ax.get_title()
    assert sorted(np.asarray(ax.lines[0].get_xdata()).tolist()) == [9, 10]
    full = weekday_hour_heatmap(runs_frame([run(n) for n in range(5)]), value=value)
    assert not len(np.asarray(full.lines[0].get_xdata()))


def test_another_value_is_refused() -> None:
    """The error names what can be drawn."""
    with pytest.raises(RequestError, match="success_rate"):
        weekday_hour_heatmap(runs_frame([]), value="mood")  # pyright: ignore[reportArgumentType]


def steps(ax: Axes) -> dict[str, tuple[list[float], list[float]]]:
    """Give depths and edges, in hours, of each step line."""
    drawn = [patch for patch in ax.patches if isinstance(patch, StepPatch)]
    data = {str(patch.get_label()): patch.get_data() for patch in drawn}
    return {name: (np.asarray(depth).tolist(), hours_of(edges)) for name, (depth, edges, _) in data.items()}


def test_concurrency_counts_who_runs_and_who_waits() -> None:
    """The lines go up when a run begins and down when it ends; live runs go on, and those that wait are a line."""
    records = [
        stay(0, 1, 4), stay(1, 2, 3), stay(2, 20, None, "running"),
        stay(3, 6, 7) | {"created_at": DAY.isoformat()},
        run(4, "scheduling", created_at=(DAY + pd.Timedelta(hours=22)).isoformat(), started_at=None, ended_at=None),
    ]  # fmt: skip
    ax = concurrency(runs_frame(records), **WINDOW, machines=2)
    edges = [0, 1, 2, 3, 4, 6, 7, 20, 22, 24]
    assert steps(ax) == {
        "running": ([0, 1, 2, 1, 0, 1, 0, 1, 1], edges),
        "waiting": ([1, 1, 1, 1, 1, 0, 0, 0, 1], edges),
    }
    assert np.asarray(ax.lines[0].get_ydata()).tolist() == [2, 2]
    assert legend_of(ax)[-1] == "2 machines"
    assert "(n = 4, peak 2 running)" in ax.get_title()


def test_peaks_survive_where_steps_are_too_many() -> None:
    """A long history is drawn as the peak of equal pieces, which the scale states, and its highest peak is there."""
    records = [stay(number, number / 200, (number + 0.5) / 200) for number in range(4000)]
    records += [stay(9000 + number, 12.34, 12.341) for number in range(6)]
    ax = concurrency(runs_frame(records), **WINDOW)
    depth, edges = steps(ax)["running"]
    assert len(depth) == 2000
    assert max(depth) == 7
    assert edges[int(np.argmax(depth))] == pytest.approx(12.34, abs=24 / 2000)
    assert "peak of each 43.2 s" in ax.get_xlabel()
    assert "peak 7 running" in ax.get_title()


def failed(number: int, error: str, status: str = "error") -> dict[str, Any]:
    """Give a run that failed."""
    return run(number, status, error=[error])


def test_failures_are_ranked_with_what_they_come_to() -> None:
    """The most frequent kind is on top; each bar says its share and that of all so far."""
    records = [failed(n, "window not found") for n in range(6)] + [
        failed(6 + n, "$no$ file", "task_failed") for n in range(2)
    ]
    ax = failure_pareto(runs_frame([*records, run(20)]))
    assert [(bar.get_y() + bar.get_height() / 2, bar.get_width()) for bar in bars_of(ax)] == [(0, 6), (1, 2)]
    ax.figure.canvas.draw()
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["window not found", r"\$no\$ file"]
    assert [text.get_text().strip() for text in ax.texts] == ["6  (75%)", "2  (25%, together 100%)"]
    assert legend_of(ax) == ["task failed", "infra error"]
    assert "(n = 8)" in ax.get_title()


def test_rare_failures_are_one_bar_and_none_is_lost() -> None:
    """Beyond twelve kinds the others are one bar; the bars add up to all failed runs."""
    letters = "abcdefghijklmnop"
    frame = runs_frame([failed(10 * k + n, letters[k] * 4) for k in range(16) for n in range(3)])
    for given in (frame, failures(frame)):
        ax = failure_pareto(given)
        assert len(bars_of(ax)) == 13
        assert sum(bar.get_width() for bar in bars_of(ax)) == 48
        assert "4 other kinds" in text_of(ax)


def test_failures_without_a_word_have_a_bar() -> None:
    """A run that failed without an error message is not left out."""
    assert "(no words)" in text_of(failure_pareto(runs_frame([run(0, "error"), failed(1, "boom")])))


def test_a_low_picture_shows_fewer_kinds_and_loses_none() -> None:
    """Where there is no room for twelve bars there are fewer, and the bar of the others is the larger."""
    frame = runs_frame([failed(number, letter * 4) for number, letter in enumerate("abcdefghijklmnop")])
    ax = failure_pareto(frame, plt.figure(figsize=(8, 3.4)).subplots())
    assert 4 <= len(bars_of(ax)) < 10
    assert sum(bar.get_width() for bar in bars_of(ax)) == 16
