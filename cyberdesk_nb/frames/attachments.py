"""The table of attachments: files that went into runs or came out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyberdesk_nb.frames._build import build
from cyberdesk_nb.frames._choice import Columns
from cyberdesk_nb.frames._columns import EXTRA, Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

TYPES = ("input", "output")

# fmt: off
TABLE = Table(
    "attachments",
    (
        Column("id", "string", "Id of the attachment.", "identity", required=True),
        Column("run_id", "string", "Run that it belongs to.", "identity", required=True),
        Column("filename", "string", "Name of the file; not safe as a path.", "identity", required=True),
        Column("attachment_type", "category", "Whether it went in or came out.", "file", required=True,
               categories=TYPES),
        Column("content_type", "string", "Media type of the content.", "file", required=True),
        Column("size_bytes", "integer", "Size of the content.", "file", unit="bytes", required=True),
        Column("target_path", "string", "Where it is placed on the machine.", "file"),
        Column("cleanup_imports_after_run", "boolean", "Whether it is removed from the machine after the run.", "file"),
        Column("storage_path", "string", "Where the platform keeps it.", "file", required=True),
        Column("created_at", "time", "When it was stored.", "timing", required=True),
        Column("expires_at", "time", "When it is removed; missing means never.", "timing"),
        Column("user_id", "string", "Who stored it.", "owner"),
        Column("organization_id", "string", "Organization that owns it.", "owner"),
        EXTRA,
    ),
)
# fmt: on


def attachments_frame(
    records: object,
    *,
    columns: Columns = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Make a frame of attachments (`GET /v1/run-attachments`), one row each, in the order given.

    Arguments, errors and ``attrs`` are those of `runs_frame`; the columns are those of ``columns("attachments")``.

    Examples
    --------
    >>> attachments_frame([]).empty
    True
    """
    return build(TABLE, records, columns=columns, included=included, completeness=completeness, strict=strict)
