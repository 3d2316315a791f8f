"""Launches of the panel over a real simulator: one run, many, a chain, and replies that are lost."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cyberdesk_nb.client import Client, Limits
from cyberdesk_nb.errors import APIConnectionError, RequestError, UnprocessableEntityError
from cyberdesk_nb.panels import LaunchPanel
from cyberdesk_nb.simulator import Simulator
from cyberdesk_nb.simulator.faults import Cut
from cyberdesk_nb.workspace import Workspace, launching
from tests.panels.records import control, texts

REPORT = {"month": "2026-09", "region": "North", "format": "CSV", "file_name": "from-a-test"}
PATIENT = {"last_name": "Doe", "first_name": "Jane", "date_of_birth": "1980-01-01"}
VISIT: dict[str, Any] = {"name": "Doe, Jane", "phone": {"$ref": "step1.outputs.phone"}}


@pytest.fixture
def fleet(make_sim: Callable[..., Simulator]) -> Simulator:
    """Start a fleet on which nothing fails by chance."""
    return make_sim(speed=400.0, failure_rate=0, disturbance_rate=0)


@pytest.fixture
def ws(fleet: Simulator) -> Iterator[Workspace]:
    """Open a workspace that gives up on a lost reply at once, so that it is the panel that tries again."""
    client = Client(api_key=fleet.api_key, base_url=fleet.url, limits=Limits(outage_s=0.01))
    with Workspace(client) as opened:
        yield opened


def report(ws: Workspace, count: int = 1) -> LaunchPanel:
    """Fill in a launch of so many reports."""
    panel = ws.launch("Monthly report export")
    panel.inputs = REPORT
    panel.count = count
    return panel


def visit(ws: Workspace) -> LaunchPanel:
    """Fill in a chain: look up a patient, then make an appointment with the telephone number found."""
    panel = ws.launch()
    panel.steps = ["EHR patient lookup", "Appointment scheduling"]
    first, second = panel.steps
    first.inputs = {"patient": PATIENT}
    first.secrets = {"password": "hunter22"}
    second.inputs = {"patient": VISIT, "date": "2026-11-25", "time": "09:00"}
    return panel


def test_many_runs_are_launched_and_seen_to_their_ends(ws: Workspace, fleet: Simulator) -> None:
    """A bulk launch queues its runs by one request, and each look at them takes one list."""
    panel = report(ws, 25)
    marked = {"fault": "headers", "set": {"X-Marked": "yes"}}
    with fleet.faults.active(marked):
        panel.submit().result(30)
        panel.wait(60)
    assert [str(run.status) for run in panel.runs] == ["success"] * 25
    assert all(run.output_data and run.machine for run in panel.runs)
    assert not any(run.run_message_history for run in panel.runs)
    asked = [(one.method, one.path) for one in fleet.faults.log]
    assert asked.count(("POST", "/v1/runs/bulk")) == 1
    assert {path for _, path in asked} == {"/v1/runs/bulk", "/v1/runs"}


def test_runs_beyond_one_page_are_found(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one list does not hold all runs of a launch, the next ones are read, too."""
    monkeypatch.setattr(launching, "_PAGE", 4)
    panel = report(ws, 9)
    panel.submit().result(30)
    panel.wait(60)
    assert [str(run.status) for run in panel.runs] == ["success"] * 9


def test_a_chain_runs_with_what_was_found_before(ws: Workspace) -> None:
    """The second step of a chain gets the output of the first, and both are seen to their ends, in order."""
    panel = visit(ws)
    reply = panel.submit().result(30)
    last = panel.wait(60)
    assert [run.id for run in panel.runs] == reply.run_ids
    assert [run.session_alias for run in panel.runs] == ["step1", "step2"]
    assert [str(run.status) for run in panel.runs] == ["success", "success"]
    assert last.output_data is not None
    assert last.output_data["time"] == "09:00"


def test_the_server_agrees_with_what_the_panel_refuses(ws: Workspace) -> None:
    """A reference of a wrong type, which the panel refuses at its field, the server refuses, too."""
    panel = visit(ws)
    wrong = {"$ref": "step1.outputs.allergies"}
    panel.steps[1].inputs = {"patient": VISIT, "date": wrong, "time": "09:00"}
    with pytest.raises(RequestError, match=r"steps\.1\.date: That output is a list, and text is wanted here"):
        panel.submit()
    with pytest.raises(UnprocessableEntityError, match="is wanted"):
        ws.api.runs.chain(panel.request)


def test_a_run_carries_model_files_and_session(ws: Workspace, tmp_path: Path) -> None:
    """What was chosen for one run arrives: the model, the file with its content, the session and its name."""
    (tmp_path / "note.txt").write_bytes(b"\x00Hello\xff")
    panel = report(ws)
    panel.model = next(one for one in ws.api.model_configurations.list() if one.name == "Fast agent")
    model_id = panel.options["main_agent_model_id"]
    panel.files = [tmp_path / "note.txt"]
    panel.options = panel.options | {"start_session": True, "session_alias": "export", "is_priority": True}
    queued = panel.submit().result(30)
    run = ws.api.runs.get(queued.id)
    assert run.model_metadata is not None
    assert run.model_metadata.main_agent_model_id == model_id
    assert (run.session_alias, run.is_priority, run.session_id) == ("export", True, run.id)
    (file,) = (one for one in ws.api.run_attachments.iter(run_id=run.id) if one.attachment_type == "input")
    assert (file.filename, file.size_bytes) == ("note.txt", 7)
    assert b64decode(panel.files[0].content) == b"\x00Hello\xff"


@pytest.mark.parametrize(
    ("fill", "path", "runs"),
    [
        (report, "/v1/runs", 1),
        (lambda ws: report(ws, 5), "/v1/runs/bulk", 5),
        (visit, "/v1/runs/chain", 2),
    ],
)
def test_a_lost_reply_does_not_launch_twice(
    ws: Workspace, fleet: Simulator, fill: Callable[[Workspace], LaunchPanel], path: str, runs: int
) -> None:
    """Where the reply is cut off after the server did its work, pressing Launch again finds the same runs."""
    panel = fill(ws)
    before = len(ws.api.runs.iter())
    with fleet.faults.active(Cut(at="start"), method="POST", path=path), pytest.raises(APIConnectionError):
        panel.submit().result(30)
    assert any("will not start it twice" in text for text in texts(panel))
    assert len(ws.api.runs.iter()) == before + runs
    control(panel, "Launch").click()
    panel.wait(60)
    assert len(ws.api.runs.iter()) == before + runs
    assert len(panel.runs) == runs
