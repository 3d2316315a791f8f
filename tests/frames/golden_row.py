"""What a golden row is: a record with a different value in every field, and the row that it must give."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from cyberdesk_nb.frames._choice import groups_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cyberdesk_nb import models
    from cyberdesk_nb.frames._columns import Table


@dataclass(frozen=True)
class Golden:
    """A table, a record of it, the records included beside it, and the expected row."""

    table: Table
    make: Callable[..., pd.DataFrame]
    model: type[models.ApiModel] | None
    record: dict[str, Any]
    row: dict[str, Any]
    included: list[dict[str, Any]] = field(default_factory=list)

    def whole(self, records: object, **options: Any) -> pd.DataFrame:
        """Make the frame with every column, the heavy ones too."""
        return self.make(records, columns=groups_of(self.table), **options)


def at(day: int) -> str:
    """Give a different time for each day of the month, as the API spells it."""
    return f"2026-11-{day:02d}T0{day % 10}:00:00.000{day:03d}Z"


def time(day: int) -> pd.Timestamp:
    """Give the same time as a frame holds it."""
    return pd.Timestamp(at(day))


def compact(value: Any) -> str:
    """Give a value as the JSON text that a frame holds."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def named(name: str, row_id: str, **more: Any) -> dict[str, Any]:
    """Give a pool, a tag or a check, as far as the models demand it."""
    return {"name": name, **more, "id": row_id, "organization_id": "o-1"}


DATES = {"created_at": at(7), "updated_at": at(8)}
WORKFLOW = {"type": "workflow", "id": "w-1", "name": "Invoice entry", "main_prompt": "p"}
MACHINE = {"type": "machine", "id": "m-1", "name": "VM 4", "hostname": "h"}
"""What stands beside records of several tables."""
