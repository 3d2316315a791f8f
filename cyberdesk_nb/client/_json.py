"""JSON from outside: whatever comes ends in a value or a plain error, never in a hang or a crash."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import from_json


class UnreadableError(Exception):
    """A body that is no JSON; the text says why, without repeating the body."""


class CutShortError(UnreadableError):
    """A body that ends before its JSON does, as when a connection breaks."""


def decode_json(body: bytes | bytearray) -> Any:
    """Read a JSON body.

    The fast reader refuses what the standard library can still read (lone surrogates, which become U+FFFD; integers
    of over 4,300 digits, which become float infinity), so the latter gets a second look before the body is given up.
    """
    if not body.strip():
        raise UnreadableError("it is empty")
    try:
        return from_json(body)
    except ValueError as error:
        reason = str(error)
    if reason.startswith("EOF while parsing"):
        raise CutShortError("it breaks off in the middle")
    if "recursion limit" in reason:
        raise UnreadableError("it is nested too deeply")
    return _second_look(body, reason)


def _second_look(body: bytes | bytearray, reason: str) -> Any:
    try:
        value = json.loads(body.decode("utf-8", "replace"), parse_int=_integer)
        # Lone surrogates cannot be encoded by anything that comes after.
        text = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return json.loads(text, parse_int=_integer)
    except (ValueError, RecursionError):
        raise UnreadableError(reason) from None


def _integer(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:
        return float(digits)
