"""The official SDK as the client: what the real API's users run must run here unchanged."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest
from cyberdesk import CyberdeskClient, RunCreate, RunStatus

from cyberdesk_nb.simulator import Simulator
from tests.simulator.conftest import launchable

pytestmark = pytest.mark.anyio

sdk = importlib.import_module("openapi_client.cyberdesk_cloud_client.models")
GET_CONNECTION = importlib.import_module(
    "openapi_client.cyberdesk_cloud_client.api.connections.get_connection_v1_connections_connection_id_get"
)
TERMINAL = {RunStatus.SUCCESS, RunStatus.TASK_FAILED, RunStatus.ERROR, RunStatus.CANCELLED}

SIX = [
    ("machines", sdk.MachineResponse, sdk.MachineResponseWithIncludes, ["pools"]),
    ("pools", sdk.PoolResponse, sdk.PoolResponseWithIncludes, ["machines"]),
    ("workflows", sdk.WorkflowResponse, sdk.WorkflowResponseWithIncludes, ["tags", "post_run_checks"]),
    ("runs", sdk.RunResponse, sdk.RunResponseWithIncludes, ["workflow", "machine", "machine.pools"]),
    ("trajectories", sdk.TrajectoryResponse, sdk.TrajectoryResponseWithIncludes, ["workflow"]),
]


@pytest.fixture
async def client(sim: Simulator) -> AsyncIterator[Any]:
    """Open the SDK on the shared fleet."""
    opened = CyberdeskClient(sim.api_key, base_url=sim.url, timeout=httpx.Timeout(30))
    yield opened
    await opened._client.get_async_httpx_client().aclose()


@pytest.mark.parametrize(("noun", "listed", "single", "include"), SIX, ids=[row[0] for row in SIX])
async def test_lists_and_gets_with_include(
    client: Any, noun: str, listed: type, single: type, include: list[str]
) -> None:
    """The SDK lists and gets each resource with everything included, and parses every record into its own class."""
    resource = getattr(client, noun)
    page = await resource.list(limit=4, include=include)
    assert page.error is None
    assert page.data.total > 0
    assert {type(item) for item in page.data.items} == {listed}
    assert page.data.included
    assert all(isinstance(entry, sdk.IncludedResource) for entry in page.data.included)
    plain = await resource.list(limit=4)
    assert (plain.error, plain.data.included) == (None, None)
    for item in page.data.items[:2]:
        one = await resource.get(str(item.id), include=include)
        assert (one.error, type(one.data), one.data.id) == (None, single, item.id)


async def test_lists_and_gets_connections(client: Any) -> None:
    """The SDK lists connections by machine and status; one connection, which it has no wrapper for, parses too."""
    page = await client.connections.list(limit=50, status="disconnected")
    assert page.error is None
    assert {type(item) for item in page.data.items} == {sdk.ConnectionResponse}
    some = page.data.items[0]
    of_machine = await client.connections.list(machine_id=str(some.machine_id), limit=1000)
    assert some.id in [item.id for item in of_machine.data.items]
    assert await GET_CONNECTION.asyncio(client=client._client, connection_id=some.id) == some


async def test_creates_a_run_and_polls_it_to_the_end(client: Any, api: httpx.Client) -> None:
    """The SDK creates a run, sees it scheduled, polls it past every live status and reads its results."""
    made = await client.runs.create(RunCreate.from_dict(launchable(api)))
    assert (made.error, made.data.status) == (None, RunStatus.SCHEDULING)
    run = made.data
    with anyio.fail_after(60):
        while run.status not in TERMINAL:
            await anyio.sleep(0.05)
            got = await client.runs.get(str(run.id), include=["workflow", "machine"])
            assert got.error is None
            run = got.data
    assert run.ended_at >= run.started_at >= run.created_at
    assert run.run_message_history
    assert {entry.type_ for entry in run.included} == {"workflow", "machine"}


async def test_errors_come_as_the_sdk_knows_them(client: Any, sim: Simulator) -> None:
    """404, 400 and 401 are unexpected statuses to the SDK; a FastAPI 422 is data that it parses."""
    unknown = await client.machines.get("00000000-0000-4000-8000-000000000000")
    assert unknown.error.status_code == 404
    assert (await client.runs.list(include=["owner"])).error.status_code == 400
    too_many: Any = await client.machines.list(limit=5000)
    assert isinstance(too_many.data, sdk.HTTPValidationError)
    assert too_many.data.detail[0].loc == ["query", "limit"]
    stranger: Any = CyberdeskClient("wrong", base_url=sim.url)
    assert (await stranger.machines.list()).error.status_code == 401
    await stranger._client.get_async_httpx_client().aclose()
