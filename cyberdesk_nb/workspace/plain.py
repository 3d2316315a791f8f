"""The async client as plain calls, and whole lists with a progress bar."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from tqdm.auto import tqdm

from cyberdesk_nb.client import Walk
from cyberdesk_nb.workspace.portal import Portal

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
    rows: list[Any] = []

    async def gather() -> None:
        for walk in walks:
            async for row in walk:
                rows.append(row)  # noqa: PERF401 - the bar counts them as they come

    with tqdm(desc=label, unit=" rows", delay=_BAR_AFTER_S, leave=False, disable=label is None) as bar:

        def show() -> None:
            totals = [walk.completeness.server_total for walk in walks]
            known = [total for total in totals if total is not None]
            bar.total = sum(known) if len(known) == len(walks) else None
            bar.update(len(rows) - bar.n)

        portal.run(gather, meanwhile=show)
    return rows
