"""Runs in wire shape: the record that a reader gets at a time, made from the run and its plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cyberdesk_nb.simulator.engine.checks import check_snapshots
from cyberdesk_nb.simulator.engine.scripts import ScriptLibrary
from cyberdesk_nb.simulator.inputs.prompts import filled
from cyberdesk_nb.simulator.runs.histories import Telling, count_steps, history, screen_time, steps_decided
from cyberdesk_nb.simulator.runs.history_press import HistoryPress
from cyberdesk_nb.simulator.runs.runs import (
    CANCELLED,
    ERROR,
    RUNNING,
    SCHEDULING,
    SUCCESS,
    TASK_FAILED,
    TERMINAL,
    Attempt,
    Run,
)

Record = dict[str, Any]

ALWAYS = frozenset({"id", "workflow_id", "machine_id", "status", "created_at"})
"""Keys that every run of a list has, whatever `fields` says."""

_BILLING = {SUCCESS: "success", TASK_FAILED: "user_task_failed", CANCELLED: "cancelled", ERROR: "infra_failure"}


@dataclass(slots=True)
class RunReader:
    """Tells what runs look like.

    Parameters
    ----------
    workflows
        WorkflowResponse by id: prompts and checks.
    values_of
        The inputs a run's prompt is filled with.
    screens
        False leaves live pictures out.
    seeded_checks
        The checks that seeded runs were made with, by workflow id; later changes of a workflow do not touch them.
    event_types
        Whether histories carry event types.
    """

    library: ScriptLibrary
    workflows: Mapping[str, Record]
    values_of: Callable[[Run], Mapping[str, Any]]
    org_id: str
    user_id: str
    screens: bool
    seeded_checks: Mapping[str, Sequence[Record]]
    event_types: bool
    _press: HistoryPress = field(init=False)

    def __post_init__(self) -> None:
        self._press = HistoryPress(self.telling)

    def record(self, run: Run, now: datetime, fields: Sequence[str] | None = None) -> Record:
        """Return RunResponse as of `now`; with `fields` only those keys and the five that always come."""
        return self._record(run, now, _parts(fields))

    def page(self, runs: Sequence[Run], now: datetime, fields: Sequence[str] | None = None) -> list[Record]:
        """Return the records of many runs, to be sent and not to be read: histories are printed then (`History`)."""
        parts = _parts(fields)
        begun = [(run, run.attempt) for run in runs if run.attempt is not None and now >= run.attempt.started_at]
        known: dict[int, dict[str, Part]] = {run.number: {} for run in runs}
        if _HISTORY in parts:
            done = [
                (run, attempt) for run, attempt in begun if run.status(now) != RUNNING and _HISTORY not in run.patch
            ]
            for (run, _), printed in zip(done, self._press.set_up(done), strict=True):
                known[run.number][_HISTORY] = _known(printed)
        if _USAGE in parts:
            playing = [(attempt, self.library.script(attempt.script)) for _, attempt in begun]
            for (run, _), decided in zip(begun, steps_decided(playing, now), strict=True):
                known[run.number][_USAGE] = _known(self.usage(run, now, decided))
        return [self._record(run, now, {**parts, **known[run.number]}) for run in runs]

    def _record(self, run: Run, now: datetime, parts: Mapping[str, Part]) -> Record:
        record = {key: part(self, run, now) for key, part in parts.items()}
        for key, value in run.patch.items():
            if key in record:
                record[key] = value
        return record

    def output(self, run: Run, now: datetime) -> Record | None:
        """Return what a run has found: null until the agent's work ended well."""
        attempt = run.attempt
        if "output_data" in run.patch:
            return run.patch["output_data"]
        if attempt is None or attempt.is_cut or now < attempt.work_ends_at:
            return None
        output = self.library.script(attempt.script).output
        return run.output if run.output is not None and output is not None else output

    def errors(self, run: Run, now: datetime) -> list[str] | None:
        """Return the words of a failure."""
        if run.closed_at is not None:
            return run.closed_because
        attempt = run.attempt
        if attempt is None or now < attempt.ends_at or attempt.final in {SUCCESS, CANCELLED}:
            return None
        if attempt.errors is not None:
            return attempt.errors
        words = self.library.script(attempt.script).error
        return [words] if words else None

    def usage(self, run: Run, now: datetime, decided: int | None = None) -> Record | None:
        """Return the step counters; nothing is billed before the end, nor after a platform's failure.

        `decided` says how many steps the history shows, where that is known.
        """
        attempt = run.attempt
        if attempt is None or now < attempt.started_at:
            return None
        script = self.library.script(attempt.script)
        if decided is None:
            (decided,) = steps_decided([(attempt, script)], now)
        agentic, cached = count_steps(attempt, script, decided)
        outcome = _BILLING[run.status(now)] if run.status(now) in TERMINAL else None
        billed = outcome is not None and outcome != "infra_failure"
        return {
            "total_agentic_steps": agentic,
            "total_cached_steps": cached,
            "total_agentic_steps_billed": agentic if billed else 0,
            "total_cached_steps_billed": cached if billed else 0,
            "billing_outcome": outcome,
        }

    def history(self, run: Run, now: datetime) -> list[Record] | None:
        """Return the messages so far; null before the start."""
        attempt = run.attempt
        if attempt is None or now < attempt.started_at:
            return None
        return history(self.telling(run, attempt), now)

    def telling(self, run: Run, attempt: Attempt) -> Telling:
        """Return what the history of an attempt at a run is told from."""
        script = self.library.script(attempt.script)
        prompt = run.main_prompt or str(self.workflows[run.workflow_id]["main_prompt"])
        return Telling(
            run,
            attempt,
            script,
            filled(prompt, self.values_of(run)),
            self.org_id,
            (lambda n: self.library.picture(attempt.script, n, screen_time(attempt, script, n)))
            if self.screens
            else None,
            self.event_types,
        )

    def checks(self, run: Run, now: datetime) -> list[Record] | None:
        """Return the post-run checks as copied onto the run; null where there were none."""
        definitions = run.checks if run.checks is not None else self.seeded_checks.get(run.workflow_id)
        return check_snapshots(definitions, run, now) if definitions else None


def _started_at(_: RunReader, run: Run, now: datetime) -> datetime | None:
    return run.attempt.started_at if run.attempt is not None and run.status(now) != SCHEDULING else None


def _known(value: Any) -> Part:
    return lambda _, __, ___: value


Part = Callable[[RunReader, Run, datetime], Any]
_HISTORY, _USAGE = "run_message_history", "usage_metadata"
_PARTS: dict[str, Part] = {
    "id": lambda _, run, __: run.id,
    "workflow_id": lambda _, run, __: run.workflow_id,
    "machine_id": lambda _, run, __: run.machine_id,
    "status": lambda _, run, now: run.status(now),
    "created_at": lambda _, run, __: run.created_at,
    "user_id": lambda reader, _, __: reader.user_id,
    "organization_id": lambda reader, _, __: reader.org_id,
    "is_priority": lambda _, run, __: run.is_priority,
    "error": RunReader.errors,
    "output_data": RunReader.output,
    "input_attachment_ids": lambda _, run, __: run.input_attachment_ids,
    "output_attachment_ids": lambda _, run, __: run.output_attachment_ids,
    "run_message_history": RunReader.history,
    "input_values": lambda _, run, __: run.inputs,
    "main_prompt": lambda _, run, __: run.main_prompt,
    "model_metadata": lambda _, run, __: run.model_metadata,
    "pool_ids": lambda _, run, __: run.pool_ids,
    "sensitive_input_aliases": lambda _, run, __: run.aliases,
    "usage_metadata": RunReader.usage,
    "post_run_checks": RunReader.checks,
    "session_id": lambda _, run, __: run.session_id,
    "session_alias": lambda _, run, __: run.session_alias,
    "release_session_after": lambda _, run, __: run.release_session_after,
    "started_at": _started_at,
    "ended_at": lambda _, run, now: run.ended_at(now),
}


def _parts(fields: Sequence[str] | None) -> Mapping[str, Part]:
    if fields is None:
        return _PARTS
    return {name: part for name, part in _PARTS.items() if name in ALWAYS or name in fields}
