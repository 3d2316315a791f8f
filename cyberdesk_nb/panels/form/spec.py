"""What a part of a JSON Schema asks for, reduced to what decides how it is shown.

The form shows; whether a value fits is decided by `jsonschema` alone. So a keyword that only restricts needs no word
here, and a part that is not understood becomes a JSON field instead of vanishing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from cyberdesk_nb.panels.form.reducing import Schema, reduce_schema
from cyberdesk_nb.panels.parts import one_line

Kind = Literal["text", "number", "choice", "date", "date-time", "object", "array", "json"]

MAX_DEPTH = 5
"""Objects and lists nested deeper than this are one JSON field."""
MAX_CHOICES = 500
FIELDS_MAX = 500
"""Fields of a whole form, rows not counted; an object that has no room for its own is one JSON field."""
_AGAIN = "It can hold itself again and again: write it as JSON."
_DEEP = "It is nested too deep for fields of its own: write it as JSON."
_MANY = "It has too many fields to show them: write it as JSON."
_TUPLE = ("prefixItems", "additionalItems", "unevaluatedItems")


@dataclass(frozen=True, slots=True)
class Spec:
    """One field to build.

    Attributes
    ----------
    name
        Its key in the object, or its position in the list.
    schema
        Its schema with local references followed and null taken out.
    kind
        Which control shows it.
    required
        Whether the object must have it.
    nullable
        Whether null is allowed.
    in_list
        Whether it is a row of a list, which cannot be left out but by removing the row.
    root
        The whole schema, in which references are looked up.
    depth
        How many objects and lists it stands in.
    within
        The parts of the schema that it stands in and is read from, by identity.
    room
        How many fields it may have inside.
    note
        Why it is JSON although its schema names what is inside; empty where it is not, or the schema does not.

    """

    name: str
    schema: Schema
    kind: Kind
    required: bool = True
    nullable: bool = False
    in_list: bool = False
    root: Schema = field(default_factory=dict[str, Any], repr=False)
    depth: int = 0
    within: frozenset[int] = frozenset()
    room: int = FIELDS_MAX
    note: str = ""

    @property
    def label(self) -> str:
        """The schema's title, or the key."""
        title = self.schema.get("title")
        return one_line(title if isinstance(title, str) and title.strip() else self.name, 80)

    @property
    def help(self) -> str:
        """The schema's description, and the note."""
        description = self.schema.get("description")
        return " ".join(filter(None, (description if isinstance(description, str) else "", self.note)))

    @property
    def choices(self) -> list[Any]:
        """The allowed values of a choice, in the schema's order."""
        if self.schema.get("type") == "boolean":
            return [True, False]
        return [self.schema["const"]] if "const" in self.schema else list(self.schema["enum"])

    def property_specs(self) -> dict[str, Spec]:
        """Read the specs of the object's properties; those that hold others share the room that is left."""
        found = {key: self._property(key, self.room) for key in self.schema["properties"]}
        boxes = [key for key, spec in found.items() if spec.kind in {"object", "array"}]
        share = (self.room - len(found)) // max(1, len(boxes))
        return found | {key: self._property(key, share) for key in boxes}

    def _property(self, key: str, room: int) -> Spec:
        part, required = self.schema["properties"][key], key in self.schema.get("required", ())
        return read_spec(
            part, key, root=self.root, required=required, depth=self.depth + 1, within=self.within, room=room
        )

    def item_spec(self, index: int) -> Spec:
        """Read the spec of a row of the list."""
        # Rows are made when they are asked for, so a list may hold lists of its own kind.
        return read_spec(
            self.schema["items"], str(index + 1), root=self.root, in_list=True, depth=self.depth + 1, room=self.room
        )


def read_spec(
    schema: object,
    name: str,
    *,
    root: Schema,
    required: bool = True,
    in_list: bool = False,
    depth: int = 0,
    within: frozenset[int] = frozenset(),
    room: int = FIELDS_MAX,
) -> Spec:
    """Read a part of a valid schema; `root` is the whole, in which its local references are looked up."""
    reduced = reduce_schema(schema, root)
    spec = Spec(
        name, reduced.schema, "json", required, reduced.nullable, in_list, root, depth, within | reduced.met, room
    )
    kind, note = ("json", _AGAIN) if reduced.met & within else _kind(spec)
    return replace(spec, kind=kind, note=note)


def _kind(spec: Spec) -> tuple[Kind, str]:
    schema = spec.schema
    if "const" in schema or schema.get("type") == "boolean" or 0 < len(schema.get("enum", ())) <= MAX_CHOICES:
        return "choice", ""
    match schema.get("type", "object" if "properties" in schema else None):
        case "integer" | "number":
            return "number", ""
        case "string":
            return _text_kind(schema), ""
        case "object" if schema.get("properties"):
            return _object_kind(spec)
        case "array" if isinstance(schema.get("items"), dict) and not any(key in schema for key in _TUPLE):
            return _array_kind(spec)
        case _:
            return "json", ""


def _object_kind(spec: Spec) -> tuple[Kind, str]:
    if spec.depth >= MAX_DEPTH:
        return "json", _DEEP
    return ("json", _MANY) if len(spec.schema["properties"]) > spec.room else ("object", "")


def _array_kind(spec: Spec) -> tuple[Kind, str]:
    if spec.depth >= MAX_DEPTH:
        return "json", _DEEP
    row = spec.item_spec(0)
    return ("json", row.note) if row.kind == "json" else ("array", "")


def _text_kind(schema: Schema) -> Kind:
    match schema.get("format"):
        case "date":
            return "date"
        case "date-time":
            return "date-time"
        case _:
            return "text"
