"""Whatever holds records, walked as pages of bytes and single records in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from cyberdesk_nb.errors import PayloadError, printable
from cyberdesk_nb.frames._exact import read_exact
from cyberdesk_nb.models import ApiModel, wire_of

if TYPE_CHECKING:
    from cyberdesk_nb.frames._problems import ProblemLog

Related = dict[tuple[str, str], Any]
"""Included records by kind and id; a value is a model or a dict."""


@dataclass(frozen=True, slots=True)
class PageBytes:
    """Body of a list answer, and the positions in its items that are not wanted."""

    body: bytes | bytearray
    drop: frozenset[int] = frozenset()


def walk(records: object, log: ProblemLog, related: Related) -> Iterator[Any]:
    """Yield each page of bytes as `PageBytes`, and each record; note included records and known problems on the way.

    Parameters
    ----------
    records
        A record, a page, page bytes, or any nesting of iterables of them.
    log, related
        Receive what pages carry beside their items.
    """
    if isinstance(records, bytes | bytearray | memoryview):
        yield PageBytes(bytes(cast("bytes", records)))
    elif isinstance(getattr(records, "body", None), bytes | bytearray):  # a raw page of the client
        yield PageBytes(cast("Any", records).body, cast("Any", records).drop)
    elif isinstance(records, Mapping):
        yield from _mapping(cast("Mapping[str, Any]", records), related)
    elif isinstance(records, ApiModel):
        yield records
    elif isinstance(getattr(records, "items", None), list | tuple):  # a page of the client
        note_included(getattr(records, "included", None), related)
        yield from _client_page(cast("Any", records), log)
    elif isinstance(records, Iterable) and not isinstance(records, str):
        for item in cast("Iterable[object]", records):
            yield from walk(item, log, related)
    else:
        yield records


def _client_page(page: Any, log: ProblemLog) -> Iterator[Any]:
    """Yield the records of a page, and what was no record as the text that the client kept of it."""
    yield from page.items
    problems = getattr(page, "problems", None) or ()
    yield from (problem.raw for problem in problems if not problem.column)
    # What a record was read from is read here once more, and then judged as from any other source.
    if not any(isinstance(item, ApiModel) and wire_of(item) is not None for item in page.items):
        log.extend(problem for problem in problems if problem.column)


def parse_page(page: PageBytes, related: Related) -> list[Any]:
    """Read page bytes value by value, as tolerantly as JSON allows; raises PayloadError for what is no page."""
    try:
        # A byte that is no UTF-8 becomes half a character, which costs its own cell and is stated there.
        decoded = read_exact(page.body.decode("utf-8", "surrogateescape"))
    except ValueError as error:
        shown = printable(page.body[:80].decode("utf-8", "replace"))
        raise PayloadError(f"A page is no JSON ({printable(str(error))}): {shown}", hint="Fetch it again.") from None
    if isinstance(decoded, list):
        rows = cast("list[Any]", decoded)
    elif isinstance(decoded, Mapping):
        rows = list(_mapping(cast("Mapping[str, Any]", decoded), related))
    else:
        kind = type(decoded).__name__
        raise PayloadError(f"A page is neither an object nor a list but {kind}.", hint="Fetch it again.")
    return [row for place, row in enumerate(rows) if place not in page.drop]


def note_included(included: object, related: Related) -> None:
    """Remember included records by kind and id; models may stand without a `type`."""
    for entry in cast("Iterable[Any]", included) if isinstance(included, list | tuple) else ():
        fields = fields_of(entry) or {}
        kind = fields.get("type") or type(entry).__name__.removesuffix("WithIncludes").removesuffix("Response").lower()
        if isinstance(fields.get("id"), str):
            related[str(kind), fields["id"]] = fields


def note_workflow(record: object, related: Related) -> None:
    """Remember the workflow that the client attached to a model."""
    workflow = None if isinstance(record, Mapping) else fields_of(getattr(record, "workflow", None))
    if workflow is not None:
        related["workflow", str(workflow.get("id"))] = workflow


def fields_of(record: object) -> Mapping[str, Any] | None:
    """Give the fields that a model or mapping was made with, unknown ones too; None when it is no record.

    A model that was read from an answer gives what the server sent, so that it makes the row that the answer makes.
    """
    if isinstance(record, dict):
        return cast("dict[str, Any]", record)
    if isinstance(record, ApiModel):
        if (wire := wire_of(record)) is not None:
            return wire
        return {name: value for name, value in record if name in record.model_fields_set}
    return cast("Mapping[str, Any]", record) if isinstance(record, Mapping) else None


def _mapping(mapping: Mapping[str, Any], related: Related) -> Iterator[Any]:
    """Yield the records of an envelope, or the mapping itself when it is a record."""
    note_included(mapping.get("included"), related)
    if "items" not in mapping:
        yield mapping
    elif isinstance(mapping["items"], list | tuple):
        yield from cast("Iterable[Any]", mapping["items"])
    else:
        kind = type(mapping["items"]).__name__
        raise PayloadError(f"The items of a page are no list but {kind}.", hint="Fetch it again.")


def records_of(records: object, log: ProblemLog, related: Related) -> Iterator[Any]:
    """Yield the single records of anything that `walk` takes, pages of bytes read too."""
    for item in walk(records, log, related):
        yield from parse_page(item, related) if isinstance(item, PageBytes) else [item]


def as_page(rows: list[Any], related: Related) -> dict[str, Any]:
    """Give rows and the records included beside them in the form of a page."""
    return {"items": rows, "included": [{"type": kind, **fields} for (kind, _), fields in related.items()]}
