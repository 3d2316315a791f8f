"""A list of runs that a test writes, served to a monitor without a server."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from cyberdesk_nb.models import RunResponse, RunStatus
from cyberdesk_nb.panels.monitor import RunSource, Told, Walked
from tests.panels.records import AT, Ticks, run, settled


@dataclass
class OnePage:
    """One page of a list."""

    items: list[RunResponse]
    total: int | None


def ended(run_id: str, status: RunStatus = RunStatus.SUCCESS, *, took_s: float = 60, **fields: Any) -> RunResponse:
    """Make a run that has ended."""
    end = AT + timedelta(seconds=9 + took_s)
    return run(status, run_id=run_id, ended_at=fields.pop("ended_at", end), **fields)


def live(run_id: str, status: RunStatus = RunStatus.RUNNING, **fields: Any) -> RunResponse:
    """Make a run that goes on."""
    return run(status, run_id=run_id, **fields)


@dataclass
class Server:
    """Runs in a dict, listed in order of activity; each answer can be made to fail, or to wait."""

    runs: dict[str, RunResponse] = field(default_factory=dict)
    ticks: Ticks = field(default_factory=Ticks)
    asked: list[tuple[int, int]] = field(default_factory=list)
    walks: int = 0
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    saved: list[str] = field(default_factory=list)
    failure: Exception | None = None
    total_off: int = 0
    reply: Callable[[str, RunResponse], Future[RunResponse]] = lambda _verb, run: settled(run)
    waiting: Future[Any] | None = None

    def put(self, *runs: RunResponse) -> None:
        """Set runs as they stand now."""
        self.runs |= {run.id: run for run in runs}

    def source(self, **more: Any) -> RunSource:
        """Give what a monitor is given."""
        given: dict[str, Any] = {"replay": None, **more}
        return RunSource(
            walk=self.walk,
            page=self.page,
            cancel=lambda run_id, key: self.change("cancel", run_id, key),
            retry=lambda run_id, key: self.change("retry", run_id, key),
            save=self.save,
            every=self.ticks.every,
            **given,
        )

    def walk(self, told: Told) -> Future[Walked]:
        """Read the whole list."""
        self.walks += 1
        if self.failure is not None:
            return settled(self.failure)
        runs = list(self.runs.values())
        told(runs, len(runs))
        return settled(Walked(runs, complete=True, why="all of it"))

    def page(self, skip: int, limit: int) -> Future[Any]:
        """Read one page."""
        self.asked.append((skip, limit))
        if self.failure is not None:
            return settled(self.failure)
        if self.waiting is not None:
            return self.waiting
        return settled(self.now(skip, limit))

    def now(self, skip: int = 0, limit: int = 1000) -> OnePage:
        """Give the page as it is now."""
        order = sorted(self.runs.values(), key=lambda run: (run.is_terminal, -(run.ended_at or AT).timestamp()))
        return OnePage(order[skip : skip + limit], len(order) + self.total_off)

    def change(self, verb: str, run_id: str, key: str) -> Future[RunResponse]:
        """Cancel or retry a run."""
        self.changes.append((verb, run_id, key))
        after = ended(run_id, RunStatus.CANCELLED) if verb == "cancel" else live(run_id, RunStatus.SCHEDULING)
        reply = self.reply(verb, after)
        if reply.done() and reply.exception() is None:
            self.put(reply.result())
        return reply

    def save(self, run_id: str, folder: Path) -> Future[Path]:
        """Save a run."""
        self.saved.append(run_id)
        return settled(folder / run_id)
