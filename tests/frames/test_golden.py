"""Each column of each table holds the field that it says it holds."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from itertools import pairwise
from pkgutil import iter_modules
from typing import Any

import pandas as pd
import pytest

from cyberdesk_nb import frames
from cyberdesk_nb.frames._columns import Column, Table
from cyberdesk_nb.frames._pages import read_page
from cyberdesk_nb.frames.tables import TABLES
from cyberdesk_nb.models import ApiModel, RunLlmCostRow, RunPostRunCheckSnapshot
from tests.frames.golden import ALL, RECORDS
from tests.frames.golden_links import CHECK, LLM_COST
from tests.frames.golden_row import Golden

by_table = pytest.mark.parametrize("golden", RECORDS, ids=lambda golden: golden.table.name)


def row_of(frame: pd.DataFrame) -> dict[str, Any]:
    """Give the last row of a frame with None for every kind of missing value."""
    return {str(name): None if pd.isna(value) else value for name, value in frame.iloc[-1].items()}


def page(golden: Golden) -> dict[str, Any]:
    """Give the list answer of the API that holds the record."""
    return {"items": [golden.record], "included": golden.included, "total": 1, "skip": 0, "limit": 100}


@pytest.mark.parametrize("golden", ALL, ids=lambda golden: golden.table.name)
def test_every_field_lands_in_its_column(golden: Golden) -> None:
    """A record with a different value in every field gives exactly the expected row, in the declared order."""
    frame = golden.whole(page(golden), strict=True)
    assert row_of(frame) == golden.row
    assert list(frame.columns) == list(golden.row) == [column.name for column in golden.table.columns]


@by_table
def test_the_record_has_every_field_of_the_model(golden: Golden) -> None:
    """The golden record leaves out no field of the API's model, so that no column goes untested."""
    assert golden.model is not None
    assert set(golden.model.model_fields) <= set(golden.record)
    assert set(golden.model.model_fields) <= golden.table.known_fields


@pytest.mark.parametrize("table", TABLES)
def test_a_swapped_source_shows(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading any two neighbours, and any two columns of one dtype in a row, from each other's source goes red."""
    of_table = [golden for golden in ALL if golden.table.name == table]
    columns = of_table[0].table.columns
    by_dtype = [[column for column in columns if column.dtype == dtype] for dtype in {c.dtype for c in columns}]
    pairs = {(one.name, other.name): (one, other) for row in (columns, *by_dtype) for one, other in pairwise(row)}
    for one, other in pairs.values():
        swapped = {one.name: replace(one, source=source_of(other)), other.name: replace(other, source=source_of(one))}
        wrong = replace(of_table[0].table, columns=tuple(swapped.get(column.name, column) for column in columns))
        with monkeypatch.context() as patch:
            put_in_place(patch, of_table[0].table, wrong)
            assert any(is_red(golden) for golden in of_table), f"{one.name} and {other.name}"


def source_of(column: Column) -> Any:
    """Give where a column comes from, its path spelled out."""
    return ".".join(column.path) or column.source


def put_in_place(patch: pytest.MonkeyPatch, table: Table, other: Table) -> None:
    """Let the frame functions build another table in the place of theirs."""
    for module in iter_modules(frames.__path__, f"{frames.__name__}."):
        holder = import_module(module.name)
        for name in [name for name, value in vars(holder).items() if value is table]:
            patch.setattr(holder, name, other)


def is_red(golden: Golden) -> bool:
    """Tell whether the golden row is not what comes out."""
    try:
        return row_of(golden.whole(page(golden))) != golden.row
    except (AttributeError, KeyError, TypeError, ValueError):
        return True  # what one column computes cannot always be put into another


@pytest.mark.parametrize("table", TABLES)
def test_no_column_goes_without_a_value(table: str) -> None:
    """Each column has a value in a golden row of its table: a missing one would look right from any source."""
    of_table = [golden for golden in ALL if golden.table.name == table]
    assert of_table, "no golden row"
    for name in of_table[0].row:
        assert any(golden.row[name] is not None for golden in of_table), name


@pytest.mark.parametrize("golden", [golden for golden in ALL if golden.model], ids=lambda golden: golden.table.name)
def test_a_swapped_back_table_is_green(golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table that stands in for another one is really used, and gives the golden row when it is the same."""
    put_in_place(monkeypatch, golden.table, replace(golden.table))
    assert not is_red(golden)


@pytest.mark.parametrize("golden", [golden for golden in ALL if golden.model], ids=lambda golden: golden.table.name)
def test_models_dicts_and_bytes_give_the_same_frame(golden: Golden) -> None:
    """The same page as bytes, as dicts and as models of the client gives equal frames."""
    assert golden.model is not None
    envelope = page(golden)
    frame = golden.whole(envelope)
    compact = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
    spelled = [compact, json.dumps(envelope).encode(), json.dumps(envelope, ensure_ascii=False, indent=2).encode()]
    for body in spelled:
        pd.testing.assert_frame_equal(golden.whole(body), frame)
    model = golden.model.model_validate(golden.record)
    from_models = golden.whole([model], included=golden.included)
    pd.testing.assert_frame_equal(from_models, frame)


@by_table
def test_clean_pages_are_read_by_the_fast_reader(golden: Golden) -> None:
    """A page without surprises goes from bytes to columns at once, and gives what the tolerant reader gives."""
    known = {name: value for name, value in golden.record.items() if name in golden.table.known_fields}
    envelope = {"items": [known], "included": golden.included, "total": 1}
    for body in (json.dumps(envelope, ensure_ascii=False).encode(), json.dumps([known], ensure_ascii=False).encode()):
        assert read_page(golden.table, body) is not None
    fast = golden.whole(json.dumps(envelope, ensure_ascii=False).encode())
    pd.testing.assert_frame_equal(fast, golden.whole(envelope))
    pd.testing.assert_frame_equal(golden.whole(json.dumps(envelope).encode()), fast)
    assert row_of(fast) == {**golden.row, "extra": None}


@by_table
def test_null_and_absent_are_both_missing(golden: Golden) -> None:
    """A record of only required fields, and one whose other fields are null, give the same row in every form."""
    required = {column.path[0] for column in golden.table.wire if column.required}
    bare = {name: value for name, value in golden.record.items() if name in required}
    nulls = {name: bare.get(name) for name in golden.table.known_fields}
    frame = golden.whole([bare], strict=True)
    for record in (bare, nulls):
        body = json.dumps([record], ensure_ascii=False).encode()
        assert read_page(golden.table, body) is not None
        pd.testing.assert_frame_equal(golden.whole(body), frame)
        pd.testing.assert_frame_equal(golden.whole([record]), frame)


@pytest.mark.parametrize(
    ("golden", "field", "model"),
    [(CHECK, "post_run_checks", RunPostRunCheckSnapshot), (LLM_COST, "rows", RunLlmCostRow)],
    ids=["run_checks", "llm_costs"],
)
def test_the_entry_has_every_field_of_its_model(golden: Golden, field: str, model: type[ApiModel]) -> None:
    """The golden entry inside a record leaves out no field of the API's model, and the table knows them all."""
    assert set(model.model_fields) <= set(golden.record[field][-1])
    assert set(model.model_fields) <= golden.table.known_fields
