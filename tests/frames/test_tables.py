"""Tables document themselves, and frames get their declared dtypes back from anywhere."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import as_table, columns
from cyberdesk_nb.frames.tables import TABLES
from tests.frames.golden import ALL
from tests.frames.golden_row import Golden
from tests.frames.golden_runs import RUN


@pytest.mark.parametrize("table", TABLES)
def test_columns_documents_every_column(table: str) -> None:
    """The documentation has a row for each column, in order, and no blank where something must be said."""
    described = columns(table)
    assert described["column"].tolist() == [column.name for column in TABLES[table].columns]
    assert described["column"].is_unique
    assert (described[["dtype", "group", "source", "meaning"]] != "").all(axis=None)
    seconds = described[described["column"].str.endswith("_s")]
    assert (seconds["unit"] == "s").all()


def test_columns_says_where_a_value_comes_from() -> None:
    """Wire path, join and formula are told apart in the documentation."""
    sources = columns("runs").set_index("column")["source"]
    assert sources["steps_cached"] == "usage_metadata.total_cached_steps"
    assert sources["workflow_name"] == "included workflow.name by workflow_id"
    assert sources["duration_s"] == "ended_at - started_at"


def test_an_unknown_table_is_named_with_the_known_ones() -> None:
    """A wrong table name is answered with the right ones."""
    with pytest.raises(RequestError, match=r"'rums'.*runs, run_checks"):
        columns("rums")


@pytest.mark.parametrize("golden", ALL, ids=lambda golden: golden.table.name)
def test_as_table_restores_dtypes_after_csv(golden: Golden) -> None:
    """A frame that went through CSV, which keeps no dtypes, is the same again."""
    frame = golden.whole({"items": [golden.record], "included": golden.included})
    csv = io.StringIO(frame.to_csv(index=False))
    back = pd.read_csv(csv, dtype=str, keep_default_na=False, na_values=[""])
    pd.testing.assert_frame_equal(as_table(back, golden.table.name), frame)


def test_as_table_takes_the_declared_columns_that_are_there() -> None:
    """Columns of the user's own are left out, missing ones stay missing, the order is the declared one."""
    frame = RUN.make([RUN.record])
    part = as_table(frame[["status", "id"]].assign(mine=1), "runs")
    assert part.columns.tolist() == ["id", "status"]
