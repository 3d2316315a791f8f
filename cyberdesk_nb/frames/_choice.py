"""The part of a table that was asked for: chosen columns and groups, and what they are computed from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

from cyberdesk_nb.errors import RequestError, printable
from cyberdesk_nb.frames._columns import IDENTITY, Derived, Joined

if TYPE_CHECKING:
    from cyberdesk_nb.frames._columns import Column, Table

Columns = str | Iterable[str] | None
"""Names of columns and of groups of columns; None is every group but the heavy ones."""

_CHOICES_KEPT = 256


def choose(table: Table, columns: Columns) -> Table:
    """Give the part of a table that holds the chosen columns, always with the identity.

    What a chosen column is computed from is read too, and hidden. Where a column and a group have the same name, the
    group is meant.

    Raises
    ------
    RequestError
        For a name that is neither a column nor a group; it names the nearest ones.
    """
    if columns is None:
        return _part(table, None)
    return _part(table, frozenset([columns] if isinstance(columns, str) else map(str, columns)))


def groups_held(table: Table, part: Table) -> list[str]:
    """Give the names of the groups of a table of which a part shows every column."""
    shown = {column.name for column in part.shown}
    lacking = {column.group for column in table.columns if column.name not in shown}
    return [group for group in groups_of(table) if group not in lacking]


def groups_of(table: Table) -> tuple[str, ...]:
    """Give the names of a table's groups, in their order."""
    return tuple(dict.fromkeys(column.group for column in table.columns))


@lru_cache(_CHOICES_KEPT)  # equal choices share one table, and with it the decoders that were made for it
def _part(table: Table, names: frozenset[str] | None) -> Table:
    shown = _shown(table, names)
    if len(shown) == len(table.columns):
        return table
    needed = shown | _needed(table, shown)
    return replace(
        table,
        columns=tuple(column for column in table.columns if column.name in needed),
        unlisted=tuple(sorted(table.known_fields)),
        hidden=frozenset(needed - shown),
    )


def _shown(table: Table, names: frozenset[str] | None) -> set[str]:
    if names is None:
        return {column.name for column in table.columns if column.group not in table.heavy}
    groups = groups_of(table)
    if unknown := sorted(names.difference(groups, (column.name for column in table.columns))):
        raise _unknown(table, unknown[0])
    return {
        column.name
        for column in table.columns
        if column.group == IDENTITY or column.group in names or (column.name in names and column.name not in groups)
    }


def _needed(table: Table, shown: set[str]) -> set[str]:
    """Give the columns that the shown ones are computed from; each stands before those that need it."""
    needed = set(shown)
    for column in reversed(table.columns):
        if column.name in needed:
            needed.update(_sources(column))
    return needed


def _sources(column: Column) -> tuple[str, ...]:
    if isinstance(column.source, Derived):
        return column.source.needs
    return (column.source.key,) if isinstance(column.source, Joined) else ()


def _unknown(table: Table, name: str) -> RequestError:
    groups = groups_of(table)
    known = [*groups, *(column.name for column in table.columns)]
    near = list(dict.fromkeys(get_close_matches(name, known, n=3, cutoff=0.5)))
    guess = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    return RequestError(
        f"The table {table.name} has no column and no group {printable(name, 60)!r}.",
        hint=f"{guess}Groups are {', '.join(groups)}; cd.columns({table.name!r}) lists the columns.",
    )
