# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false, reportAttributeAccessIssue=false
# (pyarrow ships no types; this module is the only one that talks to it)
"""Cells to Arrow arrays, and Arrow arrays to the columns of a DataFrame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cyberdesk_nb.frames._columns import STRING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cyberdesk_nb.frames._columns import Column, Dtype

Array = Any
"""A pyarrow array; the library has no types for it."""

ArrowError: tuple[type[Exception], ...] = (pa.ArrowException, OverflowError, TypeError, ValueError)
"""What Arrow raises for cells that do not fit."""

# Arrow's default allocator keeps half as much again as the many small arrays of a long fetch need.
POOL = pa.system_memory_pool()
_TIME = pa.timestamp("us", tz="UTC")
_YEARS_US = (-62_135_596_800_000_000, 253_402_300_799_999_999)  # 0001-01-01 to the end of 9999
_TYPES: dict[Dtype, Any] = {
    "string": pa.large_string(),
    "lines": pa.large_string(),
    "json": pa.large_string(),
    "category": pa.large_string(),
    "time": _TIME,
    "integer": pa.int64(),
    "count": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
}


def arrow_type(dtype: Dtype) -> Any:
    """Give the Arrow type in which cells of a dtype are held."""
    return _TYPES[dtype]


def recast(dtype: Dtype, chunks: Sequence[Array]) -> list[Array]:
    """Give chunks of any type that can hold the cells, such as a dictionary of texts, in the type of a dtype."""
    return [pc.cast(chunk, _TYPES[dtype], memory_pool=POOL) for chunk in chunks]


def array(dtype: Dtype, cells: Sequence[Any]) -> Array:
    """Build the array of one column from cells as `_cells.read_cell` gives them."""
    return pa.array(cells, _TYPES[dtype], memory_pool=POOL)


def array_of_times(texts: Sequence[str | None]) -> Array:
    """Build a time array from ISO 8601 texts, of which those without an offset are UTC.

    Raises one of `ArrowError` for any other text, and for texts with and without an offset in one array.
    """
    plain = pa.array(texts, pa.large_string())
    try:
        times = pc.cast(plain, _TIME, memory_pool=POOL)
    except pa.ArrowInvalid:
        times = pc.assume_timezone(pc.cast(plain, pa.timestamp("us")), "UTC", memory_pool=POOL)
    reach = pc.min_max(times)
    first, last = reach["min"].value, reach["max"].value
    if first is not None and not _YEARS_US[0] <= first <= last <= _YEARS_US[1]:
        raise ValueError("Python has the years 1 to 9999, and shows no frame with another")
    return times


def array_of_json(texts: Sequence[Any]) -> Array:
    """Build a text array from JSON values in UTF-8, ``null`` being missing; raises one of `ArrowError` otherwise."""
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
    starts = np.concatenate([np.zeros(1, np.int64), ends])
    data = np.frombuffer(b"".join(texts), np.uint8)
    # No other JSON value begins with an n.
    is_there = data[starts[:-1]] != ord("n") if len(texts) else np.zeros(0, bool)
    buffers = [np.packbits(is_there, bitorder="little"), starts, data]
    raw = pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(texts), [pa.py_buffer(buffer) for buffer in buffers])
    return pc.cast(raw, pa.large_string(), memory_pool=POOL)


def series(column: Column, chunks: Sequence[Array]) -> pd.Series:
    """Give the chunks of one column as a Series of the column's dtype."""
    joined = pa.chunked_array(list(chunks), _TYPES[column.dtype])
    if column.dtype == "category":
        return _categorical(joined, column.categories)
    if column.dtype in {"number", "time"}:
        return joined.to_pandas().astype(column.pandas_dtype)
    return pd.Series(column.pandas_dtype.__from_arrow__(joined), copy=False)


def filled(dtype: Dtype, chunks: Sequence[Array | None], lengths: Sequence[int]) -> list[Array]:
    """Put nulls in the place of chunks that lack the column."""
    return [
        pa.nulls(length, _TYPES[dtype]) if chunk is None else chunk
        for chunk, length in zip(chunks, lengths, strict=True)
    ]


def array_of_series(dtype: Dtype, values: pd.Series) -> Array:
    """Build the array of one column from a Series of any dtype that can hold it."""
    return pa.array(values, from_pandas=True).cast(_TYPES[dtype])


def lookup(keys: Sequence[Array], values: Mapping[str, str | None]) -> list[Array]:
    """Replace each key by its value; a key without one becomes null."""
    known = pa.array(list(values), pa.large_string())
    found = pa.array(list(values.values()), pa.large_string())
    return [found.take(pc.index_in(chunk, value_set=known)) for chunk in keys]


def _categorical(values: Array, known: Sequence[str]) -> pd.Series:
    """Give a categorical with the known categories first, in their order, then the others that occur, sorted."""
    present = [value for value in pc.unique(values).to_pylist() if value is not None]
    categories = [*known, *sorted(set(present).difference(known))]
    codes = pc.index_in(values, value_set=pa.array(categories, pa.large_string()))
    filled = pc.fill_null(codes, -1).combine_chunks().to_numpy(zero_copy_only=False)
    dtype = pd.CategoricalDtype(pd.Index(categories, dtype=STRING))
    return pd.Series(pd.Categorical.from_codes(filled, dtype=dtype))
