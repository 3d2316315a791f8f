"""Charts draw what the frame says, state their n, and never stumble over odd input."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from cyberdesk_nb.charts import (
    cached_share_trend,
    concurrency,
    duration_by_workflow,
    duration_distribution,
    failure_pareto,
    machine_timeline,
    outcomes_over_time,
    queue_wait_by_hour,
    success_rate_over_time,
    wait_distribution,
    weekday_hour_heatmap,
)
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import runs_frame
from tests.charts.drawing import bars_of, containers, run, text_of

CHARTS = [
    cached_share_trend,
    concurrency,
    duration_by_workflow,
    duration_distribution,
    failure_pareto,
    machine_timeline,
    outcomes_over_time,
    queue_wait_by_hour,
    success_rate_over_time,
    wait_distribution,
    weekday_hour_heatmap,
]
each_chart = pytest.mark.parametrize("chart", CHARTS)
FULL: dict[str, Any] = {
    "machine_id": "m",
    "error": ["boom"],
    "usage_metadata": {"total_agentic_steps": 2, "total_cached_steps": 6},
}


def full(number: int, status: str = "error", **more: Any) -> dict[str, Any]:
    """Give a run with everything."""
    return run(number, status) | FULL | more


def five() -> pd.DataFrame:
    """Give five runs that every chart has something to say of."""
    return runs_frame([full(number) for number in range(5)])


@each_chart
def test_a_chart_draws_on_the_given_axes_and_returns_them(chart: Callable[..., Axes]) -> None:
    """The caller's axes are used and returned; without any, new ones are made."""
    _, ax = plt.subplots()
    assert chart(five(), ax=ax) is ax
    assert chart(five()) is not ax


@each_chart
def test_the_title_says_over_how_many_runs(chart: Callable[..., Axes]) -> None:
    """Every chart states its n."""
    assert "(n = 5" in chart(five()).get_title()


@each_chart
@pytest.mark.parametrize(
    "records",
    [
        [],
        [run(0)],
        [run(0, "scheduling", started_at=None, ended_at=None)],
        [run(0, ended_at=None, created_at="?")],
        [run(0, workflow_id=None)],
        [full(0, "running", ended_at=None)],
        [full(0, error=None, ended_at=None)],
        [full(0, ended_at="2026-11-01T08:00:00Z", started_at="2026-11-01T08:30:00Z")],
        [full(0, "dozing", ended_at="2026-11-01T09:00:30Z")],
    ],
    ids=["empty", "one", "waiting", "undated", "no workflow", "live", "no end", "backwards", "no length"],
)
def test_little_input_draws_something_sensible(chart: Callable[..., Axes], records: list[dict[str, Any]]) -> None:
    """Nothing, one run, and runs without times are drawn or said in words, without a warning."""
    assert "n = " in text_of(chart(runs_frame(records)))


@each_chart
def test_text_from_outside_is_never_a_formula(chart: Callable[..., Axes]) -> None:
    """A workflow name that reads like a formula, spans lines or is endless is drawn as short plain text."""
    hostile = "$\\frac$ <b>\n\x00\u202e" + "x" * 500
    included = [{"type": kind, "id": key, "name": hostile} for kind, key in (("workflow", "w-0"), ("machine", "m"))]
    frame = runs_frame({"items": [full(0, error=[hostile])], "included": included})
    text = text_of(chart(frame))
    assert max(map(len, text.splitlines())) < 120
    assert not {"\x00", "\u202e"} & set(text)
    assert all(piece.endswith("\\") for piece in text.split("$")[:-1])


def test_outcomes_add_up_per_period() -> None:
    """Each bar is the number of runs of one outcome on one day, quiet days included; the legend has the sums."""
    frame = runs_frame([run(0), run(1), run(2, "error", day=3), run(3, "paused", day=3)])
    ax = outcomes_over_time(frame)
    heights = {name: [bar.get_height() for bar in bars] for name, bars in containers(ax).items()}
    assert heights == {"success (2)": [2, 0, 0], "infra error (1)": [0, 0, 1], "unknown (1)": [0, 0, 1]}
    assert "Runs per day" in ax.get_title()
    on_top = [bar.get_y() for bar in bars_of(ax) if bar.get_height()]
    assert on_top == [0, 0, 1]


def test_undated_runs_are_stated_where_they_cannot_be_drawn() -> None:
    """A run without a readable date is not silently left out of the picture."""
    title = outcomes_over_time(runs_frame([run(0), run(1, created_at="?")])).get_title()
    assert "n = 1, 1 without a date not shown" in title


def test_slowest_workflow_stands_on_top_and_a_cut_is_stated() -> None:
    """At most twenty workflows are drawn, ordered by their median, and the title says so."""
    records = [run(n, workflow_id=f"w-{n:02d}", ended_at=f"2026-11-01T09:{n + 1:02d}:30Z") for n in range(25)]
    records += [{**records[24], "id": "again"}]
    ax = duration_by_workflow(runs_frame(records))
    ax.figure.canvas.draw()
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels[-1] == "w-24 (n = 2)"
    assert len(labels) == 20
    assert "20 of 25 workflows" in ax.get_title()


def test_words_under_narrow_axes_stand_in_the_picture() -> None:
    """Long names of workflows take the width of the axes, and what stands under them is not cut."""
    records = [run(n, workflow_id="W" * 60) for n in range(9)]
    ax = duration_by_workflow(runs_frame(records))
    ax.figure.canvas.draw()
    box = ax.xaxis.label.get_window_extent()
    assert ax.figure.bbox.x0 <= box.x0
    assert box.x1 <= ax.figure.bbox.x1


def test_waits_stand_at_the_readers_hour() -> None:
    """The bar of an hour is the median wait of the runs created in it, in the reader's zone."""
    frame = runs_frame(
        [run(0, hour=9), run(1, hour=9, started_at="2026-11-01T09:01:30Z"), run(2, "scheduling", started_at=None)]
    )
    ax = queue_wait_by_hour(frame, tz="Asia/Tokyo")
    (bar,) = bars_of(ax)
    assert (bar.get_x() + bar.get_width() / 2, bar.get_height()) == (18, 60)
    assert "n = 2, 1 not started left out" in ax.get_title()
    assert ax.get_ylabel() == "wait (s)"


def test_frames_are_left_as_they_were() -> None:
    """Drawing changes nothing in the caller's frame."""
    frame = five()
    before = frame.copy(deep=True)
    for chart in CHARTS:
        chart(frame)
    pd.testing.assert_frame_equal(frame, before)


@each_chart
def test_rows_of_two_frames_put_together_are_each_drawn(chart: Callable[..., Axes]) -> None:
    """A frame whose index repeats, as joined frames have it, is drawn like any other."""
    doubled = pd.concat([five(), five()])
    assert "(n = 10" in chart(doubled).get_title()


@pytest.mark.parametrize("chart", [chart for chart in CHARTS if "tz" in inspect.signature(chart).parameters])
def test_a_zone_that_is_none_is_an_error(chart: Callable[..., Axes]) -> None:
    """A misspelt time zone is refused in words."""
    with pytest.raises(RequestError, match="Atlantis"):
        chart(five(), tz="Sea/Atlantis")
