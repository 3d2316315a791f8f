"""Random JSON Schemas over most keywords of each type, and values that have a good chance to fit them."""

from __future__ import annotations

from typing import Any, cast

from hypothesis import strategies as st
from jsonschema import Draft202012Validator, SchemaError

from tests.panels.schemas import JSON

_SMALL = st.integers(0, 3)
_BOUND = st.one_of(st.integers(-20, 20), st.floats(-20, 20))
_TEXT = st.text(max_size=12)
_KEYS = st.one_of(st.sampled_from(["name", "date", "$ref", "a.b", "<b>", "", "__EMPTY__"]), st.text(max_size=3))
_NOTES: dict[str, st.SearchStrategy[Any]] = {
    "title": _TEXT,
    "description": _TEXT,
    "readOnly": st.booleans(),
    "default": JSON,
    "examples": st.lists(JSON, max_size=2),
}
_KEYWORDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "string": {
        "minLength": _SMALL,
        "maxLength": st.sampled_from([1, 4, 5000]),
        "pattern": st.sampled_from(["^a", "[0-9]{2}", "^[^<]*$", r"^\S+$", "x|y", "^$", "^.$"]),
        "format": st.sampled_from(["date", "date-time", "email", "uuid", "ipv4", "unknown", "password"]),
    },
    "integer": {"minimum": _BOUND, "exclusiveMaximum": _BOUND, "multipleOf": st.sampled_from([1, 2, 0.5])},
    "number": {"exclusiveMinimum": _BOUND, "maximum": _BOUND, "multipleOf": st.sampled_from([3, 0.25])},
    "boolean": {},
    "null": {},
    "array": {"minItems": _SMALL, "maxItems": _SMALL, "uniqueItems": st.booleans()},
    "object": {"minProperties": _SMALL, "maxProperties": _SMALL, "additionalProperties": st.booleans()},
}


@st.composite
def _typed(draw: st.DrawFn, kind: str, **inside: Any) -> dict[str, Any]:
    types: Any = draw(st.sampled_from([kind, kind, [kind], [kind, "null"], ["null", kind]]))
    if kind == "null":
        types = kind
    return {"type": types, **inside, **draw(st.fixed_dictionaries({}, optional=_KEYWORDS[kind] | _NOTES))}


@st.composite
def _object(draw: st.DrawFn, inner: st.SearchStrategy[Any], least: int = 0) -> dict[str, Any]:
    properties = draw(st.dictionaries(_KEYS, inner, min_size=least, max_size=3))
    needed = [key for key in properties if draw(st.booleans())]
    return draw(_typed("object", properties=properties, required=needed))


def _inside(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, min_size=1, max_size=2)
    return st.one_of(
        inner.flatmap(lambda items: _typed("array", items=items)),
        _object(inner),
        st.builds(lambda parts, word: {word: parts}, some, st.sampled_from(["anyOf", "oneOf", "allOf"])),
        st.builds(lambda part: {"anyOf": [part, {"type": "null"}]}, inner),
        st.builds(lambda test, part: {"if": test, "then": part}, inner, inner),
        st.builds(lambda part: {"not": part}, inner),
        st.builds(lambda parts: {"type": "array", "prefixItems": parts}, some),
        st.builds(lambda part: {"type": "object", "additionalProperties": part}, inner),
        st.builds(lambda part: {"type": "object", "patternProperties": {"^[a-m]": part}}, inner),
    )


def _is_schema(schema: Any) -> bool:
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError:
        return False
    return True


_LEAVES = st.one_of(
    *(_typed(kind) for kind in _KEYWORDS),
    st.builds(lambda values: {"enum": values}, st.lists(JSON, min_size=1, max_size=4)),
    st.builds(lambda value: {"const": value}, JSON),
    st.booleans(),
    st.just({}),
    st.just({"$ref": "#"}),
)
WILD = _object(st.recursive(_LEAVES, _inside, max_leaves=5), least=1).filter(_is_schema)


def likely(schema: Any) -> st.SearchStrategy[Any]:
    """Draw a value that follows the schema's outline; `jsonschema` says whether it fits."""
    if not isinstance(schema, dict):
        return JSON
    parts = cast("dict[str, Any]", schema)
    for word in ("anyOf", "oneOf", "allOf"):
        if word in parts:
            return st.one_of([likely(part) for part in parts[word]])
    if "enum" in parts or "const" in parts:
        return st.sampled_from(parts.get("enum") or [parts["const"]])
    types = parts.get("type", ())
    return st.one_of([_of_type(one, parts) for one in ([types] if isinstance(types, str) else types)] or [JSON])


def _of_type(kind: str, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    whole = st.integers(-24, 24)
    simple = {
        "integer": whole,
        "number": st.one_of(whole, st.floats(-24, 24)),
        "boolean": st.booleans(),
        "null": st.none(),
    }
    nested = {"object": _likely_object, "array": _likely_list, "string": _likely_text}
    return simple[kind] if kind in simple else nested[kind](schema)


@st.composite
def _likely_object(draw: st.DrawFn, schema: dict[str, Any]) -> Any:
    properties = schema.get("properties", {})
    given = [key for key in properties if key in schema.get("required", ()) or draw(st.integers(0, 3))]
    return {key: draw(likely(properties[key])) for key in given}


@st.composite
def _likely_list(draw: st.DrawFn, schema: dict[str, Any]) -> Any:
    first = [draw(likely(part)) for part in schema.get("prefixItems", ())]
    least = min(schema.get("minItems", 0), 3)
    return first + [draw(likely(schema.get("items", {}))) for _ in range(draw(st.integers(least, least + 2)))]


def _likely_text(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    match schema.get("format"):
        case "date":
            return st.dates().map(str)
        case "date-time":
            return st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat())
        case "email":
            return st.emails()
        case "uuid":
            return st.uuids().map(str)
        case "ipv4":
            return st.ip_addresses(v=4).map(str)
        case _:
            text = st.text(max_size=6)
            return st.one_of(text, st.from_regex(schema["pattern"])) if "pattern" in schema else text
