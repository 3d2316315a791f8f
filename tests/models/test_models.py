"""What a model keeps, joins and hides."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cyberdesk_nb.models import (
    MachineResponse,
    PoolResponseWithIncludes,
    RunCreate,
    RunImageSignedUrlResponse,
    RunResponse,
    RunStatus,
    attach_included,
    parse_included,
    parse_record,
    wire_of,
)

RUN: dict[str, Any] = {
    "id": "r1",
    "workflow_id": "w1",
    "machine_id": "m1",
    "status": "success",
    "created_at": "2026-03-01T08:00:00Z",
}
WORKFLOW: dict[str, Any] = {
    "type": "workflow",
    "id": "w1",
    "main_prompt": "p",
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
}
POOL: dict[str, Any] = {
    "id": "p1",
    "name": "north",
    "organization_id": "o",
    "created_at": "2026-01-01T00:00:00Z",
    "updated_at": "2026-01-01T00:00:00Z",
}
MACHINE: dict[str, Any] = {
    "id": "m1",
    "unkey_key_id": "k",
    "status": "connected",
    "is_available": True,
    "alerts_enabled": False,
    "created_at": "2026-01-01T00:00:00Z",
    "last_seen": "2026-01-01T00:00:00Z",
    "pools": [POOL],
}
SENTINEL = "s3ntinel-value"


def test_unknown_field_and_status_survive() -> None:
    """A field and a status that did not exist when this was written are kept and can be told from known ones."""
    run = RunResponse.model_validate(RUN | {"status": "paused", "mood": "calm"})
    assert run.status == "paused"
    assert not run.status.is_known
    assert RunStatus("success").is_known
    assert run.model_dump()["mood"] == "calm"


def test_unknown_status_survives_pickle() -> None:
    """A record with an unknown status can be sent to another process."""
    run = RunResponse.model_validate(RUN | {"status": "paused"})
    assert pickle.loads(pickle.dumps(run)) == run  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2026-03-01T08:00:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("2026-03-01T08:00:00+05:30", datetime(2026, 3, 1, 2, 30, tzinfo=UTC)),
        ("1500-01-01T00:00:00Z", datetime(1500, 1, 1, tzinfo=UTC)),
    ],
)
def test_times_are_aware_utc(sent: str, read: datetime) -> None:
    """A naive time is UTC, an offset is converted, an old year survives."""
    created = RunResponse.model_validate(RUN | {"created_at": sent}).created_at
    assert created == read
    assert created.utcoffset() == read.utcoffset()


def test_time_beyond_pythons_last_utc_day_is_kept() -> None:
    """The last hour of year 9999 west of Greenwich is the same instant, not an error."""
    run = RunResponse.model_validate(RUN | {"created_at": "9999-12-31T23:59:00-05:00"})
    assert run.created_at.isoformat() == "9999-12-31T23:59:00-05:00"


def test_a_bad_field_costs_itself_only() -> None:
    """A row with ill-typed and missing fields keeps the rest and says what was wrong with which value."""
    raw = {key: value for key, value in RUN.items() if key != "workflow_id"} | {"created_at": "yesterday\x1b"}
    run, problems = parse_record(RunResponse, raw)
    assert isinstance(run, RunResponse)
    assert (run.id, run.status, run.created_at, run.workflow_id) == ("r1", "success", None, None)
    assert {(p.row_id, p.column) for p in problems} == {("r1", "created_at"), ("r1", "workflow_id")}
    assert "yesterday\\x1b" in {p.raw for p in problems}


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_a_row_that_is_no_object_is_a_problem(raw: object) -> None:
    """Whatever stands where a record should be, reading it names the problem and never raises."""
    record, problems = parse_record(RunResponse, raw)
    assert record is None
    assert len(problems) == 1


@given(st.dictionaries(st.sampled_from(sorted(RunResponse.model_fields)), st.none() | st.integers() | st.text()))
def test_any_object_gives_a_row(raw: dict[str, Any]) -> None:
    """An object with any values in the run's fields gives a run, each unread value stated once."""
    record, problems = parse_record(RunResponse, raw)
    assert record is not None
    columns = [p.column for p in problems]
    assert len(columns) == len(set(columns))


def test_included_records_are_reachable() -> None:
    """`run.workflow`, `run.machine.pools` and `pool.machines` come from the page's included list."""
    related, problems = parse_included([WORKFLOW, MACHINE | {"type": "machine"}, {"type": "planet", "id": "x"}, 7])
    (run,) = attach_included([RunResponse.model_validate(RUN)], related)
    assert problems == []
    assert run.workflow is not None
    assert run.workflow.main_prompt == "p"
    assert run.machine is not None
    assert run.machine.pools is not None
    assert run.machine.pools[0].name == "north"
    (pool,) = attach_included([PoolResponseWithIncludes.model_validate(POOL)], related)
    assert pool.machines is not None
    assert pool.machines[0].id == "m1"


def test_not_included_is_none() -> None:
    """Without `include` the related records are None: unknown, not guessed."""
    run = RunResponse.model_validate(RUN)
    assert run.workflow is None
    assert run.machine is None
    assert MachineResponse.model_validate(MACHINE | {"pools": None}).pools is None


def test_only_what_was_set_is_sent() -> None:
    """An explicit null is sent, an absent key is not, and an id may be a uuid object."""
    workflow_id = uuid4()
    body = RunCreate(workflow_id=workflow_id, machine_id=None)  # pyright: ignore[reportArgumentType]
    assert body.to_wire() == {"workflow_id": str(workflow_id), "machine_id": None}


def test_secrets_show_masked_and_travel_in_plain() -> None:
    """A secret is in no repr, dump or validation error of a model, and is in what goes over the wire."""
    body = RunCreate(workflow_id="w", sensitive_input_values={"password": SENTINEL})  # pyright: ignore[reportArgumentType]
    link = RunImageSignedUrlResponse.model_validate(
        {"supabase_url": "supabase://x", "signed_url": SENTINEL, "expires_in": 5}
    )
    shown = [repr(body), str(body), repr(vars(body)), body.model_dump_json(), repr(body.model_dump())]
    shown += [repr(link), repr(vars(link)), link.model_dump_json()]
    with pytest.raises(ValidationError) as caught:
        RunCreate(workflow_id="w", sensitive_input_values=SENTINEL)  # pyright: ignore[reportArgumentType]
    _, problems = parse_record(RunImageSignedUrlResponse, {"signed_url": [SENTINEL]})
    shown += [str(caught.value), repr(problems)]
    assert not [text for text in shown if SENTINEL in text]
    assert body.to_wire()["sensitive_input_values"] == {"password": SENTINEL}
    assert link.signed_url.get_secret_value() == SENTINEL


def test_a_record_remembers_what_it_was_read_from() -> None:
    """The object that the server sent can be had from the record, with values that the model spells differently."""
    raw = RUN | {"is_priority": "yes", "started_at": "soon", "paused_by": "x"}
    record, _ = parse_record(RunResponse, raw)
    assert record is not None
    assert record.is_priority is True
    assert wire_of(record) == raw


def test_what_it_was_read_from_is_no_part_of_a_record() -> None:
    """It does not change what is equal, is not shown, and is gone from copies, which may differ from it."""
    record, _ = parse_record(RunResponse, RUN | {"is_priority": "yes"})
    assert record is not None
    assert record == RunResponse.model_validate(RUN | {"is_priority": True})
    assert "yes" not in f"{record!r} {record.model_dump()} {vars(record)}"
    pickled = pickle.loads(pickle.dumps(record))  # noqa: S301 - our own bytes
    for other in (record.model_copy(update={"id": "r2"}), pickled, RunResponse(**RUN)):
        assert wire_of(other) is None


def test_a_record_with_a_secret_does_not_keep_what_it_was_read_from() -> None:
    """A signed link is held in its masked form only."""
    raw = {"supabase_url": "supabase://x", "signed_url": SENTINEL, "expires_in": 60}
    record, _ = parse_record(RunImageSignedUrlResponse, raw)
    assert record is not None
    assert wire_of(record) is None
