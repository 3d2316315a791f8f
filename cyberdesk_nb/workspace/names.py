"""Find a record by what people call it: its name, or its id."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Protocol
from uuid import UUID

from cyberdesk_nb.errors import RequestError, printable


class Named(Protocol):
    """What has an id and perhaps a name."""

    @property
    def id(self) -> str:
        """Unique in the API."""
        ...

    @property
    def name(self) -> str | None:
        """What people call it; several may share it."""
        ...


def is_id(text: str) -> bool:
    """Whether the text can only be an id."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def id_of(kind: str, name: str, records: Sequence[Named]) -> str:
    """Give the id of the one record of this name.

    Raises `RequestError` when none has it (naming the nearest) or several have it (naming their ids): names are not
    unique in the API.
    """
    found = [record.id for record in records if record.name == name]
    if len(found) == 1:
        return found[0]
    shown = printable(name, 80)
    if found:
        raise RequestError(f"{len(found)} {kind}s are called {shown!r}.", hint=f"Use an id: {', '.join(found[:5])}.")
    near = get_close_matches(name, [record.name for record in records if record.name], n=3, cutoff=0.4)
    hint = f"Did you mean {' or '.join(repr(printable(each, 80)) for each in near)}?" if near else None
    raise RequestError(f"No {kind} is called {shown!r}.", hint=hint)
