"""Page bytes straight to columns: msgspec reads what a table declares and leaves nested values as raw bytes.

The pages that it reads are the clean ones. Whatever is unusual (an ill-typed value, a missing required field, a field
that this version does not know, NaN, a naive time) makes it give up the page, which is then read value by value.
"""

from __future__ import annotations

import re
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from cyberdesk_nb.frames import _arrow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cyberdesk_nb.frames._columns import Column, Dtype, Table

Chunk = dict[str, Any]
"""Arrow array by column name; all of the same length."""

_NULL = msgspec.Raw(b"null")
_SPACED = re.compile(rb"[{\[,:]\s")
_ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u")
_HEAD_BYTES = 4096
_TYPES: dict[Dtype, Any] = {
    "integer": int,
    "count": list[msgspec.Raw],
    "number": float,
    "boolean": bool,
    "lines": list[str],
}


def read_page(table: Table, page: bytes) -> tuple[Chunk, int, list[Any]] | None:
    """Read one page.

    Parameters
    ----------
    table
        Says which fields to read and how.
    page
        Body of a list answer: an envelope with ``items``, or a bare array.

    Returns
    -------
    tuple or None
        The columns, the number of rows and the entries of ``included``; None when the page is not clean.
    """
    if b"\\u" in page and _ESCAPED.search(page):
        return None  # JSON text can be spelled in several ways; the slow reader spells it in one
    try:
        return _read(table, msgspec.json.format(page, indent=-1) if _SPACED.search(page, 0, _HEAD_BYTES) else page)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, *_arrow.ArrowError):
        return None


def _read(table: Table, page: bytes) -> tuple[Chunk, int, list[Any]]:
    envelope, bare = _decoders(table)
    if page.lstrip()[:1] == b"[":
        rows, included = bare.decode(page), None
    else:
        decoded = envelope.decode(page)
        rows, included = decoded.items, decoded.included
    parts = {field: _parts(map(attrgetter(field), rows), struct) for field, struct in _nested(table).items()}
    chunk: Chunk = {}
    for column in table.wire:
        field, *rest = column.path
        source = parts[field] if rest else rows
        cells = list(map(attrgetter(rest[0] if rest else field), source))
        chunk[column.name] = _ARRAYS.get(column.dtype, _plain(column.dtype))(cells)
    return chunk, len(rows), included or []


@cache
def _decoders(table: Table) -> tuple[msgspec.json.Decoder[Any], msgspec.json.Decoder[Any]]:
    """Make the decoders of a table: for its envelope and for a bare array."""
    direct = {column.path[0]: column for column in table.wire if len(column.path) == 1}
    fields = [(name, *_field(direct.get(name))) for name in sorted(table.known_fields)]
    row = msgspec.defstruct("Row", fields, forbid_unknown_fields=True, gc=False, kw_only=True)
    page = msgspec.defstruct("Page", [("items", list[row]), ("included", list[Any] | None, None)], kw_only=True)
    return msgspec.json.Decoder(page), msgspec.json.Decoder(list[row])


@cache
def _nested(table: Table) -> dict[str, type[msgspec.Struct]]:
    """Make a struct for each object of which single keys are columns."""
    keys: dict[str, list[Column]] = {}
    for column in table.wire:
        if len(column.path) > 1:
            keys.setdefault(column.path[0], []).append(column)
    return {
        field: msgspec.defstruct("Part", [(column.path[1], *_field(column)) for column in columns], kw_only=True)
        for field, columns in keys.items()
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


def _json_array(cells: Sequence[msgspec.Raw]) -> Any:
    return _arrow.array_of_json([None if text == b"null" else text for text in map(bytes, cells)])


def _lines_array(cells: Sequence[list[str] | None]) -> Any:
    return _arrow.array("lines", [None if lines is None else "\n".join(lines) for lines in cells])


def _count_array(cells: Sequence[list[msgspec.Raw] | None]) -> Any:
    return _arrow.array("count", [None if items is None else len(items) for items in cells])


def _plain(dtype: Dtype) -> Callable[[Sequence[Any]], Any]:
    return lambda cells: _arrow.array(dtype, cells)


_ARRAYS: dict[Dtype, Callable[[Sequence[Any]], Any]] = {
    "time": _arrow.array_of_times,
    "json": _json_array,
    "lines": _lines_array,
    "count": _count_array,
}
