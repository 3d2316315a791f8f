"""Each column of each table holds the field that it says it holds."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest

from cyberdesk_nb.frames._build import build
from cyberdesk_nb.frames._pages import read_page
from cyberdesk_nb.frames.tables import TABLES
from tests.frames.golden import ALL, RECORDS, Golden

by_table = pytest.mark.parametrize("golden", RECORDS, ids=lambda golden: golden.table.name)


def row_of(frame: pd.DataFrame) -> dict[str, Any]:
    """Give the only row of a frame with None for every kind of missing value."""
    assert len(frame) == 1
    return {str(name): None if pd.isna(value) else value for name, value in frame.iloc[0].items()}


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


@by_table
def test_a_swapped_source_shows(golden: Golden) -> None:
    """Reading any two columns of one dtype from each other's source changes the row."""
    wire = golden.table.wire
    for dtype in {column.dtype for column in wire}:
        for one, other in pairwise([column for column in wire if column.dtype == dtype]):
            swapped = {
                one.name: replace(one, source=".".join(other.path)),
                other.name: replace(other, source=".".join(one.path)),
            }
            columns = tuple(swapped.get(column.name, column) for column in golden.table.columns)
            frame = build(replace(golden.table, columns=columns), page(golden))
            assert row_of(frame) != golden.row, f"{one.name} and {other.name}"


@by_table
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


def test_every_table_is_tested() -> None:
    """Each table has a golden row here; machine_pools has its own test."""
    assert {golden.table.name for golden in ALL} == set(TABLES) - {"machine_pools"}
