"""The launch panel from choosing to the end of the run, by clicks and from Python."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from threading import Thread
from typing import Any

import ipywidgets as w
import pytest
from ipywidgets import embed
from ipywidgets.widgets.widget import _instances  # pyright: ignore[reportAttributeAccessIssue]

from cyberdesk_nb.errors import (
    APIConnectionError,
    ClientClosedError,
    RequestError,
    UnprocessableEntityError,
    WaitTimeoutError,
)
from cyberdesk_nb.models import RunResponse, RunStatus
from cyberdesk_nb.panels import LaunchPanel
from cyberdesk_nb.panels.launch.launches import Launched, Request
from tests.panels.records import (
    AT,
    INPUTS,
    SENTINEL,
    Ticks,
    below,
    control,
    labels,
    machine,
    pool,
    run,
    settled,
    texts,
    tree,
    workflow,
)
from tests.panels.test_secret import typed

FRONT = pool("Front")
DESK = machine("Desk", FRONT)
WORKFLOWS = [workflow(), workflow("Export", None, "Export it.", key=2)]
ENDED = run(
    RunStatus.SUCCESS,
    steps=4,
    machine_id=DESK.id,
    ended_at=AT.replace(minute=2),
    output_data={"total": 12, "who": "<b>Łukasz</b>"},
)


class Fleet:
    """What the panel is given: every launch and poll is answered by what the test put there."""

    def __init__(self) -> None:
        self.ticks = Ticks()
        self.sent: list[tuple[Request, str]] = []
        self.reply: Callable[[], Future[Any]] = lambda: settled(run())
        self.states: list[RunResponse | Exception] = [ENDED]
        self.panels: list[LaunchPanel] = []

    def launch(self, request: Request, key: str) -> Future[Any]:
        """Take a launch and answer it."""
        self.sent.append((request, key))
        return self.reply()

    def poll(self, launched: Launched) -> Future[list[RunResponse]]:
        """Answer a poll; the last state stays."""
        assert launched.run_ids == ("run-1",)
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return settled(state if isinstance(state, Exception) else [state])

    def panel(self, **more: Any) -> LaunchPanel:
        """Make a panel on the first workflow."""
        options: dict[str, Any] = {"workflow": "Patient lookup"} | more
        made = LaunchPanel(
            WORKFLOWS,
            [DESK],
            [FRONT],
            launch=self.launch,
            poll=self.poll,
            every=self.ticks.every,
            **options,
        )
        self.panels.append(made)
        return made

    def filled(self, **more: Any) -> LaunchPanel:
        """Make a panel with all that the workflow needs."""
        made = self.panel(**more)
        made.inputs = INPUTS
        made.secrets = {"password": SENTINEL}
        return made


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    """Give a fleet whose panels are closed in the end."""
    made = Fleet()
    yield made
    for panel in made.panels:
        panel.close()


def press(panel: LaunchPanel, label: str) -> None:
    """Press a button."""
    control(panel, label).click()


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


def test_a_lost_reply_is_told_and_tried_again_under_the_same_key(fleet: Fleet) -> None:
    """What may have been launched is said to, and pressing again cannot launch it twice."""
    fleet.reply = lambda: settled(APIConnectionError("The server cut the connection.", hint="Try again."))
    panel = fleet.filled()
    press(panel, "Launch")
    assert any("cut the connection. Try again. It may have been launched" in text for text in texts(panel))
    fleet.reply = lambda: settled(run())
    press(panel, "Launch")
    assert len(fleet.sent) == 2
    assert fleet.sent[0] == fleet.sent[1]
    assert not any("cut the connection" in text for text in texts(panel))


def test_a_refusal_shows_at_the_field_without_the_secret(fleet: Fleet) -> None:
    """The server's 422 stands at the field that it names; a secret that it repeats is masked, and kept to correct."""
    details = {
        "errors": [
            {"path": "address.zip", "message": "Unknown zip."},
            {"path": "$password", "message": f"{SENTINEL} is wrong."},
        ]
    }
    fleet.reply = lambda: settled(UnprocessableEntityError("Inputs do not fit.", status=422, details=details))
    panel = fleet.filled()
    panel.inputs = INPUTS | {"address": {"zip": "12345"}}
    press(panel, "Launch")
    assert "Unknown zip." in below(panel, "zip")
    assert secret_field(panel).error == "*** is wrong."
    assert any("Inputs do not fit." in text for text in texts(panel))
    assert secret_field(panel).is_set
    assert not control(panel, "Launch").disabled


@pytest.mark.parametrize(
    ("path", "label"),
    [
        (["body", "machine_id"], "Run on"),
        (["body", "session_id"], "Join session"),
        (["body", "main_prompt"], "Prompt for this run"),
        (["body", "count"], "How many runs"),
        (["body", "input_values", "count"], "count"),
    ],
)
def test_a_refused_setting_stands_at_its_control(fleet: Fleet, path: list[str], label: str) -> None:
    """A 422 at another field of the request is shown at the control of that field, not at an input of its name."""
    details = [{"loc": path, "msg": "Not good."}]
    fleet.reply = lambda: settled(UnprocessableEntityError("No.", status=422, details=details))
    panel = fleet.filled()
    press(panel, "Launch")
    assert "Not good." in below(panel, label)
    assert texts(panel).count("Not good.") == 1


def test_a_refusal_of_something_unknown_is_told_whole(fleet: Fleet) -> None:
    """A 422 at a field that the panel does not show is told with its name."""
    details = [{"loc": ["body", "colour"], "msg": "Not good."}]
    fleet.reply = lambda: settled(UnprocessableEntityError("No.", status=422, details=details))
    panel = fleet.filled()
    press(panel, "Launch")
    assert any("colour: Not good." in text for text in texts(panel))


def test_failed_polls_stand_beside_the_last_good_state(fleet: Fleet) -> None:
    """While the server is away the last state stays in view with words beside it; when it is back they go."""
    fleet.states = [run(RunStatus.RUNNING, steps=2), APIConnectionError("Cannot reach the server."), ENDED]
    panel = fleet.filled()
    panel.submit()
    fleet.ticks.tick(2)
    away = texts(panel)
    assert "running · 2 steps" in away
    assert any("Cannot reach the server. Asking again." in text for text in away)
    fleet.ticks.tick(10)
    assert "success" in texts(panel)
    assert not any("Cannot reach" in text for text in texts(panel))


def test_a_failed_run_shows_its_error(fleet: Fleet) -> None:
    """The error's words are shown, as text."""
    fleet.states = [run(RunStatus.ERROR, error=["<script>x</script>", "second"], ended_at=AT.replace(minute=1))]
    panel = fleet.filled()
    panel.submit()
    fleet.ticks.tick()
    assert control(panel, "Error").value == "<script>x</script>\nsecond"
    assert "error" in texts(panel)
    assert not any(isinstance(one, w.HTML) for one in tree(panel))


def test_a_run_that_ended_at_once_shows_what_it_took(fleet: Fleet) -> None:
    """A launch that is answered with an ended run shows its end, not how long ago it was launched."""
    fleet.reply = lambda: settled(ENDED)
    panel = fleet.filled()
    panel.submit()
    assert "took 1 min 51 s after waiting 9 s" in texts(panel)


def test_a_status_that_is_not_known_yet_is_shown(fleet: Fleet) -> None:
    """A status that the API gains later is shown under its own name, and watched on."""
    fleet.states = [run(RunStatus("paused by <b>"))]
    panel = fleet.filled()
    panel.submit()
    fleet.ticks.tick()
    assert "paused by <b>" in texts(panel)
    assert fleet.ticks.running == 1


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


def test_the_replay_is_shown_in_the_panel(fleet: Fleet) -> None:
    """The replay of the ended run stands below it; one that fails is told in words."""
    replays: list[Any] = [w.Label(value="the player"), OSError("no history")]

    def replay(run_id: str) -> object:
        assert run_id == "run-1"
        shown = replays.pop(0)
        if isinstance(shown, Exception):
            raise shown
        return shown

    panel = fleet.filled(replay=replay)
    panel.submit()
    assert "Replay" not in labels(panel)
    fleet.ticks.tick()
    press(panel, "Replay")
    assert "the player" in texts(panel)
    press(panel, "Replay")
    assert any("The replay cannot be shown. OSError: no history" in text for text in texts(panel))


def test_waiting_ends_in_time(fleet: Fleet) -> None:
    """Waiting longer than asked raises with the run as last seen; waiting for nothing says so."""
    panel = fleet.filled()
    with pytest.raises(RequestError, match="No run was launched"):
        panel.wait(0)
    panel.submit()
    with pytest.raises(WaitTimeoutError, match="scheduling") as caught:
        panel.wait(0)
    assert caught.value.run is panel.run


def test_closing_leaves_nothing_behind(fleet: Fleet) -> None:
    """A closed panel has no timer, no widget and no listener, and hears no late reply."""
    before = set(_instances)
    late: Future[RunResponse] = Future()
    fleet.reply = lambda: late
    panel = fleet.filled(replay=lambda _: w.Label())
    panel.inputs = {"patient": 3, "address": [], "extra": {"a": 1}}
    panel.inputs = INPUTS
    panel.workflow = "Export"
    panel.workflow = "Patient lookup"
    panel.inputs = INPUTS
    panel.secrets = {"password": "x" * 8}
    panel.submit()
    late.set_result(run())
    assert fleet.ticks.running == 1
    ended = panel.run_ended
    unanswered: Future[RunResponse] = Future()
    fleet.reply = lambda: unanswered
    panel.secrets = {"password": "x" * 8}
    flight = panel.submit()
    panel.close()
    panel.close()
    assert fleet.ticks.running == 0
    assert ended.cancelled()
    assert not flight.done()
    assert set(_instances) == before
    unanswered.set_result(run())
    assert flight.done()
    assert fleet.ticks.running == 0
    assert set(_instances) == before
    with pytest.raises(ClientClosedError):
        panel.submit()


def secret_field(panel: LaunchPanel) -> Any:
    """Find the one secret field."""
    return next(one for one in tree(panel) if type(one).__name__ == "SecretField")


def test_json_that_is_no_object_is_not_sent(fleet: Fleet) -> None:
    """Inputs written as a JSON list are refused in words, and the preview says so, too."""
    panel = fleet.filled()
    next(one for one in tree(panel) if getattr(one, "options", None) == ("Fields", "JSON")).value = "JSON"  # pyright: ignore[reportAttributeAccessIssue]
    next(one for one in tree(panel) if isinstance(one, w.Textarea)).value = "[1]"
    control(panel, "What will be sent").value = True
    assert "Inputs must be a JSON object." in texts(panel)
    press(panel, "Launch")
    assert fleet.sent == []


def test_a_timer_that_cannot_start_is_told(fleet: Fleet) -> None:
    """When the connection was closed meanwhile, the launched run is shown with words, not lost."""

    def closed(period_s: float, callback: Callable[[], None]) -> Callable[[], None]:
        raise ClientClosedError(f"This workspace is closed: {period_s} {callback is not None}")

    panel = LaunchPanel(WORKFLOWS, [], [], launch=fleet.launch, poll=fleet.poll, every=closed, workflow="Export")
    fleet.panels.append(panel)
    assert panel.submit().result(1).id == "run-1"
    assert "scheduling" in texts(panel)
    assert any("workspace is closed" in text for text in texts(panel))
