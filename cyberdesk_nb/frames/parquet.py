"""Frames in Parquet files: written batch by batch while pages come, and read back unchanged."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

import pandas as pd

from cyberdesk_nb.errors import ConfigurationError, RequestError, printable
from cyberdesk_nb.frames import _arrow, _parquet
from cyberdesk_nb.frames._problems import SHOWN_MAX
from cyberdesk_nb.frames.completeness import raise_unless_whole
from cyberdesk_nb.frames.tables import TABLES

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from types import TracebackType

_BATCH_ROWS = 20_000
_SUMS = ("rows_in", "rows_dropped", "problem_count")
_ORDER = "cyberdesk_nb.order"


class FrameFile:
    """Writes the frame of many pages to one file, which appears under its name whole or not at all.

    Use it in a ``with`` block, and `finish` it there; a block that is left before leaves no file behind.

    Parameters
    ----------
    path
        Name of the file; one that is there is replaced at the end.
    build
        Function such as `runs_frame`: pages in, frame out.
    columns, strict
        Handed on to `build`.

    Raises
    ------
    ConfigurationError
        When the file cannot be written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        build: Callable[..., pd.DataFrame],
        *,
        columns: Any = None,
        strict: bool = False,
    ) -> None:
        self.path = Path(path)
        self._build = build
        self._options = {"columns": columns, "strict": strict}
        self._batch: list[Any] = []
        self._batch_rows = self._rows = 0
        empty = build([], columns=columns)
        self._attrs: dict[Any, Any] = dict(empty.attrs)
        self._by_column: Counter[str] = Counter()
        try:
            # Not a file of `tempfile`, which nobody else may read.
            self._part = self.path.with_name(f".{self.path.name}.{uuid4().hex}.part")
            self._part.touch(exist_ok=False)
            self._writer = _parquet.Writer(self._part, empty, TABLES[self._attrs["table"]])
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._writer.abandon()
        self._part.unlink(missing_ok=True)

    def take(self, page: Any, rows: int) -> None:
        """Take a page, in any form that `build` takes, and the number of its rows."""
        self._batch.append(page)
        self._batch_rows += rows
        if self._batch_rows >= _BATCH_ROWS:
            self._write()

    def finish(self, completeness: dict[str, Any], *, newest_first: bool = False) -> pd.DataFrame:
        """Write the rest and what is known of the whole, and give the file its name.

        Parameters
        ----------
        completeness
            How the pages were fetched.
        newest_first
            Whether `read_parquet` is to sort the rows so, as they came from several windows of time.

        Returns
        -------
        pandas.DataFrame
            The frame without its rows: its columns, and in ``attrs`` what it says of itself.

        Raises
        ------
        IncompleteError
            With ``strict``, when rows are missing or a value could not be read; there is no file then.
        ConfigurationError
            When the file cannot be written.
        """
        self._write()
        summary = self._build([], columns=self._options["columns"])
        record = {**completeness, "problems": self._attrs["problem_count"]}
        attrs = summary.attrs = {**self._attrs, "problems_by_column": dict(self._by_column), "completeness": record}
        if self._options["strict"]:
            raise_unless_whole(summary)
        try:
            self._writer.close(self._rows, attrs, {_ORDER: "newest first"} if newest_first else {})
            self._part.replace(self.path)
        except OSError as error:
            raise _unwritable(self.path, error) from None
        return summary

    def _write(self) -> None:
        if not self._batch:
            return
        frame = self._build(_given_away(self._batch), **self._options)
        self._batch_rows = 0
        self._rows += len(frame)
        for name in _SUMS:
            self._attrs[name] += frame.attrs[name]
        self._by_column.update(frame.attrs["problems_by_column"])
        self._attrs["problems"] = [*self._attrs["problems"], *frame.attrs["problems"]][:SHOWN_MAX]
        try:
            self._writer.write(frame)
        except OSError as error:
            raise _unwritable(self.path, error) from None


def read_parquet(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a frame of this package from a Parquet file, with the columns, dtypes and ``attrs`` that it had.

    Parameters
    ----------
    path
        A file of `Workspace.runs_to_parquet`, or one that ``frame.to_parquet`` wrote.

    Returns
    -------
    pandas.DataFrame
        The columns of the table that the file holds, in their order. Other columns are left out.

    Raises
    ------
    RequestError
        When there is no such file, or it holds no frame of this package.

    Examples
    --------
    >>> runs = read_parquet("runs.parquet")  # doctest: +SKIP
    """
    try:
        attrs, notes, chunks = _parquet.read(Path(path))
    except (*_arrow.ArrowError, OSError) as error:
        raise RequestError(f"{str(path)!r} cannot be read: {printable(str(error))}") from None
    table = TABLES.get(attrs.get("table", ""))
    if table is None:
        raise RequestError(
            f"{str(path)!r} does not say which table it holds.",
            hint="Read it with pandas.read_parquet, and give it its types with cd.as_table(frame, table).",
        )
    frame = pd.DataFrame(
        {
            column.name: _arrow.series(column, _arrow.recast(column.dtype, chunks[column.name]))
            for column in table.columns
            if column.name in chunks
        },
        copy=False,
    )
    frame.attrs = {**attrs}
    if _ORDER in notes and "created_at" in frame and not frame["created_at"].is_monotonic_decreasing:
        return frame.sort_values("created_at", ascending=False, kind="stable", ignore_index=True)
    return frame


def _given_away(batch: list[Any]) -> Any:
    """Give the pages away one by one, so that each is gone once it is built into the frame."""
    batch.reverse()
    while batch:
        yield batch.pop()


def _unwritable(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"{str(path)!r} cannot be written: {error.strerror or printable(str(error))}.",
        hint="Choose a folder that exists, is writable and has room.",
    )
