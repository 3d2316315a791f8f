"""Distributions are those of the runs, with those that go on."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes

from cyberdesk_nb.charts import duration_distribution, wait_distribution
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import runs_frame
from tests.charts.drawing import legend_of, run, stay, text_of


def share_within(ax: Axes, line: int, seconds: float) -> float:
    """Read the share off a line, at a time."""
    drawn = ax.lines[line]
    at, share = np.asarray(drawn.get_xdata(), dtype=float), np.asarray(drawn.get_ydata(), dtype=float)
    return float(share[np.searchsorted(at, seconds, side="right") - 1])


def test_the_line_is_the_share_that_has_ended() -> None:
    """At each time the line stands at the share of runs that took no longer."""
    frame = runs_frame([stay(number, 0, hours) for number, hours in enumerate([1, 2, 3, 4])])
    ax = duration_distribution(frame, by=None)
    assert [share_within(ax, 0, hour * 3600) for hour in (0.5, 1, 2.5, 4)] == pytest.approx([0, 0.25, 0.5, 1])
    assert legend_of(ax) == ["all runs (n = 4; median 2 h)"]
    assert ax.get_xscale() == "linear"


def test_runs_that_go_on_count_as_longer() -> None:
    """A run that still goes on is no end: the share is that of Kaplan and Meier, and the title says how many go on."""
    frame = runs_frame([stay(0, 0, 1), stay(1, 0, None, "running"), stay(2, 2, 4), stay(3, 0, 8)])
    ax = duration_distribution(frame, by=None, as_of="2026-11-01T03:00")
    assert share_within(ax, 0, 2.5 * 3600) == pytest.approx(0.5)
    # After the third hour only one run is known to go on.
    assert share_within(ax, 0, 8 * 3600) == pytest.approx(1)
    assert "(n = 4, 1 still going count as longer)" in ax.get_title()


def test_waits_of_runs_that_never_began_count_as_longer() -> None:
    """A run that was cancelled while it waited had not got a machine by then."""
    waiting = run(1, "cancelled", started_at=None, ended_at="2026-11-01T11:00:00Z")
    ax = wait_distribution(runs_frame([run(0), waiting]), by=None)
    assert share_within(ax, 0, 60) == 0.5
    assert "(n = 2, 1 that never began count as longer)" in ax.get_title()
    title = duration_distribution(runs_frame([run(0), waiting]), by=None).get_title()
    assert "(n = 1, 1 that never began left out)" in title


def test_the_rest_of_many_workflows_is_one_line() -> None:
    """The five workflows with the most runs have lines of their own, all others one, last."""
    records = [run(10 * w + n, workflow_id=f"w-{w}") for w in range(8) for n in range(8 - w)]
    ax = duration_distribution(runs_frame(records))
    assert [words.split(";")[0] for words in legend_of(ax)] == [
        *(f"w-{w} (n = {8 - w}" for w in range(5)),
        "3 others (n = 6",
    ]
    assert len({line.get_linestyle() for line in ax.lines}) >= 4


@pytest.mark.parametrize("name", ["flow", "a name as long as any that users have ever given"])
def test_long_names_stand_in_the_picture_whole(name: str) -> None:
    """However long the names of workflows are, the legend lies within the figure."""
    records = [run(n, workflow_id=f"{n % 6} {name}") for n in range(60)]
    ax = duration_distribution(runs_frame(records))
    ax.figure.canvas.draw()
    legend, figure = ax.get_legend(), ax.figure.bbox
    assert legend is not None
    box = legend.get_window_extent()
    assert figure.x0 <= box.x0
    assert box.x1 <= figure.x1


def test_times_of_different_orders_have_a_logarithmic_scale() -> None:
    """Seconds and hours are told apart in one picture, and the scale is written in words."""
    frame = runs_frame([stay(0, 0, 1 / 3600), stay(1, 0, 5 / 3600), stay(2, 0, 3), stay(3, 0, 9)])
    ax = duration_distribution(frame, by=None)
    assert ax.get_xscale() == "log"
    assert {"10 s", "2 h"} <= set(text_of(ax).splitlines())


def test_nothing_over_yet_is_said() -> None:
    """Where every run goes on there is no line, and no figure."""
    ax = duration_distribution(runs_frame([stay(0, 0, None, "running")]), as_of="2026-11-01T05:00")
    assert not ax.lines
    assert "None is over yet" in text_of(ax)


def test_another_column_parts_the_runs() -> None:
    """Any column can be given, and one that is not there is an error."""
    frame = runs_frame([run(0), run(1, "error")])
    assert len(duration_distribution(frame, by="outcome").lines) == 2
    with pytest.raises(RequestError, match="colour"):
        duration_distribution(frame, by="colour")
