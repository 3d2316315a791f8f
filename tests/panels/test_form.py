"""The schema form: shows, keeps and gives back values."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import ipywidgets as w
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ipywidgets.widgets.widget import _instances  # pyright: ignore[reportAttributeAccessIssue]
from referencing.exceptions import Unresolvable

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.panels.form import FieldError, SchemaForm
from cyberdesk_nb.panels.launch.checking import FORMATS, schema_errors
from tests.panels.records import below, control, labels, texts, tree
from tests.panels.schemas import JSON, SCHEMAS, values


def form(properties: dict[str, Any], *required: str, **rest: Any) -> SchemaForm:
    """Build the form of an object with these properties."""
    return SchemaForm({"type": "object", "properties": properties, "required": list(required), **rest})


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
@given(st.data())
def test_any_value_comes_back_and_counts_as_valid_when_jsonschema_says_so(data: st.DataObject) -> None:
    """For random schemas the form builds, gives back whatever it is set to, and agrees with jsonschema."""
    schema = data.draw(SCHEMAS)
    before = set(_instances)
    shown = SchemaForm(schema)
    try:
        for value in (data.draw(values(schema)), data.draw(st.dictionaries(st.sampled_from("pqrs"), JSON))):
            shown.value = value
            assert text_of(shown.value) == text_of(value)
            assert not shown.problems()
            assert (schema_errors(schema, shown.value) == []) == is_valid(schema, value)
    finally:
        shown.close()
    assert set(_instances) == before


def text_of(value: Any) -> str:
    """Write a value so that 1, 1.0 and true differ."""
    return json.dumps(value, sort_keys=True)


def is_valid(schema: Any, value: Any) -> bool:
    """Ask jsonschema; what it cannot follow counts as valid."""
    try:
        return jsonschema.Draft202012Validator(schema, format_checker=FORMATS).is_valid(value)
    except (Unresolvable, RecursionError):
        return True


def test_defaults_fill_the_form_and_optional_objects_stay_out() -> None:
    """A new form holds the schema's defaults, and nothing for what may be left out."""
    shown = form(
        {
            "n": {"type": "integer", "default": 3},
            "list": {"type": "array", "items": {"type": "string"}, "default": ["a"]},
            "must": {"type": "object", "properties": {"x": {"type": "string", "default": "y"}}},
            "may": {"type": "object", "properties": {"x": {"type": "string", "default": "y"}}},
            "odd": {"type": "string", "default": ["no", "text"]},
        },
        "must",
    )
    assert shown.value == {"n": 3, "list": ["a"], "must": {"x": "y"}, "odd": ["no", "text"]}


@pytest.mark.parametrize(
    ("schema", "entered", "value"),
    [
        ({"type": "string"}, "Łukasz", "Łukasz"),
        ({"type": "integer"}, " 12 ", 12),
        ({"type": "integer"}, "123456789012345678901234567890", 123456789012345678901234567890),
        ({"type": "number"}, "-1.5e3", -1500.0),
        ({"type": "string", "format": "date"}, date(2026, 1, 31), "2026-01-31"),
        ({"enum": ["a", "b"]}, 1, "b"),
        ({"type": "boolean"}, 1, False),
    ],
)
def test_what_a_user_enters_becomes_the_value(schema: dict[str, Any], entered: Any, value: Any) -> None:
    """An edit of a control changes the value of its key, with the type that the schema asks for."""
    edits: list[int] = []
    shown = SchemaForm({"type": "object", "properties": {"x": schema}}, lambda: edits.append(1))
    control(shown.widget, "x").value = entered
    assert text_of(shown.value) == text_of({"x": value})
    assert edits == [1]


def test_an_emptied_field_is_left_out_or_null() -> None:
    """Emptying a field leaves its key out; one that must be there and may be null becomes null."""
    nullable = {"type": ["string", "null"]}
    shown = form({"a": {"type": "string"}, "b": nullable, "c": nullable}, "c")
    shown.value = {"a": "x", "b": "x", "c": "x"}
    for key in "abc":
        control(shown.widget, key).value = ""
    assert shown.value == {"c": None}


@pytest.mark.parametrize("entered", ["abc", "1,5", "NaN", "1e400", "true", "[1]", "9" * 5000])
def test_text_that_is_no_number_is_refused_in_words(entered: str) -> None:
    """What cannot be read as a number is a problem at its field, never another number."""
    shown = form({"n": {"type": "number"}})
    control(shown.widget, "n").value = entered
    assert [problem.path for problem in shown.problems()] == [("n",)]
    control(shown.widget, "n").value = "7"
    assert not shown.problems()
    assert shown.value == {"n": 7}


def test_a_value_that_the_control_cannot_show_becomes_json_until_it_fits_again() -> None:
    """A misfit value is kept as JSON text in the field's place; written so that it fits, the control comes back."""
    shown = form({"day": {"type": "string", "format": "date"}})
    shown.value = {"day": {"year": 2026}}
    area = control(shown.widget, "day (JSON)")
    assert "2026" in area.value
    area.value = '"2026-05-01"'
    assert shown.value == {"day": "2026-05-01"}
    assert control(shown.widget, "day").value == date(2026, 5, 1)


@pytest.mark.parametrize(
    "part", [{"oneOf": [{"type": "string"}, {"type": "object"}]}, {"$ref": "http://x/y"}, {}, True]
)
def test_what_has_no_control_is_a_json_field(part: Any) -> None:
    """A part of a schema that is not understood shows as JSON instead of vanishing."""
    shown = form({"odd": part})
    control(shown.widget, "odd (JSON)").value = '{"a": [1]}'
    assert shown.value == {"odd": {"a": [1]}}
    control(shown.widget, "odd (JSON)").value = "{"
    (problem,) = shown.problems()
    assert problem.path == ("odd",)
    assert "line 1" in problem.message


def test_local_references_and_nullable_unions_have_controls() -> None:
    """`$ref` into the schema, and `anyOf` with null, show as what they mean."""
    shown = form(
        {"a": {"$ref": "#/$defs/n"}, "b": {"anyOf": [{"type": "boolean"}, {"type": "null"}]}},
        **{"$defs": {"n": {"type": "integer"}}},
    )
    control(shown.widget, "a").value = "4"
    control(shown.widget, "b").value = 0
    assert shown.value == {"a": 4, "b": True}


def test_two_places_of_one_kind_are_told_apart() -> None:
    """What a reference leads to is labelled by its own key or title, not by the title of the kind that both share."""
    kind = {"$ref": "#/$defs/Site"}
    shown = form(
        {"from": kind, "to": {"allOf": [kind], "description": "Where it goes"}, "via": {**kind, "title": "By way of"}},
        **{"$defs": {"Site": {"type": "string", "title": "Site"}}},
    )
    assert labels(shown.widget) == ["from", "to", "By way of"]
    control(shown.widget, "to").value = "Ulm"
    assert shown.value == {"to": "Ulm"}
    assert below(shown.widget, "to") == ["Where it goes"]


def test_rows_are_added_filled_and_removed() -> None:
    """A list grows and shrinks by rows, which are numbered anew; without rows an optional list is left out."""
    shown = form({"codes": {"type": "array", "items": {"type": "string"}}})
    for text in "abc":
        control(shown.widget, "Add to codes").click()
        control(shown.widget, str("abc".index(text) + 1)).value = text
    assert shown.value == {"codes": ["a", "b", "c"]}
    next(one for one in tree(shown.widget) if getattr(one, "description", "") == "Remove").click()  # pyright: ignore[reportAttributeAccessIssue]
    assert shown.value == {"codes": ["b", "c"]}
    assert {"1", "2"} <= set(labels(shown.widget))
    assert "3" not in labels(shown.widget)
    while removes := [one for one in tree(shown.widget) if getattr(one, "description", "") == "Remove"]:
        removes[0].click()  # pyright: ignore[reportAttributeAccessIssue]
    assert shown.value == {}


def test_an_empty_row_is_a_problem() -> None:
    """A row that was added and not filled in is not dropped in silence."""
    shown = form({"codes": {"type": "array", "items": {"type": "integer"}}})
    control(shown.widget, "Add to codes").click()
    assert [problem.path for problem in shown.problems()] == [("codes", 0)]


def test_a_nullable_list_can_be_given_null_or_left_out() -> None:
    """A list that may be null is shown, and all its three states can be chosen."""
    shown = form({"xs": {"type": ["array", "null"], "items": {"type": "string"}}})
    state = next(one for one in tree(shown.widget) if isinstance(one, w.Dropdown))
    seen = []
    for choice in ("given", "null", "out"):
        state.value = choice
        seen.append(shown.value)
    assert seen == [{"xs": []}, {"xs": None}, {}]


def test_an_optional_object_begins_with_its_defaults() -> None:
    """Choosing to fill in an object that was left out puts the defaults of its properties in place."""
    country = {"type": "string", "default": "CH"}
    shown = form({"address": {"type": "object", "properties": {"country": country, "zip": {"type": "string"}}}})
    state = next(one for one in tree(shown.widget) if isinstance(one, w.Dropdown))
    assert "country" not in labels(shown.widget)
    state.value = "given"
    assert shown.value == {"address": {"country": "CH"}}
    control(shown.widget, "zip").value = "8000"
    state.value = "out"
    assert shown.value == {}


def test_json_and_fields_are_two_views_of_one_value() -> None:
    """An edit in either view shows in the other, and JSON that cannot be read is a problem, not a loss."""
    shown = form({"a": {"type": "string"}})
    view = next(one for one in tree(shown.widget) if isinstance(one, w.ToggleButtons))
    control(shown.widget, "a").value = "x"
    view.value = "JSON"
    area = next(one for one in tree(shown.widget) if isinstance(one, w.Textarea))
    assert area.value == '{\n  "a": "x"\n}'
    area.value = '{"a": "y", "extra": [1]}'
    assert shown.value == {"a": "y", "extra": [1]}
    area.value = '{"a": '
    assert "JSON view" in str(shown.problems()[0])
    view.value = "Fields"
    assert control(shown.widget, "a").value == "y"
    assert '"extra"' in control(shown.widget, "Other values (JSON)").value
    view.value = "JSON"
    area.value = "[1]"
    assert "object" in str(shown.problems()[0])


def test_an_error_shows_under_its_own_field() -> None:
    """An error stands in the frame of the field that its path names; the next check takes it away."""
    shown = form({"o": {"type": "object", "properties": {"z": {"type": "string"}, "y": {"type": "string"}}}}, "o")
    shown.show_errors([FieldError(("o", "z"), "Wrong zip."), FieldError(("o", "q", 1), "Odd.")])
    assert "Wrong zip." in below(shown.widget, "z")
    assert "Wrong zip." not in below(shown.widget, "y")
    assert "q.1: Odd." in texts(shown.widget)
    shown.show_errors([])
    assert "Wrong zip." not in texts(shown.widget)


def test_text_from_the_schema_is_text() -> None:
    """Titles, descriptions and choices with markup stand in widgets that show it as it is."""
    evil = "<img src=x onerror=alert(1)>\u202e\x1b[31m"
    shown = form(
        {evil: {"enum": [evil], "title": evil, "description": evil}, "t": {"type": "string", "examples": [evil]}}
    )
    for one in tree(shown.widget):
        assert not isinstance(one, w.HTML | w.HTMLMath)
        assert not getattr(one, "description_allow_html", False)
        assert "\u202e" not in getattr(one, "description", "") + str(getattr(one, "value", ""))


def test_python_values_become_json_or_are_refused() -> None:
    """Dates and tuples are taken as JSON; what has no JSON form is an error in words."""
    shown = form({})
    shown.value = {"d": date(2026, 1, 2), "t": (1, 2)}
    assert shown.value == {"d": "2026-01-02", "t": [1, 2]}
    with pytest.raises(RequestError, match="JSON"):
        shown.value = {"x": object()}
    with pytest.raises(RequestError, match="JSON"):
        shown.value = {"x": float("nan")}
