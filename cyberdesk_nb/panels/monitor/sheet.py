"""The rows of a monitor as they stand on the page: which are shown, in which order, under which number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cyberdesk_nb.models import RunResponse
from cyberdesk_nb.panels.monitor.book import RunBook, created_at
from cyberdesk_nb.panels.monitor.rows import LOOKS, Row, row_of, sort_key, status_of

_NEVER = datetime.min.replace(tzinfo=UTC)
LIVE = "live"
"""A status filter that lets all runs pass that have not ended."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run must have to be shown; None lets every run pass."""

    status: str | None = None
    workflow_id: str | None = None
    text: str = ""


def utc_now() -> datetime:
    """Give the time by this computer's clock."""
    return datetime.now(UTC)


class Sheet:
    """Rows of the runs in a book.

    Parameters
    ----------
    book
        The runs.
    clock
        Gives the time that counts for runs that still go on.
    """

    def __init__(self, book: RunBook, clock: Callable[[], datetime] = utc_now) -> None:
        self.book = book
        self.shown: list[str] = []
        self._clock = clock
        self._keys: dict[str, int] = {}
        self._ids: list[str] = []
        self._rows: dict[str, Row] = {}
        self._haystacks: dict[str, str] = {}

    def update(self, ids: Iterable[str]) -> list[str]:
        """Make the rows of runs anew; returns the ids of those that say something else."""
        now = self.book.now(self._clock())
        changed: list[str] = []
        for run_id in ids:
            run = self.book.runs[run_id]
            old, row = self._rows.get(run_id), row_of(run, self.book, now)
            self._rows[run_id] = row
            if old is not None and (old.cells, old.share) == (row.cells, row.share):
                continue
            self._haystacks[run_id] = _haystack(run, row)
            if run_id not in self._keys:
                self._keys[run_id] = len(self._ids)
                self._ids.append(run_id)
            changed.append(run_id)
        return changed

    def arrange(self, wanted: Wanted, column: str = "", *, descending: bool = False) -> list[int]:
        """Choose and sort what is shown, live runs first and newest first unless a column says else."""
        runs = [run for run in self.book.runs.values() if run.id in self._rows]
        found = [run for run in runs if self._passes(run, wanted)]
        found.sort(key=lambda run: created_at(run) or _NEVER, reverse=True)
        if column:
            key = sort_key(column)
            found.sort(key=lambda run: key(self._rows[run.id]), reverse=descending)
            # Missing values stay last, whichever way the others go.
            found.sort(key=lambda run: key(self._rows[run.id])[0])
        else:
            found.sort(key=lambda run: run.is_terminal)
        self.shown = [run.id for run in found]
        return [self._keys[run_id] for run_id in self.shown]

    def lines(self, ids: Iterable[str]) -> list[list[Any]]:
        """Give rows as the page takes them: number, look, share, cells."""
        rows = ((self._keys[run_id], self._rows[run_id]) for run_id in ids)
        return [[key, row.look, row.share, *row.cells] for key, row in rows]

    def ids_of(self, keys: Iterable[object]) -> list[str]:
        """Give the runs under these numbers."""
        return [self._ids[key] for key in keys if isinstance(key, int) and 0 <= key < len(self._ids)]

    def keys_of(self, ids: Iterable[str]) -> list[int]:
        """Give the numbers of runs; those not known here have none."""
        return [self._keys[run_id] for run_id in ids if run_id in self._keys]

    def counts(self) -> dict[str, int]:
        """Count all runs by status, the ones that go on first."""
        found = Counter([status_of(run) for run in self.book.runs.values()])
        return dict(sorted(found.items(), key=lambda one: (one[0] in LOOKS, -one[1])))

    def _passes(self, run: RunResponse, wanted: Wanted) -> bool:
        if wanted.status == LIVE and run.is_terminal:
            return False
        if wanted.status not in (None, LIVE, status_of(run)):
            return False
        if wanted.workflow_id not in (None, run.workflow_id):
            return False
        return wanted.text in self._haystacks[run.id]


def _haystack(run: RunResponse, row: Row) -> str:
    status, workflow, machine, *_, error = row.cells
    return "\n".join((run.id, status, workflow, machine, error)).casefold()
