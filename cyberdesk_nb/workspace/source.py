"""What the tables of a workspace share: the client on its loop, names for ids, whole lists as frames."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from cyberdesk_nb.client import Client, Walk
from cyberdesk_nb.workspace.fetching import fetch_frame, warn_of
from cyberdesk_nb.workspace.names import id_of, is_id
from cyberdesk_nb.workspace.plain import PlainClient, fetch_all
from cyberdesk_nb.workspace.portal import Portal

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

Kind = Literal["workflow", "machine", "tag"]

_AT_ONCE = 16


class Source:
    """A client, the loop that it lives on, and the small steps from its answers to a frame.

    Attributes
    ----------
    api : PlainClient
        Every operation of `Client`, as a plain call: ``ws.api.runs.get(run_id)``.
    """

    def __init__(self, client: Client, portal: Portal) -> None:
        self._client = client
        self._portal = portal
        self.api = PlainClient(client, portal)

    def _frame(self, build: Callable[..., pd.DataFrame], label: str, *walks: Walk[Any], **options: Any) -> pd.DataFrame:
        """Fetch whole lists and build one frame of their rows."""
        return fetch_frame(self._portal, build, label, walks, **options)

    def _answered(self, build: Callable[..., pd.DataFrame], rows: Sequence[Any], **options: Any) -> pd.DataFrame:
        """Build the frame of rows that came without paging: each answer was whole."""
        why = "the API answers such a call whole, without pages"
        record = {"server_total": None, "rows": len(rows), "complete": True, "why": why}
        frame = build(rows, completeness=record, **options)
        warn_of(frame)
        return frame

    def _each(self, call: Callable[[T], Awaitable[Any]], arguments: Iterable[T]) -> list[Any]:
        """Make one call for each argument, some at once; the first failure ends them all."""
        gate = asyncio.Semaphore(_AT_ONCE)

        async def guarded(argument: T) -> Any:
            async with gate:
                return await call(argument)

        async def gather() -> list[Any]:
            tasks = [asyncio.ensure_future(guarded(argument)) for argument in arguments]
            try:
                return await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()

        return self._portal.run(gather)

    def _id_of(self, kind: Kind, name: str | None) -> str | None:
        return None if name is None else self._ids_of(kind, [name])[0]

    def _ids_of(self, kind: Kind, names: Sequence[str]) -> list[str]:
        """Give the id of each name; an id stands for itself."""
        # All names, not `search=name`: a misspelt one finds nothing, and the nearest should be named.
        known = [] if all(map(is_id, names)) else self._named(kind)
        return [name if is_id(name) else id_of(kind, name, known) for name in names]

    def _named(self, kind: Kind) -> list[Any]:
        if kind == "tag":
            return self.api.workflow_tags.list(include_archived=True)
        resource = self._client.workflows if kind == "workflow" else self._client.machines
        return fetch_all(self._portal, [resource.iter()])
