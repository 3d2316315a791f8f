"""The table of runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from cyberdesk_nb.frames._build import build
from cyberdesk_nb.frames._choice import Columns, choose
from cyberdesk_nb.frames._columns import EXTRA, Column, Derived, Joined, Table
from cyberdesk_nb.frames._derive import cached_share, json_items, per_text, seconds_between, steps_total
from cyberdesk_nb.frames.signatures import error_signature
from cyberdesk_nb.models import TERMINAL_STATUSES, RunField, RunStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyberdesk_nb.frames._problems import ProblemLog

STATUSES = ("scheduling", "running", "running_checks", "success", "task_failed", "error", "cancelled")
OUTCOMES = ("success", "task_failed", "infra_error", "check_failed", "cancelled", "live")
BILLING_OUTCOMES = ("success", "user_task_failed", "cancelled", "infra_failure")

_OUTCOME_OF_STATUS = {
    "success": "success",
    "task_failed": "task_failed",
    "error": "infra_error",
    "cancelled": "cancelled",
    "scheduling": "live",
    "running": "live",
    "running_checks": "live",
}


def _is_terminal(frame: pd.DataFrame, _: ProblemLog) -> pd.Series:
    known = frame["status"].isin([str(status) for status in RunStatus])
    ended = frame["status"].isin([str(status) for status in TERMINAL_STATUSES])
    return ended.astype("boolean").mask(~known)


def _checks_failed(frame: pd.DataFrame, log: ProblemLog) -> pd.Series:
    def count(text: str) -> int:
        return sum(item.get("status") == "failed" for item in json_items(text))

    texts = frame["post_run_checks"]
    counts = pd.Series(0, frame.index, dtype="Int64").mask(texts.isna())
    # Few checks fail, and a text without the word need not be decoded.
    suspects = texts.str.contains('"failed"', regex=False, na=False)
    counts[suspects] = per_text(texts[suspects], count)
    is_no_list = ~texts.str.startswith("[", na=True)
    if not is_no_list.any():
        return counts
    for row_id, text in frame.loc[is_no_list, ["id", "post_run_checks"]].itertuples(index=False):
        log.add(row_id if isinstance(row_id, str) else None, "checks_failed", text, "expected a list of checks")
    return counts.mask(is_no_list)


def _outcome(frame: pd.DataFrame, _: ProblemLog) -> pd.Series:
    outcome = per_text(frame["status"], _OUTCOME_OF_STATUS.get)
    failed_check = outcome.isin(["task_failed", "infra_error"]) & (frame["checks_failed"].fillna(0) > 0)
    return outcome.mask(failed_check, "check_failed")


def _error_signature(frame: pd.DataFrame, _: ProblemLog) -> pd.Series:
    return per_text(frame["error"], error_signature)


def _messages_total(frame: pd.DataFrame, _: ProblemLog) -> pd.Series:
    def count(text: str) -> int | None:
        history = json.loads(text)
        return len(cast("list[Any]", history)) if isinstance(history, list) else None

    return per_text(frame["run_message_history"], count).astype("Int64")


_WAIT = seconds_between("created_at", "started_at", column="queue_wait_s")
_DURATION = seconds_between("started_at", "ended_at", column="duration_s")

# fmt: off
TABLE = Table(
    "runs",
    (
        Column("id", "string", "Id of the run.", "identity", required=True),
        Column("workflow_id", "string", "Workflow that it runs.", "identity", required=True),
        Column("workflow_name", "string", "Name of that workflow.", "identity",
               source=Joined("workflow_id", "workflow")),
        Column("machine_id", "string", "Machine that runs it; missing until one is assigned.", "identity"),
        Column("machine_name", "string", "Name of that machine.", "identity", source=Joined("machine_id", "machine")),
        Column("status", "category", "Where the run stands.", "identity", required=True, categories=STATUSES),
        Column("is_terminal", "boolean", "Whether it has ended; missing for a status not known here.", "state",
               source=Derived("status is one of the four that end a run", _is_terminal, ("status",))),
        Column("post_run_checks", "json", "Checks made after the run, with their results.", "checks"),
        Column("checks_failed", "integer", "How many checks failed.", "checks", unit="checks",
               source=Derived("post_run_checks with status failed", _checks_failed, ("post_run_checks",))),
        Column("outcome", "category", "How it ended: task_failed is the agent's verdict, infra_error the platform's.",
               "state", source=Derived("from status and checks_failed", _outcome, ("status", "checks_failed")),
               categories=OUTCOMES),
        Column("is_priority", "boolean", "Whether it goes before others for a free machine.", "state"),
        Column("created_at", "time", "When it was asked for.", "identity", required=True),
        Column("started_at", "time", "When it began on a machine.", "timing"),
        Column("ended_at", "time", "When it ended.", "timing"),
        Column("queue_wait_s", "number", "Wait for a machine.", "timing", unit="s",
               source=Derived("started_at - created_at", _WAIT, ("created_at", "started_at"))),
        Column("duration_s", "number", "Time on the machine.", "timing", unit="s",
               source=Derived("ended_at - started_at", _DURATION, ("started_at", "ended_at"))),
        Column("error", "lines", "Error messages, a line each.", "error"),
        Column("error_signature", "string", "The same text for failures of the same kind.", "error",
               source=Derived("error with ids, numbers, times and paths masked", _error_signature, ("error",))),
        Column("steps_agentic", "integer", "Steps decided by a model.", "usage", unit="steps",
               source="usage_metadata.total_agentic_steps"),
        Column("steps_cached", "integer", "Steps replayed from a trajectory.", "usage", unit="steps",
               source="usage_metadata.total_cached_steps"),
        Column("steps_total", "integer", "All steps.", "usage", unit="steps",
               source=Derived("steps_agentic + steps_cached", steps_total, ("steps_agentic", "steps_cached"))),
        Column("cached_share", "number", "Share of the steps that were replayed; missing without steps.", "usage",
               unit="0-1",
               source=Derived("steps_cached / steps_total", cached_share, ("steps_cached", "steps_total"))),
        Column("steps_agentic_billed", "integer", "Agentic steps that are billed.", "usage", unit="steps",
               source="usage_metadata.total_agentic_steps_billed"),
        Column("steps_cached_billed", "integer", "Cached steps that are billed.", "usage", unit="steps",
               source="usage_metadata.total_cached_steps_billed"),
        Column("billing_outcome", "category", "Outcome as billing sees it.", "usage",
               source="usage_metadata.billing_outcome", categories=BILLING_OUTCOMES),
        Column("usage_metadata", "json", "Usage counters as the API gives them.", "usage"),
        Column("input_values", "json", "Inputs of the run.", "data"),
        Column("output_data", "json", "Outputs of the run.", "data"),
        Column("sensitive_input_aliases", "json", "Vault aliases of secret inputs.", "data"),
        Column("input_attachment_ids", "json", "Files given to the run.", "data"),
        Column("output_attachment_ids", "json", "Files that it made.", "data"),
        Column("pool_ids", "json", "Pools whose machines may run it.", "placement"),
        Column("session_id", "string", "Session that reserves the machine.", "placement"),
        Column("session_alias", "string", "Name by which later runs refer to it.", "placement"),
        Column("release_session_after", "boolean", "Whether it ends its session.", "placement"),
        Column("main_prompt", "string", "Prompt of this run where it differs from the workflow's.", "config"),
        Column("model_metadata", "json", "Models of this run where they differ from the workflow's.", "config"),
        Column("user_id", "string", "Who asked for it.", "owner"),
        Column("organization_id", "string", "Organization that owns it.", "owner"),
        Column("run_message_history", "json", "Messages between agent and platform; messages_frame reads them.",
               "history"),
        Column("messages_total", "integer", "How many messages there are.", "history", unit="messages",
               source=Derived("length of run_message_history", _messages_total, ("run_message_history",))),
        EXTRA,
    ),
    unlisted=("included",),
    heavy=("history",),
)
# fmt: on


def runs_frame(
    records: object,
    *,
    columns: Columns = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Make a frame of runs, one row each, in the order given.

    Parameters
    ----------
    records
        `RunResponse` models, dicts, pages of the client, page bytes of `GET /v1/runs`, or iterables of these.
    columns
        Names of columns and groups of ``columns("runs")`` to have, beside the identity that is always there. None has
        all but the heavy group ``history``.
    included
        Workflows and machines to take names from, beside those that pages carry.
    completeness
        How the runs were fetched, JSON-able; kept in ``attrs["completeness"]``.
    strict
        Raise instead of leaving a cell missing when a value cannot be read, or when `completeness` says that rows are
        missing.

    Returns
    -------
    pandas.DataFrame
        The chosen columns, in the order of ``columns("runs")``; empty input gives the same columns and dtypes. What
        could not be read stands in ``attrs["problems"]``; a ``queue_wait_s`` or ``duration_s`` below zero is missing
        and stated there. ``attrs["columns"]`` and ``attrs["groups"]`` say which columns and whole groups there are.

    Raises
    ------
    IncompleteError
        With ``strict``, when anything could not be read or is missing.
    RequestError
        For a column or group that the table does not have.
    PayloadError
        When page bytes are no page.

    Examples
    --------
    >>> runs_frame([]).empty
    True
    """
    return build(TABLE, records, columns=columns, included=included, completeness=completeness, strict=strict)


def run_fields(columns: Columns = None) -> list[RunField]:
    """Give the least that ``fields=`` of a run list must name so that `runs_frame` can fill these columns.

    What always comes is not named. Without anything to name, ``machine_id`` (which always comes) stands for nothing:
    an empty list would bring every field.
    """
    read = {column.path[0] for column in choose(TABLE, columns).wire}
    return [field for field in RunField if field in read and field is not RunField.MACHINE_ID] or [RunField.MACHINE_ID]
