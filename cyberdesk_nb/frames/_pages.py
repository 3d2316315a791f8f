"""Page bytes straight to columns: msgspec reads what a table declares and leaves nested values as raw bytes.

Rows that it cannot read (an ill-typed value, a missing required field) are told apart by halving the page; they are
read value by value, and do not hold up the others.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from cyberdesk_nb.frames import _arrow
from cyberdesk_nb.frames._columns import EXTRA
from cyberdesk_nb.frames._json import json_text
from cyberdesk_nb.frames._records import PageBytes, Related, parse_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cyberdesk_nb.frames._columns import Column, Dtype, Table

Chunk = dict[str, Any]
"""Arrow array by column name; all of the same length."""

_NULL = msgspec.Raw(b"null")
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|$)', re.DOTALL)
_SPACE = re.compile(rb"\s")
# It begins with one plain backslash, to which the search leaps: most pages have few.
_ESCAPES = re.compile(rb"\\\\*[u/]")
_HEAD_BYTES = 512
_HALVED_TO_ROWS = 16
_TYPES: dict[Dtype, Any] = {
    "integer": int,
    "count": list[msgspec.Raw],
    "number": float,
    "boolean": bool,
    "lines": list[str],
}
_UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, *_arrow.ArrowError)


@dataclass(frozen=True, slots=True)
class Digest:
    """A page read into columns.

    `parts` stand in the order of the rows: columns, or lists of records that have to be read value by value.
    """

    parts: list[Chunk | list[Any]]
    included: list[Any] = field(default_factory=list[Any])

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(len(part) if isinstance(part, list) else len(next(iter(part.values()))) for part in self.parts)


def digest(table: Table, page: PageBytes) -> Digest:
    """Read all rows of a page, the body of a list answer; raises PayloadError for what is no page."""
    body = _compact(page.body)
    clean = _read(table, body, page.drop)
    if clean is not None:
        chunk, _, included = clean
        return Digest([chunk], included)
    try:
        rows, included = _split(body)
    except _UNREADABLE:
        related: Related = {}
        records = parse_page(page, related)
        return Digest([records], [{"type": kind, **fields} for (kind, _), fields in related.items()])
    return Digest(list(_halved(table, _without(rows, page.drop))), included)


def read_page(
    table: Table, page: bytes | bytearray, drop: frozenset[int] = frozenset()
) -> tuple[Chunk, int, list[Any]] | None:
    """Read a page in one go.

    Parameters
    ----------
    table
        Says which fields to read and how.
    page
        Body of a list answer: an envelope with ``items``, or a bare array.
    drop
        Positions of rows to leave out.

    Returns
    -------
    tuple or None
        The columns, the number of rows and the entries of ``included``; None when any row cannot be read so.
    """
    return _read(table, _compact(page), drop)


def _read(table: Table, page: bytes | bytearray, drop: frozenset[int]) -> tuple[Chunk, int, list[Any]] | None:
    try:
        try:
            rows, included = _decode(page, *_decoders(table, is_open=False))
            unknown = None
        except msgspec.ValidationError as error:
            if "unknown field" not in str(error):
                return None
            rows, included = _decode(page, *_decoders(table, is_open=True))
            unknown = _without(_unknown_fields(table, page), drop)
        rows = _without(rows, drop)
        chunk = _columns(table, rows, is_spelled_anew=_is_spelled_anew(page))
        if unknown is not None:
            chunk[EXTRA.name] = _arrow.array("json", unknown)
    except _UNREADABLE:
        return None
    return chunk, len(rows), included


def _compact(page: bytes | bytearray) -> bytes | bytearray:
    """Take out the white space between values, so that nested values have one spelling; what is no JSON stays."""
    if not _SPACE.search(_STRINGS.sub(b"", page[:_HEAD_BYTES])):
        return page
    try:
        return msgspec.json.format(page, indent=-1)
    except (msgspec.MsgspecError, RecursionError):
        return page


def _halved(table: Table, rows: list[msgspec.Raw]) -> Iterator[Chunk | list[Any]]:
    body = b"[" + b",".join(rows) + b"]"
    clean = _read(table, body, frozenset())
    if clean is not None:
        yield clean[0]
    elif len(rows) <= _HALVED_TO_ROWS:
        yield parse_page(PageBytes(body), {})
    else:
        middle = len(rows) // 2
        yield from _halved(table, rows[:middle])
        yield from _halved(table, rows[middle:])


def _columns(table: Table, rows: list[Any], *, is_spelled_anew: bool) -> Chunk:
    parts = {name: _parts(map(attrgetter(name), rows), struct) for name, struct in _nested(table).items()}
    chunk: Chunk = {}
    for column in table.wire:
        name, *rest = column.path
        cells = list(map(attrgetter(rest[0] if rest else name), parts[name] if rest else rows))
        if column.dtype == "json" and is_spelled_anew:
            cells = [_spell(raw) for raw in cells]
        chunk[column.name] = _ARRAYS.get(column.dtype, _plain(column.dtype))(cells)
    return chunk


def _decode(page: bytes | bytearray, envelope: Any, bare: Any) -> tuple[list[Any], list[Any]]:
    if page[:1] == b"[":
        return bare.decode(page), []
    decoded = envelope.decode(page)
    return decoded.items, decoded.included or []


@cache
def _decoders(table: Table, *, is_open: bool) -> tuple[Any, Any]:
    """Make the decoders of a table, for its envelope and for a bare array; open ones pass over unknown fields."""
    direct = {column.path[0]: column for column in table.wire if len(column.path) == 1}
    fields = [(name, *_field(direct.get(name))) for name in sorted(table.known_fields)]
    row = msgspec.defstruct("Row", fields, forbid_unknown_fields=not is_open, gc=False, kw_only=True)
    return _decoders_of(row)


@cache
def _decoders_of(row: Any) -> tuple[Any, Any]:
    page = msgspec.defstruct("Page", [("items", list[row]), ("included", list[Any] | None, None)], kw_only=True)
    return msgspec.json.Decoder(page), msgspec.json.Decoder(list[row])


def _split(page: bytes | bytearray) -> tuple[list[msgspec.Raw], list[Any]]:
    return _decode(page, *_decoders_of(msgspec.Raw))


def _unknown_fields(table: Table, page: bytes | bytearray) -> list[str | None]:
    """Give the fields of each row that the table does not know, as the text of one JSON object."""
    rows, _ = _decode(page, *_decoders_of(dict[str, msgspec.Raw]))
    unknown = [[(name, raw) for name, raw in row.items() if name not in table.known_fields] for row in rows]
    return [_object_text(pairs) if pairs else None for pairs in unknown]


def _object_text(pairs: list[tuple[str, msgspec.Raw]]) -> str:
    members = (f"{json_text(name)}:{bytes(_spell(raw)).decode()}" for name, raw in pairs)
    return "{" + ",".join(members) + "}"


def _spell(raw: msgspec.Raw) -> msgspec.Raw | bytes:
    """Spell a JSON value as `json_text` does where its characters are escaped without need."""
    text = bytes(raw)
    return json_text(json.loads(text)).encode() if _is_spelled_anew(text) else raw


def _is_spelled_anew(text: bytes | bytearray) -> bool:
    r"""Tell whether a character is escaped by `\u` or `\/`; after an even number of backslashes it is not."""
    return any(len(match[0]) % 2 == 0 for match in _ESCAPES.finditer(text))


def _without(items: list[Any], drop: frozenset[int]) -> list[Any]:
    for place in sorted(drop, reverse=True):
        del items[place]
    return items


@cache
def _nested(table: Table) -> dict[str, type[msgspec.Struct]]:
    """Make a struct for each object of which single keys are columns."""
    keys: dict[str, list[Column]] = {}
    for column in table.wire:
        if len(column.path) > 1:
            keys.setdefault(column.path[0], []).append(column)
    return {
        name: msgspec.defstruct("Part", [(column.path[1], *_field(column)) for column in columns], kw_only=True)
        for name, columns in keys.items()
    }


def _parts(cells: Iterable[msgspec.Raw], struct: type[msgspec.Struct]) -> list[Any]:
    """Read the declared keys of one nested object per row; a row without it has none of them."""
    decode, nothing = msgspec.json.Decoder(struct | None).decode, struct()
    return [decode(raw) or nothing for raw in cells]


def _field(column: Column | None) -> tuple[Any, ...]:
    """Give the type of a struct's field, with its default unless the column must be there."""
    if column is None or column.dtype == "json":
        return msgspec.Raw, _NULL
    kind = _TYPES.get(column.dtype, str)
    return (kind,) if column.required else (kind | None, None)


def _lines_array(cells: Sequence[list[str] | None]) -> Any:
    return _arrow.array("lines", [None if lines is None else "\n".join(lines) for lines in cells])


def _count_array(cells: Sequence[list[msgspec.Raw] | None]) -> Any:
    return _arrow.array("count", [None if items is None else len(items) for items in cells])


def _plain(dtype: Dtype) -> Callable[[Sequence[Any]], Any]:
    return lambda cells: _arrow.array(dtype, cells)


_ARRAYS: dict[Dtype, Callable[[Sequence[Any]], Any]] = {
    "time": _arrow.array_of_times,
    "json": _arrow.array_of_json,
    "lines": _lines_array,
    "count": _count_array,
}
