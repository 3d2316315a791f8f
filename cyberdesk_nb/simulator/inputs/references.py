"""References between the runs of a session: an input `{"$ref": "<alias>.outputs.<path>"}` stands for what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from cyberdesk_nb.simulator.inputs.paths import parts

Schema = dict[str, Any]


class UnresolvedReference(Exception):  # noqa: N818 - it says what is missing, not that something broke
    """A `{"$ref": ...}` that leads nowhere."""


def is_reference(value: Any) -> bool:
    """Tell whether a value is a reference."""
    return isinstance(value, dict) and list(cast("Schema", value)) == ["$ref"]


def refers(value: Any) -> bool:
    """Tell whether a value is a reference, or holds one."""
    if is_reference(value):
        return True
    if isinstance(value, dict):
        return any(refers(one) for one in cast("Schema", value).values())
    return isinstance(value, list) and any(refers(one) for one in cast("list[Any]", value))


def resolved(value: Any, outputs: Mapping[str, Any]) -> Any:
    """Put the outputs of earlier runs, by alias, in the place of references, however deep they are.

    Raises
    ------
    UnresolvedReference
        For an alias without output, or a path that its output does not have.
    """
    if is_reference(value):
        return _lookup(str(value["$ref"]), outputs)
    if isinstance(value, dict):
        return {key: resolved(one, outputs) for key, one in cast("Schema", value).items()}
    return [resolved(one, outputs) for one in cast("list[Any]", value)] if isinstance(value, list) else value


def _lookup(reference: str, outputs: Mapping[str, Any]) -> Any:
    alias, _, path = reference.partition(".outputs")
    value: Any = outputs.get(alias)
    if not isinstance(value, dict):
        raise UnresolvedReference(f"Reference {reference!r}: no earlier run of this session has output as {alias!r}")
    for part in parts(path):
        try:
            value = cast("Any", value)[part]
        except (KeyError, IndexError, TypeError):
            raise UnresolvedReference(f"Reference {reference!r}: the output has no such value") from None
    return cast("Any", value)


def reference_problems(schema: Schema, values: Schema, outputs: Mapping[str, Schema]) -> list[dict[str, str]]:
    """Say which references lead to what the output schema of their producer does not have, or has as another type.

    `outputs` holds the schemas of earlier steps by alias; what they leave open is left to the execution.
    """
    declared: Schema = schema.get("properties", {})
    found: list[dict[str, str]] = []
    for key, value in values.items():
        reference = str(value["$ref"]) if is_reference(value) else ""
        alias, _, path = reference.partition(".outputs")
        if alias in outputs:
            words = _misfit(_declared_at(outputs[alias], path), declared.get(key))
            found += [{"path": key, "message": f"{reference!r} {words}"}] if words else []
    return found


def _declared_at(schema: Schema, path: str) -> Schema | None:
    """Return what an output schema declares at a path: None where it has nothing there, `{}` where it says nothing."""
    at = schema
    for part in parts(path):
        inner: Any = at.get("items", {}) if isinstance(part, int) else _property(at, part)
        if isinstance(inner, str):  # the shorthand `{field: "string"}`
            inner = {"type": inner}
        if not isinstance(inner, dict):
            return None
        at = cast("Schema", inner)
    return at


def _property(schema: Schema, name: str) -> Any:
    if schema.keys() & {"$ref", "anyOf", "oneOf", "allOf", "additionalProperties"} or not schema:
        return {}
    is_plain = isinstance(schema.get("type"), (str, list)) or "properties" in schema
    fields: Schema = schema.get("properties", {}) if is_plain else schema
    return fields.get(name, None if fields else {})


def _misfit(produced: Schema | None, wanted: Any) -> str | None:
    if produced is None:
        return "names no output of that step"
    have, want = produced.get("type"), cast("Schema", wanted).get("type") if isinstance(wanted, dict) else None
    if not isinstance(have, str) or not isinstance(want, str) or have == want or (have, want) == ("integer", "number"):
        return None
    return f"is declared as {have}, and {want} is wanted"
