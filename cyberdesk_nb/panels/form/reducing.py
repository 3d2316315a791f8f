"""A part of a JSON Schema made plain: its local references followed, null taken out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, cast

from jsonschema import FormatChecker, SchemaError
from jsonschema.validators import validator_for

Schema: TypeAlias = Mapping[str, Any]

_MAX_HOPS = 16
_NULL = {"type": "null"}
_NOTES = {"title", "description", "default", "examples"}
"""Keys that restrict nothing: those of a place go before those of what stands in it."""
_NO_FORMATS = FormatChecker([])


@dataclass(frozen=True, slots=True)
class Reduced:
    """A part of a schema that is as plain as it gets; `met` are the parts that it was read from, by identity."""

    schema: Schema
    nullable: bool
    met: frozenset[int]


def reduce_schema(schema: object, root: Schema) -> Reduced:
    """Follow local references and take null out, a bounded number of times."""
    plain = cast("Schema", schema) if isinstance(schema, dict) else dict[str, Any]()
    nullable, met = False, {id(plain)}
    for _ in range(_MAX_HOPS):
        reduced, allows_null = _reduce_once(plain, root, met)
        nullable = nullable or allows_null
        if reduced is plain:
            return Reduced(plain, nullable, frozenset(met))
        plain = reduced
    return Reduced({}, nullable, frozenset(met))


def _reduce_once(schema: Schema, root: Schema, met: set[int]) -> tuple[Schema, bool]:
    if isinstance(schema.get("$ref"), str):
        target = _local(schema["$ref"], root)
        if target is None:
            return schema, False
        met.add(id(target))
        # A key beside the reference is meant for this place. The title of what is referred to names the kind of thing:
        # two places of one kind must not look the same.
        return {**_without(target, "title"), **_without(schema, "$ref")}, False
    every = schema.get("allOf", ())
    if len(every) == 1 and isinstance(every[0], dict) and not (every[0].keys() & schema.keys()) - _NOTES:
        return {**every[0], **_without(schema, "allOf")}, False
    for keyword in ("anyOf", "oneOf"):
        branches = [branch for branch in schema.get(keyword, ()) if branch != _NULL]
        nulls = len(schema.get(keyword, ())) - len(branches)
        if len(branches) == 1 and nulls == 1 and isinstance(branches[0], dict):
            return {**branches[0], **_without(schema, keyword)}, True
    types = schema.get("type")
    if isinstance(types, list):
        others = [one for one in cast("list[str]", types) if one != "null"]
        if len(others) == 1:
            return {**schema, "type": others[0]}, len(others) < len(cast("list[str]", types))
    return schema, False


def _local(reference: str, root: Schema) -> Schema | None:
    """Look up a reference of the form `#` or `#/$defs/name`; None where it leads elsewhere or nowhere."""
    if reference == "#":
        return root
    if not reference.startswith("#/"):
        return None
    found: Any = root
    for part in reference[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or key not in found:
            return None
        found = cast("dict[str, Any]", found)[key]
    return cast("Schema", found) if isinstance(found, dict) and _is_known_schema(_Same(found)) else None


class _Same:
    """An object that counts as equal to itself only, since a schema has no hash."""

    def __init__(self, it: Any) -> None:
        self.it = it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.it is other.it

    def __hash__(self) -> int:
        return id(self.it)


@lru_cache(maxsize=256)
def _is_known_schema(part: _Same) -> bool:
    # A form of hundreds of fields may refer to one large part from each of them.
    return is_schema(part.it)


def is_schema(schema: Schema) -> bool:
    """Whether it is a valid JSON Schema of the dialect that it names (2020-12 where it names none).

    A pattern may be one that Python cannot read: servers read others.
    """
    try:
        cast("Any", validator_for(dict(schema))).check_schema(dict(schema), format_checker=_NO_FORMATS)
    except (SchemaError, RecursionError):
        return False
    return True


def _without(schema: Schema, key: str) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != key}
