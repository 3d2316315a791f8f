"""What a part of a JSON Schema asks for, reduced to what decides how it is shown.

The form shows; whether a value fits is decided by `jsonschema` alone. So a keyword that only restricts needs no word
here, and a part that is not understood becomes a JSON field instead of vanishing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast

from jsonschema import FormatChecker, SchemaError
from jsonschema.validators import validator_for

from cyberdesk_nb.panels.parts import one_line

Schema: TypeAlias = Mapping[str, Any]
Kind = Literal["text", "number", "choice", "date", "date-time", "object", "array", "json"]

MAX_DEPTH = 5
"""Objects and lists nested deeper than this are one JSON field."""
MAX_CHOICES = 500
_MAX_HOPS = 16
_NULL = {"type": "null"}
_NO_FORMATS = FormatChecker([])
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

    """

    name: str
    schema: Schema
    kind: Kind
    required: bool = True
    nullable: bool = False
    in_list: bool = False
    root: Schema = field(default_factory=dict[str, Any], repr=False)
    depth: int = 0

    @property
    def label(self) -> str:
        """The schema's title, or the key."""
        title = self.schema.get("title")
        return one_line(title if isinstance(title, str) and title.strip() else self.name, 80)

    @property
    def help(self) -> str:
        """The schema's description, or nothing."""
        description = self.schema.get("description")
        return description if isinstance(description, str) else ""

    @property
    def choices(self) -> list[Any]:
        """The allowed values of a choice, in the schema's order."""
        if self.schema.get("type") == "boolean":
            return [True, False]
        return [self.schema["const"]] if "const" in self.schema else list(self.schema["enum"])

    def property_spec(self, key: str) -> Spec:
        """Read the spec of one of the object's properties."""
        required = key in self.schema.get("required", ())
        return read_spec(self.schema["properties"][key], key, root=self.root, required=required, depth=self.depth + 1)

    def item_spec(self, index: int) -> Spec:
        """Read the spec of a row of the list."""
        return read_spec(self.schema["items"], str(index + 1), root=self.root, in_list=True, depth=self.depth + 1)


def read_spec(
    schema: object, name: str, *, root: Schema, required: bool = True, in_list: bool = False, depth: int = 0
) -> Spec:
    """Read a part of a valid schema; `root` is the whole, in which its local references are looked up."""
    plain, nullable = _reduce(schema, root)
    kind = _kind(plain, root, depth)
    return Spec(name, plain, kind, required, nullable, in_list, root, depth)


def _kind(schema: Schema, root: Schema, depth: int) -> Kind:
    if "const" in schema or schema.get("type") == "boolean" or 0 < len(schema.get("enum", ())) <= MAX_CHOICES:
        return "choice"
    match schema.get("type", "object" if "properties" in schema else None):
        case "integer" | "number":
            return "number"
        case "string":
            return _text_kind(schema)
        case "object" if depth < MAX_DEPTH and schema.get("properties"):
            return "object"
        case "array" if depth < MAX_DEPTH and _has_plain_rows(schema, root, depth):
            return "array"
        case _:
            return "json"


def _text_kind(schema: Schema) -> Kind:
    match schema.get("format"):
        case "date":
            return "date"
        case "date-time":
            return "date-time"
        case _:
            return "text"


def _has_plain_rows(schema: Schema, root: Schema, depth: int) -> bool:
    items = schema.get("items")
    if not isinstance(items, dict) or any(key in schema for key in _TUPLE):
        return False
    return read_spec(cast("Schema", items), "", root=root, depth=depth + 1).kind != "json"


def _reduce(schema: object, root: Schema) -> tuple[Schema, bool]:
    """Follow local references and take null out, a bounded number of times."""
    plain = cast("Schema", schema) if isinstance(schema, dict) else dict[str, Any]()
    nullable = False
    for _ in range(_MAX_HOPS):
        reduced, allows_null = _reduce_once(plain, root)
        nullable = nullable or allows_null
        if reduced is plain:
            return plain, nullable
        plain = reduced
    return {}, nullable


def _reduce_once(schema: Schema, root: Schema) -> tuple[Schema, bool]:
    if isinstance(schema.get("$ref"), str):
        target = _local(schema["$ref"], root)
        # A key beside the reference, such as a title, is meant for this place.
        return (schema, False) if target is None else ({**target, **_without(schema, "$ref")}, False)
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
    """Look up a reference of the form `#/$defs/name`; None where it leads elsewhere or nowhere."""
    if not reference.startswith("#/"):
        return None
    found: Any = root
    for part in reference[2:].split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or key not in found:
            return None
        found = cast("dict[str, Any]", found)[key]
    return cast("Schema", found) if isinstance(found, dict) and is_schema(cast("Schema", found)) else None


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
