"""References of a chain: an input `{"$ref": "<alias>.outputs.<path>"}` stands for what an earlier step gave back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias, cast

from cyberdesk_nb.errors import printable
from cyberdesk_nb.models import WorkflowResponse
from cyberdesk_nb.panels.form import FieldError, Path
from cyberdesk_nb.panels.form.reducing import Schema, is_schema
from cyberdesk_nb.panels.form.spec import read_spec

_DEPTH = 4
MOST_OFFERED = 300
"""Parts of one schema that can be chosen; others can be written."""
_PART = re.compile(r"""\.([^.\[\]]+)|\[(\d+)\]|\[(?:"([^"]*)"|'([^']*)')\]""")
_PLAIN = re.compile(r"[^\W\d][\w-]*")
_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "yes or no",
    "array": "a list",
}

Output: TypeAlias = tuple[str, str]
"""The reference to one value of an output, and the JSON type that it is declared as; empty where it is not."""


@dataclass(frozen=True, slots=True)
class Producer:
    """An earlier step: what later ones call it, and the schema of its output where its workflow declares one."""

    alias: str
    schema: Schema | None = None

    def outputs(self) -> list[Output]:
        """Give what can be referred to, the whole output first."""
        whole = f"{self.alias}.outputs"
        inner = islice(named_parts(self.schema, self.schema), MOST_OFFERED) if self.schema else ()
        return [(whole, "object"), *((whole + "".join(map(_spelled, path)), kind) for path, kind in inner)]


def output_schema(workflow: WorkflowResponse) -> Schema | None:
    """Read a workflow's output schema, also in its short form `{field: "string"}`; None where there is none to read."""
    try:
        schema = json.loads(workflow.output_schema or "null")
    except (ValueError, RecursionError):
        return None
    if not isinstance(schema, dict) or not schema:
        return None
    full = cast("Schema", schema)
    if not _is_full(full):
        full = {"type": "object", "properties": {name: _long_form(part) for name, part in full.items()}}
    return full if is_schema(full) else None


def is_reference(value: object) -> bool:
    """Whether a value stands for what an earlier step gave back."""
    return isinstance(value, dict) and [*cast("dict[str, Any]", value)] == ["$ref"] and isinstance(value["$ref"], str)


def references(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the references inside a value, however deep, each with its path."""
    if is_reference(value):
        yield path, cast("dict[str, str]", value)["$ref"]
    elif isinstance(value, dict):
        for key, inner in cast("dict[str, object]", value).items():
            yield from references(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(cast("list[object]", value)):
            yield from references(inner, (*path, index))


def without_postponed(errors: Iterable[FieldError], paths: Iterable[Path]) -> list[FieldError]:
    """Leave out errors that only the value behind a reference can settle: at it, inside it, or in what holds it."""
    found = list(paths)
    return [error for error in errors if not any(_touch(error.path, path) for path in found)]


def reference_errors(values: Mapping[str, Any], wanted: Schema, producers: Iterable[Producer]) -> list[FieldError]:
    """Say which references lead to no earlier step, or to what it does not declare, or declares as another type."""
    by_alias = {producer.alias: producer for producer in producers}
    found: list[FieldError] = []
    for path, reference in references(values):
        alias, dot, inner = reference.partition(".outputs")
        producer = by_alias.get(alias) if dot else None
        if producer is None:
            known = ", ".join(by_alias) or "none"
            words = f"No earlier step is called {printable(alias, 60)!r}. Earlier steps: {known}."
        elif producer.schema is None:
            continue
        else:
            words = _misfit(_declared(producer.schema, inner), _type_at(wanted, path))
        found += [FieldError(path, words)] if words else []
    return found


def fits(output_type: str, wanted_type: str) -> bool:
    """Whether a value of one declared type can stand where another is wanted; an undeclared one may."""
    return not (output_type and wanted_type) or output_type == wanted_type or (output_type, wanted_type) == _WHOLE


_WHOLE = ("integer", "number")


def type_of(schema: object, root: Schema) -> str:
    """Give the one JSON type that a schema asks for beside null; empty where it asks for none, or for several."""
    declared = read_spec(schema, "", root=root).schema.get("type")
    return declared if isinstance(declared, str) else ""


def _is_full(schema: Schema) -> bool:
    types = schema.get("type")
    is_object = types == "object" or (isinstance(types, list) and "object" in types)
    return is_object or isinstance(schema.get("properties"), dict) or any(key.startswith("$") for key in schema)


def _long_form(part: object) -> object:
    if isinstance(part, str):
        return {"type": part} if part in {*_WORDS, "object"} else {}
    if not isinstance(part, dict):
        return {}
    inner = cast("dict[str, Any]", part)
    if _is_full(inner) or isinstance(inner.get("type"), str):
        return inner
    return {"type": "object", "properties": {name: _long_form(one) for name, one in inner.items()}}


def named_parts(schema: object, root: Schema, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the properties of an object and of the objects in it: the path and the declared type of each."""
    properties = read_spec(schema, "", root=root).schema.get("properties", {})
    for name, part in cast("dict[str, object]", properties).items():
        yield (*path, name), type_of(part, root)
        if len(path) < _DEPTH:
            yield from named_parts(part, root, (*path, name))


def _spelled(name: str) -> str:
    return f".{name}" if _PLAIN.fullmatch(name) else f'["{name}"]'


def _declared(schema: Schema, path: str) -> str | None:
    """Give the type that an output schema declares at a path; None where it declares that nothing is there."""
    at: object = schema
    position = 0
    for match in _PART.finditer(path):
        if match.start() != position:
            return ""  # The path's grammar is the server's; what is not understood here is not judged.
        position = match.end()
        reduced = read_spec(at, "", root=schema).schema
        name = next((one for one in match.group(1, 3, 4) if one is not None), None)
        inner = reduced.get("items", {}) if name is None else _property(reduced, name)
        if inner is None:
            return None
        at = inner
    return type_of(at, schema) if position == len(path) else ""


def _property(schema: Schema, name: str) -> object:
    properties = schema.get("properties")
    if not isinstance(properties, dict) or schema.keys() & {"anyOf", "oneOf", "allOf", "patternProperties", "$ref"}:
        return {}
    is_open = bool(schema.get("additionalProperties"))
    return cast("dict[str, object]", properties).get(name, {} if is_open else None)


def _misfit(have: str | None, want: str) -> str:
    if have is None:
        return "That step declares no such output."
    if fits(have, want):
        return ""
    return f"That output is {_WORDS.get(have, f'an {have}')}, and {_WORDS.get(want, f'an {want}')} is wanted here."


def _type_at(schema: Schema, path: Path) -> str:
    at: object = schema
    for key in path:
        reduced = read_spec(at, "", root=schema).schema
        at = reduced.get("items", {}) if isinstance(key, int) else _property(reduced, key) or {}
    return type_of(at, schema)


def _touch(path: Path, reference: Path) -> bool:
    return path[: len(reference)] == reference or (bool(path) and reference[: len(path)] == path)
