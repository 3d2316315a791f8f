"""The seeded trajectories: which workflow and display each was recorded on, and since when runs replay it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from cyberdesk_nb.simulator.chance import named_id, unit
from cyberdesk_nb.simulator.engine.scripts import ScriptKey, ScriptLibrary
from cyberdesk_nb.simulator.fleet.fates import Approval
from cyberdesk_nb.simulator.fleet.layout import DISPLAYS, Layout
from cyberdesk_nb.simulator.fleet.past import SAMPLES
from cyberdesk_nb.simulator.fleet.plants import Plants
from cyberdesk_nb.simulator.runs.past_runs import NONE, STATUSES, PastRuns, Recording, WorkflowPlan, from_us, to_us

_ROUNDS = ((0, True, True), (1, True, True), (0, False, True), (2, False, False))
"""Display, whether approved, whether generated: of a workflow's first, second, ... trajectory."""


@dataclass(frozen=True, slots=True)
class Take:
    """One seeded trajectory.

    Parameters
    ----------
    approved_at
        None for one that nobody has approved.
    """

    recording: Recording
    workflow: int
    sample: int
    display: int
    approved_at: datetime | None
    is_generated: bool
    is_main: bool


def takes(
    seed: int,
    workflows: Sequence[WorkflowPlan],
    library: ScriptLibrary,
    cause: Plants,
    count: int,
    since: datetime,
    anchor: datetime,
) -> list[Take]:
    """Return `count` trajectories, spread over the workflows."""
    return [_take(seed, number, workflows, library, cause, since, anchor) for number in range(count)]


def approvals(made: Sequence[Take]) -> list[Approval]:
    """Return since when runs replay which of them."""
    return [
        Approval(take.workflow, take.display, take.approved_at, number)
        for number, take in enumerate(made)
        if take.approved_at is not None
    ]


def source_runs(made: Sequence[Take], runs: PastRuns, shape: Layout, anchor: datetime) -> dict[int, int]:
    """Choose for each trajectory the run that it was recorded in: a success without replay before its approval.

    That run gets the trajectory's inputs. A trajectory older than the seeded past has none.
    """
    found: dict[int, int] = {}
    displays = np.array([shape.display(slot) for slot in range(shape.size)])
    fit = (runs.status == STATUSES.index("success")) & (runs.trajectory == NONE) & (runs.disturbance == NONE)
    for number, take in enumerate(made):
        until = to_us(take.approved_at or anchor)
        on_display = displays[np.maximum(runs.machine, 0)] == take.display
        numbers = np.flatnonzero(fit & (runs.workflow == take.workflow) & on_display & (runs.ended < until))
        numbers = [n for n in numbers.tolist() if n not in found.values() and n not in runs.first_attempts]
        if numbers:
            found[number] = numbers[-1 if take.approved_at is None else 0]
            runs.sample[found[number]] = take.sample
    return found


def _take(
    seed: int,
    number: int,
    workflows: Sequence[WorkflowPlan],
    library: ScriptLibrary,
    cause: Plants,
    since: datetime,
    anchor: datetime,
) -> Take:
    workflow, turn = number % len(workflows), number // len(workflows)
    display, is_approved, is_generated = _ROUNDS[turn % len(_ROUNDS)]
    kind = workflows[workflow].kind
    # The main one shows the longest way of a few, so that most runs find their steps in it.
    candidates = range(3) if turn == 0 else [(turn + 2) % SAMPLES]
    scripts = {sample: library.script(ScriptKey(kind, sample)) for sample in candidates}
    sample = max(scripts, key=lambda one: len(scripts[one].lines))
    label = f"{library.kinds[kind].name} ({DISPLAYS[display][0]}x{DISPLAYS[display][1]})"
    recording = Recording(
        named_id(seed, "trajectory", number),
        label if turn < len(_ROUNDS) else f"{label} {turn}",
        tuple(line.signature for line in scripts[sample].lines),
    )
    approved_at = _approved_at(seed, number, workflow, turn, cause, since, anchor) if is_approved else None
    return Take(recording, workflow, sample, display, approved_at, is_generated, is_main=turn == 0)


def _approved_at(
    seed: int, number: int, workflow: int, turn: int, cause: Plants, since: datetime, anchor: datetime
) -> datetime:
    """Approve before the seeded past what a planted cause needs replayed throughout; the rest in the course of it."""
    if workflow in {cause.slow_workflow, cause.broken_workflow, cause.nightly_workflow} or number % 4 == 3:
        return since - timedelta(days=3 + 12 * unit(seed, 61, number))
    share = (0.15 if turn == 0 else 0.4) + 0.3 * unit(seed, 62, number)
    return since + (anchor - since) * share


def recorded_at(take: Take, source: int | None, runs: PastRuns, anchor: datetime) -> datetime:
    """Return when a trajectory came to be: at the end of its run, or some hours before its approval."""
    if source is not None:
        return from_us(int(runs.ended[source]))
    return (take.approved_at or anchor - timedelta(days=40)) - timedelta(hours=5)
