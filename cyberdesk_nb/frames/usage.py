"""The table of usage: steps summed over periods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyberdesk_nb.frames._build import build
from cyberdesk_nb.frames._choice import Columns
from cyberdesk_nb.frames._columns import EXTRA, Column, Derived, Table
from cyberdesk_nb.frames._derive import cached_share, steps_total

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

MODES = ("simulated", "billed")

# fmt: off
TABLE = Table(
    "usage",
    (
        Column("period_start", "time", "Start of the period; it belongs to it.", "identity", required=True),
        Column("period_end", "time", "End of the period; it does not belong to it.", "identity", required=True),
        Column("mode", "category", "Whether all steps are summed or only those that are billed.", "identity",
               required=True, categories=MODES),
        Column("runs_counted", "integer", "How many runs were summed.", "steps", unit="runs", required=True),
        Column("steps_agentic", "integer", "Steps decided by a model.", "steps", unit="steps", required=True,
               source="total_agentic_steps"),
        Column("steps_cached", "integer", "Steps replayed from a trajectory.", "steps", unit="steps", required=True,
               source="total_cached_steps"),
        Column("steps_total", "integer", "All steps.", "steps", unit="steps",
               source=Derived("steps_agentic + steps_cached", steps_total, ("steps_agentic", "steps_cached"))),
        Column("cached_share", "number", "Share of the steps that were replayed; missing without steps.", "steps",
               unit="0-1",
               source=Derived("steps_cached / steps_total", cached_share, ("steps_cached", "steps_total"))),
        EXTRA,
    ),
    key="period_start",
)
# fmt: on


def usage_frame(
    records: object,
    *,
    columns: Columns = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Make a frame of usage sums (`GET /v1/usage/aggregate`), one row for each answer, in the order given.

    Arguments, errors and ``attrs`` are those of `runs_frame`; the columns are those of ``columns("usage")``.

    Examples
    --------
    >>> usage_frame([]).empty
    True
    """
    return build(TABLE, records, columns=columns, included=included, completeness=completeness, strict=strict)
