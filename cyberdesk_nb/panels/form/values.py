"""JSON values as a form handles them: absent ones, strict reading, equality that tells 1 from true."""

from __future__ import annotations

import json
import math
from enum import Enum
from typing import Any, Final, cast

from pydantic_core import to_jsonable_python

from cyberdesk_nb.errors import RequestError


class Missing(Enum):
    """The type of `MISSING`, the value of a field that is not given at all."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
"""Not given: differs from null, which is."""


class UnreadableError(ValueError):
    """Text in a field that stands for no value; the message says what would."""


def loads(text: str) -> Any:
    """Read JSON text; raises `UnreadableError` with line and column, also for NaN and Infinity."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        msg = f"This is not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        raise UnreadableError(msg) from None
    except RecursionError:
        raise UnreadableError("This JSON is nested too deeply.") from None
    except ValueError:
        raise UnreadableError("This number is too large, or no JSON number.") from None
    if _has_infinity(value):
        raise UnreadableError("This number is too large, or no JSON number.")
    return value


def dumps(value: object, *, indent: int | None = 2) -> str:
    """Write a value as JSON text that can be shown."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    # A lone surrogate cannot travel to the browser; its escape can.
    return text if is_sendable(text) else json.dumps(value, indent=indent)


def is_sendable(text: str) -> bool:
    """Whether text can travel to the browser: it may hold no lone surrogate."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def same(left: object, right: object) -> bool:
    """Whether two JSON values are equal; true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        ours, theirs = cast("dict[str, Any]", left), cast("dict[str, Any]", right)
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(left, list) and isinstance(right, list):
        mine, others = cast("list[Any]", left), cast("list[Any]", right)
        return len(mine) == len(others) and all(map(same, mine, others))
    return left == right


def as_json(value: object) -> Any:
    """Turn a Python value into plain JSON: dates to text, tuples to lists, NumPy numbers to numbers.

    Raises `RequestError` for what has no JSON form.
    """
    try:
        plain = to_jsonable_python(value, fallback=_plain_number)
        return json.loads(json.dumps(plain, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise RequestError(f"Inputs must be JSON values: {error}.") from None


def _plain_number(value: object) -> object:
    to_python = getattr(value, "item", None)
    if to_python is None:
        msg = f"a {type(value).__name__} is none"
        raise TypeError(msg)
    return to_python()


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _has_infinity(value: object) -> bool:
    if isinstance(value, float):
        return math.isinf(value)
    if isinstance(value, dict):
        return any(map(_has_infinity, cast("dict[str, object]", value).values()))
    return isinstance(value, list) and any(map(_has_infinity, cast("list[object]", value)))
