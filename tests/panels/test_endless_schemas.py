"""Schemas that never end, or that multiply: the form stays small, and says what it shows as JSON and why."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import ipywidgets as w
import pytest

from cyberdesk_nb.panels.form import SchemaForm
from cyberdesk_nb.panels.form.spec import FIELDS_MAX
from cyberdesk_nb.panels.launch.checking import schema_errors
from cyberdesk_nb.panels.parts import children_of
from tests.panels.records import control, labels, texts

NODE: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, **{f"p{i}": {"$ref": "#/$defs/node"} for i in range(12)}},
}
AGAIN = "It can hold itself again and again: write it as JSON."
MANY = "It has too many fields to show them: write it as JSON."


OF_EVERY_OBJECT = ("Other values (JSON)", "All inputs as JSON")


def everything(widget: w.Widget) -> Iterator[w.Widget]:
    """Yield a widget and all inside it, in view or not."""
    yield widget
    for child in children_of(widget):
        yield from everything(child)


def shares(*levels: int) -> dict[str, Any]:
    """Make a schema whose objects have so many properties on each level, all of one kind."""
    kinds: dict[str, Any] = {f"d{len(levels)}": {"type": "string"}}
    for depth, width in enumerate(levels):
        inner = {f"p{i}": {"$ref": f"#/$defs/d{depth + 1}"} for i in range(width)}
        kinds[f"d{depth}"] = {"type": "object", "properties": inner}
    return {**kinds["d0"], "$defs": kinds}


@pytest.mark.parametrize("to_itself", ["#", "#/properties/self", "#/$defs/node"])
def test_an_object_in_itself_is_json_and_still_checked(to_itself: str) -> None:
    """What holds itself is shown once on its way, then as JSON with the reason; it is checked by the whole schema."""
    inner = {"type": "object", "properties": {"n": {"type": "integer"}, "more": {"$ref": to_itself}}}
    schema = {"type": "object", "properties": {"self": inner}, "$defs": {"node": copy.deepcopy(inner)}}
    shown = SchemaForm(schema)
    shown.value = {"self": {"more": {}}}
    assert texts(shown.widget).count(AGAIN) == 1
    control(shown.widget, "more (JSON)").value = '{"n": "x", "self": {"n": "x"}}'
    (error,) = schema_errors(schema, shown.value)
    assert error.path[-1] == "n"


def test_a_tree_grows_by_rows() -> None:
    """A list of what it stands in has rows, which are made only when they are asked for."""
    inside = {"name": {"type": "string"}, "parts": {"type": "array", "items": {"$ref": "#"}}}
    shown = SchemaForm({"type": "object", "properties": inside})
    control(shown.widget, "Add to parts").click()
    value = {"name": "a", "parts": [{"name": "b", "parts": [{"name": "c"}]}]}
    shown.value = value
    assert shown.value == value
    assert labels(shown.widget).count("name") == 3


@pytest.mark.parametrize(
    "schema",
    [
        {**NODE, "$defs": {"node": NODE}},
        {**shares(12), "$defs": {"d1": {"$ref": "#/$defs/node"}, "node": NODE}},
        shares(20, 20, 20, 20),
        shares(400, 1000),
        shares(FIELDS_MAX + 1),
    ],
)
def test_a_form_has_an_end(schema: dict[str, Any]) -> None:
    """Whatever refers to what, the fields of a form are few enough to be shown; the others are JSON, and say so."""
    inside = list(everything(SchemaForm(schema).widget))
    fields = [name for one in inside if (name := getattr(one, "description", "")) and name not in OF_EVERY_OBJECT]
    assert 0 < sum("given or not" not in name for name in fields) <= FIELDS_MAX + 1
    assert {AGAIN, MANY} & {one.value for one in inside if isinstance(one, w.Label)}


def test_what_is_large_does_not_take_the_fields_of_its_neighbours() -> None:
    """Beside an object that is too large to be shown, small ones keep their fields."""
    small = {"type": "object", "properties": {"zip": {"type": "string"}}}
    large = {"type": "object", "properties": {f"p{i}": {"type": "string"} for i in range(FIELDS_MAX)}}
    shown = SchemaForm({"type": "object", "properties": {"a": large, "b": small}, "required": ["a", "b"]})
    assert "zip" in labels(shown.widget)
    assert texts(shown.widget).count(MANY) == 1
    control(shown.widget, "a * (JSON)").value = '{"p1": "x"}'
    assert shown.value == {"a": {"p1": "x"}, "b": {}}
