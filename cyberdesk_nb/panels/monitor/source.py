"""What a monitor is given: how to read the list of its runs, and what can be done with one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from cyberdesk_nb.models import RunResponse
from cyberdesk_nb.panels.watching import Every

COLUMNS = ("state", "timing", "usage", "error", "checks", "placement", "sensitive_input_aliases")
"""Groups and columns of `runs_frame` that a monitor needs; the lists that it is given bring the fields of these."""


class RunPage(Protocol):
    """One page of a list of runs."""

    @property
    def items(self) -> list[RunResponse]:
        """The runs, those still going first."""
        ...

    @property
    def total(self) -> int | None:
        """How many the whole list holds; None where the server does not say."""
        ...


@dataclass(frozen=True, slots=True)
class Walked:
    """A list that was read to its end."""

    runs: Sequence[RunResponse]
    complete: bool
    why: str
    """What `complete` rests on, or what is missing."""
    problems: int = 0
    """How many values could not be read."""
    is_cut: bool = False
    """Whether there may be runs that were not reached; else those that are not here are gone."""


Told = Callable[[Sequence[RunResponse], int | None], object]
"""Takes each page of a walk as it comes, with the number of runs in the whole list."""


@dataclass(frozen=True, slots=True)
class RunSource:
    """Functions that read and change runs; each returns a future, and may be called on any thread.

    Attributes
    ----------
    walk
        Reads the whole list and tells of each page.
    page
        Reads one page (skip, limit) of the list in order of activity: one request, without histories.
    cancel, retry
        Change one run, by its id, under an idempotency key.
    save
        Writes a run's record and files into a folder, and gives the path that it made there.
    every
        Calls a function every so many seconds, on any thread, until the function that it returns is called.
    replay
        Shows the steps of a run, by its id; None leaves the button out.
    watched
        Ids of the only runs to watch; None watches all that the list holds.
    about
        What the list holds, in words.
    """

    walk: Callable[[Told], Future[Walked]]
    page: Callable[[int, int], Future[RunPage]]
    cancel: Callable[[str, str], Future[RunResponse]]
    retry: Callable[[str, str], Future[RunResponse]]
    save: Callable[[str, Path], Future[Path]]
    every: Every
    replay: Callable[[str], Any] | None = None
    watched: frozenset[str] | None = field(default=None)
    about: str = ""
