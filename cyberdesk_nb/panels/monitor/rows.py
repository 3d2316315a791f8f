"""One run as a row of the table: what each cell says, and what it is sorted by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from cyberdesk_nb.models import RunResponse, RunStatus
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.monitor.book import RunBook, created_at
from cyberdesk_nb.panels.wording import exact_words

COLUMNS = (
    ("status", "Status", "112px"),
    ("workflow", "Workflow", "minmax(140px, 2fr)"),
    ("machine", "Machine", "minmax(144px, 2fr)"),
    ("created", "Created", "128px"),
    ("waited", "Waited", "104px"),
    ("took", "Took", "104px"),
    ("progress", "Progress", "150px"),
    ("steps", "Steps", "58px"),
    ("error", "Error", "minmax(130px, 3fr)"),
)
"""Name, title and width of each column."""

LOOKS: dict[str, str] = {
    RunStatus.SUCCESS: "good",
    RunStatus.ERROR: "bad",
    RunStatus.TASK_FAILED: "bad",
    RunStatus.CANCELLED: "over",
}

_STEPS = ("total_agentic_steps", "total_cached_steps")

short = lru_cache(maxsize=4096)(parts.one_line)


@dataclass(frozen=True, slots=True)
class Row:
    """What a run's row shows: a look, the share of the usual duration, and the text of each cell."""

    look: str
    share: float | None
    cells: tuple[str, ...]
    sort: tuple[Any, ...]
    """A value for each cell to sort by; None goes last."""


def row_of(run: RunResponse, book: RunBook, now: datetime) -> Row:
    """Make the row of a run at a time of the server."""
    waited_s, took_s = waited_of(run, book, now), took_of(run, now)
    usual_s = None if run.is_terminal else book.usual_s(run.workflow_id)
    share = None if usual_s is None else (took_s or 0.0) / usual_s if usual_s > 0 else None
    names = short(book.name_of(run.workflow_id), 120), short(book.name_of(run.machine_id), 120)
    steps, error = steps_of(run), error_of(run)
    cells = (
        short(status_of(run), 40),
        *names,
        _moment(created_at(run), now),
        "" if waited_s is None else exact_words(waited_s),
        "" if took_s is None else exact_words(took_s),
        _progress(run, share, usual_s),
        "" if steps is None else str(steps),
        error,
    )
    sort = (
        status_of(run),
        *(name.casefold() for name in names),
        created_at(run),
        waited_s,
        took_s,
        share,
        steps,
        error,
    )
    look = LOOKS.get(run.status, "live")
    return Row(look, None if share is None else round(min(share, 1.0), 2), cells, sort)


def status_of(run: RunResponse) -> str:
    """Give the status as the server wrote it; words where it could not be read."""
    return str(run.status or "unreadable")


def waited_of(run: RunResponse, book: RunBook, now: datetime) -> float | None:
    """Give for how long a run waited for a machine, or has until now, in seconds; None where that is not known."""
    queued_at = book.queued_at(run)
    until = run.started_at or (run.ended_at if run.is_terminal else now)
    return _between(queued_at, until)


def took_of(run: RunResponse, now: datetime) -> float | None:
    """Give for how long a run was on its machine, or has been until now, in seconds; None where it never was."""
    return _between(run.started_at, run.ended_at if run.is_terminal else now)


def steps_of(run: RunResponse) -> int | None:
    """Give how many steps the run counts; None where it counts none."""
    usage = run.usage_metadata or {}
    counts = [usage.get(name) for name in _STEPS]
    known = [one for one in counts if isinstance(one, int) and not isinstance(one, bool)]
    return sum(known) if known else None


def error_of(run: RunResponse) -> str:
    """Give the run's errors in one line."""
    return short(" · ".join(run.error or []), 400)


def sort_key(column: str) -> Callable[[Row], tuple[bool, Any]]:
    """Give the key that sorts rows by a column, missing values last."""
    at = [name for name, _, _ in COLUMNS].index(column)

    def key(row: Row) -> tuple[bool, Any]:
        value = row.sort[at]
        is_missing = value in (None, "")
        return is_missing, 0 if is_missing else value

    return key


def _progress(run: RunResponse, share: float | None, usual_s: float | None) -> str:
    if share is None or usual_s is None:
        return ""
    usual = f"usually {_about(usual_s)}"
    if run.started_at is None:
        return usual
    return f"{share:.0%}, {usual}" if share <= 1 else f"over, {usual}"


def _about(seconds: float) -> str:
    """Say a time span in one unit."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _moment(time: datetime | None, now: datetime) -> str:
    """Say a time as clocks here show it, with the year where that is another one."""
    if time is None:
        return ""
    try:
        here, today = time.astimezone(), now.astimezone()
    except OverflowError:
        return f"{time:%d %b %Y}"
    return f"{here:%d %b %H:%M:%S}" if here.year == today.year else f"{here:%d %b %Y %H:%M}"


def _between(start: datetime | None, end: datetime | None) -> float | None:
    if start is None or end is None or end < start:
        return None
    return (end - start).total_seconds()
