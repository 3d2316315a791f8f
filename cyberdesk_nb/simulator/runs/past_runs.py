"""The seeded runs as columns: a million of them cost some tens of megabytes, and each becomes a `Run` when read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cyberdesk_nb.simulator.chance import RunIds, mixed, named_id
from cyberdesk_nb.simulator.engine.plans import Replay, matching_steps
from cyberdesk_nb.simulator.engine.scripts import ScriptKey, ScriptLibrary
from cyberdesk_nb.simulator.runs.runs import Attempt, Run

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
US = 1_000_000
_MICROSECOND = timedelta(microseconds=1)
NONE = -1

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

STATUSES = ("success", "task_failed", "error", "cancelled")
"""`status` holds an index of this, or NONE while the run is still live at the anchor."""


def to_us(when: datetime) -> int:
    """Return microseconds since 1970."""
    return (when - EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """Return the aware time of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=us)


def plain(column: NDArray[Any]) -> Any:
    """Return a column whose items read and write as plain numbers, some times faster than the array's own."""
    return column.data


@dataclass(frozen=True, slots=True)
class Ask:
    """What a group of runs asks of its machine."""

    machine: int | None
    pool_ids: tuple[str, ...]
    mask: int


@dataclass(frozen=True, slots=True)
class WorkflowPlan:
    """A seeded workflow: its id, its kind, and the names of the troubles that its runs meet."""

    id: str
    kind: str
    disturbances: tuple[str, ...]
    failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """A seeded trajectory as runs replay it: its id, its name, and the signatures of its steps."""

    id: str
    label: str | None
    signatures: tuple[int, ...]


class _Row(NamedTuple):
    """One run's values, named as the columns of `PastRuns`."""

    created: int
    workflow: int
    sample: int
    ask: int
    priority: bool
    started: int
    work_ended: int
    ended: int
    natural_s: float
    machine: int
    status: int
    disturbance: int
    failure: int
    trajectory: int
    cut: bool


@dataclass(slots=True)
class PastRuns:
    """Columns of the seeded runs, row = run number, in the order of creation. Times are microseconds since 1970.

    Parameters
    ----------
    started, work_ended, ended
        NONE where it never came to that.
    natural_s
        Time of the whole script; a run that was cut ended earlier.
    machine
        Slot that it ran on, or that it was asked for on and has not reached; NONE where any would do.
    trajectory
        Index in `recordings` of the trajectory that the run replays; NONE without.
    sessions
        Session id, alias and release flag by run number.
    files
        Ids of exported files by run number.
    errors
        Words by run number, where they are not the script's.
    first_attempts
        By run number: (machine slot, started, ended, failure) of an attempt that a retry has overwritten.
    """

    seed: int
    workflows: Sequence[WorkflowPlan]
    machine_ids: list[str | None]
    asks: Sequence[Ask]
    recordings: Sequence[Recording]
    created: Ints
    workflow: NDArray[np.int16]
    sample: NDArray[np.int32]
    ask: NDArray[np.int16]
    priority: Bools
    started: Ints
    work_ended: Ints
    ended: Ints
    natural_s: NDArray[np.float32]
    machine: NDArray[np.int16]
    status: NDArray[np.int8]
    disturbance: NDArray[np.int8]
    failure: NDArray[np.int8]
    trajectory: NDArray[np.int16]
    cut: Bools
    sessions: dict[int, tuple[str, str | None, bool | None]] = field(
        default_factory=dict[int, tuple[str, str | None, bool | None]]
    )
    files: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    errors: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    first_attempts: dict[int, tuple[int, int, int, int]] = field(default_factory=dict[int, tuple[int, int, int, int]])
    _plays: dict[tuple[int, ...], tuple[ScriptKey, Replay | None]] = field(
        default_factory=dict[tuple[int, ...], tuple[ScriptKey, Replay | None]]
    )

    def __len__(self) -> int:
        return len(self.created)

    def run(self, number: int, ids: RunIds, library: ScriptLibrary) -> Run:
        """Return one row as a `Run`."""
        return self.runs([number], ids, library)[0]

    def runs(self, numbers: Sequence[int], ids: RunIds, library: ScriptLibrary) -> list[Run]:
        """Return rows as `Run`s, in the order of the numbers."""
        places = np.array(numbers, np.int64)
        words = places.astype(np.uint64)
        names = [text.decode() for text in ids.texts(words).tolist()] if numbers else []
        seeds = mixed([self.seed, words]).tolist()
        rows = zip(*(getattr(self, name)[places].tolist() for name in _Row._fields), strict=True)
        return [
            self._run(number, run_id, seed, _Row(*row), library)
            for number, run_id, seed, row in zip(numbers, names, seeds, rows, strict=True)
        ]

    def _run(self, number: int, run_id: str, seed: int, row: _Row, library: ScriptLibrary) -> Run:
        workflow = self.workflows[row.workflow]
        ask = self.asks[row.ask]
        session = self.sessions.get(number)
        run = Run(
            number=number,
            id=run_id,
            workflow_id=workflow.id,
            kind=workflow.kind,
            created_at=from_us(row.created),
            script_inputs=row.sample,
            inputs=library.sample(workflow.kind, row.sample),
            machine_id=self.machine_ids[row.machine] if row.machine != NONE else None,
            wanted_machine_id=self.machine_ids[ask.machine] if ask.machine is not None else None,
            pool_ids=list(ask.pool_ids) or None,
            is_priority=row.priority,
            aliases=self._aliases(number, library.kinds[workflow.kind].sensitive),
            output_attachment_ids=self.files.get(number),
            attempt=self._attempt(number, seed, row, library) if row.started != NONE else None,
            attempts=2 if number in self.first_attempts else 1,
        )
        if session is not None:
            run.session_id, run.session_alias, run.release_session_after = session
            run.chain = run.session_id
        if run.attempt is None and row.ended != NONE:
            run.closed_at = from_us(row.ended)
            run.closed_as = STATUSES[row.status]
            run.closed_because = self.errors.get(number)
        return run

    def _aliases(self, number: int, secrets: Sequence[str]) -> dict[str, str] | None:
        return {name: named_id(self.seed, f"alias/{name}", number) for name in secrets} or None

    def play(self, number: int, library: ScriptLibrary) -> tuple[ScriptKey, Replay | None]:
        """Return what the agent of a run plays, and what it replays of it."""
        columns = (self.workflow, self.sample, self.disturbance, self.failure, self.trajectory)
        return self._played(tuple([int(column[number]) for column in columns]), library)

    def _played(self, key: tuple[int, ...], library: ScriptLibrary) -> tuple[ScriptKey, Replay | None]:
        if key not in self._plays:
            self._plays[key] = self._play(key, library)
        return self._plays[key]

    def _play(self, key: tuple[int, ...], library: ScriptLibrary) -> tuple[ScriptKey, Replay | None]:
        workflow, sample, disturbance, failure, trajectory = key
        plan = self.workflows[workflow]
        script = ScriptKey(
            plan.kind,
            sample,
            plan.disturbances[disturbance] if disturbance != NONE else None,
            plan.failures[failure] if failure != NONE else None,
        )
        if trajectory == NONE:
            return script, None
        recording = self.recordings[trajectory]
        steps = matching_steps(library.script(script), recording.signatures)
        return script, Replay(recording.id, recording.label, steps)

    def _attempt(self, number: int, seed: int, row: _Row, library: ScriptLibrary) -> Attempt:
        key = (row.workflow, row.sample, row.disturbance, row.failure, row.trajectory)
        script, replay = self._played(key, library)
        return Attempt(
            script=script,
            seed=seed,
            started_at=from_us(row.started),
            natural_s=row.natural_s,
            work_ends_at=from_us(row.work_ended),
            ends_at=from_us(row.ended),
            final=STATUSES[row.status],
            errors=self.errors.get(number),
            replay=replay,
            is_cut=row.cut,
        )
