"""The fleet panel over scripted readings: what it shows, by clicks and from Python."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future
from io import BytesIO
from threading import Event
from time import monotonic
from typing import Any

import ipywidgets as w
import pytest
from ipywidgets import embed
from ipywidgets.widgets.widget import _instances  # pyright: ignore[reportAttributeAccessIssue]
from PIL import Image

from cyberdesk_nb.errors import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    ClientClosedError,
    PayloadError,
    RequestError,
)
from cyberdesk_nb.panels.fleet import FleetPanel
from cyberdesk_nb.panels.fleet.survey import Survey
from cyberdesk_nb.panels.fleet.table import Table
from cyberdesk_nb.panels.fleet.tiles import Tiles
from tests.panels.fleet.fleets import AT, LOOKUP, ago, ran, surveyed, waits, wire
from tests.panels.records import Ticks, control, labels, machine, pool, settled, texts, tree

FRONT, BACK, EMPTY = pool("Front"), pool("Back"), pool("Empty")
BOTH = machine("Both", FRONT, BACK)
BUSY = machine("Busy", FRONT, machine_parameters={"site": "Ashford"}, machine_sensitive_parameters={"pin": "vault/7"})
DOWN = machine("Down", BACK, connected=False)
LONE = machine("Lone")
MACHINES = [BOTH, BUSY, DOWN, LONE]
RUNS = [
    ran(BUSY, "live", "running", ended=None),
    ran(BUSY, "bad", "error", ended=ago(hours=1), error=["It broke."]),
    waits("next", since=ago(minutes=12), pool_ids=[FRONT.id]),
]
WIRES = [wire(BUSY, ago(days=2)), wire(DOWN, ago(days=2), ago(hours=3))]
HOSTILE = "<img src=x onerror=alert(1)>\u202e\x07"


def picture(colour: str = "navy") -> bytes:
    """Make a small PNG."""
    file = BytesIO()
    Image.new("RGB", (8, 6), colour).save(file, "PNG")
    return file.getvalue()


class Given:
    """What a panel is given: readings, pictures and replays as the test wants them."""

    def __init__(self) -> None:
        self.ticks = Ticks()
        self.survey: Survey | Exception = surveyed(MACHINES, RUNS, WIRES, [FRONT, BACK, EMPTY])
        self.picture: bytes | Exception = picture()
        self.shot: list[str] = []
        self.asked: list[bool] = []
        self.panels: list[FleetPanel] = []

    def read(self, whole: bool) -> Future[Survey]:
        """Answer a reading."""
        self.asked.append(whole)
        return settled(self.survey)

    def shoot(self, machine_id: str) -> Future[bytes]:
        """Answer a request for a screen."""
        self.shot.append(machine_id)
        return settled(self.picture)

    def panel(self, **more: Any) -> FleetPanel:
        """Make a panel."""
        options: dict[str, Any] = {"read": self.read, "screenshot": self.shoot, "every": self.ticks.every} | more
        made = FleetPanel(**options)
        self.panels.append(made)
        return made


@pytest.fixture
def given() -> Iterator[Given]:
    """Give what panels need; they are closed in the end."""
    made = Given()
    yield made
    for panel in made.panels:
        panel.close()


def tiles_of(panel: FleetPanel) -> Tiles:
    """Find the tiles."""
    return next(one for one in tree(panel) if isinstance(one, Tiles))


def shown(panel: FleetPanel) -> dict[str, list[str]]:
    """Give the names of the machines in each group."""
    view: dict[str, Any] = tiles_of(panel).view
    return {group["name"]: [view["tiles"][key]["name"] for key in group["members"]] for group in view["groups"]}


def click(panel: FleetPanel, machine_id: str) -> None:
    """Press a tile, as the page tells it."""
    tiles_of(panel)._received(None, {"kind": "pick", "id": machine_id}, None)


def tables(panel: FleetPanel) -> dict[str, list[list[str]]]:
    """Give the rows of the tables in view, by caption."""
    found: list[Any] = [one for one in tree(panel) if isinstance(one, Table)]
    return {one.caption: [row["cells"] for row in one.rows] for one in found}


def until(found: Any) -> None:
    """Wait until a condition holds: replays open on a thread."""
    over = monotonic() + 20
    while not found():
        assert monotonic() < over
        Event().wait(0.01)


def test_machines_stand_in_each_of_their_pools_and_are_counted_once(given: Given) -> None:
    """Groups by pool, trouble first in each, those without a pool last; empty pools say that they are."""
    panel = given.panel()
    assert shown(panel) == {"Back": ["Down", "Both"], "Empty": [], "Front": ["Busy", "Both"], "No pool": ["Lone"]}
    assert texts(panel)[0] == "4 machines: 2 idle, 1 busy, 1 offline. 1 run waits, the longest for 12 min."
    notes = {group["name"]: group["note"] for group in tiles_of(panel).view["groups"]}
    assert notes["Front"] == "1 idle, 1 busy · 1 run waits for this pool, the longest for 12 min"
    assert notes["Empty"] == "no machine is in this pool"
    assert any(text.startswith("Down: Down since ") for text in texts(panel))


def test_a_tile_says_all_in_words(given: Given) -> None:
    """State and since when, what waits, failures and connection are words, which a screen reader gets in one label."""
    panel = given.panel()
    tile = tiles_of(panel).view["tiles"][BUSY.id]
    assert (tile["state"], tile["mark"]) == ("busy", "●")
    assert tile["words"].startswith("busy since ")
    assert tile["words"].endswith("(1 min) with Patient lookup")
    assert tile["lines"] == [
        "1 run waits that it could take",
        "its only run failed",
        "connected 100 % of the 2 d that are known, 0 gaps",
    ]
    assert tile["label"].startswith(f"Busy: {tile['words']}; 1 run waits")
    assert {state for state, _, _ in tiles_of(panel).strips[BUSY.id]} == {"unknown", "connected"}


def test_a_busy_machine_that_a_session_holds_says_so(given: Given) -> None:
    """The hold outlasts the run on it."""
    held = machine("Held", reserved_session_id="5e551014-0000")
    given.survey = surveyed([held], [ran(held, "r", "running", ended=None)])
    assert "held by session 5e551014" in tiles_of(given.panel()).view["tiles"][held.id]["lines"]


def test_machines_are_found_by_text_and_state(given: Given) -> None:
    """Name, pool, workflow and state are searched; what is not shown is said; from Python as by the controls."""
    panel = given.panel()
    control(panel, "Find machines").value = "patient LOOK"
    assert shown(panel) == {"Front": ["Busy"]}
    assert "1 of 4 machines shown" in texts(panel)
    panel.search = ""
    control(panel, "Show").value = "trouble"
    assert shown(panel) == {"Back": ["Down"]}
    panel.show = "idle"
    assert shown(panel) == {"Back": ["Both"], "Front": ["Both"], "No pool": ["Lone"]}
    with pytest.raises(RequestError, match="trouble"):
        panel.show = "happy"
    panel.show = "all"
    assert not any("shown" in text for text in texts(panel))


def test_the_frame_has_a_row_a_machine(given: Given) -> None:
    """It says what each does and since when, is a copy, and carries when it was read."""
    panel = given.panel()
    frame = panel.frame
    assert frame["name"].tolist() == ["Down", "Busy", "Both", "Lone"]
    assert frame.attrs["at"] == AT.isoformat()
    frame["name"] = "changed"
    assert "changed" not in panel.frame["name"].tolist()
    assert len(panel.frame) == 4
    assert repr(panel) == "FleetPanel(machines=4, at=2026-11-21 09:00:00 UTC)"


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


def test_failed_readings_stand_beside_what_was_read_last(given: Given) -> None:
    """While the server is away nothing is lost and words say so; when it is back they go without a click."""
    panel = given.panel()
    before = shown(panel)
    given.survey = APIConnectionError("Cannot reach the server.")
    given.ticks.tick(4)
    assert shown(panel) == before
    assert any("This is what was read last. Cannot reach the server. Asking again." in text for text in texts(panel))
    assert len(panel.frame) == 4
    with pytest.raises(APIConnectionError):
        panel.refresh()
    given.survey = surveyed([LONE])
    given.ticks.tick(10)
    assert shown(panel) == {"No pool": ["Lone"]}
    assert not any("Cannot reach" in text for text in texts(panel))


def test_a_first_reading_that_fails_is_told_and_made_good(given: Given) -> None:
    """Nothing is shown as known before; the frame raises the error; the timer reads on."""
    survey, given.survey = given.survey, APIConnectionError("Cannot reach the server.")
    panel = given.panel()
    assert any("Nothing could be read yet." in text for text in texts(panel))
    with pytest.raises(APIConnectionError):
        _ = panel.frame
    given.survey = survey
    given.ticks.tick(5)
    assert len(panel.frame) == 4


def test_a_rejected_key_stops_until_refresh_is_pressed(given: Given) -> None:
    """It is not asked again by itself; the button tries again."""
    survey, given.survey = given.survey, AuthenticationError("The key is wrong.", status=401)
    panel = given.panel()
    given.ticks.tick(30)
    assert len(given.asked) == 1
    assert any("It is not asked again; press Refresh to try." in text for text in texts(panel))
    given.survey = survey
    control(panel, "Refresh").click()
    assert len(panel.frame) == 4
    assert given.asked == [True, True]


def test_doubts_are_told(given: Given) -> None:
    """Where rows may be missing the panel says so, and so does the frame."""
    given.survey = surveyed(MACHINES, doubts=["About the list of runs: rows may be missing."])
    panel = given.panel()
    assert "About the list of runs: rows may be missing." in texts(panel)
    assert panel.frame.attrs["doubts"] == ["About the list of runs: rows may be missing."]


def test_runs_that_nobody_can_take_are_told(given: Given) -> None:
    """A run that waits for pools that no machine shares would wait for ever."""
    given.survey = surveyed([BOTH], [waits("r", pool_ids=[FRONT.id, EMPTY.id])], pools=[FRONT, BACK, EMPTY])
    panel = given.panel()
    assert any(
        "1 run waits for a machine that is not there, or for pools that share none." in text for text in texts(panel)
    )


def test_hostile_text_stays_text(given: Given) -> None:
    """Markup and control characters in names, errors and parameters reach only places that show text, and harmless."""
    group = pool(HOSTILE).model_copy(update={"id": "p"})
    evil = machine(HOSTILE, group, machine_parameters={HOSTILE: HOSTILE}, hostname=HOSTILE)
    evil = evil.model_copy(update={"id": "m", "version": HOSTILE})
    runs = [ran(evil, "r", "error", ended=ago(hours=1), error=[HOSTILE])]
    given.survey = surveyed([evil], runs, pools=[], workflows=[LOOKUP.model_copy(update={"name": HOSTILE})])
    panel = given.panel(replay=lambda _: w.Label())
    panel.machine = evil.id
    assert not any(isinstance(one, w.HTML | w.HTMLMath) for one in tree(panel))
    told = json.dumps([texts(panel), tables(panel), tiles_of(panel).view, labels(panel)], ensure_ascii=False)
    assert "<img src=x" in told
    assert "\u202e" not in told
    assert "\x07" not in told


def test_messages_of_the_page_are_not_trusted(given: Given) -> None:
    """A message of another shape, or for a machine that is not there, changes nothing."""
    panel = given.panel()
    for message in (
        None,
        [],
        {"kind": "pick"},
        {"kind": "pick", "id": 3},
        {"kind": "pick", "id": "gone"},
        {"id": BUSY.id},
    ):
        tiles_of(panel)._received(None, message, None)
    assert panel.machine is None


def test_an_empty_fleet_says_so(given: Given) -> None:
    """No machine is no error."""
    given.survey = surveyed([])
    panel = given.panel()
    assert "This organization has no machine yet." in texts(panel)
    assert panel.frame.empty


def test_closing_leaves_nothing_behind(given: Given) -> None:
    """A closed panel has no timer, no widget and no listener, hears no late reading, and says that it is closed."""
    before = set(_instances)
    panel = given.panel(replay=lambda _: w.Label(value="the player"))
    panel.machine = "Busy"
    assert given.ticks.running == 2
    late: Future[Survey] = Future()
    panel._polling._read = lambda _: late
    given.ticks.tick(10)
    panel.close()
    panel.close()
    assert given.ticks.running == 0
    assert set(_instances) == before
    late.set_result(surveyed([LONE]))
    assert set(_instances) == before
    assert len(panel.frame) == 4
    for use in (panel.refresh, lambda: setattr(panel, "machine", "Lone")):
        with pytest.raises(ClientClosedError):
            use()
