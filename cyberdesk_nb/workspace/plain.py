"""The async client as plain calls, and whole lists with a progress bar."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

from tqdm.auto import tqdm

from cyberdesk_nb.client import Walk
from cyberdesk_nb.workspace.portal import Portal

T = TypeVar("T")

_BAR_AFTER_S = 0.7


class PlainClient:
    """The operations of `Client` as plain calls that wait: ``ws.api.runs.get(run_id)``.

    Arguments, results and errors are those of `Client`; ``iter`` gives a list.
    """

    def __init__(self, target: Any, portal: Portal) -> None:
        self._target = target
        self._portal = portal

    def __repr__(self) -> str:
        return f"<plain calls of {self._target!r}>"

    def __dir__(self) -> list[str]:
        return [name for name in dir(self._target) if not name.startswith("_")]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        value = getattr(self._target, name)
        if inspect.iscoroutinefunction(value):
            return self._waiting(value)
        if name == "iter":
            return self._listing(value)
        return PlainClient(value, self._portal) if hasattr(value, "transport") else value

    def _waiting(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(operation)
        def call(*args: Any, **kwargs: Any) -> Any:
            return self._portal.call(operation, *args, **kwargs)

        return call

    def _listing(self, walk: Callable[..., Any]) -> Callable[..., list[Any]]:
        @wraps(walk)
        def call(**filters: Any) -> list[Any]:
            walking = walk(**filters)
            rows = fetch_all(self._portal, [walking])
            if not walking.completeness.complete:
                # A plain list has no place to say so.
                warnings.warn(f"This list may lack rows: {walking.completeness.why}.", UserWarning, stacklevel=2)
            return rows

        return call


def fetch_all(portal: Portal, walks: Sequence[Walk[Any]], label: str | None = None) -> list[Any]:
    """Walk lists to their ends, one after another, and give all rows.

    `label` names the progress bar that shows when it takes long; None shows none.
    """

    async def gather() -> list[Any]:
        return [row for walk in walks async for row in walk]

    return watch(portal, walks, label, gather)


def watch(portal: Portal, walks: Sequence[Walk[Any]], label: str | None, work: Callable[[], Awaitable[T]]) -> T:
    """Run `work`, which walks over lists, and show in a progress bar how many rows came when it takes long.

    `label` names the bar; None shows none.
    """
    with tqdm(desc=label, unit=" rows", delay=_BAR_AFTER_S, leave=False, disable=label is None) as bar:

        def show() -> None:
            records = [walk.completeness for walk in walks]
            known = [record.server_total for record in records if record.server_total is not None]
            bar.total = sum(known) if len(known) == len(walks) else None
            bar.update(sum(record.rows for record in records) - bar.n)

        return portal.run(work, meanwhile=show)
