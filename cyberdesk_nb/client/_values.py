"""Arguments as the wire wants them: ids in paths, times and lists in queries, idempotency keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, TypeAlias, TypeVar, cast
from urllib.parse import quote
from uuid import UUID, uuid4

T = TypeVar("T")

Id: TypeAlias = str | UUID
"""The id of a resource."""

When: TypeAlias = datetime | date | str
"""A moment: aware, or taken as UTC; a date is its midnight in UTC; text is ISO 8601."""

Include: TypeAlias = str | Collection[str] | None
"""Names of related records to bring along, as a list or joined by commas."""

Rows: TypeAlias = list[T]
"""A list, under a name that a resource's own `list` does not hide."""

_JOINED = frozenset({"include", "tag_ids"})
"""Query parameters whose values the API wants in one, joined by commas; other lists repeat the key."""


class BadArgumentError(Exception):
    """An argument that cannot be sent; the text names it, without its value."""

    def __init__(self, what: str, hint: str | None = None) -> None:
        super().__init__(what)
        self.hint = hint


def segment(name: str, value: object) -> str:
    """Spell an id as one segment of a path."""
    text = "" if value is None else str(value)
    # An empty id would list, and a dotted one would climb to another resource.
    if not text.strip() or text in (".", ".."):
        raise BadArgumentError(f"{name!r} is empty" if not text.strip() else f"{name!r} is no id")
    return quote(text, safe="")


def idempotency_key(given: object) -> str:
    """Give the key to send: the one given, else a new one; an empty one sends none, and then nothing is repeated."""
    if given is None:
        return str(uuid4())
    if not isinstance(given, str) or not given.isascii() or (given and not given.isprintable()) or len(given) > 255:
        raise BadArgumentError("'idempotency_key' is not up to 255 printable ASCII characters")
    return given


def encode_query(given: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Spell query parameters as the API reads them; None is left out."""
    pairs: list[tuple[str, str]] = []
    for name, value in given.items():
        if value is None:
            continue
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
            pairs.append((name, _text(name, cast("object", value))))
            continue
        texts = [_text(name, part) for part in cast("Iterable[object]", value)]
        pairs += [(name, ",".join(texts))] if name in _JOINED and texts else [(name, text) for text in texts]
    return tuple(pairs)


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return utc(value).isoformat().replace("+00:00", "Z")
    if isinstance(value, str | int | float | UUID):
        return str(value)
    raise BadArgumentError(f"{name!r} cannot be sent as {type(value).__name__}")


def utc(moment: When) -> datetime:
    """Give a moment as aware UTC time; raises ValueError for text that is no ISO 8601 time."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        # 9999-12-31T23:59-05:00 has no UTC form in Python; with its offset it is the same instant.
        return moment
