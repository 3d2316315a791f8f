"""The table of messages: one row for each block of a run's message history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyberdesk_nb.frames._action_columns import ACTION, ORIGIN, PICTURE, SPACE, action_cells, picture_cells, space_cells
from cyberdesk_nb.frames._build import build
from cyberdesk_nb.frames._choice import Columns
from cyberdesk_nb.frames._columns import EXTRA, Column, Derived, Joined, Table
from cyberdesk_nb.frames._json import list_of, mapping_of
from cyberdesk_nb.frames._problems import ProblemLog
from cyberdesk_nb.frames._records import Related, as_page, fields_of, note_workflow, records_of
from cyberdesk_nb.frames.spaces import Space, display_of, spaces_of
from cyberdesk_nb.frames.steps import Step, blocks_of, history_steps, state_misfits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

ROLES = ("user", "assistant", "system")
TYPES = ("text", "image", "tool_use", "tool_result")


def _is_cached(frame: pd.DataFrame, _: ProblemLog) -> pd.Series:
    return frame["trajectory_id"].notna().astype("boolean").mask(frame["type"] != "tool_use")


def _since_previous(frame: pd.DataFrame, _: ProblemLog) -> pd.Series:
    times = frame.groupby(["run_id", "message"], dropna=False, sort=False)["at"].transform("first")
    first_of_message = ~frame.duplicated(["run_id", "message"])
    gaps = times[first_of_message].groupby(frame["run_id"], dropna=False).diff().dt.total_seconds()
    return gaps.reindex(frame.index)


# fmt: off
TABLE = Table(
    "messages",
    (
        Column("run_id", "string", "Run that it belongs to.", "identity"),
        Column("message", "integer", "Position of the message in the history, from 0.", "identity"),
        Column("block", "integer", "Position of the block in the message, from 0.", "identity"),
        Column("workflow_id", "string", "Workflow of the run.", "identity"),
        Column("workflow_name", "string", "Name of that workflow.", "identity",
               source=Joined("workflow_id", "workflow")),
        Column("role", "category", "Who speaks.", "message", categories=ROLES),
        Column("event_type", "string", "Mark of a message that the platform made.", "message"),
        Column("at", "time", "When the message came.", "message", source="timestamp"),
        Column("since_previous_s", "number", "Time since the message before it, on a message's first block.", "message",
               unit="s", source=Derived("timestamp - timestamp of the message before it", _since_previous,
                                ("run_id", "message", "at"))),
        Column("type", "category", "What the block is.", "block", categories=TYPES),
        Column("block_text", "string", "Words of a text block.", "block", source="text"),
        Column("tool_use_id", "string", "Id that joins a call and its result.", "block"),
        Column("tool_name", "string", "Tool that is called.", "block"),
        Column("tool_input", "json", "Arguments of the call.", "block"),
        Column("tool_result", "string", "What came back.", "block"),
        Column("error", "string", "What went wrong.", "block"),
        *ACTION,
        *SPACE,
        Column("is_cached", "boolean", "Whether a call was replayed; missing for what is no call.", "cache",
               source=Derived("trajectory_id is there", _is_cached, ("trajectory_id", "type"))),
        *ORIGIN,
        *PICTURE,
        EXTRA,
    ),
    unlisted=("content", "image_base64", "image_url", "step_index", "step_signature_hash"),
    key="run_id",
)
# fmt: on


def messages_frame(
    records: object,
    *,
    columns: Columns = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Make a frame of message histories, one row for each block, in the order given. No picture is in it.

    Parameters
    ----------
    records
        Runs with ``run_message_history`` (`GET /v1/runs`), in any form that `runs_frame` takes.
    columns, included, completeness, strict
        As in `runs_frame`.

    Returns
    -------
    pandas.DataFrame
        The columns of ``columns("messages")``; empty input gives the same columns and dtypes. A call (``tool_use``)
        has its action beside the raw ``tool_input``. A block that is no object is left out and stated; content that is
        a plain text is one block of text.

    Raises
    ------
    IncompleteError
        With ``strict``, when anything could not be read.
    PayloadError
        When page bytes are no page.

    Examples
    --------
    >>> block = {"type": "text", "text": "Done."}
    >>> messages_frame({"id": "r", "run_message_history": [{"role": "assistant", "content": [block]}]}).block_text[0]
    'Done.'
    """
    log, related = ProblemLog(), Related()
    rows: list[Any] = []
    for record in records_of(records, log, related):
        note_workflow(record, related)
        rows += _rows(record, log)
    page = as_page(rows, related)
    return build(
        TABLE,
        page,
        columns=columns,
        included=included,
        completeness=completeness,
        strict=strict,
        problems=log.problems,
    )


def _rows(record: object, log: ProblemLog) -> Iterator[Any]:
    """Yield the row of each block of a run; what is no record or no object is passed on to be stated."""
    run = fields_of(record)
    if run is None:
        yield record
        return
    steps = history_steps(run)
    state_misfits(run, log)
    calls = zip(steps, spaces_of(steps, display_of(run)), strict=True)
    for number, message in enumerate(list_of(run.get("run_message_history"))):
        fields = mapping_of(message)
        if not fields:
            yield message if fields_of(message) is None else {"run_id": run.get("id"), "message": number}
        for place, block in enumerate(blocks_of(fields)):
            call = next(calls) if mapping_of(block).get("type") == "tool_use" else None
            yield _row(run, (number, place), fields, block, call) if fields_of(block) is not None else block


def _row(
    run: Mapping[str, Any],
    place: tuple[int, int],
    message: dict[str, Any],
    block: object,
    call: tuple[Step, Space] | None,
) -> dict[str, Any]:
    """Join a block with what its message and its run say of it; the block's own word wins."""
    own = mapping_of(block)
    said = {**message, **{key: value for key, value in own.items() if value is not None}}
    step, space = call or (None, None)
    signature = own.get("step_signature_hash")
    picture = next((own[key] for key in ("image_base64", "image_url") if isinstance(own.get(key), str)), None)
    return {
        **said,
        "run_id": run.get("id"),
        "workflow_id": run.get("workflow_id"),
        "message": place[0],
        "block": place[1],
        "trajectory_step": said.get("step_index"),
        "signature_hash": None if signature is None else str(signature),
        **action_cells(None if step is None else step.action),
        **space_cells(space),
        **picture_cells(picture),
    }
