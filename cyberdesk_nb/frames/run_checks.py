"""The table of run checks: one row for each post-run check of each run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyberdesk_nb.frames._choice import Columns
from cyberdesk_nb.frames._columns import EXTRA, Column, Derived, Joined, Table
from cyberdesk_nb.frames._derive import seconds_between
from cyberdesk_nb.frames._embedded import build_embedded

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

STATUSES = ("pending", "running", "success", "failed", "infra_error", "cancelled")
TYPES = (
    "output_data_agentic_check",
    "output_data_passes_schema_validation",
    "run_attachment_exists",
    "run_attachment_image_check",
)
TARGET_MODES = ("exact", "regex", "loop_items")

_DURATION = seconds_between("started_at", "ended_at", column="duration_s", key="run_id")

# fmt: off
TABLE = Table(
    "run_checks",
    (
        Column("run_id", "string", "Run that was checked.", "identity", source="run.id", required=True),
        Column("check", "integer", "Position of the check in the run, from 0.", "identity", source="position"),
        Column("workflow_id", "string", "Workflow of the run.", "identity", source="run.workflow_id"),
        Column("workflow_name", "string", "Name of that workflow.", "identity",
               source=Joined("workflow_id", "workflow")),
        Column("run_created_at", "time", "When the run was asked for.", "identity", source="run.created_at"),
        Column("name", "string", "Name of the check.", "identity"),
        Column("type", "category", "What it looks at.", "check", categories=TYPES),
        Column("status", "category", "What it found.", "result", required=True, categories=STATUSES),
        Column("error_message", "string", "Why it did not succeed.", "result"),
        Column("messages", "lines", "What it said, a line each.", "result"),
        Column("matched_filenames", "json", "Files that it found.", "result"),
        Column("started_at", "time", "When it began.", "timing"),
        Column("ended_at", "time", "When it ended.", "timing"),
        Column("duration_s", "number", "How long it took.", "timing", unit="s",
               source=Derived("ended_at - started_at", _DURATION, ("started_at", "ended_at"))),
        Column("description", "string", "What it is for.", "check"),
        Column("file_target_mode", "category", "How it picks its files.", "files", categories=TARGET_MODES),
        Column("file_names", "json", "Names of the files, with exact.", "files"),
        Column("file_name_regex", "string", "Pattern of their names, with regex.", "files"),
        Column("expected_match_count", "integer", "How many files must match.", "files", unit="files"),
        Column("expected_match_count_ref", "string", "Input that says how many must match.", "files"),
        Column("loop_input", "string", "Input whose items name the files, with loop_items.", "files"),
        Column("loop_item_filename_template", "string", "File name for each item.", "files"),
        Column("allow_missing_attachments", "boolean", "Whether files may be missing.", "files"),
        Column("check_prompt", "string", "What the model is asked.", "check"),
        Column("model_id", "string", "Model that is asked.", "check", source="model"),
        Column("order", "integer", "Position among the checks of the workflow.", "check"),
        Column("snapshot_version", "integer", "Form of the snapshot.", "check"),
        Column("id", "string", "Id of the snapshot.", "ids"),
        Column("post_run_check_id", "string", "Check of the workflow that it was taken from.", "ids"),
        EXTRA,
    ),
    key="run.id",
)
# fmt: on


def run_checks_frame(
    records: object,
    *,
    columns: Columns = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Make a frame of post-run checks, one row for each check of each run, in the order given.

    Parameters
    ----------
    records
        Runs with their ``post_run_checks`` (`GET /v1/runs`), in any form that `runs_frame` takes. A run without checks
        has no row.
    columns, included, completeness, strict
        As in `runs_frame`.

    Returns
    -------
    pandas.DataFrame
        The columns of ``columns("run_checks")``; empty input gives the same columns and dtypes. A check is as it
        stood when its run started; later changes of the workflow do not show.

    Raises
    ------
    IncompleteError, RequestError, PayloadError
        As `runs_frame`.

    Examples
    --------
    >>> run_checks_frame({"id": "r", "post_run_checks": [{"status": "failed", "name": "has file"}]}).name[0]
    'has file'
    """
    return build_embedded(
        TABLE,
        records,
        "post_run_checks",
        "run",
        columns=columns,
        included=included,
        completeness=completeness,
        strict=strict,
    )
