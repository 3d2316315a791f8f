"""One page of a list: its records, what came beside them, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from cyberdesk_nb.client._call import Call
from cyberdesk_nb.errors import PayloadError
from cyberdesk_nb.models import (
    ApiModel,
    IncludedResource,
    OpenEnum,
    Problem,
    attach_included,
    parse_included,
    parse_record,
)

T = TypeVar("T")
M = TypeVar("M", bound=ApiModel)


@dataclass(frozen=True, slots=True, repr=False)
class Page(Generic[T]):
    """One page of a list.

    `total` is what the server says that the whole list holds (None where it says nothing readable), `problems` lists
    every value that could not be read; the rows that hold them are kept as far as they can be.
    """

    items: list[T]
    total: int | None
    skip: int | None
    limit: int | None
    included: list[IncludedResource] = field(default_factory=list[IncludedResource])
    problems: list[Problem] = field(default_factory=list[Problem])
    lost: int = 0
    """Rows that were no JSON objects at all."""

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        kind = type(self.items[0]).__name__ if self.items else "rows"
        wrong = f", {len(self.problems)} problems" if self.problems else ""
        return f"<Page of {len(self.items)} {kind}, {self.skip} skipped, {self.total} in all{wrong}>"


def read_page(model: type[M], value: object, call: Call) -> Page[M]:
    """Read a decoded page. Raises `PayloadError` where it holds no list of rows at all."""
    if not isinstance(value, dict):
        raise _bad_page(call, f"{type(value).__name__}, not a page")
    fields = cast("dict[str, Any]", value)
    rows = fields.get("items")
    if not isinstance(rows, list):
        raise _bad_page(call, f"a page whose `items` is {type(rows).__name__}, not a list")
    problems: list[Problem] = []
    records: list[M] = []
    for row in cast("list[object]", rows):
        record, wrong = parse_record(model, row)
        problems += wrong
        if record is not None:
            problems += _unknown_values(record)
            records.append(record)
    related, wrong = parse_included(fields.get("included"))
    return Page(
        items=attach_included(records, related) if related else records,
        total=_integer(fields.get("total")),
        skip=_integer(fields.get("skip")),
        limit=_integer(fields.get("limit")),
        included=_included(fields.get("included")),
        problems=problems + wrong,
        lost=len(cast("list[object]", rows)) - len(records),
    )


def _bad_page(call: Call, what: str) -> PayloadError:
    return PayloadError(f"{call.label} answered with {what}.", status=200, idempotency_key=call.idempotency_key)


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _included(value: object) -> list[IncludedResource]:
    entries = cast("list[object]", value) if isinstance(value, list) else []
    parsed = (parse_record(IncludedResource, entry)[0] for entry in entries)
    return [entry for entry in parsed if entry is not None]


def _unknown_values(record: ApiModel) -> list[Problem]:
    """List enum values that this version does not know: they are kept, and counted."""
    found = [(name, value) for name, value in record.__dict__.items() if isinstance(value, OpenEnum)]
    row_id = getattr(record, "id", None)
    return [
        Problem(row_id, name, str(value)[:200].encode("unicode_escape").decode("ascii")[:200], "not a value known here")
        for name, value in found
        if not value.is_known
    ]
