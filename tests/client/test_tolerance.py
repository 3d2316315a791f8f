"""Whatever a server sends, a page ends in rows and stated problems, or in one clear error."""

from __future__ import annotations

import json
import warnings
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cyberdesk_nb import errors
from cyberdesk_nb.client import Client, Page
from cyberdesk_nb.client._answer import reader_for
from cyberdesk_nb.client._call import Call
from cyberdesk_nb.client._json import UnreadableError, decode_json
from cyberdesk_nb.models import RunResponse
from tests.client.server import KEY, reply, serving

pytestmark = pytest.mark.anyio

RUN: dict[str, Any] = {
    "id": "r",
    "workflow_id": "w",
    "machine_id": None,
    "status": "success",
    "created_at": "2026-11-01T00:00:00Z",
}


async def page_of(*rows: Any, **rest: Any) -> Page[RunResponse]:
    """Ask for a page that holds these rows."""
    page = {"items": list(rows), "total": len(rows), "skip": 0, "limit": 100, **rest}
    async with serving([page]) as server, Client(KEY, server.url) as client:
        return await client.runs.list()


async def test_one_bad_row_costs_itself_only() -> None:
    """An unknown status, a missing field, a bad type and a bad date each damage one row; all rows are kept."""
    rows = [
        RUN,
        {**RUN, "id": "unknown", "status": "paused"},
        {key: value for key, value in RUN.items() if key != "workflow_id"} | {"id": "missing"},
        {**RUN, "id": "typed", "error": 5},
        {**RUN, "id": "dated", "started_at": "yesterday"},
    ]
    with pytest.warns(UserWarning, match="4 values") as warned:
        page = await page_of(*rows)
    assert len(warned) == 1
    assert [row.id for row in page] == ["r", "unknown", "missing", "typed", "dated"]
    assert page.items[1].status == "paused"
    assert (page.items[2].workflow_id, page.items[3].error, page.items[4].started_at) == (None, None, None)
    assert page.items[4].status == "success"
    assert {(problem.row_id, problem.column) for problem in page.problems} == {
        ("unknown", "status"),
        ("missing", "workflow_id"),
        ("typed", "error"),
        ("dated", "started_at"),
    }


async def test_a_sound_page_warns_of_nothing() -> None:
    """A page in which all can be read has no problems and gives no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        page = await page_of(RUN)
    assert page.problems == []
    assert (page.total, page.skip, page.limit, page.lost) == (1, 0, 100, 0)


async def test_rows_that_are_no_objects_are_counted() -> None:
    """A row that is no object cannot be kept; it is counted as lost and stated."""
    with pytest.warns(UserWarning, match="2 values"):
        page = await page_of(RUN, None, 7)
    assert len(page) == 1
    assert page.lost == 2
    assert len(page.problems) == 2


async def test_times_keep_their_instant() -> None:
    """A naive time is UTC, an offset is honoured, and the years 1500 and 9999 survive."""
    page = await page_of(
        {**RUN, "created_at": "2026-11-01T10:00:00"},
        {**RUN, "created_at": "2026-11-01T10:00:00+02:00"},
        {**RUN, "created_at": "1500-01-01T00:00:00Z"},
        {**RUN, "created_at": "9999-12-31T23:59:59Z"},
    )
    assert [row.created_at for row in page] == [
        datetime(2026, 11, 1, 10, tzinfo=UTC),
        datetime(2026, 11, 1, 8, tzinfo=UTC),
        datetime(1500, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    ]
    assert page.problems == []


async def test_unknown_fields_are_kept() -> None:
    """A field that this version does not know is there under its name."""
    page = await page_of({**RUN, "colour": "blue"})
    assert page.items[0].model_extra == {"colour": "blue"}


async def test_included_records_are_reachable() -> None:
    """What `include` brings is reachable from the record: the run's workflow, its machine, the machine's pools."""
    stamp = "2026-11-01T00:00:00Z"
    pool = {"id": "p1", "name": "Nights", "organization_id": "o", "created_at": stamp, "updated_at": stamp}
    machine = {
        "type": "machine",
        "id": "m1",
        "unkey_key_id": "u",
        "status": "connected",
        "is_available": True,
        "alerts_enabled": True,
        "created_at": stamp,
        "last_seen": stamp,
        "name": "Front desk",
        "pools": [pool],
    }
    workflow = {"type": "workflow", "id": "w1", "main_prompt": "do", "created_at": stamp, "updated_at": stamp}
    page = await page_of({**RUN, "machine_id": "m1", "workflow_id": "w1"}, included=[machine, workflow])
    run = page.items[0]
    assert run.machine is not None
    assert run.machine.pools is not None
    assert (run.machine.name, run.machine.pools[0].name) == ("Front desk", "Nights")
    assert run.workflow is not None
    assert run.workflow.main_prompt == "do"
    assert [entry.id for entry in page.included] == ["m1", "w1"]


RAW: dict[str, bytes] = {
    "5,000 digits": b'{"items": [%s], "total": 1' + b"0" * 5000 + b"}",
    "NaN": b'{"items": [%s], "total": NaN}',
    "lone surrogate": b'{"items": [%s], "total": 1, "x": "\\ud800"}',
    "NUL": b'{"items": [%s], "total": 1, "x": "a\\u0000b"}',
    "duplicate keys": b'{"items": [1], "items": [%s], "total": 1}',
    "bad UTF-8": b'{"items": [%s], "total": 1, "x": "\xff"}',
    "text total": b'{"items": [%s], "total": "many", "skip": null, "limit": []}',
}


@pytest.mark.parametrize("body", RAW.values(), ids=RAW)
async def test_strange_json_still_gives_its_rows(body: bytes) -> None:
    """JSON at the edge of what JSON is does not cost the rows beside it."""
    row = json.dumps(RUN).encode()
    async with serving([reply(200, body.replace(b"%s", row))]) as server, Client(KEY, server.url) as client:
        page = await client.runs.list()
        assert [run.id for run in page] == ["r"]


@pytest.mark.parametrize(
    "body",
    [
        b'{"items": null, "total": 1}',
        b'{"items": {"a": 1}}',
        b'{"items": "text"}',
        b"{}",
        b"[]",
        b"null",
        b"7",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"items": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
        b"\x00",
        b"{]",
    ],
)
async def test_what_is_no_page_is_one_clear_error(body: bytes) -> None:
    """A body that holds no rows, or nests without end, ends in a payload error, neither in a crash nor in a hang."""
    async with serving([reply(200, body)]) as server, Client(KEY, server.url) as client:
        with pytest.raises(errors.PayloadError) as caught:
            await client.runs.list()
        assert len(str(caught.value)) < 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(sorted(RunResponse.model_fields))


@given(rows=st.lists(st.dictionaries(FIELDS, JSON, max_size=8) | JSON, max_size=6), total=JSON, included=JSON)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_json_gives_a_page_that_accounts_for_every_row(rows: list[Any], total: Any, included: Any) -> None:
    """Any JSON in the shape of a page gives a page; rows = kept + lost, and each kept row is a run."""
    read = reader_for(Page[RunResponse], "Runs.list")
    body = json.dumps({"items": rows, "total": total, "included": included}).encode()
    page, problems = read(decode_json(body), Call("GET", "/v1/runs"))
    assert len(page.items) + page.lost == len(rows)
    assert all(isinstance(row, RunResponse) for row in page)
    assert (page.total is None) or isinstance(page.total, int)
    assert problems == page.problems


@given(body=st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_plain_error(body: bytes) -> None:
    """Any bytes decode to JSON or to one error that does not repeat them."""
    said = ""
    try:
        decode_json(body)
    except UnreadableError as error:
        said = str(error)
    assert len(said) < 200
