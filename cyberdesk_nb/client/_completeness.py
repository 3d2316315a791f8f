"""What a walk says of itself: how much it reached, and whether that is all."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Completeness:
    """The record of a walk.

    `complete` is true when every row that was there throughout the walk was reached and could be read; `why` says what
    that rests on, or what is missing. `server_total` is what the server said at the start (None: nothing readable),
    `duplicates` counts rows that came again and were dropped, `windows` the times that the list was cut into,
    `problems` the values that could not be read.
    """

    operation: str
    filters: dict[str, str]
    method: Literal["windows", "paging"]
    server_total: int | None = None
    rows: int = 0
    duplicates: int = 0
    windows: int = 0
    requests: int = 0
    problems: int = 0
    complete: bool = False
    why: str = "the walk has not ended"

    def to_dict(self) -> dict[str, Any]:
        """Give the record as plain JSON values, as `DataFrame.attrs` wants them."""
        return asdict(self)


@dataclass(slots=True)
class Tally:
    """The counts of a walk while it goes on."""

    server_total: int | None = None
    rows: int = 0
    duplicates: int = 0
    windows: int = 0
    requests: int = 0
    problems: int = 0
    doubts: list[str] = field(default_factory=list[str])

    def doubt(self, why: str) -> None:
        """Note, once, why the walk cannot be called complete."""
        if why not in self.doubts:
            self.doubts.append(why)
