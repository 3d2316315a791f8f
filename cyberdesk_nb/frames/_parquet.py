# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false, reportAttributeAccessIssue=false
# (pyarrow ships no types)
"""Parquet files as pyarrow writes and reads them, with what a frame says of itself in the file's metadata."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from cyberdesk_nb.frames import _arrow
from cyberdesk_nb.frames._columns import STRING

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from cyberdesk_nb.frames._columns import Table


class Writer:
    """Writes frames of one table to a file, a row group each.

    Categories are stored as their texts, since each batch knows other ones.
    """

    def __init__(self, path: Path, empty: pd.DataFrame, table: Table) -> None:
        columns = [column for column in table.columns if column.name in empty]
        self._texts = [column.name for column in columns if column.dtype == "category"]
        self._schema = pa.schema([(column.name, _arrow.arrow_type(column.dtype)) for column in columns])
        self._pandas = json.loads(pa.Schema.from_pandas(self._plain(empty), preserve_index=None).metadata[b"pandas"])
        # A stored Arrow schema would hide from readers the metadata that is only known at the end.
        self._file = pq.ParquetWriter(path, self._schema, compression="zstd", store_schema=False)

    def write(self, frame: pd.DataFrame) -> None:
        """Append a row group."""
        batch = pa.Table.from_pandas(self._plain(frame), self._schema, preserve_index=False, safe=False)
        self._file.write_table(batch.replace_schema_metadata(None), row_group_size=len(frame))

    def close(self, rows: int, attrs: dict[Any, Any], notes: dict[str, str]) -> None:
        """End the file with the attributes that pandas gives back, and with notes of our own."""
        pandas = {**self._pandas, "attributes": attrs}
        for index in pandas["index_columns"]:
            index["stop"] = rows
        self._file.add_key_value_metadata({"pandas": json.dumps(pandas), **notes})
        self._file.close()

    def abandon(self) -> None:
        """End the file as it is."""
        self._file.close()

    def _plain(self, frame: pd.DataFrame) -> pd.DataFrame:
        texts: Any = dict.fromkeys(self._texts, STRING)
        return frame.astype(texts)


def read(path: Path) -> tuple[dict[str, Any], dict[str, str], dict[str, list[Any]]]:
    """Give a file's attributes, its metadata, and the chunks of each column.

    Raises `OSError` for what is no file that can be read, and one of `_arrow.ArrowError` for what is no Parquet.
    """
    content = pq.read_table(path)
    notes = {name.decode(): value.decode() for name, value in (content.schema.metadata or {}).items()}
    attrs = json.loads(notes.get("pandas", "{}")).get("attributes") or {}
    return attrs, notes, {name: content.column(name).chunks for name in content.column_names}
