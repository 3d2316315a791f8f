"""References to what earlier steps give back."""

from __future__ import annotations

from typing import Any

import pytest

from cyberdesk_nb.models import WorkflowResponse
from cyberdesk_nb.panels.form import FieldError
from cyberdesk_nb.panels.launch.references import (
    MOST_OFFERED,
    Producer,
    is_reference,
    output_schema,
    reference_errors,
    references,
    without_postponed,
)
from tests.panels.records import workflow

OUTPUT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "mrn": {"type": "string"},
        "total": {"$ref": "#/$defs/count"},
        "plan": {"type": ["object", "null"], "properties": {"unit price": {"type": "number"}}},
        "codes": {"type": "array", "items": {"type": "object", "properties": {"code": {"type": "string"}}}},
        "any": {},
    },
    "$defs": {"count": {"type": "integer"}},
}
WANTED: dict[str, Any] = {
    "properties": {
        "text": {"type": "string"},
        "maybe": {"type": ["number", "null"]},
        "open": {},
        "deep": {"type": "object", "properties": {"rows": {"type": "array", "items": {"type": "integer"}}}},
    }
}


def producing(schema: Any) -> WorkflowResponse:
    """Make a workflow with this output schema, as text."""
    return workflow().model_copy(update={"output_schema": schema})


def test_only_an_object_of_one_ref_is_a_reference() -> None:
    """The form is `{"$ref": text}`; more keys, or something else than text, make it an ordinary value."""
    assert is_reference({"$ref": "a.outputs.b"})
    for other in ({"$ref": 1}, {"$ref": "a", "b": 1}, {}, "a.outputs.b", ["$ref"], None):
        assert not is_reference(other)
    value = {"a": {"$ref": "x"}, "b": [{"c": {"$ref": "y"}}], "c": {"$ref": 3}}
    assert list(references(value)) == [(("a",), "x"), (("b", 0, "c"), "y")]


def test_outputs_are_offered_with_their_types() -> None:
    """Every named part of the output can be chosen, inner ones and odd names too; the whole comes first."""
    assert Producer("one", OUTPUT).outputs() == [
        ("one.outputs", "object"),
        ("one.outputs.mrn", "string"),
        ("one.outputs.total", "integer"),
        ("one.outputs.plan", "object"),
        ('one.outputs.plan["unit price"]', "number"),
        ("one.outputs.codes", "array"),
        ("one.outputs.any", ""),
    ]
    assert Producer("one").outputs() == [("one.outputs", "object")]


def test_a_schema_that_leads_in_a_circle_is_offered_in_part() -> None:
    """A recursive output schema gives a bounded offer."""
    tree = {"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}, "type": "object"}
    assert 1 < len(Producer("one", tree).outputs()) < 1000


def test_a_very_wide_output_is_offered_in_part() -> None:
    """Of thousands of outputs the first are offered; others can still be written, and are judged."""
    wide = {"type": "object", "properties": {f"p{number}": {"type": "string"} for number in range(2000)}}
    assert len(Producer("one", wide).outputs()) == 1 + MOST_OFFERED
    assert reference_errors({"text": {"$ref": "one.outputs.p1999"}}, WANTED, [Producer("one", wide)]) == []


@pytest.mark.parametrize(
    ("text", "properties"),
    [
        ('{"a": "string", "b": {"c": "number"}}', {"a": {"type": "string"}, "b": {"type": "object"}}),
        ('{"type": "string", "n": "weird"}', {"type": {"type": "string"}, "n": {}}),
        ('{"properties": {"a": {"type": "string"}}}', {"a": {"type": "string"}}),
    ],
)
def test_the_short_form_of_an_output_schema_is_read(text: str, properties: dict[str, Any]) -> None:
    """`{field: "string"}`, nested or with a field called type, means the same as the long form."""
    schema = output_schema(producing(text))
    assert schema is not None
    found = {name: {k: v for k, v in part.items() if k == "type"} for name, part in schema["properties"].items()}
    assert found == properties


@pytest.mark.parametrize("text", [None, "", "{", "[]", "3", "{}", "[" * 100_000, '{"type": "object", "properties": 3}'])
def test_an_output_schema_that_cannot_be_read_says_nothing(text: str | None) -> None:
    """A missing or broken schema restricts no reference."""
    assert output_schema(producing(text)) is None


@pytest.mark.parametrize(
    ("key", "reference", "words"),
    [
        ("text", "one.outputs.mrn", ""),
        ("text", "one.outputs.codes[0].code", ""),
        ("text", "one.outputs.any.thing", ""),
        ("text", "one.outputs..odd", ""),
        ("text", "two.outputs.whatever", ""),
        ("maybe", "one.outputs.total", ""),
        ("maybe", "one.outputs.plan['unit price']", ""),
        ("open", "one.outputs.codes", ""),
        ("text", "one.outputs.total", "That output is a whole number, and text is wanted here."),
        ("maybe", "one.outputs.mrn", "That output is text, and a number is wanted here."),
        ("text", "one.outputs.nothing", "That step declares no such output."),
        ("text", "one.outputs.plan.price", "That step declares no such output."),
        ("text", "none.outputs.mrn", "No earlier step is called 'none'. Earlier steps: one, two."),
        ("text", "one.mrn", "No earlier step is called 'one.mrn'"),
    ],
)
def test_a_reference_must_lead_to_what_an_earlier_step_declares(key: str, reference: str, words: str) -> None:
    """An unknown step, an undeclared output and a wrong type are said; what is left open is left to the server."""
    found = reference_errors({key: {"$ref": reference}}, WANTED, [Producer("one", OUTPUT), Producer("two")])
    assert [error.path for error in found] == ([(key,)] if words else [])
    assert all(error.message.startswith(words) for error in found)


def test_references_deep_inside_are_judged_by_what_is_wanted_there() -> None:
    """A row of a list inside an object has a type of its own."""
    values = {"deep": {"rows": [1, {"$ref": "one.outputs.mrn"}, {"$ref": "one.outputs.total"}]}}
    (error,) = reference_errors(values, WANTED, [Producer("one", OUTPUT)])
    assert error.path == ("deep", "rows", 1)


def test_errors_that_a_value_to_come_decides_are_postponed() -> None:
    """An error at a reference, inside it, or in what holds it waits for the execution; others and root ones do not."""
    paths = [("a", 0), ("a",), ("a", 0, "b"), ("a", 1), ("ab",), ()]
    errors = [FieldError(path, "x") for path in paths]
    kept = [error.path for error in without_postponed(errors, [("a", 0)])]
    assert kept == [("a", 1), ("ab",), ()]
