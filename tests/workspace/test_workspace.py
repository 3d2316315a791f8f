"""The workspace over a real simulator: tables, names, replay, launch, and errors in words."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import cyberdesk_nb as cd
from cyberdesk_nb.client import Walk
from cyberdesk_nb.errors import (
    AuthenticationError,
    ClientClosedError,
    ConfigurationError,
    NotFoundError,
    RequestError,
)
from cyberdesk_nb.simulator import Simulator

SENTINEL = "sk_sentinel_4711"


@pytest.fixture(scope="module")
def ws(sim: Simulator) -> Iterator[cd.Workspace]:
    """Give a workspace on the session's simulator."""
    with cd.connect(api_key=sim.api_key, base_url=sim.url) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def runs(ws: cd.Workspace) -> pd.DataFrame:
    """Give all runs of the fleet."""
    return ws.runs()


@pytest.mark.parametrize("table", ["machines", "workflows", "pools", "connections", "trajectories"])
def test_a_table_is_whole_and_says_so(ws: cd.Workspace, table: str) -> None:
    """Each list comes as a frame with the declared columns, every row once, and a completeness record."""
    frame: pd.DataFrame = getattr(ws, table)()
    assert list(frame.columns) == cd.columns(table)["column"].tolist()
    assert frame["id"].is_unique
    record = frame.attrs["completeness"]
    assert record["complete"], record["why"]
    assert record["rows"] == record["server_total"] == len(frame) > 0


def test_runs_are_whole_named_and_newest_first(runs: pd.DataFrame) -> None:
    """All runs come once, newest first, with the names of workflow and machine, and without the heavy history."""
    assert "history" not in runs.attrs["groups"]
    assert runs.attrs["completeness"]["complete"]
    assert len(runs) == runs.attrs["completeness"]["server_total"]
    assert runs["created_at"].is_monotonic_decreasing
    assert runs["workflow_name"].notna().all()
    assert runs.loc[runs["machine_id"].notna(), "machine_name"].notna().all()
    asked = runs.attrs["completeness"]["filters"]["fields"].split(",")
    assert {"status", "run_message_history"}.isdisjoint(asked)
    assert {"output_data", "usage_metadata", "started_at"} <= set(asked)


def test_connections_name_their_machines(ws: cd.Workspace) -> None:
    """Each connection carries its machine's name, although the API's list has ids only."""
    names = ws.machines().set_index("id")["name"]
    connections = ws.connections()
    assert connections["machine_name"].tolist() == connections["machine_id"].map(names).tolist()


def test_filters_take_names(ws: cd.Workspace, runs: pd.DataFrame) -> None:
    """A workflow and a machine may be given by name, and give the rows that the whole table has for them."""
    workflow, machine = runs["workflow_name"].iloc[0], runs["machine_name"].dropna().iloc[0]
    expected = runs[(runs["workflow_name"] == workflow) & (runs["machine_name"] == machine)]
    found = ws.runs(workflow=workflow, machine=machine)
    assert set(expected["id"]) <= set(found["id"])
    assert set(found["workflow_name"]) == {workflow}
    assert set(found["machine_name"]) == {machine}


def test_since_and_until_bound_the_rows(ws: cd.Workspace, runs: pd.DataFrame) -> None:
    """`since` and `until` keep exactly the rows between them."""
    since, until = runs["created_at"].iloc[300], runs["created_at"].iloc[100]
    found = ws.runs(since=since.to_pydatetime(), until=until.to_pydatetime())
    assert found["id"].tolist() == runs["id"].iloc[100:301].tolist()


def test_a_misspelt_name_names_the_nearest(ws: cd.Workspace, runs: pd.DataFrame) -> None:
    """A name that nothing has is refused with the nearest that something has."""
    name = str(runs["workflow_name"].iloc[0])
    with pytest.raises(RequestError, match="Did you mean") as caught:
        ws.runs(workflow=name + "x")
    assert name in str(caught.value)


def test_history_comes_on_demand(ws: cd.Workspace, runs: pd.DataFrame) -> None:
    """With the group `history` the messages come along."""
    until = runs["created_at"].iloc[-5].to_pydatetime()
    assert ws.runs(until=until, columns="history")["messages_total"].notna().all()


def test_steps_and_replay_take_a_run_or_a_trajectory(ws: cd.Workspace, runs: pd.DataFrame) -> None:
    """An id of either kind gives its steps and its player, with as many steps each."""
    run_id = runs.loc[runs["steps_total"] > 3, "id"].iloc[0]
    for record_id in (run_id, ws.trajectories()["id"].iloc[0]):
        steps, player = ws.steps(record_id), ws.replay(record_id)
        assert set(steps["source_id"]) == {record_id}
        assert player.n_steps == len(steps) > 0
        player.close()


def test_messages_come_block_by_block(ws: cd.Workspace, runs: pd.DataFrame) -> None:
    """A run's history comes with a row for each block of each message."""
    run = ws.api.runs.get(runs.loc[runs["steps_total"] > 3, "id"].iloc[0])
    assert len(ws.messages(run.id)) == sum(len(message["content"]) for message in run.run_message_history)


def test_replay_fetches_pictures_of_a_run_and_of_its_trajectory(ws: cd.Workspace, runs: pd.DataFrame) -> None:
    """Screenshots in the storage are signed and fetched, also where a trajectory points to those of its run."""
    run = ws.api.runs.get(runs.loc[runs["steps_total"] > 3, "id"].iloc[-1])
    references = [
        block["image_url"] for m in run.run_message_history for block in m["content"] if block.get("image_url")
    ]
    trajectory = ws.api.trajectories.get(ws.trajectories()["id"].iloc[0])
    step = {"func_name": "click", "args": [1, 2], "pre_check_snapshot": {"screenshot": references[1]}}
    trajectory = trajectory.model_copy(update={"run_id": run.id, "trajectory_data": [step]})
    assert ws.replay(run).contact_sheet(columns=1).getcolors(1000) is None  # more colours than words on blank screens
    assert ws.replay(trajectory).contact_sheet().getcolors(1000) is None
    orphan = ws.replay(trajectory.model_copy(update={"run_id": None})).contact_sheet()
    assert orphan.getcolors(1000) is not None


def test_an_id_of_nothing_is_not_found_in_words(ws: cd.Workspace) -> None:
    """An id that is neither a trajectory's nor a run's gives one line that says so."""
    with pytest.raises(NotFoundError, match="No trajectory and no run has the id"):
        ws.replay("00000000-0000-4000-8000-000000000000")


def test_a_launch_from_the_panel_ends(ws: cd.Workspace) -> None:
    """The panel, driven from Python, launches a run on the simulator and sees it end with an output or an error."""
    panel = ws.launch("Monthly report export")
    panel.inputs = {"month": "2026-09", "region": "North", "format": "CSV", "file_name": "from-a-test"}
    queued = panel.submit().result(timeout=60)
    run = panel.wait(timeout_s=60)
    assert run.id == queued.id
    assert run.is_terminal
    assert run.output_data is not None or run.error
    assert ws.runs(search=run.id)["id"].tolist() == [run.id]
    panel.close()


def test_a_plain_list_that_may_lack_rows_warns(ws: cd.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole list comes without a word; one whose walk is in doubt comes with a warning that says why."""
    with warnings.catch_warnings(action="error"):
        assert ws.api.pools.iter()
    monkeypatch.setattr(Walk, "completeness", property(lambda _: SimpleNamespace(complete=False, why="rows moved")))
    with pytest.warns(UserWarning, match="rows moved"):
        ws.api.pools.iter()


def test_closing_leaves_no_thread(sim: Simulator) -> None:
    """A closed workspace leaves no thread, and says that it is closed."""
    before = set(threading.enumerate())
    workspace = cd.connect(api_key=sim.api_key, base_url=sim.url)
    panel = workspace.launch("Monthly report export")
    panel.inputs = {"month": "2026-09", "file_name": "left-running"}
    panel.submit().result(timeout=60)
    workspace.close()
    workspace.close()
    assert panel.comm is None
    assert set(threading.enumerate()) - before == set()
    with pytest.raises(ClientClosedError, match="closed"):
        workspace.pools()


def test_demo_brings_its_own_fleet_and_takes_it_away() -> None:
    """`demo` needs nothing, and closing it stops its simulator."""
    workspace = cd.demo(seed=3, runs=20)
    assert workspace.simulator is not None
    assert len(workspace.runs()) == 20
    port = int(workspace.simulator.url.rsplit(":", 1)[1])
    workspace.close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def _error_of(kind: str, sim: Simulator) -> tuple[type[cd.CyberdeskError], str]:
    """Give the code of a notebook cell that fails in this way."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
    cells: dict[str, tuple[type[cd.CyberdeskError], str]] = {
        "wrong key": (AuthenticationError, f"cd.connect(api_key={SENTINEL!r}, base_url={sim.url!r}).runs()"),
        "no key": (ConfigurationError, "cd.connect()"),
        "unknown id": (NotFoundError, f"cd.connect({sim.api_key!r}, {sim.url!r}).replay('{'0' * 32}')"),
        "unreachable": (
            cd.errors.APIConnectionError,
            f"cd.connect(api_key={SENTINEL!r}, base_url={nobody!r}).api.pools.list(timeout_s=2)",
        ),
    }
    return cells[kind]


@pytest.mark.parametrize("kind", ["wrong key", "no key", "unknown id", "unreachable"])
def test_a_failure_is_one_line_in_a_notebook(kind: str, sim: Simulator) -> None:
    """In IPython a failure is one line that names it and what to do: no traceback of our internals, no key."""
    expected, code = _error_of(kind, sim)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CYBERDESK_")}
    shown = subprocess.run(
        [
            sys.executable,
            "-m",
            "IPython",
            "--no-banner",
            "--colors=NoColor",
            "-c",
            f"import cyberdesk_nb as cd; {code}",
        ],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    lines = [line for line in (shown.stdout + shown.stderr).splitlines() if line.strip()]
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"{expected.__name__}: ")
    assert len(lines[0]) < 400
    assert SENTINEL not in lines[0]
    assert sim.api_key not in lines[0]


def test_a_demo_takes_the_switches_of_the_simulator(tmp_path: Path) -> None:
    """What the simulator can be asked for, a demo can be, too: here a fleet in a file, which is there next time."""
    switches: dict[str, Any] = {"runs": 5, "machines": 2, "screens": False, "db": tmp_path / "fleet.db"}
    ids: list[list[str]] = []
    for _ in range(2):
        with cd.demo(3, **switches) as ws:
            if not ids:
                ws.api.pools.create(name="Kept")
            ids.append([*ws.runs()["id"], *ws.pools()["id"], *ws.machines()["id"]])
            assert len(ws.machines()) == 2
    assert ids[0] == ids[1]
