"""Machines: their runs and gaps stand where they were, and what they did adds up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from cyberdesk_nb.analysis import utilisation
from cyberdesk_nb.charts import machine_timeline, utilisation_bars
from cyberdesk_nb.charts._style import OUTCOME_COLOURS
from cyberdesk_nb.frames import connections_frame, machines_frame, runs_frame
from tests.charts.drawing import DAY, containers, hours_of, legend_of, link, run, stay, text_of

WINDOW: dict[str, Any] = {"since": DAY, "until": DAY + pd.Timedelta(hours=24)}


def bars(ax: Axes) -> dict[str, list[tuple[float, ...]]]:
    """Give the bars by colour: the row, and from and to in hours."""
    found: dict[str, list[tuple[float, ...]]] = {}
    for shape in ax.patches:
        boxes = np.asarray(shape.get_path().vertices).reshape(-1, 5, 2)
        found[to_hex(shape.get_facecolor())] = [
            (round(float(box[:4, 1].mean())), *hours_of([box[:4, 0].min(), box[:4, 0].max()])) for box in boxes
        ]
    return found


def test_runs_and_gaps_stand_in_the_row_of_their_machine() -> None:
    """Each bar is one run or gap of its machine, at its times, in the colour of its outcome or state."""
    runs = runs_frame([
        stay(0, 2, 4), stay(1, 6, 7, "error"), stay(2, 20, None, "running"), stay(3, -2, 1),
        stay(4, 8, 9) | {"machine_id": "n"}, stay(5, 4.2, 5),
    ])  # fmt: skip
    connections = connections_frame([link(-9, 10, "error"), link(12, None), link(0, 18, machine="n")])
    ax = machine_timeline(runs, connections, **WINDOW)
    assert bars(ax) == {
        "#555555": [(1, 10, 12)],
        "#eeeeee": [(0, 18, 24)],
        OUTCOME_COLOURS["success"].lower(): [(0, 8, 9), (1, 0, 1), (1, 2, 4), (1, 4.2, 5)],
        OUTCOME_COLOURS["live"].lower(): [(1, 20, 24)],
        OUTCOME_COLOURS["infra_error"].lower(): [(1, 6, 7)],
    }
    ax.figure.canvas.draw()
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["n", "m"]
    assert legend_of(ax) == ["connection broke", "disconnected", "success (4)", "live (1)", "infra error (1)"]
    assert "(n = 6)" in ax.get_title()


def test_what_is_not_drawn_is_stated() -> None:
    """Runs on no known machine and runs without usable times are counted in the title."""
    records = [stay(0, 2, 4), stay(1, 2, 4) | {"machine_id": None}, stay(2, 5, None), stay(3, 30, 31)]
    title = machine_timeline(runs_frame(records), **WINDOW).get_title()
    assert "(n = 1, 1 on no known machine not shown, 1 without times not shown)" in title


def test_many_machines_and_runs_are_a_bounded_number_of_marks() -> None:
    """Of more than sixty machines the busiest are drawn, as the title says; bars too close to tell apart become one."""
    records = [stay(number, 1, 2) | {"machine_id": f"m-{number:03d}"} for number in range(70)]
    records += [stay(100 + number, 3, 4) | {"machine_id": f"m-{number:03d}"} for number in range(10, 70)]
    ax = machine_timeline(runs_frame(records), **WINDOW)
    assert "60 of 70 machines, those with the most runs" in ax.get_title()
    assert {label.get_text() for label in ax.get_yticklabels()} == {f"m-{number:03d}" for number in range(10, 70)}
    dense = [stay(number, number / 1000, (number + 0.9) / 1000) for number in range(5000)]
    (only,) = bars(machine_timeline(runs_frame(dense), **WINDOW)).values()
    assert only == [(0, 0, pytest.approx(5, abs=0.001))]


def test_without_runs_the_connections_are_drawn() -> None:
    """A fleet that ran nothing still shows when it could be reached."""
    ax = machine_timeline(runs_frame([]), connections_frame([link(0, 6, "error"), link(9, None)]))
    assert bars(ax) == {"#555555": [(0, 6, 9)]}


def test_the_uses_of_a_machine_fill_its_bar() -> None:
    """The pieces of a bar are the shares of the time, side by side, and end at 100 %."""
    runs = runs_frame([stay(0, 0, 6) | {"session_id": "s"}, stay(1, 9, 12) | {"session_id": "s"}])
    machines = machines_frame([{"id": "m", "name": "Front desk"}, {"id": "idle", "name": "Spare"}])
    table = utilisation(runs, connections_frame([link(0, 18)]), machines, **WINDOW)
    ax = utilisation_bars(table)
    pieces = {name: [(bar.get_x(), bar.get_width()) for bar in drawn] for name, drawn in containers(ax).items()}
    busiest_last = {name.split(" ")[0]: spans[-1] for name, spans in pieces.items()}
    assert busiest_last == {
        "busy": (0, 0.375), "reserved": (0.375, 0.125), "idle": (0.5, 0.25), "offline": (0.75, 0.25), "unknown": (1, 0),
    }  # fmt: skip
    assert [name for name in pieces if name.startswith("busy")] == ["busy (18.8%)"]
    words = text_of(ax).splitlines()
    assert {"Front desk (2 runs)", "Spare (0 runs)"} <= set(words)
    assert "share of the time from 2026-11-01 00:00 to 2026-11-02 00:00 (UTC)" in words
    assert "(n = 2)" in ax.get_title()


def test_no_machines_and_hostile_names_are_drawn_as_words() -> None:
    """Without machines it says so; a name that reads like a formula is text; a cut is stated."""
    assert "No machines" in text_of(utilisation_bars(utilisation(runs_frame([]), **WINDOW)))
    machines = machines_frame([{"id": f"m{n}", "name": "$\\frac$\n" + "x" * 200} for n in range(61)])
    ax = utilisation_bars(utilisation(runs_frame([run(0)]), machines=machines, **WINDOW))
    assert max(map(len, text_of(ax).splitlines())) < 100
    assert "(n = 60, the busiest of 61 machines)" in ax.get_title()
