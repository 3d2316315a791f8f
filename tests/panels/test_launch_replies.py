"""The launch panel where a launch is refused, or its reply is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cyberdesk_nb.errors import APIConnectionError, UnprocessableEntityError
from tests.panels.launching import Fleet, one_fleet, press, secret_field
from tests.panels.records import INPUTS, SENTINEL, below, control, run, settled, texts


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    """Give a fleet whose panels are closed in the end."""
    with one_fleet() as made:
        yield made


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
