"""One run as the world knows it: what was asked for, and the plan of its life once it is placed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cyberdesk_nb.simulator.engine.judging import Verdict
from cyberdesk_nb.simulator.engine.plans import Replay
from cyberdesk_nb.simulator.engine.scripts import ScriptKey

SCHEDULING, RUNNING, CHECKING = "scheduling", "running", "running_checks"
SUCCESS, TASK_FAILED, ERROR, CANCELLED = "success", "task_failed", "error", "cancelled"
TERMINAL = (SUCCESS, TASK_FAILED, ERROR, CANCELLED)
LIVE = (RUNNING, CHECKING, SCHEDULING)


@dataclass(slots=True)
class Attempt:
    """What happens in one attempt; what a reader sees at a time follows from it.

    Parameters
    ----------
    seed
        Of the step times.
    natural_s
        How long the whole script would take; an attempt that is cut off ends earlier.
    work_ends_at, ends_at
        End of the agent's work, and of the checks after it; equal where there are none.
    final, errors
        How it ends, and the words of an error that is not the script's own.
    is_cut
        Whether it ended before its script did (a cancel, a lost connection).
    """

    script: ScriptKey
    seed: int
    started_at: datetime
    natural_s: float
    work_ends_at: datetime
    ends_at: datetime
    final: str
    errors: list[str] | None = None
    replay: Replay | None = None
    is_cut: bool = False


@dataclass(slots=True)
class Run:
    """A run: its request, where it stands, and what was changed on it afterwards.

    Parameters
    ----------
    number
        Order of creation; the id follows from it.
    inputs
        As sent, secrets left out; `script_inputs` is what the agent works with.
    closed_at, closed_as, closed_because
        End of a run that never started.
    attempts
        How often it was asked for, the first time included.
    chain
        Session id of the chain that the run is a step of.
    values
        The inputs as executed: merged, references resolved; None before the start and for seeded runs.
    output
        What it finds, where that is not what the script says.
    checks
        The post-run checks as they were when it started; None for seeded runs.
    verdicts
        What those checks found, one each; None before the work is done, and where chance decided.
    patch
        Wire fields set by PATCH.
    """

    number: int
    id: str
    workflow_id: str
    kind: str
    created_at: datetime
    script_inputs: int | str
    inputs: dict[str, Any] | None = None
    machine_id: str | None = None
    wanted_machine_id: str | None = None
    pool_ids: list[str] | None = None
    is_priority: bool = False
    session_id: str | None = None
    session_alias: str | None = None
    release_session_after: bool | None = None
    aliases: dict[str, str] | None = None
    main_prompt: str | None = None
    model_metadata: dict[str, Any] | None = None
    input_attachment_ids: list[str] | None = None
    output_attachment_ids: list[str] | None = None
    attempt: Attempt | None = None
    closed_at: datetime | None = None
    closed_as: str = ERROR
    closed_because: list[str] | None = None
    attempts: int = 1
    chain: str | None = None
    values: Mapping[str, Any] | None = None
    output: dict[str, Any] | None = None
    checks: Sequence[Mapping[str, Any]] | None = None
    verdicts: list[Verdict] | None = None
    patch: dict[str, Any] = field(default_factory=dict[str, Any])

    def status(self, now: datetime) -> str:
        """Return the status as of `now`."""
        if self.closed_at is not None:
            return self.closed_as
        attempt = self.attempt
        if attempt is None or now < attempt.started_at:
            return SCHEDULING
        if now >= attempt.ends_at:
            return attempt.final
        return CHECKING if now >= attempt.work_ends_at else RUNNING

    def is_live(self, now: datetime) -> bool:
        """Tell whether the run has not ended by `now`."""
        return self.status(now) in LIVE

    def ended_at(self, now: datetime) -> datetime | None:
        """Return when the run ended; None while it lives."""
        if self.closed_at is not None:
            return self.closed_at
        attempt = self.attempt
        return attempt.ends_at if attempt is not None and now >= attempt.ends_at else None
