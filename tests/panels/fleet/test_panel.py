"""The fleet panel over scripted readings: what it shows, by clicks and from Python."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any, cast

import ipywidgets as w
import pytest
from ipywidgets.widgets.widget import _instances  # pyright: ignore[reportAttributeAccessIssue]

from cyberdesk_nb.errors import ClientClosedError, RequestError
from cyberdesk_nb.panels.fleet.survey import Survey
from tests.panels.fleet.fleets import AT, LOOKUP, ago, ran, surveyed
from tests.panels.fleet.given import BUSY, HOSTILE, LONE, Given, given_panels, shown, tables, tiles_of
from tests.panels.records import control, labels, machine, pool, texts, tree


@pytest.fixture
def given() -> Iterator[Given]:
    """Give what panels need; they are closed in the end."""
    with given_panels() as made:
        yield made


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


def test_a_panel_that_the_page_shows_no_more_rests(given: Given) -> None:
    """Taken from the page it reads nothing and takes no pictures, until it is shown again; never shown, it goes on."""
    panel = given.panel()
    given.ticks.tick()
    panel.machine = "Busy"
    page = cast("Any", panel)
    for places in (1, 2, 1):
        page._view_count = places
    assert given.ticks.running == 2
    page._view_count = 0
    readings, pictures = len(given.asked), len(given.shot)
    given.ticks.tick(30)
    panel.machine = "Lone"
    given.ticks.tick(30)
    assert (len(given.asked), len(given.shot), given.ticks.running) == (readings, pictures + 1, 0)
    assert any("rests" in text for text in texts(panel))
    page._view_count = 1
    assert (len(given.asked), given.asked[-1], given.ticks.running) == (readings + 1, True, 2)
    assert not any("rests" in text for text in texts(panel))


def test_a_resting_panel_that_is_seen_after_all_is_woken(given: Given) -> None:
    """Where the page counted wrong, Refresh makes it go on."""
    panel = given.panel()
    page = cast("Any", panel)
    page._view_count = 1
    page._view_count = 0
    assert given.ticks.running == 0
    control(panel, "Refresh").click()
    assert given.ticks.running == 1


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
