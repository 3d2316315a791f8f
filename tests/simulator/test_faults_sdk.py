"""The official SDK under faults: it meets them as in the field, and the rules work for clients of any make."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from cyberdesk import CyberdeskClient, RunCreate

from cyberdesk_nb.simulator.faults import (
    BadValues,
    Body,
    Cut,
    ExtraFields,
    Fault,
    HostileText,
    Rows,
    Stall,
    Status,
    UnknownEnums,
)
from tests.simulator.conftest import Own, launchable

pytestmark = pytest.mark.anyio

sdk = importlib.import_module("openapi_client.cyberdesk_cloud_client.models")


@pytest.fixture(autouse=True)
def _no_faults(own: Own) -> Iterator[None]:
    yield
    own.sim.faults.clear()


@pytest.fixture
async def client(own: Own) -> AsyncIterator[Any]:
    """Open the SDK on the module's own fleet."""
    opened = CyberdeskClient(own.sim.api_key, base_url=own.sim.url, timeout=httpx.Timeout(5))
    yield opened
    await opened._client.get_async_httpx_client().aclose()


@pytest.mark.parametrize(
    "fault",
    [ExtraFields(), HostileText(keys=True), Rows(shuffle=True, total="grows"), Body(how="duplicate_keys")],
    ids=str,
)
async def test_it_parses_what_it_can(own: Own, client: Any, fault: Fault) -> None:
    """Hostile text, fields of tomorrow and lists that lie are answers to it, read into its own classes."""
    with own.sim.faults.active(fault):
        page = await client.runs.list(limit=10, include=["workflow", "machine"])
    assert page.error is None
    assert {type(item) for item in page.data.items} == {sdk.RunResponse}
    assert len({item.id for item in page.data.items}) == 10


@pytest.mark.parametrize(
    "fault",
    [
        Body(how="html"),
        Body(how="truncated"),
        Body(how="empty"),
        Status(status=418, body="html"),
        Status(status=404, body="driver"),
        UnknownEnums(),
        BadValues(how=("bad_time",), fields=("created_at",)),
        BadValues(how=("missing",), fields=("workflow_id",)),
    ],
    ids=str,
)
async def test_it_fails_as_it_does(own: Own, client: Any, fault: Fault) -> None:
    """What it cannot read comes back as an error in place of the data, and its next call is sound."""
    with own.sim.faults.active(fault):
        page = await client.runs.list(limit=10)
    assert page.data is None
    assert page.error is not None
    assert (await client.runs.list(limit=10)).error is None


@pytest.mark.parametrize("fault", [Cut(at="start"), Cut(at="body"), Status(status=503, body="html")], ids=str)
async def test_what_it_retries_goes_well_the_second_time(own: Own, client: Any, fault: Fault) -> None:
    """A fault of the first try is ridden out by the retries that it has."""
    with own.sim.faults.active(fault, path="/v1/runs", first=1):
        page = await client.runs.list(limit=5)
    assert (page.error, len(page.data.items), len(own.sim.faults.log)) == (None, 5, 1)


async def test_a_lost_reply_makes_one_run_for_it_too(own: Own, client: Any) -> None:
    """Its own idempotency key gives it the run whose reply was lost."""
    before = own.get("/v1/runs", limit=1)["total"]
    body = launchable(own.http)
    with own.sim.faults.active(Cut(at="start"), method="POST", path="/v1/runs", first=1):
        made = await client.runs.create(RunCreate.from_dict(body))
    assert (made.error, len(own.sim.faults.log)) == (None, 1)
    assert own.get("/v1/runs", limit=1)["total"] == before + 1
    assert own.get(f"/v1/runs/{made.data.id}")["id"] == str(made.data.id)


async def test_silence_ends_with_its_timeout(own: Own) -> None:
    """An answer that never comes is over when the SDK's time is, which it has only where it was given one."""
    opened: Any = CyberdeskClient(own.sim.api_key, base_url=own.sim.url, timeout=httpx.Timeout(0.5))
    with own.sim.faults.active(Stall(), path="/v1/pools"):
        page = await opened.pools.list()
    await opened._client.get_async_httpx_client().aclose()
    assert page.data is None
    assert "imeout" in repr(page.error)
