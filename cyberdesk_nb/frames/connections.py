"""The table of connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyberdesk_nb.frames._build import build
from cyberdesk_nb.frames._choice import Columns
from cyberdesk_nb.frames._columns import EXTRA, Column, Derived, Joined, Table
from cyberdesk_nb.frames._derive import seconds_between

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

STATUSES = ("connected", "disconnected", "error")

_DURATION = seconds_between("connected_at", "disconnected_at", column="duration_s")

# fmt: off
TABLE = Table(
    "connections",
    (
        Column("id", "string", "Id of the connection.", "identity", required=True),
        Column("machine_id", "string", "Machine that connected.", "identity", required=True),
        Column("machine_name", "string", "Name of that machine, when machines are given as `included`.", "identity",
               source=Joined("machine_id", "machine")),
        Column("websocket_id", "string", "Id of the websocket.", "identity", required=True),
        Column("status", "category", "State of the connection.", "state", required=True, categories=STATUSES),
        Column("connected_at", "time", "When it began.", "timing", required=True),
        Column("disconnected_at", "time", "When it ended; missing while open.", "timing"),
        Column("last_ping", "time", "When it was last heard of.", "timing", required=True),
        Column("duration_s", "number", "How long it lasted; missing while open.", "timing", unit="s",
               source=Derived("disconnected_at - connected_at", _DURATION, ("connected_at", "disconnected_at"))),
        Column("ip_address", "string", "Address that it came from.", "system"),
        Column("user_agent", "string", "Client that connected.", "system"),
        EXTRA,
    ),
    unlisted=("included",),
)
# fmt: on


def connections_frame(
    records: object,
    *,
    columns: Columns = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Make a frame of connections (`GET /v1/connections`), one row each, in the order given.

    Arguments, errors and ``attrs`` are those of `runs_frame`; the columns are those of ``columns("connections")``.

    Examples
    --------
    >>> connections_frame([]).empty
    True
    """
    return build(TABLE, records, columns=columns, included=included, completeness=completeness, strict=strict)
