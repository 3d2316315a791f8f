"""The report of a running fleet, fetched, narrowed, masked and written in one call."""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from cyberdesk_nb.client import Client
from cyberdesk_nb.errors import ConfigurationError, RequestError
from cyberdesk_nb.player import Redaction
from cyberdesk_nb.simulator import simulator
from cyberdesk_nb.workspace import Workspace
from cyberdesk_nb.workspace.report_data import Wanted, fetch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cyberdesk_nb.report import Report
    from cyberdesk_nb.simulator import Simulator


@pytest.fixture(scope="module")
def ws() -> Iterator[Workspace]:
    """Open a workspace on a small fleet with stopped time."""
    with (
        simulator(seed=7, runs=120, trajectories=6, speed=0.0) as sim,
        Workspace(Client(api_key=sim.api_key, base_url=sim.url)) as workspace,
    ):
        yield workspace


def contents(made: Report) -> bytes:
    """Give every byte of all that a report wrote, attached frames as CSV as well."""
    assert made.saved is not None
    page = made.saved.path.read_bytes()
    attached = [base64.b64decode(content) for content in re.findall(rb'href="data:[^,]*,([^"]+)" download', page)]
    frames = [pd.read_parquet(io.BytesIO(content)) for content in attached if content[:4] == b"PAR1"]
    texts = [f"{frame.to_csv()}{frame.attrs}".encode() for frame in frames]
    return b"\n".join([page, *attached, *texts, *(path.read_bytes() for path in made.saved.beside)])


def test_the_whole_fleet_is_reported(ws: Workspace, tmp_path: Path) -> None:
    """All runs of the fleet are in the report, with screens and replays of failed ones, and no part is missing."""
    made = ws.report(since=None, path=tmp_path / "fleet.html", replays=2)
    assert made.saved is not None
    assert len(made.frames["runs"]) == ws.api.runs.list(limit=1).total
    assert [path.name for path in made.saved.beside] == ["report-replay-1.html", "report-replay-2.html"]
    assert made.saved.path.read_text("utf-8").count("data:image/webp") == 2
    assert [block for section in made._sections for block in section.blocks if block.kind == "gap"] == []


def test_a_report_of_some_runs_says_so(ws: Workspace, tmp_path: Path) -> None:
    """Narrowed to a workflow it holds that workflow's runs only, and does not judge machines by some of their runs."""
    name = str(ws.workflows()["name"][0])
    made = ws.report(since=None, workflow=name, replays=0, path=tmp_path / "a.html")
    assert set(made.frames["runs"]["workflow_name"]) == {name}
    assert made.saved is not None
    page = made.saved.path.read_text("utf-8")
    assert f"workflow: {name}" in page
    assert "these are not all runs of the machines" in page
    assert "utilisation" not in made.frames


def test_a_pool_is_its_machines(ws: Workspace) -> None:
    """Narrowed to a pool a report is made of the runs on its machines, those machines and their connections."""
    members = ws.machine_pools()
    pool = str(members["pool_name"][0])
    inside = set(members.loc[members["pool_name"] == pool, "machine_id"])
    frames = fetch(ws, Wanted(pool=pool)).frames
    runs = ws.runs()
    assert set(frames["machines"]["id"]) == inside
    assert set(frames["connections"]["machine_id"]) <= inside
    on_them = int(runs["machine_id"].isin(inside).sum())
    assert len(frames["runs"]) >= on_them > 0
    assert set(frames["runs"]["machine_id"].dropna()) <= inside


def test_workflows_are_fetched_before_the_runs(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that fails while a report is fetched is not taken for retried, as its workflow's note is older."""
    order: list[str] = []
    for name in ("runs", "workflows"):
        fetch_one = getattr(ws, name)
        monkeypatch.setattr(ws, name, lambda *a, n=name, f=fetch_one, **k: (order.append(n), f(*a, **k))[1])
    fetch(ws, Wanted())
    assert order == ["workflows", "runs"]


def test_a_tag_is_its_workflows(ws: Workspace) -> None:
    """Narrowed to a tag a report is made of the runs of the workflows that have it."""
    tagged = ws.workflow_tags()
    tag = str(tagged["tag_name"][0])
    inside = set(tagged.loc[tagged["tag_name"] == tag, "workflow_id"])
    fetched, runs = fetch(ws, Wanted(tag=tag)).frames["runs"], ws.runs()
    assert len(fetched) == int(runs["workflow_id"].isin(inside).sum())


def test_secrets_are_in_no_byte(make_sim: Callable[..., Simulator], tmp_path: Path) -> None:
    """Neither the API key, though errors and inputs repeat it, nor a signed address is in any file that is written."""
    sim = make_sim(runs=60, screens=True)
    signed = "https://bucket.example.com/a.png?X-Amz-Signature=SENTINELsigned"
    with Workspace(Client(api_key=sim.api_key, base_url=sim.url)) as ws:
        workflow = ws.api.workflows.create(name=f"Notes {sim.api_key}", main_prompt="Note {note}.")
        said = {"note": f"key {sim.api_key} at {signed}"}
        run = ws.api.runs.create(workflow_id=workflow.id, input_values=said, session_alias=f"alias {sim.api_key}")
        sim.clock.advance(3600)
        assert sim.api_key in str(ws.api.runs.get(run.id))
        made = ws.report(since=None, path=tmp_path / "fleet.html", replays=3)
    assert run.id in set(made.frames["runs"]["id"])
    written = contents(made)
    assert sim.api_key.encode() not in written
    assert b"SENTINELsigned" not in written


def test_masked_inputs_are_in_no_byte(ws: Workspace, tmp_path: Path) -> None:
    """The values of a masked input are in no file, and no screen that may show them is."""
    runs = ws.runs(columns=["input_values", "outcome"])
    failed = runs[runs["outcome"].isin(["task_failed", "infra_error"])]
    import json

    given = [json.loads(text) for text in failed["input_values"]]
    name = max({key for each in given for key in each}, key=lambda key: sum(key in each for each in given))
    made = ws.report(since=None, redact=[name], path=tmp_path / "fleet.html", replays=3)
    rows = made.frames["runs"]["input_values"].map(json.loads)
    assert {row[name] for row in rows if row.get(name) is not None} == {"\N{BLACK SQUARE}" * 3}
    written = contents(made)
    assert b"data:image/webp" not in written
    values = {str(each[name]) for each in given if len(str(each.get(name, ""))) > 8}
    assert [value for value in values if value.encode() in written] == []
    assert b"Screens are left out: they may show what is masked." in written


def test_painted_screens_may_stay(ws: Workspace, tmp_path: Path) -> None:
    """A redaction that says what to paint over keeps the screens, painted."""
    redaction = Redaction(values=("no such text",), rectangles=((0, 0, 5000, 5000),))
    made = ws.report(since=None, redact=redaction, path=tmp_path / "fleet.html", replays=1)
    (screen,) = re.findall(rb"data:image/webp;base64,([^\"]+)", contents(made))
    from PIL import Image

    assert Image.open(io.BytesIO(base64.b64decode(screen))).convert("L").getextrema() == (0, 0)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"since": "soon"}, RequestError, "is no time"),
        ({"since": "2026-03-01", "until": "2026-02-01"}, RequestError, "is empty"),
        ({"workflow": "No such one"}, RequestError, "No workflow is called"),
        ({"pool": "No such one"}, RequestError, "No pool is called"),
        ({"tag": "No such one"}, RequestError, "No tag is called"),
        ({"tz": "Mars/Olympus"}, RequestError, "is no time zone"),
        ({"replays": -1}, RequestError, "out of range"),
        ({"attach": "xlsx"}, RequestError, "is no form"),
        ({"confidence": 95}, RequestError, "is no confidence"),
        ({"path": "missing/fleet.html"}, ConfigurationError, "There is no folder"),
        ({"redact": ["no such input"]}, ConfigurationError, "No run has an input or output"),
    ],
)
def test_what_cannot_be_reported_is_said(
    ws: Workspace, options: dict[str, object], error: type[Exception], said: str
) -> None:
    """A wrong argument gives an error that names it."""
    with pytest.raises(error, match=said):
        ws.report(**options)  # type: ignore[arg-type]


def test_a_closed_workspace_writes_no_replays(make_sim: Callable[..., Simulator], tmp_path: Path) -> None:
    """A report that is saved after its workspace was closed is whole but for the replays, and says why."""
    sim = make_sim(runs=60)
    with Workspace(Client(api_key=sim.api_key, base_url=sim.url)) as ws:
        made = ws.report(since=None, replays=2)
    assert made.save(tmp_path / "a.html").beside == ()
    assert "This workspace is closed" in (tmp_path / "a.html").read_text("utf-8")
