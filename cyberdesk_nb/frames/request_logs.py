"""The table of request logs: calls that the platform relayed to machines."""

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
    "request_logs",
    (
        Column("id", "string", "Id of the entry.", "identity", required=True),
        Column("machine_id", "string", "Machine that was called.", "identity", required=True),
        Column("machine_name", "string", "Name of that machine, when machines are given as `included`.", "identity",
               source=Joined("machine_id", "machine")),
        Column("request_id", "string", "Id of the call.", "identity", required=True),
        Column("method", "string", "HTTP method.", "call", required=True),
        Column("path", "string", "Path on the machine.", "call", required=True),
        Column("status_code", "integer", "HTTP status of the answer; missing without one.", "result"),
        Column("error_message", "string", "What went wrong.", "result"),
        Column("created_at", "time", "When it was sent.", "timing", required=True),
        Column("completed_at", "time", "When it ended; missing until then.", "timing"),
        Column("duration_ms", "integer", "How long it took, as the platform measured it.", "timing", unit="ms"),
        Column("request_size_bytes", "integer", "Size of the request.", "size", unit="bytes"),
        Column("response_size_bytes", "integer", "Size of the answer.", "size", unit="bytes"),
        Column("organization_id", "string", "Organization that owns it.", "owner"),
        EXTRA,
    ),
)
# fmt: on


def request_logs_frame(
    records: object,
    *,
    columns: Columns = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Make a frame of request logs (`GET /v1/request-logs`), one row each, in the order given.

    Arguments, errors and ``attrs`` are those of `runs_frame`; the columns are those of ``columns("request_logs")``.

    Examples
    --------
    >>> request_logs_frame([]).empty
    True
    """
    return build(TABLE, records, columns=columns, included=included, completeness=completeness, strict=strict)
