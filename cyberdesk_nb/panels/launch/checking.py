"""Whether inputs fit a workflow, before anything is sent; the words never repeat a value, since it may be a secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from jsonschema import FormatChecker, ValidationError
from jsonschema.exceptions import best_match  # pyright: ignore[reportUnknownVariableType] - its stub leaves it out

from cyberdesk_nb.panels.form import FieldError
from cyberdesk_nb.panels.form.reducing import Schema
from cyberdesk_nb.panels.form.values import dumps
from cyberdesk_nb.panels.launch.bounded import errors_in
from cyberdesk_nb.panels.launch.inputs import Inputs
from cyberdesk_nb.panels.parts import one_line

EMPTY = "__EMPTY__"
"""Stands for "no value" in inputs; the server's check passes over it."""

# What the standard library can check: the same on every machine, whatever else is installed.
FORMATS = FormatChecker(["date", "email", "ipv4", "ipv6", "uuid"])


@FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@dataclass(frozen=True, slots=True)
class Supply:
    """Root keys that the chosen machine or pools fill in: with known values, or possibly."""

    known: Mapping[str, Any] = field(default_factory=dict[str, Any])
    possible: frozenset[str] = frozenset()


def check_inputs(
    inputs: Inputs, values: Mapping[str, Any], secrets: Mapping[str, Any], supply: Supply | None = None
) -> list[FieldError]:
    """Say what is wrong, each at the path of its field; secrets stand under `$name`."""
    supply = supply or Supply()
    misplaced = [
        FieldError((key,), "A secret belongs in its own field, not among the inputs.")
        for key in values
        if key.startswith("$")
    ]
    payload = dict(supply.known) | {key: value for key, value in values.items() if not _is_unset(value)}
    payload |= {f"${name}": value for name, value in secrets.items()}
    excused = supply.possible | {key for key, value in payload.items() if value == EMPTY}
    found = schema_errors(inputs.check, without_empty(payload))
    return misplaced + [error for error in found if len(error.path) != 1 or error.path[0] not in excused]


def schema_errors(schema: Schema, value: Any) -> list[FieldError]:
    """Give what `jsonschema` finds; what it cannot follow, or not in time, is for the server to say."""
    found = (one for error in errors_in(value, schema, FORMATS) for one in _field_errors(error))
    return list(dict.fromkeys(found))


def without_empty(value: Any) -> Any:
    """Leave out what is `__EMPTY__`, at any depth."""
    if isinstance(value, dict):
        return {key: without_empty(one) for key, one in cast("dict[str, Any]", value).items() if one != EMPTY}
    if isinstance(value, list):
        return [without_empty(one) for one in cast("list[Any]", value) if one != EMPTY]
    return value


def _is_unset(value: object) -> bool:
    # The API takes a null or empty text at the root as not given.
    return value is None or value == ""


def _field_errors(error: ValidationError) -> Iterator[FieldError]:
    path = tuple(error.absolute_path)
    if error.validator == "required":
        for name in cast("list[str]", error.validator_value):
            if name not in cast("dict[str, Any]", error.instance):
                yield FieldError((*path, name), "Fill this in.")
        return
    inner = cast("ValidationError | None", best_match(iter([error]))) if error.context else None
    if inner is not None and inner is not error:
        yield from _field_errors(inner)
        return
    yield FieldError(path, _words(error))


def _words(error: ValidationError) -> str:
    keyword, wanted = str(error.validator), cast("Any", error.validator_value)
    if keyword in _WORDS:
        return _WORDS[keyword](wanted, error)
    return one_line(f"Does not meet the schema's {keyword!r}: {dumps(wanted, indent=None)}.", 160)


def _type(wanted: Any, _: ValidationError) -> str:
    names = {"integer": "a whole number", "string": "text", "array": "a list", "boolean": "yes or no", "null": "null"}
    kinds = [wanted] if isinstance(wanted, str) else cast("list[str]", wanted)
    return f"Must be {' or '.join(names.get(kind, f'a {kind}'.replace('a object', 'an object')) for kind in kinds)}."


def _format(wanted: Any, _: ValidationError) -> str:
    shapes = {
        "date": "a date such as 2026-01-31",
        "date-time": "a time with its zone, such as 2026-01-31T09:30:00Z",
        "email": "an email address",
    }
    return f"Must be {shapes.get(str(wanted), one_line(f'in the format {wanted}', 80))}."


def _unknown_keys(_: Any, error: ValidationError) -> str:
    known = cast("Any", error.schema).get("properties", {})
    names = ", ".join(sorted(key for key in cast("dict[str, Any]", error.instance) if key not in known))
    return one_line(f"The workflow does not take: {names}.", 160)


_WORDS: dict[str, Callable[[Any, ValidationError], str]] = {
    "type": _type,
    "format": _format,
    "additionalProperties": _unknown_keys,
    "enum": lambda wanted, _: one_line(f"Must be one of {', '.join(dumps(one, indent=None) for one in wanted)}.", 160),
    "const": lambda wanted, _: one_line(f"Must be {dumps(wanted, indent=None)}.", 160),
    "minimum": lambda wanted, _: f"Must be at least {wanted}.",
    "maximum": lambda wanted, _: f"Must be at most {wanted}.",
    "exclusiveMinimum": lambda wanted, _: f"Must be more than {wanted}.",
    "exclusiveMaximum": lambda wanted, _: f"Must be less than {wanted}.",
    "multipleOf": lambda wanted, _: f"Must be a multiple of {wanted}.",
    "minLength": lambda wanted, _: f"Needs {wanted} characters or more.",
    "maxLength": lambda wanted, _: f"Takes {wanted} characters at most.",
    "pattern": lambda wanted, _: one_line(f"Must match the pattern {wanted}", 160),
    "minItems": lambda wanted, _: f"Needs {wanted} or more rows.",
    "maxItems": lambda wanted, _: f"Takes {wanted} rows at most.",
    "uniqueItems": lambda _wanted, _: "No two rows may be equal.",
}
