"""The client against the local simulator: a fleet that behaves, over a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from cyberdesk_nb import errors
from cyberdesk_nb.client import Client
from cyberdesk_nb.simulator import Simulator

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(sim: Simulator) -> AsyncIterator[Client]:
    """Make a client of the session's simulator."""
    async with Client(sim.api_key, sim.url) as made:
        yield made


@pytest.mark.parametrize(
    ("name", "filters"),
    [
        ("machines", {}),
        ("workflows", {}),
        ("runs", {"status": "error"}),
        ("connections", {}),
        ("pools", {}),
    ],
)
async def test_lists_walks_and_gets_agree(client: Client, name: str, filters: dict[str, Any]) -> None:
    """A walk reaches as many rows as the list counts, each can be got by its id, and all of it can be read."""
    resource: Any = getattr(client, name)
    page = await resource.list(limit=1, **filters)
    walk = resource.iter(**filters)
    rows = [row async for row in walk]
    assert walk.completeness.complete
    assert len(rows) == len({row.id for row in rows}) >= page.total
    assert page.problems == walk.problems == []
    assert (await resource.get(rows[0].id)).id == rows[0].id


async def test_a_trajectory_can_be_read(client: Client) -> None:
    """A trajectory comes with its steps; only one is asked for, since its screenshots take long to draw."""
    page = await client.trajectories.list(limit=1, include="workflow")
    assert page.problems == []
    assert page.total
    assert page.items[0].trajectory_data
    assert page.items[0].workflow is not None


async def test_included_records_are_there(client: Client) -> None:
    """Runs bring their workflow, their machine and its pools."""
    page = await client.runs.list(include=["workflow", "machine", "machine.pools"], status="success", limit=20)
    assert all(run.workflow is not None and run.workflow.id == run.workflow_id for run in page)
    machines = [run.machine for run in page if run.machine_id is not None]
    assert machines
    assert all(machine is not None and machine.pools is not None for machine in machines)


async def test_a_run_lives_from_create_to_end(client: Client) -> None:
    """A run is created, waited for, and ends in a terminal status with what it said."""
    workflow = (await client.workflows.list(limit=1)).items[0]
    model = (await client.runs.list(workflow_id=workflow.id, status="success", limit=1)).items[0]
    secrets = dict.fromkeys(model.sensitive_input_aliases or {}, "of no account")
    made = await client.runs.create(
        workflow_id=workflow.id, input_values=model.input_values, sensitive_input_values=secrets or None
    )
    assert made.status == "scheduling"
    ended = await client.runs.wait(made.id, poll_s=0.1, timeout_s=60)
    assert ended.is_terminal
    assert ended.run_message_history
    await client.runs.delete(made.id)
    with pytest.raises(errors.NotFoundError):
        await client.runs.get(made.id)


async def test_a_screenshot_can_be_fetched(client: Client) -> None:
    """The pictures that a run's history refers to are signed and fetched."""
    page = await client.runs.list(status="success", limit=1)
    history = page.items[0].run_message_history or []
    refs = [block["image_url"] for message in history for block in message["content"] if block.get("image_url")]
    with Image.open(BytesIO(await client.runs.image(page.items[0].id, refs[0]))) as picture:
        assert picture.size == (1024, 768)


async def test_errors_are_those_of_the_tree(sim: Simulator, client: Client) -> None:
    """A wrong key, an unknown id and a malformed one are told apart."""
    async with Client("wrong-key", sim.url) as stranger:
        with pytest.raises(errors.AuthenticationError):
            await stranger.machines.list()
    with pytest.raises(errors.NotFoundError):
        await client.machines.get("00000000-0000-4000-8000-000000000000")
    with pytest.raises(errors.UnprocessableEntityError):
        await client.machines.get("no-uuid")


async def test_health_needs_no_key(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The health of the service can be asked without a key."""
    monkeypatch.delenv("CYBERDESK_API_KEY", raising=False)
    async with Client(base_url=sim.url) as stranger:
        assert await stranger.health.check()
