"""The details of one machine in the fleet panel: its screen, its runs, its replays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future
from threading import Event
from typing import Any

import ipywidgets as w
import pytest
from ipywidgets import embed

from cyberdesk_nb.errors import APIStatusError, PayloadError, RequestError
from cyberdesk_nb.panels.fleet.table import Table
from tests.panels.fleet.fleets import AT, ran, surveyed
from tests.panels.fleet.given import BUSY, LONE, WIRES, Given, click, given_panels, picture, tables, until
from tests.panels.records import control, settled, texts, tree


@pytest.fixture
def given() -> Iterator[Given]:
    """Give what panels need; they are closed in the end."""
    with given_panels() as made:
        yield made


def test_a_click_opens_the_details(given: Given) -> None:
    """Screen, runs, connection history and parameters of the machine; secrets only by what they are kept under."""
    panel = given.panel()
    click(panel, BUSY.id)
    assert panel.machine == BUSY
    assert given.shot == [BUSY.id]
    assert "In: Front." in texts(panel)
    found = tables(panel)
    runs = next(rows for caption, rows in found.items() if caption.startswith("Its 2 runs of the last 7 d"))
    assert [row[0] for row in runs] == ["running", "infra_error"]
    assert runs[0][4] == "1 min so far"
    assert runs[1][1:2] + runs[1][3:] == ["Patient lookup", "5 s", "1 min", "It broke."]
    assert found["Parameters that it gives to its runs:"] == [["site", "Ashford"], ["$pin", "secret, kept as vault/7"]]
    assert [["12 min", "Patient lookup", "a machine of its pools"]] in found.values()
    assert any(caption.startswith("Connection over the last 7 d: connected 100 %") for caption in found)
    click(panel, BUSY.id)
    assert panel.machine is None
    assert given.ticks.running == 1


def test_the_details_follow_the_readings(given: Given) -> None:
    """What changes shows while they are open; a machine that is gone is said to be, and its screen is left alone."""
    panel = given.panel()
    panel.machine = "Busy"
    given.survey = surveyed([BUSY], [ran(BUSY, "live", ended=AT)], WIRES)
    given.ticks.tick(3)
    assert any(text.startswith("Idle since ") for text in texts(panel))
    given.survey = surveyed([LONE])
    given.ticks.tick(10)
    assert "This machine is not on the list any more." in texts(panel)
    shots = len(given.shot)
    given.ticks.tick(20)
    assert len(given.shot) == shots


def test_a_machine_is_chosen_by_name_or_id(given: Given) -> None:
    """From Python as by a click; setting the one that is open keeps it open, None closes it, a wrong name is told."""
    panel = given.panel()
    panel.machine = "Lone"
    panel.machine = LONE.id
    assert panel.machine == LONE
    with pytest.raises(RequestError, match="no machine 'Loon'"):
        panel.machine = "Loon"
    panel.machine = None
    assert panel.machine is None
    panel.machine = LONE
    assert panel.machine == LONE


def test_the_screen_is_taken_again_and_failures_keep_the_last(given: Given) -> None:
    """On demand and on the timer; when it cannot be taken, words stand beside the last picture."""
    panel = given.panel()
    panel.machine = "Busy"
    screen = panel._detail.live.screen
    assert screen.picture == picture()
    given.picture = picture("red")
    control(panel, "Refresh screen").click()
    assert screen.picture == picture("red")
    given.picture = APIStatusError("The machine is offline.", status=503)
    control(panel, "Refresh screen").click()
    assert screen.picture == picture("red")
    assert any("The machine is offline. Asking again." in text for text in texts(panel))
    given.picture = picture("green")
    given.ticks.tick(10)
    assert screen.picture == picture("green")
    assert not any("offline. Asking" in text for text in texts(panel))


@pytest.mark.parametrize(
    "answer", [b"", b"<html>bad gateway</html>", picture()[:30], b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
)
def test_what_is_no_picture_is_told(given: Given, answer: bytes) -> None:
    """Any other answer is not handed to the page."""
    given.picture = answer
    panel = given.panel()
    panel.machine = "Busy"
    assert any("The answer is no picture." in text for text in texts(panel))
    assert panel._detail.live.screen.picture == b""


def test_a_late_screen_never_shows_under_another_name(given: Given) -> None:
    """A picture that was on its way while another machine was chosen is dropped."""
    late: Future[bytes] = Future()
    panel = given.panel(screenshot=lambda key: late if key == BUSY.id else settled(picture("red")))
    panel.machine = "Busy"
    panel.machine = "Lone"
    late.set_result(picture("green"))
    assert panel._detail.live.screen.picture == picture("red")
    # One that came just before the other was chosen, and is shown just after.
    panel._detail.live._seen(BUSY.id, picture("green"))
    assert panel._detail.live.screen.picture == picture("red")
    with pytest.raises(PayloadError):
        panel._detail.live.screen.show(b"", "")


def test_no_picture_is_in_any_state(given: Given) -> None:
    """What a desktop shows is in no widget state, and so in no saved notebook."""
    panel = given.panel()
    panel.machine = "Busy"
    state: list[dict[str, Any]] = [w.Widget.get_manager_state(), embed.dependency_state([panel])]  # pyright: ignore[reportAssignmentType]
    assert "Ashford" in json.dumps(state, default=repr)
    buffers = [one.get("buffers") for states in (state[0]["state"], state[1]) for one in states.values()]
    assert not any(buffers)
    assert repr(picture()[:40]) not in repr(state)


def test_replays_open_below_and_failures_are_told(given: Given) -> None:
    """A run's replay is fetched once however often it is pressed meanwhile; one that fails is told in words."""
    opened: list[str] = []
    go_on = Event()

    def replay(run_id: str) -> w.Widget:
        opened.append(run_id)
        assert go_on.wait(20)
        if run_id == "bad":
            raise OSError("no history")
        return w.Label(value=f"the player, {len(opened)}")

    panel = given.panel(replay=replay)
    panel.machine = "Busy"
    table = next(one for one in tree(panel) if isinstance(one, Table) and one.caption.startswith("Its 2 runs"))
    assert [row["key"] for row in table.rows] == ["live", "bad"]
    for _ in range(2):
        table._received(None, {"kind": "press", "key": "live"}, None)
    assert "Fetching the replay …" in texts(panel)
    go_on.set()
    until(lambda: "the player, 1" in texts(panel))
    assert opened == ["live"]
    table._received(None, {"kind": "press", "key": "live"}, None)
    until(lambda: "the player, 2" in texts(panel))
    assert "the player, 1" not in texts(panel)
    table._received(None, {"kind": "press", "key": "bad"}, None)
    until(lambda: any("The replay cannot be shown. OSError: no history" in text for text in texts(panel)))
    assert not any("the player" in text for text in texts(panel))
    panel.machine = "Lone"
    assert not any("replay" in text for text in texts(panel))


def test_a_replay_that_comes_too_late_is_dropped(given: Given) -> None:
    """Fetched while another machine was chosen, it is neither shown nor left open."""
    fetched, go_on = w.Label(value="the player"), Event()

    def replay(_: str) -> w.Widget:
        assert go_on.wait(20)
        return fetched

    panel = given.panel(replay=replay)
    panel.machine = "Busy"
    table = next(one for one in tree(panel) if isinstance(one, Table) and one.caption.startswith("Its 2 runs"))
    table._received(None, {"kind": "press", "key": "live"}, None)
    panel.machine = "Lone"
    go_on.set()
    until(lambda: fetched.comm is None)
    assert "the player" not in texts(panel)
