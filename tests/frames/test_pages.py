"""Pages become columns at once; what cannot be read so costs its own row and no other."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from cyberdesk_nb.client import RawPage
from cyberdesk_nb.frames import runs_frame
from cyberdesk_nb.frames._pages import digest, read_page
from cyberdesk_nb.frames._records import PageBytes
from cyberdesk_nb.frames.digests import page_reader
from cyberdesk_nb.frames.runs import TABLE

BASE = {"workflow_id": "w-1", "machine_id": None, "status": "success", "created_at": "2026-11-01T00:00:00Z"}


def rows(count: int, **odd: dict[str, Any]) -> list[Any]:
    """Give small runs; `odd` changes single ones by their number, as in ``_7={...}``."""
    return [{"id": f"r-{number}", **BASE, **odd.get(f"_{number}", {})} for number in range(count)]


def as_bytes(items: list[Any]) -> bytes:
    """Give records as the body of a page, in one spelling."""
    return json.dumps({"items": items}, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "change",
    [
        {"started_at": "yesterday"},
        {"is_priority": "yes"},
        {"id": None},
        {"usage_metadata": {"total_cached_steps": 1.5}},
    ],
)
def test_a_row_that_cannot_be_read_at_once_holds_up_few_others(change: dict[str, Any]) -> None:
    """Of 1,000 rows with a bad one, at most 16 are read value by value, and the frame is that of the records."""
    items = rows(1000, _137=change)
    parts = digest(TABLE, PageBytes(as_bytes(items))).parts
    slow = [part for part in parts if isinstance(part, list)]
    assert 0 < sum(map(len, slow)) <= 16
    frame = runs_frame(as_bytes(items))
    pd.testing.assert_frame_equal(frame, runs_frame(items))
    assert frame.attrs == runs_frame(items).attrs


def test_a_field_that_is_new_is_kept_row_by_row() -> None:
    """Fields unknown to this version stand in ``extra`` of their own row, and the page is still read at once."""
    items = rows(40, _3={"colour": 'r"ed', "höhe": [1.50, None]}, _5={"pauses": {"a": 2**70}})
    body = as_bytes(items)
    assert read_page(TABLE, body) is not None
    frame = runs_frame(body)
    pd.testing.assert_frame_equal(frame, runs_frame(items))
    assert frame["extra"].notna().sum() == 2


def test_rows_that_came_before_are_left_out() -> None:
    """Positions that a page says to drop are no rows of the frame, whichever way the page is read."""
    drop = frozenset({0, 2, 39})
    odd: list[dict[str, dict[str, Any]]] = [
        {},
        {"_4": {"new": 1}},
        {"_4": {"started_at": 17}},
        {"_2": {"started_at": 17}},
    ]
    for change in odd:
        items = rows(40, **change)
        page = RawPage(as_bytes(items), drop, 40, None)
        kept = [item for place, item in enumerate(items) if place not in drop]
        expected = runs_frame(kept)
        for form in (page, page_reader("runs")(page)):
            frame = runs_frame([form])
            pd.testing.assert_frame_equal(frame, expected)
            assert frame.attrs == expected.attrs


def test_a_page_without_readable_json_drops_rows_too() -> None:
    """Also a page that only the tolerant reader can take leaves out what came before."""
    body = as_bytes(rows(3)).replace(b'"id":"r-1"', b'"id":"r-1","main_prompt":"\\ud800"')
    frame = runs_frame([RawPage(body, frozenset({0}), 3, None)])
    assert frame["id"].tolist() == ["r-1", "r-2"]


@pytest.mark.parametrize("offset", ["", "Z", "+02:00"])
def test_times_without_an_offset_are_read_at_once(offset: str) -> None:
    """A server that leaves the offset out means UTC, and is not read slower for it."""
    items = [{**item, "created_at": f"2026-11-01T10:00:00.123456{offset}"} for item in rows(50)]
    assert read_page(TABLE, as_bytes(items)) is not None
    pd.testing.assert_frame_equal(runs_frame(as_bytes(items)), runs_frame(items))


def test_times_with_and_without_an_offset_may_be_mixed() -> None:
    """Each row of a page has the moment that it says."""
    items = rows(50, _7={"created_at": "2026-11-01T10:00:00"}, _9={"created_at": "2026-11-01T10:00:00+02:00"})
    frame = runs_frame(as_bytes(items))
    pd.testing.assert_frame_equal(frame, runs_frame(items))
    assert frame["created_at"][9] == pd.Timestamp("2026-11-01T08:00:00Z")


def test_escapes_do_not_slow_a_page_down_and_have_one_spelling() -> None:
    """A server that escapes every character beyond ASCII, or each slash, gives the frame of the plain records."""
    values = {"text": "页面/Ü \\u0041", "nested": {"/": ["\u2028", 'a"b']}}
    items = [{**item, "output_data": values, "main_prompt": "Ü/"} for item in rows(20)]
    plain = runs_frame(items)
    escaped = json.dumps({"items": items}).encode()
    for body in (escaped, escaped.replace(b"/", b"\\/")):
        assert read_page(TABLE, body) is not None
        pd.testing.assert_frame_equal(runs_frame(body), plain)
    assert json.loads(plain["output_data"][0]) == values


def test_only_null_is_missing_among_json_values() -> None:
    """Of JSON values that look like nothing, only null is a missing cell."""
    values: list[Any] = [None, "null", "", 0, False, [], {}, "n", 1000]
    items = [{**item, "output_data": value} for item, value in zip(rows(len(values)), values, strict=True)]
    frame = runs_frame(as_bytes(items))
    assert frame["output_data"].isna().tolist() == [value is None for value in values]
    pd.testing.assert_frame_equal(frame, runs_frame(items))


def test_spaces_inside_texts_are_left_alone() -> None:
    """White space between values goes, white space within texts stays, in every style of writing."""
    items = [{**item, "output_data": {"a, b": "c:  [ d"}, "main_prompt": "x, y: { z"} for item in rows(3)]
    plain = runs_frame(items)
    for separators in ((", ", ":"), (",", ": "), (",\n", " :\t")):
        body = json.dumps({"items": items}, separators=separators).encode()
        pd.testing.assert_frame_equal(runs_frame(body), plain)
    pd.testing.assert_frame_equal(runs_frame(b" \n" + json.dumps(items).encode()), plain)
