"""Frames as files that readers get back, and that no spreadsheet runs."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest

from cyberdesk_nb.frames import read_parquet
from cyberdesk_nb.report.attachments import attach, to_csv
from tests.report.fleets import run, runs


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\N{FULLWIDTH EQUALS SIGN}"])
def test_a_formula_is_neutralised(start: str) -> None:
    """A text cell that a spreadsheet would run begins with an apostrophe, in text and category columns."""
    evil = f"{start}HYPERLINK(1)"
    frame = pd.DataFrame({"text": [evil, "fine", None], "kind": pd.Categorical([evil, "fine", "fine"])})
    rows = list(csv.reader(io.StringIO(to_csv(frame).decode("utf-8"), newline="")))
    assert rows[1] == [f"'{evil}", f"'{evil}"]
    assert rows[2:] == [["fine", "fine"], ["", "fine"]]


def test_numbers_stay_numbers() -> None:
    """A negative number is no formula, and reads back as the number that it was."""
    frame = pd.DataFrame({"wait_s": [-1.5, 2.0], "count": pd.array([-1, None], "Int64")})
    back = pd.read_csv(io.BytesIO(to_csv(frame)))
    assert back["wait_s"].tolist() == [-1.5, 2.0]
    assert back["count"][0] == -1


def test_parquet_gives_the_frame_back(tmp_path: object) -> None:
    """An attached Parquet file of runs reads back as the frame that it was."""
    frame = runs([run(1), run(2, "error")])
    (one,) = attach({"runs": frame}, "parquet", 10_000_000)
    path = f"{tmp_path}/runs.parquet"
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(one.content)
    pd.testing.assert_frame_equal(read_parquet(path), frame)


def test_what_has_no_room_is_not_inside() -> None:
    """The smallest frames are kept in the page as long as there is room; all are listed, in the order asked for."""
    small, large = pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [str(n) * 9 for n in range(4_000)]})
    listed = attach({"runs": large, "findings": small}, "csv", 20_000, ("findings", "runs"))
    assert [(one.title, one.is_inside) for one in listed] == [("findings", True), ("runs", False)]
