"""Lists of runs as a reader asks for them: what a query finds, in which order, and one page of it."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from cyberdesk_nb.simulator.records import RunReader
from cyberdesk_nb.simulator.run_book import Filter, RunBook, mentions, searched_in
from cyberdesk_nb.simulator.runs import Run


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

    def __init__(self, book: RunBook, reader: RunReader) -> None:
        self._book = book
        self._reader = reader

    def page(self, query: RunQuery, now: datetime) -> tuple[list[Run], int]:
        """Return the runs of one page, and how many there are in all."""
        skip, limit = query.get("skip", 0), query.get("limit", 100)
        live, numbers = self._book.listed(
            Filter(
                query.get("workflow_id"),
                query.get("machine_id"),
                query.get("session_id"),
                query.get("status"),
                query.get("created_at_from"),
                query.get("created_at_to"),
            ),
            now,
            newest_first=query.get("sort_mode") == "created_at_desc",
        )
        search = query.get("search")
        if search:
            names = searched_in(deep=query.get("deep_search", False))
            runs = [*live, *(self._book.at(number) for number in numbers.tolist())]
            needle = search.casefold()
            hits = [run for run in runs if mentions(self._reader.record(run, now, names), names, needle)]
            return hits[skip : skip + limit], len(hits)
        page = live[skip : skip + limit]
        rest = max(0, skip - len(live))
        page += [self._book.at(number) for number in numbers[rest : rest + limit - len(page)].tolist()]
        return page, len(live) + len(numbers)
