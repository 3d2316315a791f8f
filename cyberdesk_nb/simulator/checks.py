"""Post-run checks: the workflow's definitions, copied onto a run and worked through after the agent is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cyberdesk_nb.simulator.chance import named_id
from cyberdesk_nb.simulator.runs import CANCELLED, ERROR, TASK_FAILED, Run

Record = dict[str, Any]

_DEFINED = (
    "name",
    "description",
    "type",
    "order",
    "file_target_mode",
    "file_names",
    "file_name_regex",
    "expected_match_count",
    "expected_match_count_ref",
    "loop_input",
    "loop_item_filename_template",
    "allow_missing_attachments",
    "check_prompt",
    "model",
)
CHECK_FAILED = "Post-run check failed: "
"""Begins the error of a run whose work was done but did not pass."""


def check_snapshots(definitions: Sequence[Mapping[str, Any]], run: Run, now: datetime) -> list[Record]:
    """Return RunPostRunCheckSnapshot for each check, in order, as of `now`."""
    count = len(definitions)
    return [_snapshot(definition, run, now, index, count) for index, definition in enumerate(definitions)]


def failing_check(run: Run, count: int) -> int | None:
    """Return the index of the check that a run fails; None when it passes all."""
    attempt = run.attempt
    failed = attempt is not None and attempt.final == TASK_FAILED and bool(attempt.errors)
    if attempt is None or not failed or attempt.work_ends_at >= attempt.ends_at:
        return None
    return attempt.seed % count


def _snapshot(definition: Mapping[str, Any], run: Run, now: datetime, index: int, count: int) -> Record:
    status, started_at, ended_at = _progress(run, now, index, count)
    failed = status == "failed"
    words = (run.attempt.errors or [None])[0] if failed and run.attempt is not None else None
    return {
        "id": named_id(run.number, "check", index),
        "post_run_check_id": definition["id"],
        "snapshot_version": 1,
        **{key: definition[key] for key in _DEFINED},
        "status": status,
        "started_at": started_at,
        "ended_at": ended_at,
        "error_message": words.removeprefix(CHECK_FAILED) if words else None,
        "messages": ["The check passed."] if status == "success" else None,
        "matched_filenames": None,
    }


def _progress(run: Run, now: datetime, index: int, count: int) -> tuple[str, datetime | None, datetime | None]:
    attempt = run.attempt
    if attempt is None or now < attempt.work_ends_at:
        ended = run.ended_at(now) is not None
        return (CANCELLED if ended else "pending"), None, None
    if now >= attempt.ends_at and attempt.final in {CANCELLED, ERROR}:
        return (CANCELLED if attempt.final == CANCELLED else "infra_error"), None, None
    span = (attempt.ends_at - attempt.work_ends_at) / count
    if not span:
        return CANCELLED, None, None
    starts = attempt.work_ends_at + span * index
    ends = starts + span
    if now < starts:
        return "pending", None, None
    if now < ends and now < attempt.ends_at:
        return "running", starts, None
    return ("failed" if failing_check(run, count) == index else "success"), starts, ends
