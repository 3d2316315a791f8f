"""The one builder: records in any form, a declared table, a DataFrame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from cyberdesk_nb.frames import _arrow
from cyberdesk_nb.frames._cells import UnreadableError, encodable, read_cell
from cyberdesk_nb.frames._choice import Columns, choose, groups_held
from cyberdesk_nb.frames._columns import EXTRA, Column, Derived, Joined, Table
from cyberdesk_nb.frames._pages import Chunk, Digest, digest
from cyberdesk_nb.frames._problems import ProblemLog
from cyberdesk_nb.frames._records import PageBytes, Related, fields_of, note_included, walk
from cyberdesk_nb.frames.completeness import raise_unless_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cyberdesk_nb.models import Problem

_BATCH_ROWS = 10_000


def build(
    table: Table,
    records: object,
    *,
    columns: Columns = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
    problems: Iterable[Problem] = (),
) -> pd.DataFrame:
    """Build the frame of a table.

    Parameters
    ----------
    table
        Declares the columns.
    records
        Models, dicts, pages, page bytes, or iterables of these, mixed as they come.
    columns
        Names of columns and groups to have beside the identity; None has every group but the heavy ones.
    included
        Related records to join names from, beside those that pages carry and models know.
    completeness
        JSON-able record of how the data was fetched; kept in ``attrs["completeness"]``.
    strict
        Raise when there is any problem, or `completeness` says that rows are missing, instead of keeping the rest.
    problems
        What could not be read before the records came here.

    Returns
    -------
    pandas.DataFrame
        A row for each record, in order; what is no record is left out and stated. ``attrs`` hold ``table``,
        ``groups`` (those that are there whole) and ``columns``, ``rows_in``, ``rows_dropped``, ``problem_count``,
        ``problems_by_column``, ``problems`` (the first 200 as dicts of row_id, column, raw, reason) and
        ``completeness``.

    Raises
    ------
    IncompleteError
        With ``strict``, when anything could not be read or is missing.
    RequestError
        For a name in `columns` that the table does not have.
    PayloadError
        When page bytes are no page at all.
    """
    chosen = choose(table, columns)
    intake = _Intake(chosen)
    intake.log.extend(problems)
    note_included(included, intake.related)
    intake.take(records)
    frame = _frame(chosen, intake)
    frame.attrs = {
        "table": table.name,
        "groups": groups_held(table, chosen),
        "columns": [column.name for column in chosen.shown],
        "rows_in": intake.rows_in,
        "rows_dropped": intake.rows_in - len(frame),
        **intake.log.summary(),
        "completeness": dict(completeness) if completeness is not None else None,
    }
    if strict:
        intake.log.raise_any(table.name)
        raise_unless_whole(frame)
    return frame


def restore(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Give a frame that came back from a file or a database the declared dtypes and column order again."""
    columns = {
        column.name: _arrow.series(column, [_arrow.array_of_series(column.dtype, frame[column.name])])
        for column in table.columns
        if column.name in frame
    }
    restored = pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))
    restored.attrs = dict(frame.attrs)
    return restored


class _Intake:
    """Turns what comes in into chunks of columns; owns everything that is noted on the way."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.log = ProblemLog(has_one_row_each=table.key == "id")
        self.related: Related = {}
        self.chunks: list[Chunk] = []
        self.rows_in = 0
        self._names = [column.name for column in table.wire] + ([EXTRA.name] if table.keeps_extra else [])
        self._cells: dict[str, list[Any]] = {name: [] for name in self._names}
        self._kinds = {column.source.kind for column in table.columns if isinstance(column.source, Joined)}

    def take(self, records: object) -> None:
        """Read everything, in order."""
        for item in walk(records, self.log, self.related):
            page = digest(self.table, item) if isinstance(item, PageBytes) else item
            if isinstance(page, Digest):
                self._take_digest(page)
            else:
                self._take_record(page)
        self._flush()

    def _take_digest(self, page: Digest) -> None:
        note_included(page.included, self.related)
        for part in page.parts:
            if isinstance(part, list):
                for record in part:
                    self._take_record(record)
            else:
                self._flush()
                self.chunks.append(dict(part))
                self.rows_in += len(next(iter(part.values())))

    def _take_record(self, record: object) -> None:
        self.rows_in += 1
        fields = fields_of(record)
        if fields is None:
            self.log.add(None, "", record, f"not a record but {type(record).__name__}")
            return
        row_id = _key(fields, self.table.key)
        for column in self.table.wire:
            self._cells[column.name].append(self._cell(column, fields, row_id))
        if self.table.keeps_extra:
            extra = {name: value for name, value in fields.items() if name not in self.table.known_fields}
            self._cells[EXTRA.name].append(self._read(EXTRA, extra, row_id) if extra else None)
        self._note_related(record)
        if len(self._cells[self._names[0]]) >= _BATCH_ROWS:
            self._flush()

    def _cell(self, column: Column, fields: Mapping[str, Any], row_id: str | None) -> Any:
        """Read one cell, noting what is wrong with it."""
        value = fields.get(column.path[0])
        for name in column.path[1:]:
            owner = fields_of(value)
            if owner is None and value is not None:
                self.log.add(row_id, column.name, value, f"expected an object with {name!r}")
                return None
            value = None if owner is None else owner.get(name)
        if value is None:
            if column.required:
                self.log.add(row_id, column.name, None, "missing")
            return None
        return self._read(column, value, row_id)

    def _read(self, column: Column, value: object, row_id: str | None) -> Any:
        try:
            return read_cell(column.dtype, value)
        except UnreadableError as error:
            self.log.add(row_id, column.name, value, str(error))
            return error.kept

    def _note_related(self, record: object) -> None:
        """Remember the records that the client attached to a model."""
        for kind in self._kinds:
            owner = None if isinstance(record, dict) else getattr(record, kind, None)
            fields = fields_of(owner)
            if fields is not None and isinstance(fields.get("id"), str):
                self.related[kind, fields["id"]] = fields

    def _flush(self) -> None:
        """Turn the cells read so far into a chunk."""
        if not self._cells[self._names[0]]:
            return
        dtypes = {column.name: column for column in [*self.table.wire, EXTRA]}
        self.chunks.append({name: _arrow.array(dtypes[name].dtype, cells) for name, cells in self._cells.items()})
        self._cells = {name: [] for name in self._names}


def _frame(table: Table, intake: _Intake) -> pd.DataFrame:
    """Join the chunks to columns, then add what is joined and derived, in the declared order."""
    lengths = [len(next(iter(chunk.values()))) for chunk in intake.chunks]
    columns: dict[str, pd.Series] = {}
    for column in table.columns:
        if isinstance(column.source, Joined):
            keys = [chunk[column.source.key] for chunk in intake.chunks]
            names = _names(column, column.source, intake)
            columns[column.name] = _arrow.series(column, _arrow.lookup(keys, names))
    for column in [*table.wire, *([EXTRA] if table.keeps_extra else [])]:
        # Taken out of the chunks, so that no column is held twice for longer than it takes to convert it.
        chunks = [chunk.pop(column.name, None) for chunk in intake.chunks]
        columns[column.name] = _arrow.series(column, _arrow.filled(column.dtype, chunks, lengths))
    frame = pd.DataFrame(columns, index=pd.RangeIndex(sum(lengths)), copy=False)
    for column in table.columns:
        if isinstance(column.source, Derived):
            frame[column.name] = column.source.compute(frame, intake.log).astype(column.pandas_dtype)
    return pd.DataFrame({column.name: frame[column.name] for column in table.shown}, copy=False)


def _key(fields: Mapping[str, Any], path: str) -> str | None:
    """Give the text that names a record in a problem."""
    owner, _, rest = path.partition(".")
    value = fields.get(owner)
    if rest:
        return _key(fields_of(value) or {}, rest)
    return value if isinstance(value, str) else None


def _names(column: Column, joined: Joined, intake: _Intake) -> dict[str, str | None]:
    """Give the joined field of each related record by its id; what cannot be read is a problem of that record."""
    names: dict[str, str | None] = {}
    for (kind, given_id), fields in intake.related.items():
        value, row_id = fields.get(joined.field), encodable(given_id)
        if kind != joined.kind or value is None:
            continue
        try:
            names[row_id] = read_cell(column.dtype, value)
        except UnreadableError as error:
            intake.log.add(row_id, column.name, value, str(error))
            names[row_id] = error.kept
    return names
