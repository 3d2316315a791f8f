"""Which page of the list to ask for next, so that a poll is one small request and no run is lost sight of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cyberdesk_nb.panels.monitor.book import RunBook
from cyberdesk_nb.panels.monitor.source import RunPage

MARGIN = 100
"""Rows asked for beyond the live ones: those that ended, or were launched, since the last page."""
PAGE_MAX = 1000
_PAGES_MAX = 3
"""Pages after which runs that were not seen are looked for by reading the list again."""
_OVERLAP = 20
"""Rows of the last page that are asked for again: rows move up while pages are turned."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a page brought."""

    changed: set[str]
    is_over: bool
    """Whether every run known as live was seen, so that the next poll starts at the top."""
    doubt: str = ""
    """Why the whole list should be read again; empty where it need not."""


class Rounds:
    """Polls in order of activity, live runs first: a round is over when all runs known as live were seen.

    Parameters
    ----------
    book
        Takes the runs.
    counts
        Whether the book is to hold as many runs as the list.
    """

    def __init__(self, book: RunBook, *, counts: bool) -> None:
        self.counts = counts
        self._book = book
        self._skip = self._limit = self._pages = 0
        self._missing: set[str] = set()
        self._live_in_list = len(book.live)
        self._live_on_pages = 0
        self._doubted: int | None = None
        self._read_with: int | None = None
        self._accepted: int | None = None

    def ask(self) -> tuple[int, int]:
        """Give where the next page starts, and how many rows it needs."""
        if self._pages == 0:
            self._missing = set(self._book.live)
            self._skip = self._live_on_pages = 0
            self._limit = min(PAGE_MAX, max(self._live_in_list, len(self._book.live)) + MARGIN)
        else:
            self._limit = PAGE_MAX
        return self._skip, self._limit

    def restart(self) -> None:
        """Begin the next round at the top: the whole list was just read."""
        self._pages = 0
        self._live_in_list = len(self._book.live)
        self._read_with, self._doubted = self._doubted, None

    def take(self, page: RunPage, at: datetime) -> Step:
        """Note the page asked for last."""
        self._missing -= {run.id for run in page.items}
        self._live_on_pages += sum(not run.is_terminal for run in page.items)
        changed = self._book.take(page.items, at)
        end = self._skip + len(page.items)
        is_at_end = len(page.items) < self._limit if page.total is None else not page.items or end >= page.total
        self._pages += 1
        if self._missing and not is_at_end and self._pages < _PAGES_MAX:
            self._skip = max(self._skip + 1, end - _OVERLAP)
            return Step(changed, is_over=False)
        self._pages = 0
        self._live_in_list = self._live_on_pages
        return Step(changed, is_over=True, doubt=self._doubt(page.total))

    def _doubt(self, total: int | None) -> str:
        if self._missing:
            one = len(self._missing) == 1
            return f"{len(self._missing)} {'run was' if one else 'runs were'} not where live runs are listed"
        off = total - len(self._book) if self.counts and total is not None else 0
        if off == self._read_with:
            # Counted differently although the list was just read again: that is how this server counts.
            self._accepted = off
        if off in (0, self._accepted):
            return ""
        self._doubted = off
        return f"the server counts {total:,} runs where {len(self._book):,} are known"
