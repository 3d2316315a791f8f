"""The table of steps: one row for each action of a trajectory or of a run."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from cyberdesk_nb.frames._action_columns import ACTION, ORIGIN, PICTURE, SPACE, action_cells, picture_cells, space_cells
from cyberdesk_nb.frames._build import build
from cyberdesk_nb.frames._choice import Columns
from cyberdesk_nb.frames._columns import EXTRA, Column, Derived, Joined, Table
from cyberdesk_nb.frames._problems import ProblemLog
from cyberdesk_nb.frames._records import Related, as_page, fields_of, note_workflow, records_of
from cyberdesk_nb.frames.spaces import Size, Space, display_of, spaces_of
from cyberdesk_nb.frames.steps import Step, history_steps, state_misfits, trajectory_steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

SOURCES = ("trajectory", "run")


def _since_previous(frame: pd.DataFrame, _: ProblemLog) -> pd.Series:
    return frame.groupby(["source", "source_id"], observed=True, dropna=False)["at"].diff().dt.total_seconds()


# fmt: off
TABLE = Table(
    "steps",
    (
        Column("source", "category", "Whether it stands in a trajectory or in a run's history.", "identity",
               categories=SOURCES),
        Column("source_id", "string", "Id of that trajectory or run.", "identity"),
        Column("step", "integer", "Position in it, from 0.", "identity", source="index"),
        Column("workflow_id", "string", "Workflow that it belongs to.", "identity"),
        Column("workflow_name", "string", "Name of that workflow.", "identity",
               source=Joined("workflow_id", "workflow")),
        *ACTION,
        *SPACE,
        Column("thought", "string", "What the agent said before it.", "words"),
        Column("result", "string", "What came back.", "words"),
        Column("error", "string", "What went wrong.", "words"),
        Column("cache_instructions", "string", "Extra rule for comparing the screen on replay.", "words"),
        Column("at", "time", "When; missing in trajectories, which carry no times.", "timing"),
        Column("since_previous_s", "number", "Time since the step before it.", "timing", unit="s",
               source=Derived("at - at of the step before it", _since_previous,
                                       ("source", "source_id", "at"))),
        Column("is_cached", "boolean", "Whether it was replayed; missing where that is not told.", "cache"),
        *ORIGIN,
        *PICTURE,
        Column("func_name", "string", "Function or tool as recorded.", "raw"),
        Column("args", "json", "Positional arguments as recorded.", "raw"),
        Column("kwargs", "json", "Named arguments as recorded.", "raw"),
        EXTRA,
    ),
    unlisted=("image",),
    key="source_id",
)
# fmt: on


def steps_frame(
    records: object,
    *,
    columns: Columns = None,
    dimensions: Size | None = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Make a frame of steps, one row for each action, in the order given. No picture is in it.

    Parameters
    ----------
    records
        Trajectories or runs with their message history (`GET /v1/trajectories`, `GET /v1/runs`) in any form that
        `runs_frame` takes, or `Step` values, mixed as they come. Those of one recording belong beside each other:
        together they tell what their coordinates count in.
    columns
        Names of columns and groups of ``columns("steps")`` to have, beside the identity; None has all.
    dimensions
        Width and height in pixels of the display of records that do not tell it, as `Step` values never do.
    included
        Workflows to take names from, beside those that pages carry.
    completeness
        How the records were fetched, JSON-able; kept in ``attrs["completeness"]``.
    strict
        Raise instead of leaving a cell missing when a value cannot be read.

    Returns
    -------
    pandas.DataFrame
        The columns of ``columns("steps")``; empty input gives the same columns and dtypes. ``x`` to ``y2`` are in the
        pixels that were recorded, ``x_share`` to ``y2_share`` in shares of the screen named by ``space``.

    Raises
    ------
    IncompleteError
        With ``strict``, when anything could not be read.
    PayloadError
        When page bytes are no page.

    Examples
    --------
    >>> step = {"func_name": "click", "args": [512, 384]}
    >>> steps_frame({"id": "t", "trajectory_data": [step]})[["action", "x_share"]].values.tolist()
    [['left_click', 0.5]]
    """
    log, related = ProblemLog(), Related()
    rows: list[Any] = []
    for recording, group in groupby(records_of(records, log, related), key=_recording_of):
        steps_or_records = list(group)
        if recording is not None:
            rows += _recorded(steps_or_records, dimensions, None)
        else:
            rows += [row for record in steps_or_records for row in _rows(record, dimensions, related, log)]
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


def _recording_of(record: object) -> tuple[str, str] | None:
    """Tell which recording a `Step` value comes from; None for a whole record."""
    return (record.source, record.source_id) if isinstance(record, Step) else None


def _rows(record: object, display: Size | None, related: Related, log: ProblemLog) -> Iterator[Any]:
    """Yield the row of each step of a record; what is no record is passed on to be stated."""
    fields = fields_of(record)
    if fields is None:
        yield record
        return
    note_workflow(record, related)
    state_misfits(fields, log)
    display = display_of(fields) or display
    for steps in (trajectory_steps(fields), history_steps(fields)):
        yield from _recorded(steps, display, fields.get("workflow_id"))


def _recorded(steps: list[Step], display: Size | None, workflow_id: object) -> Iterator[dict[str, Any]]:
    for step, space in zip(steps, spaces_of(steps, display), strict=True):
        yield _row(step, space, workflow_id)


def _row(step: Step, space: Space, workflow_id: object) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(step, name) for name in Step.__slots__ if name != "extra"}
    return (
        (step.extra or {})
        | row
        | {
            **action_cells(step.action),
            **picture_cells(step.image),
            "workflow_id": workflow_id,
            **space_cells(space),
            "signature_hash": None if step.signature_hash is None else str(step.signature_hash),
        }
    )
