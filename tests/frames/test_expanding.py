"""JSON text spreads into typed columns without losing or mixing up a value."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import assert_complete, decode, expand, problems, runs_frame
from cyberdesk_nb.frames._columns import STRING
from tests.frames.test_build import run


def of(*values: Any) -> pd.DataFrame:
    """Give a frame with a column `out` of JSON texts; None stays missing, text is taken as it is."""
    texts = [value if value is None or isinstance(value, str) else json.dumps(value) for value in values]
    return pd.DataFrame({"id": [f"r-{row}" for row in range(len(texts))], "out": pd.Series(texts, dtype=STRING)})


def spread(*values: Any, **options: Any) -> dict[str, list[Any]]:
    """Give the new columns as lists, None where a cell is missing."""
    frame = expand(of(*values), "out", **options).drop(columns=["id", "out"])
    return {str(name): [None if pd.isna(cell) else cell for cell in frame[name]] for name in frame}


def kinds(*values: Any) -> dict[str, str]:
    """Give the kind of each new column."""
    return {name: entry["kind"] for name, entry in expand(of(*values), "out").attrs["expanded"].items()}


@pytest.mark.parametrize(
    ("values", "kind", "cells"),
    [
        (["a", "", None], "string", ["a", "", None]),
        ([True, None, False], "boolean", [True, None, False]),
        ([2**53 + 1, None, -(2**63)], "integer", [2**53 + 1, None, -(2**63)]),
        ([1.5, 2, None], "number", [1.5, 2.0, None]),
        ([1.5, 2**53 + 1, None], "json", ["1.5", "9007199254740993", None]),
        ([2**63, 1], "json", ["9223372036854775808", "1"]),
        ([1, "1"], "json", ["1", '"1"']),
        ([True, 1], "json", ["true", "1"]),
        ([[1, {"a": 2}], None], "json", ['[1,{"a":2}]', None]),
        ([{}, None], "json", ["{}", None]),
        ([None, None], "json", [None, None]),
        ([float("nan"), 1.0], "json", ["NaN", "1.0"]),
        ([float("-inf")], "json", ["-Infinity"]),
        (["a\ud800", "b"], "json", ['"a\\ud800"', '"b"']),
    ],
)
def test_a_column_has_the_kind_of_all_its_values(values: list[Any], kind: str, cells: list[Any]) -> None:
    """One kind for all values gives a typed column; where a value would change in it, all stay JSON text."""
    objects = [{"v": value} for value in values]
    assert kinds(*objects) == {"out.v": kind}
    assert spread(*objects) == {"out.v": cells}


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ('{"v":1e400}', "1e400"),
        ('{"v":' + str(10**400) + "}", str(10**400)),
        ('{"v":' + "9" * 5000 + "}", "9" * 5000),
        ('{"v":[1e400]}', "[1e400]"),
    ],
)
def test_numbers_of_any_size_keep_their_value(text: str, cell: str) -> None:
    """A number beyond float and int64 stays as JSON text, and decodes to the exact number."""
    assert spread(text) == {"out.v": [cell]}
    value = decode(expand(of(text), "out")["out.v"])[0]
    number = value[0] if isinstance(value, list) else value
    assert number == (Decimal("1e400") if "1e400" in text else Decimal(text[5:-1]))


def test_typed_columns_have_the_dtypes_of_all_frames() -> None:
    """Text, flags, integers and numbers have the dtypes that tables have, also beside missing cells."""
    frame = expand(of({"s": "a", "b": True, "i": 1, "n": 0.5}, None), "out")
    expected = [STRING, pd.BooleanDtype(), pd.Int64Dtype(), np.dtype("float64")]
    assert frame[["out.s", "out.b", "out.i", "out.n"]].dtypes.tolist() == expected


def test_nested_objects_have_dotted_names() -> None:
    """An object inside is spread too, its columns behind those before it, in the order in which keys come first."""
    assert list(spread({"b": 1, "a": {"y": 2, "x": {"z": 3}}}, {"c": 4, "a": {"w": 5}})) == [
        "out.b", "out.a.y", "out.a.x.z", "out.a.w", "out.c",
    ]  # fmt: skip


def test_a_key_with_a_dot_and_a_path_stay_apart() -> None:
    """Keys that look like paths, quotes, brackets and the empty key have names of their own."""
    keys = ["a.b", "", 'q"', "[0]", "a b", "é", "\n"]
    found = spread({"a": {"b": 0, "b.c": 7}} | {key: place for place, key in enumerate(keys, 1)})
    assert list(found) == [
        "out.a.b", 'out.a["b.c"]', 'out["a.b"]', 'out[""]', 'out["q\\""]', 'out["[0]"]', "out.a b", "out.é",
        'out["\\n"]',
    ]  # fmt: skip
    assert [cells[0] for cells in found.values()] == [0, 7, 1, 2, 3, 4, 5, 6, 7]


def test_objects_and_other_values_under_one_key_are_both_kept() -> None:
    """Where a key holds an object in one row and something else in another, each has its column."""
    found = spread({"a": {"b": 1}}, {"a": 5}, {"a": {}}, {"a": None}, {"a": [1]})
    assert found == {"out.a": [None, "5", "{}", None, "[1]"], "out.a.b": [1, None, None, None, None]}


def test_a_repeated_key_loses_no_value() -> None:
    """An object that repeats a key is not spread, but kept with all that it says; at the top it stays in its column."""
    assert spread('{"a":{"k":1,"k":2},"b":3}') == {"out.a": ['{"k":1,"k":2}'], "out.b": [3]}
    frame = expand(of('{"k":1,"k":2}', {"k": 3}), "out")
    assert frame["out"][0] == '{"k":1,"k":2}'
    assert frame["out.k"].isna().tolist() == [True, False]
    assert decode(frame["out"])[0] == {"k": 2}


def test_what_is_no_object_stays_in_its_column() -> None:
    """Lists, numbers, text and null at the top give no column and are there as before."""
    frame = of([1, 2], "3", '"text"', "null", None, {"a": 1})
    expanded = expand(frame, "out")
    assert expanded["out.a"].isna().tolist() == [True] * 5 + [False]
    pd.testing.assert_frame_equal(expanded[["id", "out"]], frame)


def test_depth_may_be_bounded() -> None:
    """Below the last level objects stay JSON text."""
    value = {"a": {"b": {"c": 1}}}
    assert spread(value, max_depth=1) == {"out.a": ['{"b":{"c":1}}']}
    assert spread(value, max_depth=2) == {"out.a.b": ['{"c":1}']}
    assert spread(value, max_depth=3) == spread(value) == {"out.a.b.c": [1]}
    with pytest.raises(RequestError, match="spreads nothing"):
        expand(of(value), "out", max_depth=0)


def test_no_existing_column_is_touched() -> None:
    """A column that has the name already keeps name and values; the new one has a number behind its name."""
    frame = of({"a": 1, "a (2)": 2}).assign(**{"out.a": "mine", "out.a (3)": "mine too"})
    expanded = expand(frame, "out")
    assert expanded.columns.tolist() == ["id", "out", "out.a (4)", "out.a (2)", "out.a", "out.a (3)"]
    assert expanded.iloc[0].tolist()[2:] == [1, 2, "mine", "mine too"]
    assert expanded.attrs["expanded"]["out.a (4)"]["path"] == ["a"]


def test_a_cell_run_twice_changes_nothing() -> None:
    """Expanding again makes the columns of the first time anew, and only those; another column's stay."""
    frame = of({"a": 1}, "no JSON").assign(other='{"b":2}')
    once = expand(expand(frame, "out"), "other")
    twice = expand(expand(once, "out"), "other")
    pd.testing.assert_frame_equal(twice, once)
    assert twice.attrs == once.attrs
    shallow = expand(expand(of({"a": {"b": 1}}), "out"), "out", max_depth=1)
    assert list(shallow.columns) == ["id", "out", "out.a"]


def test_columns_stand_behind_their_source_and_rows_stay() -> None:
    """The new columns follow their source; the frame given is not changed, whatever its index and attrs."""
    frame = of({"a": 1}, {"a": 2}).assign(last=0).set_axis(["x", "x"])
    frame.attrs = {"table": "mine"}
    expanded = expand(frame, "out")
    assert list(expanded.columns) == ["id", "out", "out.a", "last"]
    assert expanded.index.tolist() == ["x", "x"]
    assert expanded["out.a"].tolist() == [1, 2]
    assert expanded.attrs["table"] == "mine"
    assert list(frame.columns) == ["id", "out", "last"]
    assert frame.attrs == {"table": "mine"}


def test_empty_and_missing_input_give_no_column() -> None:
    """No rows, only missing cells and only empty objects give the frame as it was."""
    for frame in (of(), of(None, None), of({}, {})):
        pd.testing.assert_frame_equal(expand(frame, "out"), frame)


def test_a_cell_that_is_no_json_is_stated() -> None:
    """It is missing in the new columns, stays in its own, and counts as a problem of the frame."""
    frame = expand(of("{oops", {"a": 1}, "[" * 100_000), "out")
    assert frame["out.a"].isna().tolist() == [True, False, True]
    runs = runs_frame([run(output_data={"a": 1}), run(id="r-2")], completeness={"complete": True})
    assert_complete(expand(runs, "output_data"))
    broken = runs.assign(output_data=["{oops", "null"])
    listed = problems(expand(broken, "output_data"))
    assert listed[["row_id", "column", "raw"]].values.tolist() == [["r-1", "output_data", "{oops"]]


def test_any_column_of_json_text_can_be_spread() -> None:
    """Usage and inputs are spread as outputs are, and so is a column that was spread to a certain depth before."""
    runs = runs_frame([run(usage_metadata={"total_cached_steps": 3, "x": {"y": 1}})])
    assert expand(runs, "usage_metadata")["usage_metadata.x.y"].tolist() == [1]
    shallow = expand(of({"a": {"b": {"c": 1}}}), "out", max_depth=1)
    assert expand(shallow, "out.a")["out.a.b.c"].tolist() == [1]


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (of({"a": 1}).drop(columns="out"), "no column 'out'"),
        (pd.concat([of({"a": 1}), of({"a": 1})], axis=1), "2 columns 'out'"),
        (pd.DataFrame({"out": [1, 2]}), "holds no text"),
        (of({str(key): 0 for key in range(3000)}), "more than 2,000 different paths"),
    ],
)
def test_what_cannot_be_spread_is_refused_in_words(frame: pd.DataFrame, said: str) -> None:
    """A missing or ambiguous column, one without text, and objects whose keys are data are errors that say so."""
    with pytest.raises(RequestError, match=said):
        expand(frame, "out")


def test_decode_gives_exact_objects() -> None:
    """Each cell becomes the Python value that it spells, missing and null become None, index and name stay."""
    texts = ['{"a":[1,2.5,null,true,"é"]}', None, "null", "9007199254740993", "1e400", "{}"]
    decoded = decode(pd.Series(texts, index=list("abcdef"), name="out", dtype=STRING))
    expected = [{"a": [1, 2.5, None, True, "é"]}, None, None, 2**53 + 1, Decimal("1e400"), {}]
    assert decoded.tolist() == expected
    assert (decoded.index.tolist(), decoded.name, decoded.dtype) == (list("abcdef"), "out", object)
    assert decode(pd.Series([], dtype=STRING)).tolist() == []


@pytest.mark.parametrize("cell", ["{oops", "", 7, "[" * 100_000])
def test_decode_names_the_row_that_it_cannot_read(cell: Any) -> None:
    """A cell that is no JSON text is an error with its row, not a wrong value."""
    with pytest.raises(RequestError, match="Row x of 'out' is no JSON text"):
        decode(pd.Series(["{}", cell], index=["w", "x"], name="out", dtype=object))


KEYS = st.sampled_from(["a", "b", "a.b", "", "[0]", 'q"']) | st.text(max_size=3)
NUMBERS = st.integers() | st.sampled_from([2**53 + 1, 2**63, 10**400]) | st.floats(allow_nan=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def without_nulls(value: Any) -> Any:
    """Take null members out of objects, which stand for absent ones in columns."""
    if not isinstance(value, dict):
        return value
    inner = {key: without_nulls(item) for key, item in value.items()}
    return {key: item for key, item in inner.items() if item is not None and not (item == {} and value[key] != {})}


def collected(frame: pd.DataFrame, row: int) -> dict[str, Any]:
    """Put the columns of a row together again."""
    made: dict[str, Any] = {}
    for name, entry in frame.attrs["expanded"].items():
        cell = frame[name].iloc[row]
        if pd.isna(cell):
            continue
        place = made
        for key in entry["path"][:-1]:
            place = place.setdefault(key, {})
        place[entry["path"][-1]] = decode(pd.Series([cell]))[0] if entry["kind"] == "json" else cell
    return made


@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=4), max_size=5))
@settings(max_examples=60, deadline=None)
def test_spread_objects_can_be_put_together_again(objects: list[dict[str, Any]]) -> None:
    """Whatever the objects hold, the columns hold all of it under its path, and Parquet keeps it."""
    frame = of(*objects)
    expanded = expand(frame, "out")
    assert expanded.columns.is_unique
    for row, value in enumerate(objects):
        assert collected(expanded, row) == without_nulls(value)
    file = io.BytesIO()
    expanded.to_parquet(file)
    back = pd.read_parquet(file)
    assert back.attrs == expanded.attrs
    if len(frame):
        pd.testing.assert_frame_equal(back, expanded)
