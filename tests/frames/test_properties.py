"""Any JSON that fits the contract loosely gives a sound frame."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyberdesk_nb.frames import as_table, messages_frame, steps_frame
from cyberdesk_nb.models import parse_record
from tests.frames.golden import RECORDS
from tests.frames.golden_links import CHECK, LLM_COST, MACHINE_POOL, WORKFLOW_TAG
from tests.frames.golden_messages import MESSAGE
from tests.frames.golden_row import Golden
from tests.frames.golden_steps import STEP

NUMBERS = st.integers() | st.sampled_from([2**53 + 1, 2**63, 10**400]) | st.floats()
SCALARS = st.none() | st.booleans() | NUMBERS | st.text()
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
TIMES = st.from_regex(r"\A\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)?)?\Z")


def pages(golden: Golden) -> st.SearchStrategy[list[Any]]:
    """Make lists of records, each with some fields taken away and some replaced by anything."""
    names = st.sampled_from([*golden.record, "new"])
    changes = st.dictionaries(names, TIMES | JSON, max_size=4)
    record = st.builds(
        lambda changed, gone: {name: value for name, value in (golden.record | changed).items() if name not in gone},
        changes,
        st.sets(names, max_size=3),
    )
    return st.lists(record | JSON.filter(lambda value: not isinstance(value, list | dict)), max_size=4)


def client_page(golden: Golden, records: list[Any]) -> Any:
    """Give records as a page that the client has read."""
    assert golden.model is not None
    read = [parse_record(golden.model, record) for record in records]
    problems = [problem for _, found in read for problem in found]
    return SimpleNamespace(items=[record for record, _ in read if record is not None], problems=problems)


def assert_declared(frame: pd.DataFrame, golden: Golden) -> None:
    """Check columns and dtypes; a category may have grown at its end."""
    assert list(frame.columns) == [column.name for column in golden.table.columns]
    for column in golden.table.columns:
        dtype = frame[column.name].dtype
        if column.dtype == "category":
            assert isinstance(dtype, pd.CategoricalDtype)
            assert tuple(dtype.categories[: len(column.categories)]) == column.categories
            assert dtype.categories.dtype == column.pandas_dtype.categories.dtype
        else:
            assert dtype == column.pandas_dtype


def assert_survives_parquet(frame: pd.DataFrame, table: str) -> None:
    """Check that Parquet gives the frame and its attrs back."""
    file = io.BytesIO()
    frame.to_parquet(file)
    back = pd.read_parquet(file)
    assert back.attrs == frame.attrs
    pd.testing.assert_frame_equal(as_table(back, table), frame)
    if len(frame):
        pd.testing.assert_frame_equal(back, frame)


@pytest.mark.parametrize("golden", RECORDS, ids=lambda golden: golden.table.name)
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_loose_json_gives_a_sound_frame(golden: Golden, data: st.DataObject) -> None:
    """Columns and dtypes are the declared ones, every row is accounted for, bytes give the same, Parquet too."""
    records = data.draw(pages(golden))
    frame = golden.whole(records, included=golden.included)
    assert_declared(frame, golden)
    dropped = [problem for problem in frame.attrs["problems"] if problem["column"] == ""]
    assert len(frame) == len(records) - len(dropped) == frame.attrs["rows_in"] - frame.attrs["rows_dropped"]
    assert len(dropped) == sum(not isinstance(record, dict) for record in records)
    body = json.dumps({"items": records, "included": golden.included}).encode()
    for other in (golden.whole(body), golden.whole(client_page(golden, records), included=golden.included)):
        pd.testing.assert_frame_equal(other, frame)
        assert other.attrs["problems_by_column"] == frame.attrs["problems_by_column"]
    assert_survives_parquet(frame, golden.table.name)


INSIDE = {"run_checks": "post_run_checks", "llm_costs": "rows", "machine_pools": "pools", "workflow_tags": "tags"}


@pytest.mark.parametrize("golden", [CHECK, LLM_COST, MACHINE_POOL, WORKFLOW_TAG], ids=lambda golden: golden.table.name)
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_loose_entries_give_a_sound_frame(golden: Golden, data: st.DataObject) -> None:
    """Whatever stands in the lists inside records, entries that are objects are rows, and all others are stated."""
    name = INSIDE[golden.table.name]
    entry = st.dictionaries(st.sampled_from([*golden.record[name][-1], "new"]), TIMES | JSON, max_size=4)
    loose = st.lists((entry.map(lambda changes: golden.record[name][-1] | changes)) | JSON, max_size=3) | JSON
    records: list[Any] = data.draw(
        st.lists(loose.map(lambda value: {**golden.record, name: value}) | NUMBERS, max_size=3)
    )
    frame = golden.whole(records, included=golden.included)
    assert_declared(frame, golden)
    entries = [each for record in records if isinstance(record, dict) and isinstance(record[name], list)
               for each in record[name]]  # fmt: skip
    assert len(frame) == sum(isinstance(each, dict) for each in entries)
    assert len(frame) == frame.attrs["rows_in"] - frame.attrs["rows_dropped"]
    others = [record for record in records if not isinstance(record, dict)]
    assert frame.attrs["rows_in"] == len(entries) + len(others)
    no_lists = [record for record in records if isinstance(record, dict) and not isinstance(record[name], list | None)]
    stated = frame.attrs["problems_by_column"]
    assert stated.get(name, 0) >= bool(no_lists)
    body = json.dumps({"items": records, "included": golden.included}).encode()
    for other in (golden.whole(body), golden.whole(client_page(golden, records), included=golden.included)):
        pd.testing.assert_frame_equal(other, frame)
        assert other.attrs["problems_by_column"] == stated
    assert_survives_parquet(frame, golden.table.name)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"id": st.text()},
            optional={
                "dimensions": JSON | st.fixed_dictionaries({"width": NUMBERS, "height": NUMBERS}),
                "trajectory_data": st.lists(
                    JSON
                    | st.fixed_dictionaries(
                        {"func_name": st.sampled_from(["click", "computer", "type", "?"]) | JSON},
                        optional={"args": JSON, "kwargs": JSON, "pre_check_snapshot": JSON, "result": JSON},
                    ),
                    max_size=3,
                )
                | JSON,
                "run_message_history": JSON,
            },
        ),
        max_size=3,
    )
)
@settings(max_examples=15, deadline=None)
def test_loose_steps_give_a_sound_frame(records: list[dict[str, Any]]) -> None:
    """Whatever stands in a step list, each element is a row and the frame has the declared columns and dtypes."""
    frame = steps_frame(records)
    assert_declared(frame, STEP)
    elements = sum(len(data) for record in records if isinstance(data := record.get("trajectory_data"), list))
    assert (frame["source"] == "trajectory").sum() == elements
    assert_survives_parquet(frame, "steps")


BLOCK = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "tool_use", "tool_result", "image", "new"]) | JSON},
    optional={"tool_input": JSON, "tool_name": JSON, "image_base64": JSON, "step_index": NUMBERS, "text": JSON},
)
HISTORY = st.lists(
    st.fixed_dictionaries({"content": st.lists(BLOCK, max_size=3)}, optional={"timestamp": TIMES | JSON, "role": JSON}),
    max_size=3,
)


@given(st.lists(st.fixed_dictionaries({"id": st.text(max_size=2), "run_message_history": HISTORY | JSON}), max_size=3))
@settings(max_examples=15, deadline=None)
def test_loose_histories_give_a_sound_frame(runs: list[dict[str, Any]]) -> None:
    """Whatever stands in a history, each well-formed block is a row and the frame has the declared columns."""
    frame = messages_frame(runs)
    assert_declared(frame, MESSAGE)
    assert len(frame) == frame.attrs["rows_in"] - frame.attrs["rows_dropped"]
    assert_survives_parquet(frame, "messages")
