"""Lists of runs as a reader asks for them: what a query finds, in which order, and one page of it."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from cyberdesk_nb.simulator.runs.run_book import Filter, RunBook, Sieve
from cyberdesk_nb.simulator.runs.run_search import RunSearch
from cyberdesk_nb.simulator.runs.runs import Run


class RunQuery(TypedDict, total=False):
    """The parameters of a list of runs, as the API names them; what is left out or None asks for nothing."""

    workflow_id: str | None
    machine_id: str | None
    session_id: str | None
    status: str | None
    created_at_from: datetime | None
    created_at_to: datetime | None
    search: str | None
    deep_search: bool
    sort_mode: str
    skip: int
    limit: int


class RunLists:
    """Answers queries."""

    def __init__(self, book: RunBook, search: RunSearch) -> None:
        self._book = book
        self._search = search

    def page(self, query: RunQuery, now: datetime) -> tuple[list[Run], int]:
        """Return the runs of one page, and how many there are in all."""
        wanted = Filter(
            query.get("workflow_id"),
            query.get("machine_id"),
            query.get("session_id"),
            query.get("status"),
            query.get("created_at_from"),
            query.get("created_at_to"),
        )
        words = query.get("search")
        sieve = self._search.sieve(words, deep=query.get("deep_search", False)) if words else None
        newest_first = query.get("sort_mode") == "created_at_desc"
        return self.slice(wanted, now, query.get("skip", 0), query.get("limit", 100), sieve, newest_first=newest_first)

    def slice(
        self, wanted: Filter, now: datetime, skip: int, limit: int, sieve: Sieve | None, *, newest_first: bool
    ) -> tuple[list[Run], int]:
        """Return the runs at some places of what is asked for, and how many there are in all."""
        live, numbers = self._book.listed(wanted, now, newest_first=newest_first, sieve=sieve)
        page = live[skip : skip + limit]
        rest = max(0, skip - len(live))
        page += self._book.all_at(numbers[rest : rest + limit - len(page)].tolist())
        return page, len(live) + len(numbers)
