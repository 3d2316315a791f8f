"""The table of trajectories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyberdesk_nb.frames._build import build
from cyberdesk_nb.frames._choice import Columns
from cyberdesk_nb.frames._columns import EXTRA, Column, Joined, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


# fmt: off
TABLE = Table(
    "trajectories",
    (
        Column("id", "string", "Id of the trajectory.", "identity", required=True),
        Column("name", "string", "Its name.", "identity"),
        Column("description", "string", "What it does.", "identity"),
        Column("workflow_id", "string", "Workflow that it belongs to.", "identity", required=True),
        Column("workflow_name", "string", "Name of that workflow.", "identity",
               source=Joined("workflow_id", "workflow")),
        Column("run_id", "string", "Run that it was recorded from.", "identity"),
        Column("is_approved", "boolean", "Whether it may be replayed.", "state", required=True),
        Column("has_been_approved", "boolean", "Whether it was ever approved.", "state", required=True),
        Column("is_generated", "boolean", "Whether it was promoted from a run.", "state", required=True),
        Column("is_main", "boolean", "Whether it wins a tie in its workflow.", "state", required=True),
        Column("steps_total", "count", "How many steps it has; steps_frame lists them.", "data",
               source="trajectory_data", unit="steps"),
        Column("width_px", "integer", "Width of the recorded screen.", "data", source="dimensions.width", unit="px"),
        Column("height_px", "integer", "Height of the recorded screen.", "data", source="dimensions.height", unit="px"),
        Column("dimensions", "json", "Recorded screen as the API gives it.", "data"),
        Column("original_input_values", "json", "Inputs of the recording run.", "data"),
        Column("created_at", "time", "When it was recorded.", "timing", required=True),
        Column("updated_at", "time", "When it was last changed.", "timing", required=True),
        Column("user_id", "string", "Who owns it.", "owner"),
        Column("organization_id", "string", "Organization that owns it.", "owner"),
        EXTRA,
    ),
    unlisted=("included",),
)
# fmt: on


def trajectories_frame(
    records: object,
    *,
    columns: Columns = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Make a frame of trajectories (`GET /v1/trajectories`), one row each, in the order given.

    Arguments, errors and ``attrs`` are those of `runs_frame`; the columns are those of ``columns("trajectories")``.

    Examples
    --------
    >>> trajectories_frame([]).empty
    True
    """
    return build(TABLE, records, columns=columns, included=included, completeness=completeness, strict=strict)
