"""The fleet panel where readings fail, or leave doubts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cyberdesk_nb.errors import APIConnectionError, AuthenticationError
from tests.panels.fleet.fleets import surveyed, waits
from tests.panels.fleet.given import BACK, BOTH, EMPTY, FRONT, LONE, MACHINES, Given, given_panels, shown
from tests.panels.records import control, texts


@pytest.fixture
def given() -> Iterator[Given]:
    """Give what panels need; they are closed in the end."""
    with given_panels() as made:
        yield made


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
