"""Usage of many runs at once: the seeded ones from columns, the others from their own counters."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import numpy as np

from cyberdesk_nb.simulator.runs.past_runs import NONE, STATUSES, Bools
from cyberdesk_nb.simulator.runs.records import Record, RunReader
from cyberdesk_nb.simulator.runs.run_book import Filter, RunBook
from cyberdesk_nb.simulator.runs.run_lists import RunLists
from cyberdesk_nb.simulator.runs.runs import ERROR, Run

_BROKE = STATUSES.index(ERROR)


class PastUsage(NamedTuple):
    """What seeded runs used. Steps of runs that the platform failed are left out; these are never billed."""

    runs: int
    failed_by_platform: int
    agentic_steps: int
    cached_steps: int


class RunUsage:
    """Tells what runs used; a period has its start in it and not its end, None leaves a side open."""

    def __init__(self, book: RunBook, lists: RunLists, reader: RunReader) -> None:
        self._book = book
        self._lists = lists
        self._reader = reader

    def between(self, start: datetime | None, before: datetime | None, now: datetime) -> tuple[PastUsage, list[Record]]:
        """Return what the runs created in a period used: the seeded ones together, then the others' counters."""
        own, rows = self._book.matching(_created(start, before), now, self)
        broke = rows & (self._book.past.status == _BROKE)
        seen, billed = self._book.plays.seen, rows & ~broke
        cached = int(seen.cached[billed].sum(dtype=np.int64))
        agentic = int(seen.decided[billed].sum(dtype=np.int64)) - cached
        return PastUsage(int(rows.sum()), int(broke.sum()), agentic, cached), [self._of(run, now) for run in own]

    def page(
        self, start: datetime | None, before: datetime | None, now: datetime, skip: int, limit: int
    ) -> tuple[list[Run], int]:
        """Return runs that used something, newest first, and how many there are in all."""
        return self._lists.slice(_created(start, before), now, skip, limit, self, newest_first=True)

    def rows(self) -> Bools:
        """Mark the seeded runs that began."""
        return self._book.past.started != NONE

    def passes(self, run: Run, now: datetime) -> bool:
        """Tell whether a run has counters."""
        return bool(self._of(run, now))

    def _of(self, run: Run, now: datetime) -> Record:
        return self._reader.record(run, now, ["usage_metadata"])["usage_metadata"]


def _created(start: datetime | None, before: datetime | None) -> Filter:
    return Filter(created_at_from=start, created_before=before)
