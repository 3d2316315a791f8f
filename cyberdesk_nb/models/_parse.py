"""Read one record as far as it can be read, and say what could not be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import ValidationError, create_model

from cyberdesk_nb.models._base import ApiModel, keep_wire

M = TypeVar("M", bound=ApiModel)

_RAW_MAX = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """One value that could not be read.

    `row_id` is the record's id where it has one, `column` the field ("" for the whole record), `raw` the value as
    text (at most 200 characters, control characters escaped), `reason` what was wrong with it.
    """

    row_id: str | None
    column: str
    raw: str
    reason: str


def parse_record(model: type[M], raw: object) -> tuple[M | None, list[Problem]]:
    """Read `raw` as `model`; a field that cannot be read becomes None and a `Problem`, and the rest is kept.

    Returns the record (None only where `raw` is no JSON object) and its problems (empty where all is well).
    """
    try:
        record, problems = model.model_validate(raw), list[Problem]()
    except ValidationError as error:
        if not isinstance(raw, Mapping):
            return None, [Problem(None, "", _shown(raw), f"not a JSON object but {type(raw).__name__}")]
        record, problems = _salvage(model, cast("Mapping[str, Any]", raw), error)
    except RecursionError:
        return None, [Problem(None, "", "", "nested too deeply to read")]
    if isinstance(raw, Mapping) and not _holds_secrets(model):
        keep_wire(record, cast("Mapping[str, Any]", raw))
    return record, problems


def _salvage(model: type[M], raw: Mapping[str, Any], error: ValidationError) -> tuple[M, list[Problem]]:
    row_id = raw.get("id")
    named = row_id if isinstance(row_id, str) else None
    reasons = {str(item["loc"][0]): item["msg"] for item in reversed(error.errors(include_input=False))}
    problems = [Problem(named, field, _raw(model, field, raw), reason) for field, reason in reasons.items()]
    readable = {key: value for key, value in raw.items() if key not in reasons}
    return _lenient(model).model_validate(readable), problems


@cache
def _lenient(model: type[M]) -> type[M]:
    """Give the same model with no field required; an instance of it is an instance of `model`."""
    fields: dict[str, Any] = {
        name: (field.rebuild_annotation() | None, None if field.is_required() else field)
        for name, field in model.model_fields.items()
    }
    return create_model(model.__name__, __base__=model, __module__=model.__module__, __doc__=model.__doc__, **fields)


@cache
def _holds_secrets(model: type[ApiModel]) -> bool:
    return any(_is_secret(model, field) for field in model.model_fields)


def _is_secret(model: type[ApiModel], field: str) -> bool:
    return field in model.model_fields and "Secret" in str(model.model_fields[field].annotation)


def _raw(model: type[ApiModel], field: str, raw: Mapping[str, Any]) -> str:
    if field not in raw:
        return ""
    # A value meant for a secret field is a secret even when it is of the wrong type.
    return "***" if _is_secret(model, field) else _shown(raw[field])


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text[:_RAW_MAX].encode("unicode_escape").decode("ascii")[:_RAW_MAX]
