"""JSON values as text and as plain Python: the small conversions that several tables share."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from cyberdesk_nb.frames._exact import write_exact


def json_text(value: object) -> str:
    """Return a value as compact JSON text; what JSON cannot hold becomes its string form. Never raises."""
    try:
        try:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
        except _ExactNumberError:
            return write_exact(value)
    except (TypeError, ValueError, RecursionError):
        return json.dumps(f"<{type(value).__name__}>")


def text_of(value: object) -> str | None:
    """Return a string as it is, None as None, and anything else as JSON text."""
    if value is None or isinstance(value, str):
        return value
    return json_text(value)


def number_of(value: object) -> float | None:
    """Return a finite number, also one written as a string; None for anything else (booleans too)."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def time_of(value: object) -> datetime | None:
    """Return an ISO 8601 string or a datetime as aware UTC (naive means UTC); None when it is neither."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:  # year 1 or 9999 beside its own offset
        return None


def mapping_of(value: object) -> dict[str, Any]:
    """Return a JSON object as a dict with string keys; an empty one when the value is no object."""
    if not isinstance(value, Mapping):
        return {}
    return {str(key): item for key, item in cast("Mapping[object, Any]", value).items()}


def list_of(value: object) -> list[Any]:
    """Return a JSON array as a list; an empty one when the value is no array."""
    return list(cast("list[Any] | tuple[Any, ...]", value)) if isinstance(value, list | tuple) else []


def field_of(record: object, name: str) -> Any:
    """Return a field of a mapping or of a model; None when it has none."""
    if isinstance(record, Mapping):
        return cast("Mapping[str, Any]", record).get(name)
    return getattr(record, name, None)


class _ExactNumberError(Exception):
    """There is a number that the usual way of writing JSON would change."""


def _plain(value: object) -> Any:
    """Turn what a Python record may carry beside JSON types into JSON types."""
    if isinstance(value, Decimal):
        raise _ExactNumberError
    if isinstance(value, datetime):
        return value.isoformat()
    dump = getattr(value, "model_dump", None)
    return dump(mode="json", exclude_unset=True) if callable(dump) else str(value)
