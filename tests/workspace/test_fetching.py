"""Frames of pages that stream in are the frames of the client's own models, and a file holds the same."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from anyio.from_thread import start_blocking_portal

import cyberdesk_nb as cd
from cyberdesk_nb.client import Walk
from cyberdesk_nb.errors import APIConnectionError, ConfigurationError, NotFoundError
from cyberdesk_nb.frames.parquet import read_parquet
from cyberdesk_nb.frames.picture_store import image
from cyberdesk_nb.frames.tables import TABLES
from cyberdesk_nb.simulator import Simulator
from tests.client.live_list import LiveList
from tests.client.server import Answer, Request, Wire, serving


@pytest.fixture(scope="module")
def ws(sim: Simulator) -> Iterator[cd.Workspace]:
    """Give a workspace on the session's simulator."""
    with cd.connect(api_key=sim.api_key, base_url=sim.url) as workspace:
        yield workspace


@contextmanager
def workspace_on(answer: Answer) -> Generator[cd.Workspace]:
    """Give a workspace on a scripted server."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(serving(answer)) as server,
        cd.connect(api_key="sk_1234567890", base_url=server.url) as workspace,
    ):
        yield workspace


@pytest.mark.parametrize("table", ["machines", "workflows", "pools", "trajectories"])
def test_a_table_is_that_of_the_models(make_sim: Callable[..., Simulator], table: str) -> None:
    """What comes straight from bytes equals, row for row, the frame of the records that the client reads."""
    sim = make_sim()
    given = {"machines": {"include": ["pools"]}, "workflows": {"include": ["tags"]}}.get(table, {})
    if table == "trajectories":
        given = {"include": ["workflow"], "is_generated": True}
    with cd.connect(api_key=sim.api_key, base_url=sim.url) as ws:
        records = getattr(ws.api, table).iter(**given)
        frame = getattr(ws, table)(**({"generated": True} if table == "trajectories" else {}))
    expected = getattr(cd, f"{table}_frame")(records).set_index("id").sort_index()
    texts = [column.name for column in TABLES[table].columns if column.dtype == "json"]
    frame = frame.set_index("id").sort_index().drop(columns=texts)
    pd.testing.assert_frame_equal(frame, expected.drop(columns=texts))


def test_runs_of_a_moving_list_come_once_and_in_order() -> None:
    """While rows come, go and flip, the frame has each row once, newest first, and counts the repeated ones."""
    live = LiveList(inserts=2, deletes=2, flips=9, ties=150, cap=50)
    with workspace_on(live.answer) as workspace:
        frame = workspace.runs()
    record = frame.attrs["completeness"]
    assert frame["id"].is_unique
    assert live.lasting <= set(frame["id"])
    assert frame["created_at"].is_monotonic_decreasing
    assert record["complete"], record["why"]
    assert record["rows"] == len(frame) == frame.attrs["rows_in"]
    assert record["duplicates"] > 0


def test_a_list_in_another_order_is_sorted() -> None:
    """Where the server does not sort, the frame of runs does."""
    live = LiveList(count=300, order="shuffled", cap=100)
    with workspace_on(live.answer) as workspace:
        frame = workspace.runs()
    assert set(frame["id"]) == live.first
    assert frame["created_at"].is_monotonic_decreasing


def test_values_that_cannot_be_read_are_warned_of() -> None:
    """A frame with problems says so once, in words, and its completeness record has their number."""
    live = LiveList(count=3)
    live.rows[1]["started_at"] = "never"
    with workspace_on(live.answer) as workspace, pytest.warns(UserWarning, match="1 values of runs") as warned:
        frame = workspace.runs()
    assert len(warned) == 1
    assert frame.attrs["completeness"]["problems"] == frame.attrs["problem_count"] == 1


def test_no_model_is_made_of_the_rows(ws: cd.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists go from bytes to columns: the walk is never asked for its records."""

    def refuse(_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(Walk, "__anext__", refuse)
    assert len(ws.runs(since="30d")) > 0


def test_steps_of_many_records_are_those_of_each(ws: cd.Workspace, tmp_path: Path) -> None:
    """Steps that were fetched without pictures, or with the pictures in a folder, equal those of the whole records."""
    recordings = ws.api.trajectories.iter(include=["workflow"], is_generated=True)[:3]
    ids = [recording.id for recording in recordings]
    whole = cd.steps_frame(recordings)
    pd.testing.assert_frame_equal(ws.steps(ids), whole)
    kept = ws.steps(ids, images=tmp_path)
    shots = kept[kept["image_kind"] == "file"]
    assert len(shots) == (whole["image_kind"] == "inline").sum() > 0
    assert {path.name for path in tmp_path.iterdir()} == set(shots["image_ref"])
    first = shots.iloc[0]
    assert image(first["image_ref"], tmp_path).size == (first["space_width_px"], first["space_height_px"])


def test_steps_of_all_trajectories_come_in_one_go(ws: cd.Workspace) -> None:
    """All trajectories' steps are there, without asking for each, and the record says that they are all."""
    frame = ws.trajectory_steps()
    totals = ws.trajectories().set_index("id")["steps_total"]
    assert frame.groupby("source_id").size().to_dict() == totals[totals > 0].to_dict()
    assert frame.attrs["completeness"]["complete"]


def test_a_folder_that_cannot_be_written_is_an_error(ws: cd.Workspace, tmp_path: Path) -> None:
    """Pictures that were asked for and cannot be stored are not silently dropped."""
    (tmp_path / "file").write_text("")
    trajectory = ws.trajectories()["id"].iloc[0]
    with pytest.raises(ConfigurationError, match="cannot be written"):
        ws.steps(trajectory, images=tmp_path / "file" / "shots")
    with pytest.raises(NotFoundError, match="No trajectory and no run"):
        ws.steps([trajectory, "00000000-0000-4000-8000-000000000000"])


def test_a_file_holds_the_frame(ws: cd.Workspace, tmp_path: Path) -> None:
    """`runs_to_parquet` and `read_parquet` give what `runs` gives, with its filters, order and record."""
    path = ws.runs_to_parquet(tmp_path / "runs.parquet", since="60d", status="success")
    frame = ws.runs(since="60d", status="success")
    back = read_parquet(path)
    pd.testing.assert_frame_equal(back, frame)
    for key in ("rows", "complete", "server_total", "problems"):
        assert back.attrs["completeness"][key] == frame.attrs["completeness"][key]


def test_a_cut_connection_leaves_no_file(tmp_path: Path) -> None:
    """A server that goes away in the middle, and does not come back, leaves the folder as it was."""
    live = LiveList(cap=50)

    async def answer(request: Request, wire: Wire) -> None:
        if live.requests > 10:
            wire.cut()
        else:
            await live.answer(request, wire)

    with workspace_on(answer) as workspace:
        workspace._client._transport.limits = cd.Limits(timeout_s=3, outage_s=0.5)
        with pytest.raises(APIConnectionError):
            workspace.runs_to_parquet(tmp_path / "runs.parquet")
    assert list(tmp_path.iterdir()) == []
