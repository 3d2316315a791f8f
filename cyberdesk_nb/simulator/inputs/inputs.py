"""Inputs of a run: what is merged from where, and what is checked when."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from cyberdesk_nb.simulator.inputs.checking import CannotCheck, errors_in
from cyberdesk_nb.simulator.inputs.references import refers
from cyberdesk_nb.simulator.refusals import Refusal

if TYPE_CHECKING:
    from jsonschema import ValidationError

Values = Mapping[str, Any]

EMPTY = "__EMPTY__"
_BLANK = (None, "")
INPUTS_DO_NOT_FIT = "input_validation_failed"
"""`error_code` of the refusal."""


@lru_cache(maxsize=256)
def parsed_schema(text: str | None) -> dict[str, Any] | None:
    """Return a workflow's schema, not to be changed; None where there is none, or none that can be read."""
    if not text:
        return None
    from jsonschema import Draft202012Validator, SchemaError

    try:
        schema = json.loads(text)
        Draft202012Validator.check_schema(schema)  # pyright: ignore[reportUnknownMemberType]
    except (ValueError, SchemaError):
        return None
    return cast("dict[str, Any]", schema) if isinstance(schema, dict) else None


def merged(run_values: Values, machine_values: Values, pool_values: Sequence[Values]) -> dict[str, Any]:
    """Merge inputs: the run's own before its machine's before the selected pools', a later pool before an earlier.

    A blank or null input lets the others through; an explicit `__EMPTY__` does not.
    """
    layers = [*pool_values, machine_values, {key: value for key, value in run_values.items() if value not in _BLANK}]
    result: dict[str, Any] = dict(run_values)
    for layer in layers:
        result.update(layer)
    return result


def problems(schema: Values | None, values: Values, *, suppliable: Sequence[str] = ()) -> list[dict[str, str]]:
    """Say what does not fit the schema, as `{path, message}`; keys that can still be supplied are not missed.

    `__EMPTY__`, blank and null optional values, and references are not checked.
    """
    if schema is None:
        return []
    required = [str(key) for key in cast("list[Any]", schema.get("required", []))]
    referred = [key for key, value in values.items() if refers(value)]
    excused = {*suppliable, *referred}
    checked = _without_empties({k: v for k, v in values.items() if k not in referred and not is_blank(v)})
    kept = {**schema, "required": [key for key in required if key not in excused]}
    try:
        errors = errors_in(checked, kept)
    except CannotCheck as why:
        return [{"path": "$", "message": f"input_schema cannot be applied: {why}"}]
    return [{"path": _path(list(error.absolute_path)), "message": _words(error)} for error in errors]


def _words(error: ValidationError) -> str:
    """Return what is wrong; for a secret without the words of the library, which repeat the value."""
    root = str(error.absolute_path[0]) if error.absolute_path else ""
    return f"does not fit {error.validator!r}" if root.startswith("$") else error.message


def refuse(found: list[dict[str, str]]) -> None:
    """Raise the 422 for inputs that do not fit."""
    if found:
        words = "; ".join(f"{one['path']}: {one['message']}" for one in found[:3])
        raise Refusal(422, f"Input validation failed: {words}", code=INPUTS_DO_NOT_FIT, details={"errors": found})


def completed(schema: Values | None, values: Values) -> dict[str, Any]:
    """Return the inputs as the agent gets them: what was not given has its default, or is `__EMPTY__`."""
    declared: dict[str, Any] = schema.get("properties", {}) if schema is not None else {}
    defaults = {name: _default(one) for name, one in declared.items() if not name.startswith("$")}
    given = {key: value for key, value in values.items() if not is_blank(value)}
    return {**dict.fromkeys(values, EMPTY), **defaults, **given}


def _default(schema: Any) -> Any:
    return cast("Values", schema).get("default", EMPTY) if isinstance(schema, dict) else EMPTY


def is_blank(value: Any) -> bool:
    """Tell whether a value counts as not given."""
    return value in _BLANK


def _without_empties(value: Any) -> Any:
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {key: _without_empties(one) for key, one in items if one != EMPTY}
    if isinstance(value, list):
        return [_without_empties(one) for one in cast("list[Any]", value) if one != EMPTY]
    return value


def _path(parts: list[Any]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).lstrip(".") or "$"
