"""Retries hide what they repeat; the traces that they leave are read, and nothing else is taken for one."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd
import pytest

from cyberdesk_nb.analysis.figures.attempts import hidden_retries
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import attachments_frame, connections_frame, runs_frame, trajectories_frame, workflows_frame
from tests.analysis.extent import some
from tests.analysis.fleets import seeded

START = pd.Timestamp("2026-11-01T12:00Z")


def at(minutes: float | None) -> str | None:
    """Give the time so many minutes after noon."""
    return None if minutes is None else (START + pd.Timedelta(minutes=minutes)).isoformat()


def run(number: int, asked: float, began: float | None, over: float | None, **more: Any) -> dict[str, Any]:
    """Give a run of one machine by minutes."""
    return {
        "id": f"r-{number}",
        "workflow_id": "w",
        "machine_id": "m",
        "status": "success" if over is not None else "scheduling" if began is None else "running",
        "created_at": at(asked),
        "started_at": at(began),
        "ended_at": at(over),
    } | more


def workflow(run_id: str | None, start: float | None) -> dict[str, Any]:
    """Give a workflow that remembers an error."""
    note = {"has_unaddressed_error": True, "last_errored_run_uuid": run_id, "last_errored_run_start": at(start)}
    times = {"created_at": at(0), "updated_at": at(0), "main_prompt": ""}
    return {"id": f"w-{run_id}", "workflow_metadata": note, **times}


def found(runs: list[Any], *args: Any, **frames: Any) -> list[tuple[str, str, str]]:
    """Give what is found, in short."""
    table = hidden_retries(runs_frame(runs), *args, **frames)
    return list(table[["run_id", "evidence", "certainty"]].itertuples(index=False, name=None))


def test_the_note_of_an_error_is_compared_with_the_run_as_it_is_now() -> None:
    """A note is sure with an earlier start or a run that waits again, likely beside a success, nothing otherwise."""
    runs = [
        run(0, 0, 40, 42),
        run(1, 0, None, None),
        run(2, 0, 1, 2),
        run(3, 0, 1, 2, status="error"),
        run(4, 0, 30, 32, status="error"),
        run(5, 0, 1, 2, status="task_failed"),
        run(6, 0, 1, None),
        run(7, 0, 1, None),
    ]
    starts = {0: 1.0, 1: 1.0, 2: None, 3: 1.0, 4: 2.0, 5: None, 6: None, 7: 1.0}
    notes = workflows_frame(
        [workflow(f"r-{number}", start) for number, start in starts.items()] + [workflow(None, None)]
    )
    table = hidden_retries(runs_frame([{**one, "machine_id": f"m-{one['id']}"} for one in runs]), notes)
    assert sorted(table[["run_id", "certainty"]].itertuples(index=False, name=None)) == [
        ("r-0", "sure"),
        ("r-1", "sure"),
        ("r-2", "likely"),
        ("r-4", "sure"),
        ("r-6", "likely"),
    ]
    first = table.set_index("run_id")["first_started_at"]
    assert first["r-0"] == START + pd.Timedelta(minutes=1)
    assert first[["r-2", "r-6"]].isna().all()
    assert table["certainty"].tolist() == ["sure"] * 3 + ["likely"] * 2
    assert table.attrs["looked_at"] == ["error_note", "overtaken"]


def test_what_was_made_before_the_run_began_is_of_an_earlier_attempt() -> None:
    """Recordings and files that came out count when they are older than the start and younger than the run."""
    runs = [run(number, 0, 40, 42, machine_id=f"m-{number}") for number in range(4)]
    made = {0: 2.0, 1: 41.0, 2: -5.0}
    recordings = trajectories_frame(
        [
            {"id": str(n), "workflow_id": "w", "run_id": f"r-{n}", "created_at": at(when), "updated_at": at(when),
             "trajectory_data": [], "dimensions": {}} for n, when in made.items()
        ]
    )  # fmt: skip
    assert found(runs, trajectories=recordings) == [("r-0", "earlier_recording", "likely")]
    files = [("output", 3, 2.0), ("input", 1, 2.0), ("output", 2, 41.0)]
    stored = attachments_frame(
        [{"id": str(n), "run_id": f"r-{n}", "attachment_type": kind, "created_at": at(when)} for kind, n, when in files]
    )
    assert found(runs, attachments=stored) == [("r-3", "earlier_file", "likely")]


def test_a_run_overtaken_on_its_own_machine_is_doubted() -> None:
    """Later runs that begin first are a trace, unless they have priority, belong to a session, or came right before."""
    waiting = run(0, 0, 40, 42)
    assert found([waiting, run(1, 5, 6, 9)]) == [("r-0", "overtaken", "possible")]
    assert found([waiting, run(1, 5, 6, 9, is_priority=True)]) == []
    assert found([waiting, run(1, 5, 6, 9, session_id="s")]) == []
    assert found([waiting, run(1, 5, 39.5, 39.9)]) == []
    assert found([waiting, run(1, 5, 6, 9, machine_id="other")]) == []
    assert found([{**waiting, "session_id": "s"}, run(1, 5, 6, 9)]) == []


def test_a_machine_that_stood_free_is_a_trace() -> None:
    """A wait beside a free machine counts while it is known to be connected, and not held by a session."""
    connected = connections_frame(
        {"id": "c", "machine_id": "m", "websocket_id": "w", "status": "disconnected", "connected_at": at(-60),
         "disconnected_at": at(60), "last_ping": at(60)}
    )  # fmt: skip
    waiting = run(0, 0, 40, 42)
    assert found([waiting], connections=connected) == [("r-0", "idle_machine", "possible")]
    assert found([waiting, run(1, -10, -10, 38)], connections=connected) == []
    held = [run(1, -10, -10, -9, session_id="s"), run(2, 41, 43, 44, session_id="s")]
    assert found([waiting, *held], connections=connected) == []
    away = connected.assign(disconnected_at=START, last_ping=START)
    assert found([waiting], connections=away) == []
    assert found([waiting], connections=connected.iloc[:0]) == []


def test_a_fleet_that_serves_out_of_order_shows_no_traces() -> None:
    """Where many runs are overtaken it says nothing: the rows are left out, and counted."""
    lifo = [run(number, number, 300 - 10 * number, 305 - 10 * number) for number in range(20)]
    table = hidden_retries(runs_frame(lifo))
    assert table.empty
    assert table.attrs["withheld"]["overtaken"] > 10


@cache
def fleet(seed: int, *, planted: bool) -> tuple[pd.DataFrame, dict[str, pd.DataFrame], set[str]]:
    """Give a seeded fleet's runs, the frames beside them, and the runs that were retried."""
    world, runs, tables = seeded(seed, planted=planted)
    frames = {name: tables[name] for name in ("workflows", "connections")}
    frames["trajectories"] = trajectories_frame(list(world.trajectories.values()))
    return runs, frames, {one["run_id"] for one in world.truth()["hidden_retries"] or ()}


@pytest.mark.parametrize("seed", some([1, 31, 32]))
def test_planted_retries_are_found_and_no_others(seed: int) -> None:
    """With all frames every planted retry is found, without connections most; a fleet without retries shows none."""
    runs, frames, planted = fleet(seed, planted=True)
    assert len(planted) >= 2
    assert set(hidden_retries(runs, **frames)["run_id"]) == planted
    noted = hidden_retries(runs, frames["workflows"])
    assert set(noted.loc[noted["certainty"] == "sure", "run_id"]) & planted
    assert set(noted["run_id"]) <= planted
    runs, frames, planted = fleet(seed, planted=False)
    assert not planted
    assert hidden_retries(runs, **frames).empty


def test_nothing_gives_the_same_columns() -> None:
    """Empty frames give no row with the same dtypes; a frame that lacks columns is refused by their names."""
    runs, frames, _ = fleet(1, planted=True)
    none = hidden_retries(runs.iloc[:0], **{name: frame.iloc[:0] for name, frame in frames.items()})
    pd.testing.assert_series_equal(none.dtypes, hidden_retries(runs, **frames).dtypes)
    assert none.empty
    with pytest.raises(RequestError, match="frame of workflows lacks the columns last_errored_run_id"):
        hidden_retries(runs, pd.DataFrame())
