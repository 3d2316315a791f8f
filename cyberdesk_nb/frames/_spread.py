"""JSON values gathered by the path at which they stand, and typed by what all values of a path have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cyberdesk_nb.frames import _arrow
from cyberdesk_nb.frames._cells import UnreadableError, read_cell
from cyberdesk_nb.frames._columns import Column
from cyberdesk_nb.frames._exact import Repeating, write_exact

if TYPE_CHECKING:
    import pandas as pd

    from cyberdesk_nb.frames._columns import Dtype

_EXACT_IN_FLOAT = 2**53
_KINDS: dict[frozenset[type[Any]], Dtype] = {
    frozenset({str}): "string",
    frozenset({bool}): "boolean",
    frozenset({int}): "integer",
    frozenset({float}): "number",
    frozenset({int, float}): "number",
}


@dataclass(slots=True)
class Node:
    """What stands at one path: the values that are not spread further, by row, and what is below."""

    rows: list[int] = field(default_factory=list[int])
    values: list[Any] = field(default_factory=list[Any])
    below: dict[str, Node] = field(default_factory=dict[str, "Node"])


def place(root: Node, row: int, value: Any, max_depth: int | None) -> int:
    """Put the parts of one cell to their paths, and tell how many paths are new."""
    new = 0
    pending: list[tuple[Node, Any, int]] = [(root, value, 0)]
    while pending:
        node, part, depth = pending.pop()
        if not _is_spread(part) or (max_depth is not None and depth >= max_depth):
            node.rows.append(row)
            node.values.append(part)
            continue
        for key, item in part.items():
            if key not in node.below:
                node.below[key] = Node()
                new += 1
            pending.append((node.below[key], item, depth + 1))
    return new


def _is_spread(value: Any) -> bool:
    return isinstance(value, dict) and value != {} and not isinstance(value, Repeating)


def columns_of(root: Node, length: int) -> Iterator[tuple[tuple[str, ...], str, pd.Series]]:
    """Give path, kind and cells of each column, a parent before what is below it. The root is the column itself."""
    pending: list[tuple[tuple[str, ...], Node]] = [((), root)]
    while pending:
        path, node = pending.pop()
        present = [(row, value) for row, value in zip(node.rows, node.values, strict=True) if value is not None]
        if path and (present or not node.below):
            kind, cells = _typed(present, length)
            yield path, kind, cells
        pending += [((*path, key), below) for key, below in reversed(node.below.items())]


def _typed(present: list[tuple[int, Any]], length: int) -> tuple[Dtype, pd.Series]:
    """Give the kind that all values have, and the column of it."""
    kind = _kind_of([value for _, value in present])
    cells: list[Any] = [None] * length
    for row, value in present:
        cells[row] = write_exact(value) if kind == "json" else value
    column = Column("", kind, "", "")
    return kind, _arrow.series(column, [_arrow.array(kind, cells)])


def _kind_of(values: list[Any]) -> Dtype:
    kind = _KINDS.get(frozenset(map(type, values)), "json")
    return kind if all(_fits(kind, value) for value in values) else "json"


def _fits(kind: Dtype, value: Any) -> bool:
    if kind == "number" and isinstance(value, int) and abs(value) > _EXACT_IN_FLOAT:
        return False
    try:
        read_cell(kind, value)
    except UnreadableError:
        return False
    return True
