"""JSON text read and written without loss: numbers of any size, objects that repeat a key."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Self, cast

_INTEGER_DIGITS_MAX = 4000  # Python refuses to convert longer ones


class Spelled(Decimal):
    """A number that neither int nor float holds, with the digits that it was written in."""

    text: str

    def __new__(cls, text: str) -> Self:
        """Read a number of JSON."""
        number = super().__new__(cls, text)
        number.text = text
        return number


class Repeating(dict[str, Any]):
    """A JSON object that gives a key more than once. As a dict it has the last values; `items` gives all pairs."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    def items(self) -> Any:
        """Give all pairs, as they came."""
        return self._pairs


def read_exact(text: str) -> Any:
    """Read JSON text; a number may be `Spelled`, an object `Repeating`.

    Raises
    ------
    ValueError
        When it is no JSON, or nested too deeply to read.
    """
    try:
        return json.loads(text, parse_int=_integer, parse_float=_float, object_pairs_hook=_object)
    except RecursionError:
        raise ValueError("nested too deeply to read") from None


def write_exact(value: Any) -> str:
    """Write what `read_exact` gave, as compact JSON text."""
    if isinstance(value, Decimal):
        return value.text if isinstance(value, Spelled) else str(value)
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, Any]", value).items()
        return "{" + ",".join(f"{_quoted(key)}:{write_exact(item)}" for key, item in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(write_exact, cast("list[Any]", value))) + "]"
    return _quoted(value)


def _quoted(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    # Half a character has no place in a file; JSON can spell it.
    return text if _has_utf8(text) else json.dumps(value, default=str)


def _has_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _integer(digits: str) -> int | Spelled:
    return int(digits) if len(digits) <= _INTEGER_DIGITS_MAX else Spelled(digits)


def _float(text: str) -> float | Spelled:
    number = float(text)
    return number if math.isfinite(number) else Spelled(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    return made if len(made) == len(pairs) else Repeating(pairs)
