"""The launch panel from the launch to the end of the run, and to its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import ipywidgets as w
import pytest
from ipywidgets.widgets.widget import _instances  # pyright: ignore[reportAttributeAccessIssue]

from cyberdesk_nb.errors import APIConnectionError, ClientClosedError, RequestError, WaitTimeoutError
from cyberdesk_nb.models import RunResponse, RunStatus
from cyberdesk_nb.panels import LaunchPanel
from tests.panels.launching import ENDED, WORKFLOWS, Fleet, one_fleet, press
from tests.panels.records import AT, INPUTS, control, labels, run, settled, texts, tree


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    """Give a fleet whose panels are closed in the end."""
    with one_fleet() as made:
        yield made


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


def test_a_timer_that_cannot_start_is_told(fleet: Fleet) -> None:
    """When the connection was closed meanwhile, the launched run is shown with words, not lost."""

    def closed(period_s: float, callback: Callable[[], None]) -> Callable[[], None]:
        raise ClientClosedError(f"This workspace is closed: {period_s} {callback is not None}")

    panel = LaunchPanel(WORKFLOWS, [], [], launch=fleet.launch, poll=fleet.poll, every=closed, workflow="Export")
    fleet.panels.append(panel)
    assert panel.submit().result(1).id == "run-1"
    assert "scheduling" in texts(panel)
    assert any("workspace is closed" in text for text in texts(panel))
