"""What an export leaves out."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from PIL import Image

from cyberdesk_nb.errors import ConfigurationError
from cyberdesk_nb.player.images import NoPicture, Picture, read_picture
from cyberdesk_nb.player.recordings import Recording, recorded_run, recorded_trajectory
from cyberdesk_nb.player.redaction import MASK, Redaction, Redactor
from cyberdesk_nb.player.story import build_story
from tests.player.pictures import picture

NAME = "Łukasz Nowak"


def recording() -> Recording:
    """Return a trajectory whose inputs stand in every kind of text."""
    kwargs = {"action": "type", "text": NAME, "nested": [{NAME: 4711}], "coordinate": [4711, 7]}
    snapshot = {"last_agent_thought": f"I type {NAME.upper()}.", "custom_cache_detection_instructions": f"not {NAME}"}
    step = {"func_name": "computer", "kwargs": kwargs, "result": f"Typed '{NAME}' 4711", "error": f"no {NAME}"}
    secret = {"func_name": "computer", "kwargs": {"action": "type", "text": "{$password}"}, "result": "a1 7 b"}
    steps = [step | {"pre_check_snapshot": snapshot}, secret, {"func_name": NAME, "args": [4711, 7]}]
    inputs = {"patient": {"name": NAME, "numbers": [4711]}, "floor": 7, "urgent": True, "note": None}
    return recorded_trajectory({"name": NAME, "trajectory_data": steps, "original_input_values": inputs})


def told(redaction: Redaction, of: Recording | None = None) -> str:
    """Return everything that the front end would be told."""
    return json.dumps(build_story(Redactor(redaction, of or recording()).recording()), ensure_ascii=False)


def test_chosen_inputs_are_masked_in_every_field() -> None:
    """Each value of a chosen input is gone from every text, in any case, and from names, keys and numbers."""
    text = told(Redaction(inputs=("patient",)))
    assert NAME.casefold() not in text.casefold()
    assert 'nested: [{\\"■■■\\": \\"■■■\\"}]' in text
    assert text.count(MASK) >= 8


def test_coordinates_stay() -> None:
    """A coordinate that happens to equal a masked number is still drawn and shown where it was."""
    redacted = Redactor(Redaction(inputs=("patient",)), recording()).recording()
    assert redacted.steps[0].kwargs["coordinate"] == [4711, 7]
    assert redacted.steps[2].args == [4711, 7]


def test_inputs_that_were_not_chosen_stay() -> None:
    """Nothing else is masked."""
    assert MASK not in told(Redaction())
    assert NAME in told(Redaction(inputs=("floor",)))


def test_short_values_are_masked_as_words_only() -> None:
    """The input "7" is masked where it stands alone, not inside other words and numbers."""
    redacted = Redactor(Redaction(values=("7",)), recording()).recording()
    assert redacted.steps[1].result == f"a1 {MASK} b"
    assert redacted.steps[0].result == f"Typed '{NAME}' 4711"


def test_typed_text_is_masked_wherever_it_occurs_but_secrets_keep_their_names() -> None:
    """With typed_text, what was typed is gone from thoughts and results too; a secret's name stays readable."""
    text = told(Redaction(typed_text=True))
    assert NAME.casefold() not in text.casefold()
    assert "{$password}" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Anna Maria", "for Anna\n    Maria."),
        ('O"Neil', 'the reply was {"name": "O\\"Neil"}'),
        ("Łukasz", '{"name": "\\u0141ukasz"}'),
        ("Tom & Ann", "<b>Tom &amp; Ann</b>"),
        ("a b/c@d.org", "GET /find?q=a%20b%2Fc%40d.org"),
        ("a b/c@d.org", "GET /find?q=a+b%2Fc%40d.org"),
        ("José", "Jose\u0301 was here"),
        ("Jose\u0301", "José was here"),
    ],
)
def test_a_value_is_masked_however_it_is_spelt(value: str, text: str) -> None:
    """Wrapped lines, JSON, HTML, addresses and the other form of an accent do not save a value from being masked."""
    step = {"func_name": "f", "result": text}
    result = Redactor(Redaction(values=(value,)), recorded_trajectory({"trajectory_data": [step]})).recording()
    assert MASK in str(result.steps[0].result)


@pytest.mark.parametrize(
    ("step", "typed"),
    [
        ({"func_name": "type", "args": [83177]}, "83177"),
        ({"func_name": "type", "args": ["Ada\tLovelace\n"]}, "Lovelace"),
        ({"func_name": "computer", "kwargs": {"action": "key", "text": "Q"}}, "Q"),
        ({"func_name": "computer", "kwargs": {"action": "key", "text": "shift+q"}}, "shift+q"),
        ({"func_name": "fill", "args": [5, 6, "Lovelace"]}, "Lovelace"),
        ({"func_name": "fill", "kwargs": {"selector": "#a", "value": ["Lovelace"]}}, "Lovelace"),
        ({"func_name": "fill", "kwargs": {"text": "Lovelace"}, "result": "filled in Lovelace."}, "Lovelace"),
        ({"func_name": "type", "args": ["Ada\tLovelace"], "result": "the field shows Lovelace"}, "Lovelace"),
    ],
)
def test_typed_text_is_found_in_every_dialect(step: dict[str, Any], typed: str) -> None:
    """Text counts as typed as a number, over several fields, key by key, and by an action outside the vocabulary."""
    of = recorded_trajectory({"trajectory_data": [step]})
    assert typed in told(Redaction(), of)
    assert typed not in told(Redaction(typed_text=True), of)


def test_a_pasted_document_is_masked() -> None:
    """Typed text as long as a book is left out as quickly as a word, also where it was echoed."""
    document = "It was a dark and stormy night. " * 20_000
    step = {"func_name": "type", "args": [document], "result": f'{{"typed": "{document}"}}'}
    text = told(Redaction(typed_text=True), recorded_trajectory({"trajectory_data": [step]}))
    assert "stormy" not in text


def test_other_keys_and_places_stay_with_typed_text() -> None:
    """Shortcuts and coordinates say nothing that was typed, and stay."""
    steps = [
        {"func_name": "computer", "kwargs": {"action": "key", "text": "ctrl+s"}},
        {"func_name": "fill", "args": [5, 6, "Ada"]},
        {"func_name": "click", "args": [7, 8]},
        {"func_name": "type", "args": [7]},
    ]
    redacted = Redactor(Redaction(typed_text=True), recorded_trajectory({"trajectory_data": steps})).recording()
    assert redacted.steps[0].action.keys == "ctrl+s"
    assert [(step.action.x, step.action.y) for step in redacted.steps[1:3]] == [(5, 6), (7, 8)]
    assert redacted.steps[1].args == [5, 6, MASK]
    assert redacted.steps[2].args == [7, 8]


@pytest.mark.parametrize("wrong", [{"inputs": "patient"}, {"values": "Ada"}, {"rectangles": ((1, 2, 3),)}])
def test_a_redaction_in_the_wrong_form_is_an_error(wrong: dict[str, Any]) -> None:
    """One text where several belong would leave it readable, and half a rectangle a screen: both raise."""
    with pytest.raises(ConfigurationError, match="Redaction"):
        Redaction(**wrong)


def test_a_runs_ending_is_masked() -> None:
    """The run's errors and the agent's last words are masked, too."""
    history = [{"role": "assistant", "content": [{"type": "text", "text": f"I failed for {NAME}"}]}]
    run: dict[str, Any] = {"status": "error", "error": [f"{NAME} not found"], "run_message_history": history}
    run["input_values"] = {"name": NAME}
    assert NAME not in told(Redaction(inputs=("name",)), recorded_run(run))


def test_a_misspelt_input_is_an_error() -> None:
    """Naming an input that is not there raises and names those that are, instead of masking nothing."""
    with pytest.raises(ConfigurationError, match=r"'patiant'.*floor, note, patient, urgent"):
        Redactor(Redaction(inputs=("patiant",)), recording())


def shown(redaction: Redaction, data: bytes) -> Picture | NoPicture:
    """Return a picture as the export would hold it."""
    return Redactor(redaction, recording()).picture(read_picture(data))


def test_rectangles_are_painted_over() -> None:
    """A rectangle is black in the written picture, whichever corners it was given by, and the rest is as it was."""
    outcome = shown(Redaction(rectangles=((30, 20, 10, 10),)), picture(colour="white"))
    assert isinstance(outcome, Picture)
    with Image.open(io.BytesIO(outcome.data)) as image:
        assert [image.getpixel(point) for point in [(10, 10), (20, 15), (30, 20), (31, 20)]] == [(0, 0, 0)] * 3 + [
            (255, 255, 255)
        ]


@pytest.mark.parametrize("data", [picture("JPEG", (400, 300))[:900], b"nothing"])
def test_a_picture_that_cannot_be_painted_over_is_left_out(data: bytes) -> None:
    """With rectangles, a picture that cannot be decoded is not written as it was."""
    assert isinstance(shown(Redaction(rectangles=((0, 0, 5, 5),)), data), NoPicture)


def test_pictures_can_be_left_out() -> None:
    """With pictures=True there is none."""
    assert isinstance(shown(Redaction(pictures=True), picture()), NoPicture)


def test_no_value_masks_nothing() -> None:
    """Empty values and values of nothing but spaces do not mask everything."""
    of: Any = recorded_trajectory({"trajectory_data": [{"func_name": "f", "result": "a b"}]})
    assert MASK not in told(Redaction(values=("", "  ")), of)
