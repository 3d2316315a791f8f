"""Post-run checks: the workflow's definitions, copied onto a run and worked through after the agent is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cyberdesk_nb.simulator.chance import named_id
from cyberdesk_nb.simulator.engine.judging import FAILED, SUCCEEDED, Verdict
from cyberdesk_nb.simulator.runs.runs import CANCELLED, ERROR, TASK_FAILED, Attempt, Run

Record = dict[str, Any]

_ENDED = "ended"

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
_SEEN_WRONG = {
    "run_attachment_exists": "a file that was saved is not there",
    "run_attachment_image_check": "the picture does not show what was asked",
    "output_data_passes_schema_validation": "a value is missing in the output",
    "output_data_agentic_check": "a value in the output is not the one on the screen",
}


def check_snapshots(definitions: Sequence[Mapping[str, Any]], run: Run, now: datetime) -> list[Record]:
    """Return RunPostRunCheckSnapshot for each check, in order, as of `now`."""
    count = len(definitions)
    return [_snapshot(definition, run, now, index, count) for index, definition in enumerate(definitions)]


def fail_by_chance(attempt: Attempt, definitions: Sequence[Mapping[str, Any]]) -> None:
    """Let one check of an attempt fail, as a model that looks at the results would find."""
    failing = definitions[attempt.seed % len(definitions)]
    attempt.final, attempt.errors = TASK_FAILED, [f"{CHECK_FAILED}{_SEEN_WRONG[failing['type']]}"]


def fail_by_verdict(attempt: Attempt, verdicts: Sequence[Verdict]) -> None:
    """Let an attempt fail when one of its checks did."""
    failed = [verdict.words for verdict in verdicts if verdict.status != SUCCEEDED]
    if failed:
        attempt.final, attempt.errors = TASK_FAILED, [f"{CHECK_FAILED}{words}" for words in failed]


def _failing_check(run: Run, count: int) -> int | None:
    """Return the index of the check that chance lets a run fail; None when it passes all."""
    attempt = run.attempt
    failed = attempt is not None and attempt.final == TASK_FAILED and bool(attempt.errors)
    if attempt is None or not failed or attempt.work_ends_at >= attempt.ends_at:
        return None
    return attempt.seed % count


def _snapshot(definition: Mapping[str, Any], run: Run, now: datetime, index: int, count: int) -> Record:
    status, started_at, ended_at = _progress(run, now, index, count)
    verdict = _verdict(run, index, count) if status == _ENDED else None
    failed = verdict is not None and verdict.status == FAILED
    return {
        "id": named_id(run.number, "check", index),
        "post_run_check_id": definition["id"],
        "snapshot_version": 1,
        **{key: definition[key] for key in _DEFINED},
        "status": verdict.status if verdict is not None else status,
        "started_at": started_at,
        "ended_at": ended_at,
        "error_message": verdict.words if verdict is not None and failed else None,
        "messages": [verdict.words] if verdict is not None and not failed else None,
        "matched_filenames": verdict.files if verdict is not None else None,
    }


def _verdict(run: Run, index: int, count: int) -> Verdict:
    if run.verdicts is not None:
        return run.verdicts[index]
    if _failing_check(run, count) != index or run.attempt is None or not run.attempt.errors:
        return Verdict(SUCCEEDED, "The check passed.")
    return Verdict(FAILED, run.attempt.errors[0].removeprefix(CHECK_FAILED))


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
    # The parts of a division need not add up to the whole: the end of the run ends the last check.
    return (_ENDED, starts, ends) if now >= min(ends, attempt.ends_at) else ("running", starts, None)
