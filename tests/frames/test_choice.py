"""Columns are chosen by name and by group, and bring what they are computed from."""

from __future__ import annotations

import json
from itertools import chain

import pandas as pd
import pytest

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import columns, runs_frame
from cyberdesk_nb.frames._choice import choose, groups_of
from cyberdesk_nb.frames._columns import Derived, Joined, Table
from cyberdesk_nb.frames.runs import run_fields
from cyberdesk_nb.frames.tables import TABLES
from cyberdesk_nb.models import RunField
from tests.frames.golden import ALL
from tests.frames.golden_row import Golden
from tests.frames.golden_runs import RUN

IDENTITY = ["id", "workflow_id", "workflow_name", "machine_id", "machine_name", "status", "created_at"]
TIMING = ["started_at", "ended_at", "queue_wait_s", "duration_s"]


@pytest.mark.parametrize("golden", ALL, ids=lambda golden: golden.table.name)
@pytest.mark.parametrize("form", ["dicts", "bytes"])
def test_any_column_alone_is_what_it_is_among_all(golden: Golden, form: str) -> None:
    """A single column comes with the identity and nothing else, and has the value that it has in the whole frame."""
    page = {"items": [golden.record], "included": golden.included}
    records = json.dumps(page, ensure_ascii=False).encode() if form == "bytes" else page
    whole = golden.whole(records)
    identity = [column.name for column in golden.table.columns if column.group == "identity"]
    for column in golden.table.columns:
        if column.name in groups_of(golden.table):
            continue
        part = golden.make(records, columns=[column.name], strict=True)
        wanted = [name for name in whole if name in {*identity, column.name}]
        assert part.attrs["columns"] == wanted
        pd.testing.assert_frame_equal(part, whole[wanted])


@pytest.mark.parametrize("golden", ALL, ids=lambda golden: golden.table.name)
def test_any_group_comes_whole(golden: Golden) -> None:
    """A group brings all its columns in the declared order, and the frame says which groups it holds."""
    for group in groups_of(golden.table):
        frame = golden.make({"items": [golden.record]}, columns=group)
        expected = [column.name for column in golden.table.columns if column.group in {"identity", group}]
        assert list(frame.columns) == expected
        assert frame.attrs["groups"] == [name for name in groups_of(golden.table) if name in {"identity", group}]


def test_groups_and_columns_mix() -> None:
    """Groups and single columns are chosen side by side; a group counts as held only when it is whole."""
    frame = runs_frame([RUN.record], columns=["timing", "session_id"])
    assert list(frame.columns) == [*IDENTITY, *TIMING, "session_id"]
    assert frame.attrs["groups"] == ["identity", "timing"]
    assert frame.attrs["columns"] == list(frame.columns)


def test_by_default_only_heavy_groups_stay_away() -> None:
    """Without a choice the frame has every column but the message history, also when the record holds it."""
    frame = runs_frame([RUN.record])
    documented = columns("runs").set_index("column")["comes"]
    assert list(frame.columns) == documented.index[documented != "on demand"].tolist()
    assert documented[documented == "on demand"].index.tolist() == ["run_message_history", "messages_total"]
    assert documented[documented == "always"].index.tolist() == IDENTITY
    assert "history" not in frame.attrs["groups"]


def test_empty_input_has_the_chosen_columns_and_dtypes() -> None:
    """No rows change neither the columns nor the dtypes that were chosen."""
    for choice in ("usage", ["history", "error"], []):
        full, empty = runs_frame([RUN.record], columns=choice), runs_frame([], columns=choice)
        pd.testing.assert_series_equal(full.dtypes, empty.dtypes)


@pytest.mark.parametrize(
    ("choice", "fields"),
    [
        (["timing"], {"started_at", "ended_at"}),
        (["usage"], {"usage_metadata"}),
        (["steps_total"], {"usage_metadata"}),
        (["outcome"], {"post_run_checks"}),
        (["queue_wait_s"], {"started_at"}),
        (["error_signature", "session_id"], {"error", "session_id"}),
        (["messages_total"], {"run_message_history"}),
        (["is_terminal"], {"machine_id"}),
        ([], {"machine_id"}),
        (["id", "created_at", "machine_name"], {"machine_id"}),
        (None, {*map(str, RunField)} - {"run_message_history", "machine_id"}),
    ],
)
def test_the_server_is_asked_for_exactly_what_is_needed(choice: list[str] | None, fields: set[str]) -> None:
    """`fields=` names what the columns are read or computed from, nothing that always comes, and never nothing."""
    asked = run_fields(choice)
    assert set(asked) == fields
    assert len(asked) == len(fields)


@pytest.mark.parametrize("name", ["timming", "durations", "Usage", "stepstotal", "output data"])
def test_an_unknown_name_is_answered_with_the_nearest(name: str) -> None:
    """A misspelt column or group is refused in words that name what was meant."""
    meant = {"timming": "timing", "durations": "duration_s", "Usage": "usage", "stepstotal": "steps_total"}
    with pytest.raises(RequestError) as caught:
        runs_frame([], columns=["timing", name])
    assert repr(name) in str(caught.value)
    assert repr(meant.get(name, "output_data")) in str(caught.value)
    assert "Groups are identity, " in str(caught.value)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_declarations_hold_together(table: Table) -> None:
    """What is computed stands after what it needs, and a name shared by a column and a group means both."""
    computed: set[str] = set()
    read = {column.name for column in table.wire}
    for column in table.columns:
        if isinstance(column.source, Derived):
            assert set(column.source.needs) <= read | computed
            computed.add(column.name)
        if isinstance(column.source, Joined):
            assert column.source.key in read
        if column.name in groups_of(table):
            assert column.group in {column.name, "identity"}
    assert set(table.heavy) <= set(groups_of(table))


def test_equal_choices_share_one_table() -> None:
    """Choosing the same twice makes nothing new, so that decoders made for a choice are made once."""
    runs = TABLES["runs"]
    assert choose(runs, ["usage", "timing"]) is choose(runs, iter(["timing", "usage"]))
    assert choose(runs, list(chain(groups_of(runs)))) is runs
