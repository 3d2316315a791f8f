"""What a monitor knows of its runs: each one as it was last seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from statistics import median
from typing import Any, cast

from cyberdesk_nb.models import MachineResponse, RunResponse, RunStatus, WorkflowResponse, wire_of

_USUAL_FROM = 3
"""Fewer ended runs than this do not say what is usual."""
_AHEAD_MAX = timedelta(days=1)
"""A time further ahead of the clock here is not that of a server's clock."""


class RunBook:
    """Runs by their ids; only those in `watched` are kept where it is given.

    Attributes
    ----------
    runs
        Each run as it was last seen, without its message history.
    live
        Ids of the runs that have not ended, as far as is known.
    held
        Ids of runs that `take` passes over: what it would take is older than what is known.
    related
        Workflows and machines by id, as they came beside runs.
    """

    def __init__(self, watched: frozenset[str] | None = None) -> None:
        self.runs: dict[str, RunResponse] = {}
        self.live: set[str] = set()
        self.held: set[str] = set()
        self.related: dict[str, WorkflowResponse | MachineResponse] = {}
        self._watched = watched
        self._queued: dict[str, datetime | None] = {}
        self._usual: dict[str, float | None] = {}
        self._latest: datetime | None = None

    def __len__(self) -> int:
        return len(self.runs)

    def take(self, runs: Iterable[RunResponse], at: datetime) -> set[str]:
        """Note runs as they were seen at a time; returns the ids of those that are new or have changed."""
        changed: set[str] = set()
        for given in runs:
            run = _without_history(given)
            self._note_related(run)
            old = self.runs.get(run.id)
            is_other = not run.id or (self._watched is not None and run.id not in self._watched)
            if is_other or run.id in self.held or (old is not None and _facts(old) == _facts(run)):
                continue
            changed.add(run.id)
            self._note_attempt(old, run, at)
            self.runs[run.id] = run
            (self.live.discard if run.is_terminal else self.live.add)(run.id)
            self._usual.pop(run.workflow_id, None)
        return changed

    def keep_only(self, ids: set[str]) -> set[str]:
        """Forget the runs that are not among `ids`; returns which they were."""
        gone = self.runs.keys() - ids
        for run_id in gone:
            self._usual.pop(self.runs.pop(run_id).workflow_id, None)
            self.live.discard(run_id)
            self._queued.pop(run_id, None)
        return gone

    def queued_at(self, run: RunResponse) -> datetime | None:
        """When the run was queued for the attempt that it is in; None where a retry was not seen to be asked for."""
        return self._queued.get(run.id, created_at(run))

    def now(self, clock: datetime) -> datetime:
        """Give the time of the server, at least: a clock here may be behind the times that it writes."""
        return max(clock, self._latest) if self._latest and self._latest - clock < _AHEAD_MAX else clock

    def usual_s(self, workflow_id: str) -> float | None:
        """How long the runs of a workflow take: the median of those that ended, in seconds; None where too few did."""
        if workflow_id not in self._usual:
            took = [_took_s(run) for run in self.runs.values() if run.workflow_id == workflow_id]
            known = [one for one in took if one is not None]
            self._usual[workflow_id] = median(known) if len(known) >= _USUAL_FROM else None
        return self._usual[workflow_id]

    def name_of(self, record_id: str | None) -> str:
        """Give the name of a workflow or machine, its id where no name is known, and nothing for None."""
        record = self.related.get(record_id or "")
        return (record.name if record else None) or record_id or ""

    def _note_related(self, run: RunResponse) -> None:
        for record in (run.workflow, run.machine):
            if record is not None:
                self.related[record.id] = record

    def _note_attempt(self, old: RunResponse | None, new: RunResponse, at: datetime) -> None:
        for time in (created_at(new), new.started_at, new.ended_at):
            if time is not None and time - at < _AHEAD_MAX and (self._latest is None or time > self._latest):
                self._latest = time
        if old is None or not old.is_terminal:
            return
        if not new.is_terminal:
            self._queued[new.id] = self.now(at) if new.started_at is None else None
        elif new.ended_at != old.ended_at:
            self._queued[new.id] = None


def created_at(run: RunResponse) -> datetime | None:
    """Give when a run was created; None where that could not be read."""
    return cast("datetime | None", run.created_at)


def _facts(run: RunResponse) -> Mapping[str, Any]:
    """Give the run's own fields: what came beside it changes without it."""
    return wire_of(run) or run.model_dump()


def _without_history(run: RunResponse) -> RunResponse:
    return run if run.run_message_history is None else run.model_copy(update={"run_message_history": None})


def _took_s(run: RunResponse) -> float | None:
    if not run.is_terminal or run.status == RunStatus.CANCELLED or run.started_at is None or run.ended_at is None:
        return None
    took_s = (run.ended_at - run.started_at).total_seconds()
    return took_s if took_s >= 0 else None
