"""Find a workflow, machine, pool or model by what a person writes: its id, or its name."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TypeAlias, TypeVar

from cyberdesk_nb.errors import RequestError, printable
from cyberdesk_nb.models import MachineResponse, ModelConfigurationResponse, PoolResponse, WorkflowResponse
from cyberdesk_nb.panels.parts import one_line

Named: TypeAlias = WorkflowResponse | MachineResponse | PoolResponse | ModelConfigurationResponse
R = TypeVar("R", bound=Named)


def find(records: Sequence[R], wanted: str, noun: str) -> R:
    """Return the record of this id, or of this name where only one has it.

    Raises `RequestError` that says which names come close, or which ids share the name.
    """
    for record in records:
        if record.id == wanted:
            return record
    named = [record for record in records if record.name == wanted]
    if len(named) == 1:
        return named[0]
    shown = printable(wanted, 80)
    if named:
        ids = ", ".join(record.id for record in named[:5])
        raise RequestError(f"{len(named)} {noun}s are called {shown!r}.", hint=f"Use the id: {ids}.")
    close = get_close_matches(wanted, [record.name for record in records if record.name], n=3)
    hint = f"Did you mean {', '.join(repr(one_line(name, 80)) for name in close)}?" if close else None
    raise RequestError(f"There is no {noun} {shown!r}.", hint=hint)


def name_of(record: Named) -> str:
    """Return the name to show: the id's beginning where there is none."""
    return one_line(record.name, 80) if record.name and record.name.strip() else record.id[:8]


def distinct_names(records: Sequence[Named]) -> list[str]:
    """Return the names to show; those that are not unique carry their id."""
    names = [name_of(record) for record in records]
    return [
        name if names.count(name) == 1 else f"{name} ({record.id})" for name, record in zip(names, records, strict=True)
    ]
