"""Outputs made to fit a schema."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cyberdesk_nb.simulator.inputs.shaping import as_json_schema, shaped


def text(**more: Any) -> dict[str, Any]:
    """Give a schema with one required field."""
    return {"type": "object", "properties": {"field": more}, "required": ["field"]}


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object"},
        {"additionalProperties": True},
        {"type": ["object", "null"], "required": ["a", "b"], "properties": {"a": {"type": "string"}}},
        text(type="string", minLength=40),
        text(type="string", maxLength=1),
        text(type="string", format="date-time"),
        text(type="integer", minimum=5),
        text(type="integer", exclusiveMinimum=5, multipleOf=3),
        text(type="number", maximum=-2),
        text(type="number", exclusiveMaximum=-2),
        text(type=["null", "string"]),
        text(enum=["x"]),
        text(const=[1, 2]),
        text(
            type="array",
            minItems=2,
            items={"type": "object", "required": ["n"], "properties": {"n": {"type": "number"}}},
        ),
        text(anyOf=[{"type": "number"}, {"type": "null"}]),
        text(allOf=[{"properties": {"a": {"type": "string"}}, "required": ["a"]}, {"type": "object"}]),
        {"$ref": "#/$defs/row", "$defs": {"row": text(type="boolean")}},
        {"type": "object", "properties": {"child": {"$ref": "#"}, "leaf": {"type": "string"}}, "required": ["leaf"]},
        {"properties": {"a": {"$ref": "#/$defs/none"}}},
        {"total": "number", "rows": [{"a": "string"}], "nested": {"flag": "boolean"}},
    ],
)
def test_an_output_fits_its_schema(schema: dict[str, Any]) -> None:
    """What is made passes the schema that it was made for, the shorthand included."""
    value = shaped(schema, {})
    assert isinstance(value, dict)
    asked = {} if "none" in str(schema) else as_json_schema(schema)
    assert list(Draft202012Validator(asked).iter_errors(value)) == []


def test_what_is_known_is_taken_where_it_fits() -> None:
    """A known value stands under its name unless the schema wants another type."""
    schema = {"properties": {"mrn": {"type": "string"}, "total": {"type": "string"}}}
    assert shaped(schema, {"mrn": "M-1", "total": 5, "other": 1}) == {"mrn": "M-1", "total": "n/a"}


def test_an_output_is_an_object_whatever_is_asked() -> None:
    """`output_data` is an object or null: another value stands inside one."""
    assert shaped({"type": "array", "minItems": 1, "items": {"type": "integer"}}, {}) == {"result": [1]}


def test_a_schema_that_only_refers_to_itself_ends() -> None:
    """A schema without any finite value gives something instead of going on for ever."""
    assert shaped({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}, {})
    assert shaped({"$ref": "#"}, {})
