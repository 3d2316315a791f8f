"""A frame says whether it is whole and what of it could not be read, and says so when it cannot know."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
import pytest

from cyberdesk_nb.errors import IncompleteError, RequestError
from cyberdesk_nb.frames import assert_complete, problems, runs_frame
from cyberdesk_nb.frames._columns import STRING
from tests.frames.test_build import run

WHOLE = {"complete": True, "server_total": 2, "rows": 2, "why": "every window of time was read to its end"}
PART = {"complete": False, "server_total": 812, "rows": 2, "why": "the walk was ended early"}
GOOD = [run(id="r-1"), run(id="r-2")]


def test_a_whole_frame_comes_back_itself() -> None:
    """A frame whose rows were all reached and read is given back, the same object, also after Parquet."""
    frame = runs_frame(GOOD, completeness=WHOLE)
    assert assert_complete(frame) is frame
    assert len(assert_complete(runs_frame([], completeness={"complete": True}))) == 0
    file = io.BytesIO()
    frame.to_parquet(file)
    assert len(assert_complete(pd.read_parquet(file))) == 2


@pytest.mark.parametrize(
    ("records", "record", "said"),
    [
        (GOOD, PART, r"the walk was ended early \(the server counted 812 rows, 2 came\)"),
        (GOOD, {"complete": False, "why": "rows moved", "rows": 2}, r"rows moved \(2 came\)"),
        (GOOD, {}, "not every row was reached"),
        (GOOD, None, "nothing says whether its records are all there are"),
        ([*GOOD, 7, None], WHOLE, "2 rows could not be read at all"),
        ([run(started_at="x", is_priority=5)], WHOLE, r"2 values could not be read \(in is_priority, started_at\)"),
        ([run(started_at="x"), 7], PART, "ended early.*; 1 rows could not be read at all; 1 values could not be read"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(records: Any, record: Any, said: str) -> None:
    """Rows not reached, entries that are no records and unreadable values are each named with their number."""
    with pytest.raises(IncompleteError, match=said) as caught:
        assert_complete(runs_frame(records, completeness=record))
    assert caught.value.completeness == record
    assert "frame of runs" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unreadable_values_may_be_allowed_and_rows_not() -> None:
    """With `allow_problems` a cell may be missing; a row that is no record may not."""
    frame = runs_frame([run(started_at="x")], completeness=WHOLE)
    assert assert_complete(frame, allow_problems=True) is frame
    with pytest.raises(IncompleteError, match="1 rows could not be read at all"):
        assert_complete(runs_frame([run(), 7], completeness=WHOLE), allow_problems=True)


def test_rows_taken_away_or_added_are_noticed() -> None:
    """A frame that kept its attrs through an operation that changed its rows is not called complete."""
    frame = runs_frame(GOOD, completeness=WHOLE)
    assert assert_complete(frame.sort_values("id", ascending=False)).attrs == frame.attrs
    assert len(assert_complete(frame.assign(mine=1)[["id", "mine"]])) == 2
    for changed in (frame[frame["id"] == "r-1"], frame.head(1), pd.concat([frame, frame])):
        with pytest.raises(IncompleteError, match=rf"has {len(changed)} rows and was made with 2"):
            assert_complete(changed)


def test_a_frame_that_lost_its_record_cannot_be_known() -> None:
    """Where pandas, or another maker, left no attrs, the answer is that it cannot be known, not that all is well."""
    frame = runs_frame(GOOD, completeness=WHOLE)
    bare = pd.DataFrame(frame.to_dict("list"))
    other = frame.copy()
    other.attrs = {"table": "mine"}
    for unknown in (bare, other):
        with pytest.raises(IncompleteError, match="cannot be known"):
            assert_complete(unknown)
        with pytest.raises(RequestError, match="does not say"):
            problems(unknown)


def test_problems_are_a_frame_of_text() -> None:
    """Each problem is a row of text with row id, column, raw value and reason; none gives the same columns."""
    frame = problems(runs_frame([run(started_at="yesterday"), 7]))
    assert frame.fillna("-").to_numpy().tolist() == [
        ["r-1", "started_at", "yesterday", "expected an ISO 8601 time"],
        ["-", "", "7", "not a record but int"],
    ]
    none = problems(runs_frame(GOOD))
    assert none.empty
    assert set(none.dtypes) == set(frame.dtypes) == {STRING}
    assert list(none.columns) == list(frame.columns) == ["row_id", "column", "raw", "reason"]


def test_more_problems_than_a_frame_carries_are_counted() -> None:
    """The frame of problems says how many there were in all."""
    listed = problems(runs_frame([run(id=f"r-{number}", started_at="x") for number in range(250)]))
    assert (len(listed), listed.attrs["problem_count"]) == (200, 250)


def test_strict_raises_for_rows_that_were_not_reached() -> None:
    """`strict` wants all rows where the caller says how they were fetched, and says nothing where the caller does not.

    Records of the user's own have no completeness record; strict is then about their values alone.
    """
    assert len(runs_frame(GOOD, strict=True)) == len(runs_frame(GOOD, strict=True, completeness=WHOLE)) == 2
    with pytest.raises(IncompleteError, match="the walk was ended early"):
        runs_frame(GOOD, strict=True, completeness=PART)
