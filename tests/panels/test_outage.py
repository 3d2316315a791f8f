"""A server that is killed and comes back, under an open launch panel with a real client."""

from __future__ import annotations

from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from cyberdesk_nb.client import Client, Limits
from cyberdesk_nb.errors import APIConnectionError
from cyberdesk_nb.workspace import Workspace
from tests.panels.killable import Killable, killable
from tests.panels.records import control, texts, workflow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

INPUTS = {"patient": "Doe, <b>J</b>"}
SCHEMA = {"type": "object", "required": ["patient"], "properties": {"patient": {"type": "string"}}}


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Killable]:
    """Serve a fleet for one test."""
    with killable(tmp_path, "--speed=2") as fleet:
        yield fleet


@pytest.fixture
def ws(fleet: Killable) -> Iterator[Workspace]:
    """Open a workspace on it, with a workflow, whose client gives an outage up early."""
    client = Client(api_key=fleet.api_key, base_url=fleet.url, limits=Limits(outage_s=0.5))
    with Workspace(client) as ws:
        wanted = workflow(schema=SCHEMA)
        ws.api.workflows.create(name=wanted.name, main_prompt="Find {patient}.", input_schema=wanted.input_schema)
        yield ws


def until(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    """Wait until a condition holds."""
    over = monotonic() + timeout_s
    while not condition():
        assert monotonic() < over
        Event().wait(0.02)


def test_a_watched_run_outlasts_a_killed_server(fleet: Killable, ws: Workspace) -> None:
    """While the server is dead the last state stays beside words that say so; once it is back the run ends."""
    panel = ws.launch("Patient lookup")
    panel.inputs = INPUTS
    panel.submit().result(30)
    until(lambda: "running" in texts(panel))
    fleet.kill()
    until(lambda: any("This is the last known state." in text for text in texts(panel)))
    assert "running" in texts(panel)
    assert panel.inputs == INPUTS
    fleet.start("--speed=200")
    run = panel.wait(60)
    assert run.is_terminal
    until(lambda: run.status in texts(panel))
    assert not any("last known state" in text for text in texts(panel))


def test_a_launch_into_an_outage_keeps_what_was_entered(fleet: Killable, ws: Workspace) -> None:
    """A launch while the server is dead says so and loses nothing; pressed again later, it starts one run."""
    panel = ws.launch("Patient lookup")
    panel.inputs = INPUTS
    fleet.kill()
    with pytest.raises(APIConnectionError):
        panel.submit().result(30)
    until(lambda: any("pressing Launch again will not start it twice" in text for text in texts(panel)))
    assert panel.inputs == INPUTS
    fleet.start("--speed=200")
    control(panel, "Launch").click()
    assert panel.wait(60).is_terminal
    assert panel.workflow is not None
    assert len(list(ws.api.runs.iter(workflow_id=panel.workflow.id))) == 1
    assert not any("pressing Launch again" in text for text in texts(panel))
