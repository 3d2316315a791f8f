"""Every value of an answer with its type: by the API's own description, else by its name and looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal, TypeAlias, cast

from cyberdesk_nb.simulator.faults.asked import Asked
from cyberdesk_nb.simulator.faults.operations import Operations, Schema

Kind: TypeAlias = Literal[
    "text", "id", "enum", "time", "address", "picture", "structure",
    "integer", "number", "boolean", "null", "list", "object",
]  # fmt: skip

_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_TIMES = re.compile(r"\w+_at|timestamp|last_seen")
_IDS = re.compile(r"id|\w+_ids?")
_ADDRESS = re.compile(r"(https?|supabase)://")
_PICTURES = frozenset({"screenshot", "image_base64"})
_STRUCTURE = frozenset({"type", "role", "func_name", "action", "tool_name"})
"""What tells readers how to read the rest; of free text it is the part that is no content."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value in an answer."""

    value: Any
    kind: Kind
    name: str
    """The key under which it stands, or under which its list stands."""
    path: str
    """All keys that lead to it, `items.input_values.name`; places in lists are left out."""
    record: str
    """Id of the record that it belongs to."""
    is_envelope: bool
    """Whether it belongs to a page and not to a record."""

    def is_named(self, patterns: Sequence[str]) -> bool:
        """Tell whether one of the patterns fits the key or the path."""
        return any(fnmatchcase(self.name, one) or fnmatchcase(self.path, one) for one in patterns)


class Gone:
    """In place of a value: its key is left out."""


GONE = Gone()

Change = Callable[[Value], Any]
"""Gives what a value becomes: itself, another, or `GONE`."""


def changed(content: Any, asked: Asked, change: Change) -> Any:
    """Return a JSON answer with each of its values changed; what was changed is not looked into."""
    operation = asked.operation
    return _Walk(asked.operations, change).of(content, operation.answer if operation else {}, _Place())


@dataclass(frozen=True, slots=True)
class _Place:
    name: str = ""
    path: str = ""
    record: str = ""
    is_envelope: bool = True

    def under(self, key: str, *, is_envelope: bool) -> _Place:
        return _Place(key, f"{self.path}.{key}" if self.path else key, self.record, is_envelope)


@dataclass(frozen=True, slots=True)
class _Walk:
    operations: Operations
    change: Change

    def of(self, value: Any, schema: Schema, place: _Place) -> Any:
        schema = self.operations.resolve(schema, value)
        kind = _kind(value, schema, place.name)
        new = self.change(Value(value, kind, place.name, place.path, place.record, place.is_envelope))
        if new is not value:
            return new
        if isinstance(value, dict):
            return dict(self._members(cast("dict[str, Any]", value), schema, place))
        if isinstance(value, list):
            entries = (self.of(one, self._entry(one, schema, place), place) for one in cast("list[Any]", value))
            return [entry for entry in entries if entry is not GONE]
        return value

    def _members(self, value: dict[str, Any], schema: Schema, place: _Place) -> Iterator[tuple[str, Any]]:
        is_page = not place.path and isinstance(value.get("items"), list)
        place = place if is_page else _Place(place.name, place.path, str(value.get("id") or place.record))
        described: Mapping[str, Schema] = schema.get("properties", {})
        more = schema.get("additionalProperties")
        others: Schema = cast("Schema", more) if isinstance(more, dict) else {}
        for key, member in value.items():
            new = self.of(member, described.get(key, others), place.under(key, is_envelope=is_page))
            if new is not GONE:
                yield key, new

    def _entry(self, entry: Any, schema: Schema, place: _Place) -> Schema:
        """Give the type of a list's entry; of included records by what they say they are."""
        if place.path.rpartition(".")[2] == "included" and isinstance(entry, dict):
            name = f"{str(cast('dict[str, Any]', entry).get('type')).title()}Response"
            return self.operations.schemas.get(name, {})
        return schema.get("items", {})


def _kind(value: Any, schema: Schema, name: str) -> Kind:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return _kind_of_text(value, schema, name)
    return "list" if isinstance(value, list) else "object"


def _kind_of_text(value: str, schema: Schema, name: str) -> Kind:
    if "enum" in schema:
        return "enum"
    if schema.get("format") == "uuid" or _IDS.fullmatch(name) or _UUID.fullmatch(value):
        return "id"
    if schema.get("format") == "date-time" or _TIMES.fullmatch(name):
        return "time"
    if name in _PICTURES:
        return "picture"
    if name in _STRUCTURE:
        return "structure"
    return "address" if _ADDRESS.match(value) else "text"
