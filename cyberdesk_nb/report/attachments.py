"""Frames as files: in the page as long as there is room, beside it from then on."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from cyberdesk_nb.report.figures import data_uri

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Form = Literal["parquet", "csv"]

_MIMES = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv"}

# Beginnings that a spreadsheet takes for a formula, also in full width.
_FORMULA_PATTERN = r"^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A frame as a file.

    Attributes
    ----------
    name
        Name of the file.
    title
        Name of the frame.
    rows, columns
        How many it has.
    content
        The file itself.
    is_inside
        Whether the page holds it.
    """

    name: str
    title: str
    rows: int
    columns: int
    content: bytes
    is_inside: bool

    @property
    def size(self) -> str:
        """The size in words."""
        size = len(self.content)
        return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"

    def uri(self, form: Form) -> str:
        """Give the file as an address that holds it."""
        return data_uri(_MIMES[form], self.content)


def attach(frames: Mapping[str, pd.DataFrame], form: Form, room: int, first: Sequence[str] = ()) -> list[Attachment]:
    """Write frames as files, and keep as many of them in the page as there is room for, the smallest first.

    Parameters
    ----------
    frames
        By name.
    form
        ``parquet``, or ``csv`` with cells that no spreadsheet runs.
    room
        Bytes that the page has left for them.
    first
        Names in the order in which they are listed; others follow.
    """
    written = {name: _parquet(frame) if form == "parquet" else to_csv(frame) for name, frame in frames.items()}
    inside: set[str] = set()
    for name in sorted(written, key=lambda name: len(written[name])):
        room -= len(written[name]) * 4 // 3 + 200
        if room < 0:
            break
        inside.add(name)
    names = [*(name for name in first if name in frames), *(name for name in frames if name not in first)]
    return [
        Attachment(
            f"report-{name}.{form}", name, len(frames[name]), frames[name].shape[1], written[name], name in inside
        )
        for name in names
    ]


def _parquet(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_parquet(out, compression="zstd", index=False)
    return out.getvalue()


def to_csv(frame: pd.DataFrame) -> bytes:
    """Write a frame as CSV; an apostrophe stands before texts that a spreadsheet would take for a formula."""
    safe = frame.copy(deep=False)
    for name in frame.columns:
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype("str")
        if pd.api.types.is_string_dtype(column.dtype) or column.dtype == object:
            texts = column.astype("str").where(column.notna())
            runs_as_formula = texts.str.match(_FORMULA_PATTERN).fillna(value=False).astype(bool)
            safe[name] = texts.mask(runs_as_formula, "'" + texts)
    # Every text in quotes: a line break of its own, of any kind, ends no row.
    return safe.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n").encode("utf-8", "replace")
