"""Charts draw what the frame says, state their n, and never stumble over odd input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.patches import Rectangle

from cyberdesk_nb.charts import duration_by_workflow, outcomes_over_time, queue_wait_by_hour
from cyberdesk_nb.frames import runs_frame

CHARTS = [outcomes_over_time, duration_by_workflow, queue_wait_by_hour]
each_chart = pytest.mark.parametrize("chart", CHARTS)


@pytest.fixture(autouse=True)
def canvas() -> Iterator[None]:
    """Draw without a window, and leave no figure open."""
    with mpl.rc_context({"backend": "Agg"}):
        yield
    plt.close("all")


def run(number: int, status: str = "success", *, hour: int = 9, day: int = 1, **more: Any) -> dict[str, Any]:
    """Give a run that waited 30 s and took 60 s."""
    start = f"2026-11-{day:02d}T{hour:02d}"
    times = {"created_at": f"{start}:00:00Z", "started_at": f"{start}:00:30Z", "ended_at": f"{start}:01:30Z"}
    return {"id": f"r-{number}", "workflow_id": f"w-{number % 3}", "machine_id": None, "status": status} | times | more


def text_of(ax: Axes) -> str:
    """Render the figure, so that every label is really laid out, and give all its words."""
    ax.figure.canvas.draw()
    words = [ax.get_title(), ax.get_xlabel(), ax.get_ylabel(), *(text.get_text() for text in ax.texts)]
    words += [label.get_text() for label in [*ax.get_xticklabels(), *ax.get_yticklabels()]]
    legend = ax.get_legend()
    return "\n".join(words + ([text.get_text() for text in legend.get_texts()] if legend else []))


def bars_of(ax: Axes) -> list[Rectangle]:
    """Give all bars."""
    return [patch for patch in ax.patches if isinstance(patch, Rectangle)]


def heights(ax: Axes) -> dict[str, list[float]]:
    """Give the height of each bar by the name in the legend."""
    bars = [container for container in ax.containers if isinstance(container, BarContainer)]
    return {str(bar.get_label()): [patch.get_height() for patch in bar] for bar in bars}


@each_chart
def test_a_chart_draws_on_the_given_axes_and_returns_them(chart: Callable[..., Axes]) -> None:
    """The caller's axes are used and returned; without any, new ones are made."""
    _, ax = plt.subplots()
    frame = runs_frame([run(number) for number in range(5)])
    assert chart(frame, ax) is ax
    assert chart(frame) is not ax


@each_chart
def test_the_title_says_over_how_many_runs(chart: Callable[..., Axes]) -> None:
    """Every chart states its n."""
    assert "(n = 5" in chart(runs_frame([run(number) for number in range(5)])).get_title()


@each_chart
@pytest.mark.parametrize(
    "records",
    [
        [],
        [run(0)],
        [run(0, "scheduling", started_at=None, ended_at=None)],
        [run(0, ended_at=None, created_at="?")],
        [run(0, workflow_id=None)],
    ],
    ids=["empty", "one", "waiting", "undated", "no workflow"],
)
def test_little_input_draws_something_sensible(chart: Callable[..., Axes], records: list[dict[str, Any]]) -> None:
    """Nothing, one run, and runs without times are drawn or said in words, without a warning."""
    assert "n = " in text_of(chart(runs_frame(records)))


@each_chart
def test_text_from_outside_is_never_a_formula(chart: Callable[..., Axes]) -> None:
    """A workflow name that reads like a formula, spans lines or is endless is drawn as short plain text."""
    frame = runs_frame(
        {"items": [run(0)], "included": [{"type": "workflow", "id": "w-0", "name": "$\\frac$ <b>\n" + "x" * 500}]}
    )
    text = text_of(chart(frame))
    assert max(map(len, text.splitlines())) < 120


def test_outcomes_add_up_per_period() -> None:
    """Each bar is the number of runs of one outcome on one day, quiet days included; the legend has the sums."""
    frame = runs_frame([run(0), run(1), run(2, "error", day=3), run(3, "paused", day=3)])
    ax = outcomes_over_time(frame)
    assert heights(ax) == {"success (2)": [2, 0, 0], "infra error (1)": [0, 0, 1], "unknown (1)": [0, 0, 1]}
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
    frame = runs_frame([run(number) for number in range(5)])
    before = frame.copy(deep=True)
    for chart in CHARTS:
        chart(frame)
    pd.testing.assert_frame_equal(frame, before)
