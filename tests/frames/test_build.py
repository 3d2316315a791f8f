"""The builder keeps what can be read, states what cannot, and always gives the declared columns."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from cyberdesk_nb.errors import IncompleteError, PayloadError
from cyberdesk_nb.frames import (
    machine_pools_frame,
    machines_frame,
    messages_frame,
    run_checks_frame,
    runs_frame,
    steps_frame,
)
from cyberdesk_nb.models import Problem, RunResponse, attach_included, parse_included, parse_record
from tests.frames.golden import ALL
from tests.frames.golden_row import Golden
from tests.frames.golden_runs import RUN

BASE = {
    "id": "r-1",
    "workflow_id": "w-1",
    "machine_id": None,
    "status": "success",
    "created_at": "2026-11-01T00:00:00Z",
}


def run(**fields: Any) -> dict[str, Any]:
    """Give a small run."""
    return BASE | fields


def as_bytes(*records: Any) -> bytes:
    """Give records as the body of a page."""
    return json.dumps({"items": records}).encode()


@pytest.mark.parametrize("golden", ALL, ids=lambda golden: golden.table.name)
def test_empty_input_gives_the_same_columns_and_dtypes(golden: Golden) -> None:
    """A frame without rows has the columns and dtypes of one with rows, whatever empty thing it was made from."""
    full = golden.make({"items": [golden.record], "included": golden.included})
    for nothing in ([], iter(()), {"items": []}, b'{"items":[],"total":0}', b"[]"):
        empty = golden.make(nothing)
        assert len(empty) == 0
        pd.testing.assert_series_equal(empty.dtypes, full.dtypes)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("started_at", "yesterday", "ISO 8601"),
        ("started_at", "0000-01-01T00:00:00Z", "ISO 8601"),
        ("started_at", 17, "expected a time, got a number"),
        ("session_alias", 5, "expected text, got a number"),
        ("is_priority", "yes", "expected true or false, got text"),
        ("error", "text", "expected a list of texts, got text"),
        ("error", ["a", None], "expected text"),
        ("status", None, "missing"),
        ("status", ["odd"], "expected text, got a list"),
    ],
)
@pytest.mark.parametrize("form", ["dict", "bytes"])
def test_a_bad_value_costs_its_own_cell(field: str, value: object, reason: str, form: str) -> None:
    """An unreadable value is missing and stated with its row, column and raw text; its row and neighbours stay."""
    records = [run(id="r-0", error=["kept"]), run(**{field: value}), run(id="r-2")]
    frame = runs_frame(as_bytes(*records) if form == "bytes" else records)
    assert frame["id"].tolist() == ["r-0", "r-1", "r-2"]
    assert frame["error"][0] == "kept"
    assert pd.isna(frame[field][1])
    (problem,) = frame.attrs["problems"]
    assert (problem["row_id"], problem["column"]) == ("r-1", field)
    assert reason in problem["reason"]
    assert frame.attrs["problems_by_column"] == {field: 1}
    with pytest.raises(IncompleteError, match="r-1") as caught:
        runs_frame(records, strict=True)
    assert [one.column for one in caught.value.problems] == [field]


@pytest.mark.parametrize("value", [10**400, 2**63, -(2**63) - 1, 1.5, True, "3", float("nan")])
def test_a_count_that_is_no_64_bit_integer_is_a_problem(value: object) -> None:
    """Integers stay exact: what does not fit is missing and stated, never rounded, and stands in the JSON text."""
    frame = runs_frame([run(usage_metadata={"total_cached_steps": value, "total_agentic_steps": 2**53 + 1})])
    assert frame["steps_cached"].isna()[0]
    assert frame["steps_agentic"][0] == 2**53 + 1
    assert frame.attrs["problem_count"] == 1
    assert frame["usage_metadata"][0].startswith('{"total_cached_steps":')


def test_what_is_no_record_is_left_out_and_counted() -> None:
    """Rows out are rows in less the stated ones, from dicts and from bytes."""
    for records in ([None, run(), 7, "x", [run(id="r-2")]], [as_bytes(None, run(), 7, "x"), as_bytes(run(id="r-2"))]):
        frame = runs_frame(records)
        assert frame["id"].tolist() == ["r-1", "r-2"]
        assert (frame.attrs["rows_in"], frame.attrs["rows_dropped"]) == (5, 3)
        assert frame.attrs["problems_by_column"] == {"": 3}


@pytest.mark.parametrize("body", [b"", b"<html>502</html>", b"7", b'{"items": 5}', b'{"items": null}', b'{"items": ['])
def test_bytes_that_are_no_page_raise(body: bytes) -> None:
    """A body that is no list of records is an error in one line, not an empty frame."""
    with pytest.raises(PayloadError):
        runs_frame(body)


def test_deep_nesting_is_refused_in_words() -> None:
    """A page nested beyond what a reader can follow is an error, not a crash."""
    deep = b"[" * 100_000 + b"]" * 100_000
    with pytest.raises(PayloadError, match="nested too deeply"):
        runs_frame(as_bytes(run()).replace(b'"machine_id": null', b'"machine_id": ' + deep))


def test_unknown_values_and_fields_survive() -> None:
    """A status and a field that this version does not know are kept; the known categories come first, in order."""
    frame = runs_frame([run(status="paused", colour="red"), run(status="archived"), run()])
    assert frame["status"].tolist() == ["paused", "archived", "success"]
    known = runs_frame([])["status"].cat.categories.tolist()
    assert frame["status"].cat.categories.tolist() == [*known, "archived", "paused"]
    assert frame["extra"].tolist()[0] == '{"colour":"red"}'
    assert frame["is_terminal"].isna().tolist() == [True, True, False]
    assert frame["outcome"].isna().tolist() == [True, True, False]


def test_mixed_input_keeps_its_order() -> None:
    """Bytes, models, dicts, pages and iterables of them come out in the order they went in."""
    client_page = SimpleNamespace(items=[RunResponse.model_validate(run(id="c"))], included=None, problems=[])
    frame = runs_frame([run(id="a"), as_bytes(run(id="b")), client_page, iter([[run(id="d")]]), as_bytes(run(id="e"))])
    assert "".join(frame["id"]) == "abcde"
    assert frame.index.tolist() == [0, 1, 2, 3, 4]


def test_names_come_from_the_models_own_relations() -> None:
    """Models that the client has joined to their workflow and machine give the names without any `included`."""
    related, _ = parse_included(RUN.included)
    (model,) = attach_included([RunResponse.model_validate(RUN.record)], related)
    frame = runs_frame([model])
    assert (frame["workflow_name"][0], frame["machine_name"][0]) == ("Invoice entry", "VM 4")


def test_a_page_of_the_client_is_judged_as_its_answer_is() -> None:
    """What the client could not read, coerced or lost is stated as for the raw answer, and once."""
    rows = [run(status=None, started_at="never", is_priority="yes"), 7, run(id="r-2")]
    read = [parse_record(RunResponse, row) for row in rows]
    page = SimpleNamespace(
        items=[record for record, _ in read if record is not None],
        included=None,
        problems=[problem for _, problems in read for problem in problems],
    )
    for make in (runs_frame, steps_frame, messages_frame, run_checks_frame):
        frame, raw = make(page), make(rows)
        pd.testing.assert_frame_equal(frame, raw)
        assert frame.attrs["problems_by_column"] == raw.attrs["problems_by_column"]
        assert (frame.attrs["rows_in"], frame.attrs["rows_dropped"]) == (raw.attrs["rows_in"], 1)
    assert runs_frame(page).attrs["problems_by_column"] == {"status": 1, "is_priority": 1, "started_at": 1, "": 1}


def test_problems_of_records_made_by_hand_are_kept() -> None:
    """Where nothing tells what a record was read from, what its page says of it is believed."""
    record = RunResponse.model_validate(run())
    page = SimpleNamespace(items=[record], problems=[Problem("r-1", "started_at", "never", "no time")])
    assert runs_frame(page).attrs["problems"] == [
        {"row_id": "r-1", "column": "started_at", "raw": "never", "reason": "no time"}
    ]


def test_a_field_that_the_server_left_out_is_missing() -> None:
    """A model does not fill in a default that the server did not send; the frame is that of the bare record."""
    frame = runs_frame([RunResponse.model_validate(BASE)])
    assert pd.isna(frame["is_priority"][0])
    pd.testing.assert_frame_equal(frame, runs_frame([BASE]))


def test_an_integer_of_5000_digits_keeps_its_digits() -> None:
    """A number longer than Python converts damages nothing; its digits stay in the JSON text."""
    digits = "7" * 5000
    frame = runs_frame(as_bytes(run(input_values={"n": 1}, colour=2)).replace(b'"n": 1', b'"n": ' + digits.encode()))
    assert digits in frame["input_values"][0]
    assert frame.attrs["problem_count"] == 0


def test_attrs_are_plain_and_survive_a_concat() -> None:
    """Attrs hold plain JSON values, the completeness as given, and pandas can compare them when frames are joined."""
    frame = runs_frame([run(started_at="x")], completeness={"complete": True, "rows": 1})
    assert json.loads(json.dumps(frame.attrs)) == frame.attrs
    assert frame.attrs["completeness"] == {"complete": True, "rows": 1}
    assert frame.attrs["table"] == "runs"
    assert pd.concat([frame, frame]).attrs == frame.attrs


def test_many_problems_are_counted_and_not_all_carried() -> None:
    """Attrs carry the first 200 problems and the count of all."""
    frame = runs_frame([run(id=f"r-{number}", started_at="x") for number in range(300)])
    assert (frame.attrs["problem_count"], len(frame.attrs["problems"])) == (300, 200)


def test_hostile_text_in_a_problem_is_made_printable() -> None:
    """Control characters and length of a raw value are tamed where a problem shows it."""
    frame = runs_frame([run(started_at="\x1b[31m\u202e" + "x" * 1000)])
    raw = frame.attrs["problems"][0]["raw"]
    assert raw.isprintable()
    assert len(raw) <= 200


def test_half_a_character_is_replaced_and_stated() -> None:
    """A lone surrogate, which no file could hold, becomes the replacement character and a problem."""
    frame = runs_frame(b'[{"id":"r-1","workflow_id":"w","status":"success","created_at":"2026-11-01T00:00:00Z",'
                       b'"main_prompt":"a\\ud800b"}]')  # fmt: skip
    assert frame["main_prompt"][0].startswith("a\ufffd")
    assert frame.attrs["problems"][0]["column"] == "main_prompt"


def test_bytes_that_are_no_utf_8_are_stated_and_cost_their_own_cell() -> None:
    """A byte that is no character is replaced in its cell and stated; nothing of it reaches ids, names or ``attrs``."""
    page = {"items": [run(id="r-!"), run(id="r-2", machine_id="m!")]}
    page["included"] = [{"type": "machine", "id": "m!", "name": "Desk"}]
    frame = runs_frame(json.dumps(page).encode().replace(b"!", b"\xff"))
    assert frame["id"].tolist() == ["r-\ufffd", "r-2"]
    assert frame["machine_name"].tolist()[1] == "Desk"
    assert [(each["row_id"], each["column"]) for each in frame.attrs["problems"]] == [
        ("r-\ufffd", "id"),
        ("r-2", "machine_id"),
    ]


def test_half_a_character_in_the_name_of_a_new_field_costs_no_other_row() -> None:
    """A field that this version does not know may be named by what no file could hold."""
    frame = runs_frame(b'[{"id":"r-1","workflow_id":"w","status":"success","created_at":"2026-11-01T00:00:00Z",'
                       b'"\\ud800":1},{"id":"r-2"}]')  # fmt: skip
    assert frame["extra"].tolist()[0] == '{"\ufffd":1}'
    assert frame.attrs["problems_by_column"]["extra"] == 1


@pytest.mark.parametrize(
    ("name", "shown", "reason"),
    [("a\ud800b", "a\ufffd", "half a character"), (7, None, "expected text"), (["x"], None, "expected text")],
)
def test_a_joined_name_that_cannot_be_read_is_stated(name: object, shown: str | None, reason: str) -> None:
    """The name of a related record is read with the same care as a cell of the row itself."""
    page = {"items": [run(workflow_id="w-1")], "included": [{"type": "workflow", "id": "w-1", "name": name}]}
    frame = runs_frame(json.dumps(page).encode())
    got = frame["workflow_name"][0]
    assert got.startswith(shown) if shown else pd.isna(got)
    (problem,) = frame.attrs["problems"]
    assert (problem["row_id"], problem["column"]) == ("w-1", "workflow_name")
    assert reason in problem["reason"]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-20T10:00:00+01:00", "2026-11-20T09:00:00Z"),
        ("2026-11-20T09:00:00", "2026-11-20T09:00:00Z"),
        ("2026-11-20T09:00:00.1234567Z", "2026-11-20T09:00:00.123456Z"),
        ("1500-01-01T00:00:00Z", "1500-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ("2026-11-20", "2026-11-20T00:00:00Z"),
        ("2026-11-20T09:00Z", "2026-11-20T09:00:00Z"),
    ],
)
def test_times_are_utc_in_every_year(text: str, utc: str) -> None:
    """Offsets are converted, naive times are UTC, years far from now survive: from dicts, bytes and models."""
    expected = pd.Series([utc]).astype("datetime64[us, UTC]")[0]
    for frame in of_all_forms(run(created_at=text)):
        assert frame["created_at"][0] == expected
        assert frame.attrs["problem_count"] == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-12-31T23:59:60Z", "ISO 8601"),
        ("10000-01-01T00:00:00Z", "ISO 8601"),
        ("2026-02-30T00:00:00Z", "ISO 8601"),
        ("", "ISO 8601"),
        ("1763", "ISO 8601"),
        ("9999-12-31T23:59:59-00:30", "the years 1 to 9999"),
        ("0001-01-01T00:00:00+14:00", "the years 1 to 9999"),
    ],
)
def test_what_is_no_time_is_stated_in_every_form(text: str, reason: str) -> None:
    """A leap second, a day or year that Python lacks, and a bare number are missing and stated: never another time."""
    for frame in of_all_forms(run(started_at=text)):
        assert frame["started_at"].isna()[0]
        (problem,) = frame.attrs["problems"]
        assert (problem["column"], problem["raw"]) == ("started_at", text)
        assert reason in problem["reason"]
        assert repr(frame)


def of_all_forms(record: dict[str, Any]) -> list[pd.DataFrame]:
    """Make the frame of a run as a dict, as page bytes and as a model of the client."""
    model, _ = parse_record(RunResponse, record)
    return [runs_frame([record]), runs_frame(as_bytes(record)), runs_frame([model])]


def test_a_number_beyond_all_types_survives_as_text() -> None:
    """In JSON text a number keeps its digits, whichever way its page was read."""
    body = as_bytes(run(output_data={"v": "?", "w": 10**400})).replace(b'"?"', b"1e400")
    odd = body.replace(b'"machine_id": null', b'"machine_id": 5')
    for page in (body, odd):
        assert runs_frame(page)["output_data"][0] == '{"v":1e400,"w":' + str(10**400) + "}"


def test_machine_pools_links_each_machine_to_its_pools() -> None:
    """One row per machine and pool; machines without pools have none."""
    machines = [
        {"id": "m-1", "name": "VM 4", "pools": [{"id": "p-1", "name": "Night"}, {"id": "p-2", "name": "Day"}]},
        {"id": "m-2", "name": "VM 5", "pools": []},
        {"id": "m-3", "name": "VM 6", "pools": None},
    ]
    frame = machine_pools_frame({"items": machines})
    assert frame.to_numpy().tolist() == [["m-1", "VM 4", "p-1", "Night"], ["m-1", "VM 4", "p-2", "Day"]]
    assert machines_frame(machines)["pool_names"].fillna("-").tolist() == ["Night, Day", "", "-"]


def test_a_problem_of_an_unnamed_row_is_never_merged_with_another() -> None:
    """Rows without an id keep one problem each."""
    frame = runs_frame([run(id=None), run(id=None)])
    assert frame.attrs["problems_by_column"] == {"id": 2}
    assert frame.attrs["problems"][0] == {"row_id": None, "column": "id", "raw": "", "reason": "missing"}
    assert isinstance(Problem(None, "", "", ""), Problem)
