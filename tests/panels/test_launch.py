"""The launch panel from choosing to the launch, by clicks and from Python."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future
from threading import Thread

import ipywidgets as w
import pytest
from ipywidgets import embed

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.models import RunResponse, RunStatus
from tests.panels.launching import DESK, ENDED, FRONT, WORKFLOWS, Fleet, one_fleet, press, secret_field
from tests.panels.records import AT, INPUTS, SENTINEL, below, control, run, texts, tree
from tests.panels.test_secret import typed


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    """Give a fleet whose panels are closed in the end."""
    with one_fleet() as made:
        yield made


def test_a_launch_by_clicks_is_watched_to_its_output(fleet: Fleet) -> None:
    """Filled in with the controls and launched by the button, the run shows its status until its output is there."""
    fleet.states = [run(RunStatus.RUNNING, steps=2, machine_id=DESK.id), run(RunStatus.RUNNING_CHECKS, steps=4), ENDED]
    panel = fleet.panel()
    control(panel, "Patient").value = "Doe"
    control(panel, "day").value = AT.date()
    typed(secret_field(panel), SENTINEL)
    press(panel, "Launch")
    shown = []
    for _ in range(3):
        fleet.ticks.tick()
        shown.append(" | ".join(texts(panel)))
    assert "running on Desk" not in shown[0]
    assert "running · on Desk · 2 steps" in shown[0]
    assert "checking the result · 4 steps" in shown[1]
    assert "success" in shown[2]
    assert "took 1 min 51 s after waiting 9 s" in shown[2]
    assert json.loads(control(panel, "Output").value) == {"total": 12, "who": "<b>Łukasz</b>"}
    (request, _) = fleet.sent[0]
    assert request.to_wire() == {
        "workflow_id": WORKFLOWS[0].id,
        "input_values": {"patient": "Doe", "day": "2026-11-21", "count": 3},
        "sensitive_input_values": {"password": SENTINEL},
    }


def test_the_same_from_python(fleet: Fleet) -> None:
    """Set from Python, submitted and waited for, a launch carries inputs, place and secrets."""
    panel = fleet.filled()
    panel.machine = "Desk"
    queued = panel.submit().result(1)
    assert queued.status == RunStatus.SCHEDULING
    Thread(target=fleet.ticks.tick).start()
    assert panel.wait(5) is panel.run
    assert panel.run is not None
    assert panel.run.status == RunStatus.SUCCESS
    wire = fleet.sent[0][0].to_wire()
    assert (wire["input_values"], wire["machine_id"]) == (INPUTS, DESK.id)
    assert repr(panel) == "LaunchPanel(workflow='Patient lookup', run='run-1', status='success')"


def test_wrong_inputs_send_nothing_and_show_at_their_fields(fleet: Fleet) -> None:
    """Errors stand at the fields, in a click as from Python, and go when corrected."""
    panel = fleet.panel()
    control(panel, "count").value = "0"
    press(panel, "Launch")
    assert fleet.sent == []
    assert "Fill this in." in below(panel, "day")
    assert "Must be at least 1." in below(panel, "count")
    assert secret_field(panel).error == "Fill this in."
    control(panel, "count").value = "2"
    assert below(panel, "count") == []
    with pytest.raises(RequestError, match="day: Fill this in"):
        panel.submit()
    assert fleet.sent == []


def test_a_double_click_launches_once(fleet: Fleet) -> None:
    """A second press launches nothing, whether the first is on its way or was just accepted."""
    reply: Future[RunResponse] = Future()
    fleet.reply = lambda: reply
    # One that needs no secret: a secret already gone would stop the second launch, too.
    panel = fleet.panel(workflow="Export")
    press(panel, "Launch")
    press(panel, "Launch")
    assert panel.submit() is panel.submit()
    reply.set_result(run())
    press(panel, "Launch")
    assert len(fleet.sent) == 1


def test_another_launch_is_asked_for_elsewhere(fleet: Fleet) -> None:
    """After an accepted launch, "Launch another" or an edit makes the button ready again, for a new key."""
    panel = fleet.filled()
    press(panel, "Launch")
    press(panel, "Launch another")
    panel.secrets = {"password": SENTINEL}
    press(panel, "Launch")
    assert len({key for _, key in fleet.sent}) == 2


def test_secrets_are_nowhere_and_gone_after_the_launch(fleet: Fleet) -> None:
    """Before, during and after a launch the secret is in no state, repr or text; afterwards the panel forgot it."""
    panel = fleet.filled()
    with pytest.raises(AttributeError):
        print(panel.secrets)
    before = [w.Widget.get_manager_state(), embed.dependency_state([panel]), repr(panel), repr(panel.request)]
    panel.submit().result(1)
    after = [w.Widget.get_manager_state(), embed.dependency_state([panel]), repr(fleet.sent)]
    assert SENTINEL not in json.dumps([before, after], default=repr)
    assert not secret_field(panel).is_set
    with pytest.raises(RequestError, match="password"):
        panel.submit()
    with pytest.raises(RequestError, match=r"panel\.secrets"):
        panel.inputs = {"$password": SENTINEL}


def test_the_place_is_sent_as_chosen(fleet: Fleet) -> None:
    """Pools are sent by id; a machine chosen beats them; None is any machine."""
    panel = fleet.filled()
    panel.pools = ["Front"]
    assert panel.request.pool_ids == [FRONT.id]
    panel.machine = DESK.id
    assert (panel.request.machine_id, panel.request.pool_ids) == (DESK.id, None)
    panel.machine = None
    assert "machine_id" not in panel.request.to_wire()
    assert "pool_ids" not in panel.request.to_wire()
    with pytest.raises(RequestError, match="no machine 'Dusk'"):
        panel.machine = "Dusk"


def test_options_are_sent_when_chosen(fleet: Fleet) -> None:
    """Priority, session and prompt are left out unless chosen."""
    panel = fleet.filled()
    assert set(panel.request.to_wire()) == {"workflow_id", "input_values", "sensitive_input_values"}
    control(panel, "More options").value = True
    control(panel, "Priority: before other runs that wait").value = True
    control(panel, "Prompt for this run").value = "Do it."
    wire = panel.request.to_wire()
    assert (wire["is_priority"], wire["main_prompt"]) == (True, "Do it.")


def test_another_workflow_brings_its_own_form(fleet: Fleet) -> None:
    """Choosing another workflow drops inputs and secrets of the one before."""
    panel = fleet.filled()
    panel.workflow = "Export"
    assert panel.inputs == {}
    assert panel.request.to_wire() == {"workflow_id": WORKFLOWS[1].id}
    panel.submit()
    assert len(fleet.sent) == 1


def test_without_a_workflow_there_is_nothing_to_launch(fleet: Fleet) -> None:
    """Launching with nothing chosen says what to do."""
    panel = fleet.panel(workflow=None)
    press(panel, "Launch")
    assert any("No workflow is chosen." in text for text in texts(panel))
    with pytest.raises(RequestError, match="No workflow"):
        panel.submit()


def test_json_that_is_no_object_is_not_sent(fleet: Fleet) -> None:
    """Inputs written as a JSON list are refused in words, and the preview says so, too."""
    panel = fleet.filled()
    next(one for one in tree(panel) if getattr(one, "options", None) == ("Fields", "JSON")).value = "JSON"  # pyright: ignore[reportAttributeAccessIssue]
    next(one for one in tree(panel) if isinstance(one, w.Textarea)).value = "[1]"
    control(panel, "What will be sent").value = True
    assert "Inputs must be a JSON object." in texts(panel)
    press(panel, "Launch")
    assert fleet.sent == []
