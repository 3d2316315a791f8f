"""The table of pools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyberdesk_nb.frames._build import build
from cyberdesk_nb.frames._choice import Columns
from cyberdesk_nb.frames._columns import EXTRA, Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


# fmt: off
TABLE = Table(
    "pools",
    (
        Column("id", "string", "Id of the pool.", "identity", required=True),
        Column("name", "string", "Its name.", "identity", required=True),
        Column("description", "string", "What it is for.", "identity"),
        Column("machine_count", "integer", "How many machines are in it.", "state", unit="machines"),
        Column("created_at", "time", "When it was made.", "timing", required=True),
        Column("updated_at", "time", "When it was last changed.", "timing", required=True),
        Column("pool_parameters", "json", "Parameters for runs that name it.", "config"),
        Column("pool_sensitive_parameters", "json", "Vault aliases of secret parameters.", "config"),
        Column("organization_id", "string", "Organization that owns it.", "owner", required=True),
        EXTRA,
    ),
    unlisted=("included", "machines"),
)
# fmt: on


def pools_frame(
    records: object,
    *,
    columns: Columns = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Make a frame of pools (`GET /v1/pools`), one row each, in the order given.

    Arguments, errors and ``attrs`` are those of `runs_frame`; the columns are those of ``columns("pools")``.

    Examples
    --------
    >>> pools_frame([]).empty
    True
    """
    return build(TABLE, records, columns=columns, included=included, completeness=completeness, strict=strict)
