"""Outputs in the shape that a workflow asks for: full JSON Schema, or the shorthand `{field: "string"}`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from cyberdesk_nb.simulator.inputs.checking import errors_in

Schema = dict[str, Any]

_SCHEMA_WORDS = frozenset({"properties", "$ref", "$schema", "anyOf", "oneOf", "allOf", "enum", "const", "required"})
_KINDS = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
_BY_FORMAT = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T09:30:00Z",
    "time": "09:30:00Z",
    "uuid": "3f6f1f6e-5c1c-4c52-8a53-0d7a5b1c2d3e",
    "email": "desk@example.com",
    "uri": "https://example.com/",
}
_MOST_HOPS = 3
"""A schema may refer to itself: from here on what is optional is left out, and then all is."""


def as_json_schema(schema: Schema) -> Schema:
    """Return a workflow's output schema as JSON Schema; each field of the shorthand must be there."""
    kind = schema.get("type")
    is_full = bool(_SCHEMA_WORDS & schema.keys()) or isinstance(kind, list) or kind in _KINDS or not schema
    if is_full or not all(isinstance(one, (str, dict, list)) for one in schema.values()):
        return schema
    fields = {name: _field(one) for name, one in schema.items()}
    return {"type": "object", "properties": fields, "required": list(fields)}


def _field(shorthand: Any) -> Schema:
    if isinstance(shorthand, str):
        return {"type": shorthand} if shorthand in _KINDS else {}
    return {"type": "array"} if isinstance(shorthand, list) else as_json_schema(cast("Schema", shorthand))


def shaped(schema: Schema, known: Mapping[str, Any]) -> Schema:
    """Make an output that fits a schema as far as such words go, taking what is known by name."""
    whole = as_json_schema(schema)
    value = _Maker(whole).made(whole, known, 0)
    return cast("Schema", value) if isinstance(value, dict) else {"result": value}


def fits(value: Any, schema: Schema) -> bool:
    """Tell whether a value fits a schema; one that cannot be applied fits nothing."""
    try:
        return not errors_in(value, schema)
    except Exception:  # noqa: BLE001 - a user's schema may be anything; what it cannot check does not fit
        return False


class _Maker:
    """Makes values for the parts of one schema, to which `$ref` may lead back; `hops` counts such leads."""

    def __init__(self, root: Schema) -> None:
        self._root = root

    def made(self, schema: Any, known: Any, hops: int) -> Any:
        """Return a value for one part."""
        part, hops = self._plain(schema, hops)
        for word in ("const", "default"):
            if word in part:
                return part[word]
        if isinstance(part.get("enum"), list) and part["enum"]:
            return part["enum"][0]
        kind: Any = next(iter(_items(part, "type")), part.get("type"))
        if kind == "object" or "properties" in part:
            return self._object(part, known, hops)
        if kind == "array":
            return [self.made(part.get("items"), None, hops) for _ in range(_count(part.get("minItems")))]
        return _simple(part, str(kind))

    def _plain(self, schema: Any, hops: int) -> tuple[Schema, int]:
        """Follow references, take the first of alternatives and put parts together."""
        part = cast("Schema", schema) if isinstance(schema, dict) and hops <= _MOST_HOPS else {}
        if "$ref" in part:
            return self._plain(self._at(str(part["$ref"])), hops + 1)
        merged = {key: value for key, value in part.items() if key not in {"anyOf", "oneOf", "allOf"}}
        for one in [*_items(part, "anyOf")[:1], *_items(part, "oneOf")[:1], *_items(part, "allOf")]:
            more, hops = self._plain(one, hops)
            fields = {**merged.get("properties", {}), **more.get("properties", {})}
            merged = {**merged, **more, **({"properties": fields} if fields else {})}
        return merged, hops

    def _at(self, reference: str) -> Any:
        found: Any = self._root if reference.startswith("#") else None
        for name in reference.split("/")[1:]:
            inner = cast("Schema", found) if isinstance(found, dict) else {}
            found = inner.get(name.replace("~1", "/").replace("~0", "~"))
        return found

    def _object(self, part: Schema, known: Any, hops: int) -> Schema:
        fields: Schema = part.get("properties") or {}
        required = [str(name) for name in _items(part, "required")]
        names = dict.fromkeys([*fields, *required] if hops < _MOST_HOPS else required)
        return {name: self._known_or_made(fields.get(name), name, known, hops) for name in names}

    def _known_or_made(self, part: Any, name: str, known: Any, hops: int) -> Any:
        found = cast("Schema", known).get(name) if isinstance(known, dict) else None
        # Definitions of the whole come along, since a part may refer to them.
        definitions = {key: self._root[key] for key in ("$defs", "definitions") if key in self._root}
        asked = {**definitions, **cast("Schema", part)} if isinstance(part, dict) else {}
        return found if found is not None and fits(found, asked) else self.made(part, found, hops)


def _items(part: Schema, word: str) -> list[Any]:
    return cast("list[Any]", part[word]) if isinstance(part.get(word), list) else []


def _simple(part: Schema, kind: str) -> Any:
    if kind in {"number", "integer"}:
        return _number(part, is_whole=kind == "integer")
    plain: Schema = {"boolean": True, "null": None}
    if kind in plain:
        return plain[kind]
    text = _BY_FORMAT.get(str(part.get("format")), "n/a").ljust(_count(part.get("minLength")), ".")
    most = part.get("maxLength")
    return text[:most] if isinstance(most, int) else text


def _number(part: Schema, *, is_whole: bool) -> float:
    step = _real(part.get("multipleOf")) or (1 if is_whole else 0.5)
    at_least, above = _real(part.get("minimum")), _real(part.get("exclusiveMinimum"))
    at_most, below = _real(part.get("maximum")), _real(part.get("exclusiveMaximum"))
    if at_least is not None or above is not None:
        least = at_least if at_least is not None else (above or 0) + step / 2
        return math.ceil(least / step) * step if "multipleOf" in part or is_whole else least
    if at_most is not None or below is not None:
        most = at_most if at_most is not None else (below or 0) - step / 2
        return math.floor(most / step) * step if "multipleOf" in part or is_whole else most
    return step if is_whole else 3 * step


def _real(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _count(least: Any) -> int:
    return min(least, 1000) if isinstance(least, int) and least > 0 else 0
