"""Read one JSON value as one cell of a column: the value, or a reason why it cannot be read."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from cyberdesk_nb.frames._json import json_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from cyberdesk_nb.frames._columns import Dtype

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # offsets are subtracted by hand, so that year 9999 cannot overflow
_MICROSECOND = timedelta(microseconds=1)
# Beyond these a frame could not be shown any more.
_YEARS_US = (-62_135_596_800_000_000, 253_402_300_799_999_999)
_INT64 = range(-(2**63), 2**63)
_SURROGATE = re.compile("[\ud800-\udfff]")


class UnreadableError(ValueError):
    """A value that does not fit its column; the message is the reason, `kept` what can be kept of it."""

    def __init__(self, reason: str, kept: Any = None) -> None:
        super().__init__(reason)
        self.kept = kept


def read_cell(dtype: Dtype, value: object) -> Any:
    """Return a value in the form its column holds; None stays None.

    Times come as microseconds since 1970 in UTC, JSON as text.

    Raises
    ------
    UnreadableError
        When the value does not fit.
    """
    return None if value is None else _READERS[dtype](value)


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise UnreadableError(f"expected text, got {_kind(value)}")
    return _clean(value)


def _lines(value: object) -> str:
    if not isinstance(value, list | tuple):
        raise UnreadableError(f"expected a list of texts, got {_kind(value)}")
    return "\n".join(_string(line) for line in cast("list[object]", value))


def _json(value: object) -> str:
    return _clean(json_text(value))


def _integer(value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise UnreadableError(f"expected an integer, got {_kind(value)}")
    if value not in _INT64:
        raise UnreadableError("integer does not fit in 64 bits")
    return value


def _count(value: object) -> int:
    if not isinstance(value, list | tuple):
        raise UnreadableError(f"expected a list, got {_kind(value)}")
    return len(cast("list[object]", value))


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnreadableError(f"expected a number, got {_kind(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise UnreadableError("number is not finite")
    return number


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise UnreadableError(f"expected true or false, got {_kind(value)}")
    return value


def _time(value: object) -> int:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise UnreadableError("expected an ISO 8601 time") from None
    if not isinstance(value, datetime):
        raise UnreadableError(f"expected a time, got {_kind(value)}")
    offset = value.utcoffset() or timedelta()
    time_us = (value.replace(tzinfo=None) - _EPOCH) // _MICROSECOND - offset // _MICROSECOND
    if not _YEARS_US[0] <= time_us <= _YEARS_US[1]:
        raise UnreadableError("in UTC it is outside of the years 1 to 9999")
    return time_us


def encodable(text: str) -> str:
    """Return a text that UTF-8 can hold: a lone surrogate, which also stands for a byte that was none, is replaced."""
    return _SURROGATE.sub("\ufffd", text)


def _clean(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        reason = "half a character (a lone surrogate, or a byte that is no UTF-8) was replaced"
        raise UnreadableError(reason, encodable(text)) from None
    return text


def _kind(value: object) -> str:
    return _KINDS.get(type(value).__name__, type(value).__name__)


_KINDS = {
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "Spelled": "a number",
    "Repeating": "an object",
    "str": "text",
    "dict": "an object",
    "list": "a list",
    "NoneType": "null",
}
_READERS: dict[Dtype, Callable[[object], Any]] = {
    "string": _string,
    "category": _string,
    "lines": _lines,
    "json": _json,
    "integer": _integer,
    "count": _count,
    "number": _number,
    "boolean": _boolean,
    "time": _time,
}
