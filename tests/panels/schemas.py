"""Random JSON Schemas, values that fit them, and values that need not."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=6),
        st.sampled_from(["", "\n", "\r", "\ud800", "__EMPTY__", "2026-02-30", "1e400"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abpqz"), inner, max_size=3)),
    max_leaves=6,
)
_KEYS = st.sampled_from(["a", "b", "c", "<b>", "$ref"])
_LEAVES = st.one_of(
    st.sampled_from(
        [
            {"type": "string"},
            {"type": "string", "minLength": 1, "maxLength": 300},
            {"type": "string", "format": "date"},
            {"type": "string", "format": "date-time"},
            {"type": "integer", "minimum": 0, "maximum": 9},
            {"type": "number", "exclusiveMinimum": 0},
            {"type": "boolean"},
            {"enum": ["a", "b", 1, True, None, "1"]},
            {"const": {"x": 1}},
            {"type": ["string", "null"]},
            {"type": ["integer", "string"]},
            {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            {"oneOf": [{"type": "integer"}, {"type": "string"}]},
            {"$ref": "#/$defs/leaf"},
            {"$ref": "#/$defs/loop"},
            {"$ref": "#/$defs/none"},
            {"$ref": "#/$defs/tree"},
            {"$ref": "#"},
            {"not": {"type": "null"}},
            {},
        ]
    ),
    st.builds(lambda default: {"type": "string", "default": default}, JSON),
)


def _array(items: Any, nullable: bool) -> dict[str, Any]:
    return {"type": ["array", "null"] if nullable else "array", "items": items}


def _object(properties: dict[str, Any], required: set[str], nullable: bool, closed: bool) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": ["object", "null"] if nullable else "object", "properties": properties}
    schema["required"] = [key for key in properties if key in required]
    return schema | ({"additionalProperties": False} if closed else {})


_PARTS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds(_array, inner, st.booleans()),
        st.builds(_object, st.dictionaries(_KEYS, inner, max_size=3), st.sets(_KEYS), st.booleans(), st.booleans()),
    ),
    max_leaves=6,
)
_DEFS: dict[str, Any] = {"leaf": {"type": "string", "maxLength": 3}, "loop": {"$ref": "#/$defs/loop"}}
_DEFS["tree"] = {
    "type": "object",
    "properties": {
        "a": {"$ref": "#/$defs/tree"},
        "b": {"type": "array", "items": {"$ref": "#/$defs/tree"}},
        "c": {"$ref": "#/$defs/leaf"},
    },
}

SCHEMAS = st.builds(
    lambda properties, required: {
        "type": "object",
        "properties": properties,
        "required": [key for key in properties if key in required],
        "$defs": _DEFS,
    },
    st.dictionaries(st.sampled_from("pqr"), _PARTS, min_size=1, max_size=3),
    st.sets(st.sampled_from("pqr")),
)


def values(schema: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one case per type
    """Draw values that mostly fit; whether one does is for `jsonschema` to say."""
    types = schema.get("type")
    if isinstance(types, list):
        return st.one_of(*(values(schema | {"type": one}) for one in types))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match types:
        case "string":
            dates = [st.dates().map(str)] if schema.get("format") == "date" else []
            times = [st.datetimes().map(lambda t: t.isoformat() + "Z")] if schema.get("format") == "date-time" else []
            return st.one_of(*dates, *times, st.text(max_size=4))
        case "integer":
            return st.integers(-2, 11)
        case "number":
            return st.floats(-9, 9)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "array":
            return st.lists(values(schema["items"]), max_size=3)
        case "object":
            return _objects(schema)
        case _:
            return JSON


def _objects(schema: Any) -> st.SearchStrategy[Any]:
    drawn = {key: values(part) for key, part in schema["properties"].items()}
    needed = {key: one for key, one in drawn.items() if key in schema["required"]}
    return st.fixed_dictionaries(needed, optional={key: one for key, one in drawn.items() if key not in needed})
