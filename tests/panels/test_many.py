"""Many equal runs: launched once, watched together, and what failed of them told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from cyberdesk_nb.errors import APIConnectionError, RequestError
from cyberdesk_nb.models import RunBulkCreate, RunBulkCreateResponse, RunResponse, RunStatus
from cyberdesk_nb.panels import LaunchPanel
from cyberdesk_nb.panels.launch.launches import Launched, Request
from tests.panels.records import AT, Ticks, control, labels, machine, run, settled, texts, workflow
from tests.panels.test_options import MODELS

EXPORT = workflow("Export", None, "Export it.", key=2)


class Fleet:
    """What the panel is given; replies and runs come from the test."""

    def __init__(self) -> None:
        self.ticks = Ticks()
        self.sent: list[tuple[Request, str]] = []
        self.queued = [run(run_id=f"run-{number}") for number in (1, 2, 3)]
        self.reply: Callable[[], Future[Any]] = lambda: settled(RunBulkCreateResponse(created_runs=self.queued))
        self.look: Callable[[], Future[list[RunResponse]]] = lambda: settled(list(self.queued))
        self.replayed: list[str] = []
        self.panel = LaunchPanel(
            [EXPORT],
            [machine("Desk")],
            [],
            MODELS,
            launch=self.launch,
            poll=self.poll,
            every=self.ticks.every,
            replay=self.replayed.append,
            workflow="Export",
        )
        self.panel.count = 3

    def launch(self, request: Request, key: str) -> Future[Any]:
        """Take a launch and answer it."""
        self.sent.append((request, key))
        return self.reply()

    def poll(self, launched: Launched) -> Future[list[RunResponse]]:
        """Give the runs as the test has them."""
        assert launched.session_id is None
        return self.look()

    def end(self, *statuses: RunStatus) -> None:
        """Let runs end, in order."""
        for index, status in enumerate(statuses):
            end: dict[str, Any] = {
                "ended_at": AT.replace(minute=index + 1),
                "machine_id": "machine-Desk",
                "error": [f"No {index}."],
            }
            self.queued[index] = run(status, run_id=f"run-{index + 1}", **end)


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    """Give a fleet whose panel is closed in the end."""
    made = Fleet()
    yield made
    made.panel.close()


def test_a_count_makes_one_bulk_launch(fleet: Fleet) -> None:
    """A count above one is sent once with its number; a second press and a second submit send nothing."""
    reply: Future[Any] = Future()
    fleet.reply = lambda: reply
    control(fleet.panel, "Launch").click()
    control(fleet.panel, "Launch").click()
    assert fleet.panel.submit() is fleet.panel.submit()
    assert "On its way …" in texts(fleet.panel)
    reply.set_result(RunBulkCreateResponse(created_runs=fleet.queued))
    assert "On its way …" not in texts(fleet.panel)
    control(fleet.panel, "Launch").click()
    assert len(fleet.sent) == 1
    request = fleet.sent[0][0]
    assert isinstance(request, RunBulkCreate)
    assert request.to_wire() == {"workflow_id": EXPORT.id, "count": 3}


def test_a_lost_reply_does_not_launch_them_twice(fleet: Fleet) -> None:
    """Pressed again after a lost reply, the same launch goes under the same key."""
    fleet.reply = lambda: settled(APIConnectionError("Cut off."))
    control(fleet.panel, "Launch").click()
    fleet.reply = lambda: settled(RunBulkCreateResponse(created_runs=fleet.queued))
    control(fleet.panel, "Launch").click()
    assert len({key for _, key in fleet.sent}) == 1
    control(fleet.panel, "Launch another").click()
    control(fleet.panel, "Launch").click()
    assert len({key for _, key in fleet.sent}) == 2


def test_runs_are_counted_and_chosen_from_a_list(fleet: Fleet) -> None:
    """Words count where the runs stand; the one chosen is shown in full, stays chosen, and can be replayed."""
    panel = fleet.panel
    panel.submit()
    fleet.end(RunStatus.SUCCESS, RunStatus.TASK_FAILED)
    fleet.ticks.tick()
    assert "2 of 3 runs have ended: 1 success, 1 task_failed, 1 scheduling" in texts(panel)
    listed = control(panel, "Runs")
    assert [label for label, _ in listed.options] == [
        "Run 1 · success · No 0.",
        "Run 2 · task_failed · No 1.",
        "Run 3 · scheduling",
    ]
    listed.value = "run-2"
    assert control(panel, "Error").value == "No 1."
    control(panel, "Replay").click()
    assert fleet.replayed == ["run-2"]
    fleet.end(RunStatus.SUCCESS, RunStatus.TASK_FAILED, RunStatus.CANCELLED)
    fleet.ticks.tick()
    assert (listed.value, control(panel, "Error").value) == ("run-2", "No 1.")
    assert fleet.ticks.running == 0
    assert panel.wait(0).id == "run-3"
    assert [str(one.status) for one in panel.runs] == ["success", "task_failed", "cancelled"]


def test_a_look_that_fails_keeps_the_last_states(fleet: Fleet) -> None:
    """While the server is away the list stays, with words beside it; when it is back they go."""
    fleet.panel.submit()
    fleet.end(RunStatus.SUCCESS)
    fleet.ticks.tick()
    fleet.look = lambda: settled(APIConnectionError("Away."))
    fleet.ticks.tick(3)
    away = texts(fleet.panel)
    assert any("This is the last known state. Away. Asking again." in text for text in away)
    assert any(text.startswith("1 of 3 runs have ended") for text in away)
    fleet.look = lambda: settled(list(fleet.queued))
    fleet.ticks.tick(9)
    assert not any("Away." in text for text in texts(fleet.panel))


def test_runs_that_a_look_leaves_out_stay_as_last_seen(fleet: Fleet) -> None:
    """A run that one list misses is neither dropped nor taken for ended, and said to be missing."""
    fleet.panel.submit()
    fleet.end(RunStatus.SUCCESS, RunStatus.SUCCESS, RunStatus.SUCCESS)
    fleet.look = lambda: settled(fleet.queued[:2])
    fleet.ticks.tick(20)
    assert fleet.ticks.running == 1
    assert [str(one.status) for one in fleet.panel.runs] == ["success", "success", "scheduling"]
    assert "1 of these runs, as last seen, were not found again." in texts(fleet.panel)
    fleet.look = lambda: settled(list(fleet.queued))
    fleet.ticks.tick(9)
    assert fleet.ticks.running == 0
    assert not any("not found again" in text for text in texts(fleet.panel))


def test_what_could_not_be_queued_is_told(fleet: Fleet) -> None:
    """A launch of which a part failed says how many and why, and follows the others."""
    reply = RunBulkCreateResponse(created_runs=fleet.queued, failed_count=2, errors=["Quota <b>reached</b>."])
    fleet.reply = lambda: settled(reply)
    fleet.panel.submit()
    assert "2 of 5 runs were not queued. Quota <b>reached</b>." in texts(fleet.panel)
    assert len(control(fleet.panel, "Runs").options) == 3


def test_a_launch_of_which_nothing_was_queued_can_be_tried_again(fleet: Fleet) -> None:
    """Where no run was queued, that is told, waiting for one fails, and the button is ready."""
    fleet.reply = lambda: settled(RunBulkCreateResponse(created_runs=[], failed_count=3))
    control(fleet.panel, "Launch").click()
    assert "3 of 3 runs were not queued." in texts(fleet.panel)
    assert not control(fleet.panel, "Launch").disabled
    assert "Runs" not in labels(fleet.panel)
    with pytest.raises(RequestError, match="No run was queued"):
        fleet.panel.wait(0)


def test_what_many_runs_cannot_carry_is_said_at_its_field(fleet: Fleet) -> None:
    """A model or an alias set for one run is not dropped from a bulk launch, which is refused until it is cleared."""
    panel = fleet.panel
    panel.model = "Fast"
    panel.options = panel.options | {"session_alias": "a", "start_session": True}
    with pytest.raises(RequestError, match="session_alias: Many runs at once take no such setting"):
        panel.submit()
    assert texts(panel).count("Many runs at once take no such setting: clear it.") == 2
    panel.count = 1
    assert panel.request.to_wire() == {
        "workflow_id": EXPORT.id,
        "main_agent_model_id": "model-Fast",
        "session_alias": "a",
        "start_session": True,
    }
    assert panel.model is not None
    panel.model = None
    assert "main_agent_model_id" not in panel.options
    for name, words in [("Reader", "not made for using computers"), ("Old", "archived"), ("Fats", "Did you mean")]:
        with pytest.raises(RequestError, match=words):
            panel.model = name


def test_a_number_of_runs_that_cannot_be_sends_nothing(fleet: Fleet) -> None:
    """A count that is none is an error at its field, also where the workflow has an input of that name."""
    control(fleet.panel, "How many runs").value = "2000"
    control(fleet.panel, "Launch").click()
    assert fleet.sent == []
    assert "Write a whole number from 1 to 1000." in texts(fleet.panel)
    with pytest.raises(RequestError, match="1 to 1000"):
        assert fleet.panel.request
    control(fleet.panel, "How many runs").value = "2"
    assert "Write a whole number from 1 to 1000." not in texts(fleet.panel)


def test_a_thousand_runs_are_one_control(fleet: Fleet) -> None:
    """The list of a thousand runs is one widget, and a look at which nothing changed sends nothing to the page."""
    fleet.queued = [run(run_id=f"run-{number}") for number in range(1000)]
    fleet.panel.count = 1000
    fleet.panel.submit()
    listed = control(fleet.panel, "Runs")
    assert len(listed.options) == 1000
    changes: list[Any] = []
    listed.observe(changes.append)
    fleet.ticks.tick()
    assert changes == []
