"""The table of workflows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyberdesk_nb.frames._build import build
from cyberdesk_nb.frames._choice import Columns
from cyberdesk_nb.frames._columns import EXTRA, Column, Derived, Table
from cyberdesk_nb.frames._derive import json_items, per_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from cyberdesk_nb.frames._problems import ProblemLog


def _tag_names(frame: pd.DataFrame, _: ProblemLog) -> pd.Series:
    return per_text(frame["tags"], lambda text: ", ".join(str(tag.get("name")) for tag in json_items(text)))


# fmt: off
TABLE = Table(
    "workflows",
    (
        Column("id", "string", "Id of the workflow.", "identity", required=True),
        Column("name", "string", "Its name.", "identity"),
        Column("tag_names", "string", "Names of its tags, joined by commas; missing when not asked for.", "tags",
               source=Derived("names in tags", _tag_names, ("tags",))),
        Column("tags", "json", "Its tags, with include=tags.", "tags"),
        Column("created_at", "time", "When it was made.", "timing", required=True),
        Column("updated_at", "time", "When it was last changed.", "timing", required=True),
        Column("versions_total", "count", "How many earlier versions there are.", "timing", source="old_versions",
               unit="versions"),
        Column("has_unaddressed_error", "boolean", "Whether an error waits to be looked at.", "state",
               source="workflow_metadata.has_unaddressed_error"),
        Column("last_errored_run_start", "time", "Start of the last run with an error.", "state",
               source="workflow_metadata.last_errored_run_start"),
        Column("last_errored_run_id", "string", "That run.", "state", source="workflow_metadata.last_errored_run_uuid"),
        Column("workflow_metadata", "json", "The platform's note of its last error.", "state"),
        Column("main_prompt", "string", "What the agent is told.", "config", required=True),
        Column("input_schema", "string", "JSON Schema of the inputs, as text.", "config"),
        Column("output_schema", "string", "JSON Schema of the outputs, as text.", "config"),
        Column("includes_input_variables", "boolean", "Whether the prompt has variables.", "config"),
        Column("includes_file_exports", "boolean", "Whether runs export files.", "config"),
        Column("is_webhooks_enabled", "boolean", "Whether webhooks are sent.", "config"),
        Column("terminal_command_allowlist", "json", "Commands that runs may use.", "config"),
        Column("model_metadata", "json", "Models by role; missing means the default.", "config"),
        Column("post_run_checks", "json", "Checks to make after each run, with include=post_run_checks.", "checks"),
        Column("post_run_check_failure_cleanup_prompt", "string", "What to do when a check fails.", "checks"),
        Column("user_id", "string", "Who made it.", "owner"),
        Column("organization_id", "string", "Organization that owns it.", "owner"),
        EXTRA,
    ),
    unlisted=("included",),
)
# fmt: on


def workflows_frame(
    records: object,
    *,
    columns: Columns = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Make a frame of workflows (`GET /v1/workflows`), one row each, in the order given.

    Arguments, errors and ``attrs`` are those of `runs_frame`; the columns are those of ``columns("workflows")``.

    Examples
    --------
    >>> workflows_frame([]).empty
    True
    """
    return build(TABLE, records, columns=columns, included=included, completeness=completeness, strict=strict)
