"""Rows that stand inside records: the checks of a run, the pools of a machine, the tags of a workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from cyberdesk_nb.frames._build import build
from cyberdesk_nb.frames._problems import ProblemLog
from cyberdesk_nb.frames._records import Related, as_page, fields_of, note_workflow, records_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from cyberdesk_nb.frames._choice import Columns
    from cyberdesk_nb.frames._columns import Table


def build_embedded(
    table: Table,
    records: object,
    field: str,
    owner: str,
    *,
    columns: Columns,
    included: object,
    completeness: Mapping[str, Any] | None,
    strict: bool,
) -> pd.DataFrame:
    """Make a frame of the entries of a list inside records; arguments as for `embedded` and `build`."""
    log = ProblemLog()
    rows = embedded(records, field, owner, log)
    return build(
        table,
        rows,
        columns=columns,
        included=included,
        completeness=completeness,
        strict=strict,
        problems=log.problems,
    )


def embedded(records: object, field: str, owner: str, log: ProblemLog) -> dict[str, Any]:
    """Give the entries of a list inside records, as a page of rows.

    Parameters
    ----------
    records
        Whatever the table of the records takes.
    field
        Field of a record that holds the list; null and absent are none.
    owner
        Name under which each entry carries the fields of its record, and under ``position`` its place there.
    log
        Is told of a `field` that is no list.

    Returns
    -------
    dict
        A page with what is included beside the records. What is no record, or no object, is passed on as it is, so
        that it is counted and stated.
    """
    related = Related()
    rows: list[Any] = []
    for record in records_of(records, log, related):
        note_workflow(record, related)
        fields = fields_of(record)
        rows += [record] if fields is None else _rows(fields, field, owner, log)
    return as_page(rows, related)


def _rows(fields: Mapping[str, Any], field: str, owner: str, log: ProblemLog) -> Iterator[Any]:
    entries = fields.get(field)
    if entries is None:
        return
    if not isinstance(entries, list | tuple):
        row_id = fields.get("id")
        log.add(row_id if isinstance(row_id, str) else None, field, entries, "expected a list")
        return
    whole = {name: value for name, value in fields.items() if name != field}
    for position, entry in enumerate(cast("list[object]", entries)):
        own = fields_of(entry)
        yield entry if own is None else {**own, owner: whole, "position": position}
