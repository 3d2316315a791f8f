"""A real client reads the simulated fleet again and again: few requests, and nothing is missed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from cyberdesk_nb.client import Client
from cyberdesk_nb.errors import NotFoundError
from cyberdesk_nb.models import RunStatus
from cyberdesk_nb.panels.fleet.survey import Survey
from cyberdesk_nb.simulator import Simulator
from cyberdesk_nb.workspace import fleet_reading
from cyberdesk_nb.workspace.fleet_reading import FleetReader

pytestmark = pytest.mark.anyio

WINDOW = timedelta(days=7)


class Counted:
    """A client whose requests are listed."""

    def __init__(self, sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client = Client(api_key=sim.api_key, base_url=sim.url)
        self.requests: list[str] = []
        transport: Any = self.client.machines.transport
        send: Callable[..., Awaitable[Any]] = transport.send

        async def counted(call: Any, *args: Any, **more: Any) -> Any:
            self.requests.append(call.label)
            return await send(call, *args, **more)

        monkeypatch.setattr(transport, "send", counted)


@pytest.fixture
def sim(make_sim: Callable[..., Simulator]) -> Simulator:
    """Serve a fleet of a test's own whose time stands still."""
    return make_sim(runs=150)


@pytest.fixture
async def counted(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counted]:
    """Open a client on it, and let the lists that change seldom be read as soon as they are stale."""
    monkeypatch.setattr(fleet_reading, "_REST", 0.0)
    made = Counted(sim, monkeypatch)
    async with made.client:
        yield made


async def anew(sim: Simulator) -> Survey:
    """Read the fleet without any memory of it."""
    async with Client(api_key=sim.api_key, base_url=sim.url) as client:
        return await FleetReader(client, WINDOW).read()


async def same_as_anew(survey: Survey, sim: Simulator) -> None:
    """Hold that a reading that rests on earlier ones tells what one without memory tells."""
    fresh = await anew(sim)
    columns = ["id", "name", "state", "since", "run_id", "workflow_name", "waiting", "waiting_alone", "ended", "failed"]
    assert survey.states[columns].equals(fresh.states[columns])
    assert survey.waiting.equals(fresh.waiting)
    by_id = [one.sort_values("id", ignore_index=True).astype({"status": "str"}) for one in (survey.runs, fresh.runs)]
    assert by_id[0]["id"].tolist() == by_id[1]["id"].tolist()
    assert by_id[0]["status"].tolist() == by_id[1]["status"].tolist()


async def test_a_tick_takes_two_requests(sim: Simulator, counted: Counted) -> None:
    """All is read at first; then one list of machines and one of runs, whatever the length of the past."""
    reader = FleetReader(counted.client, WINDOW)
    first = await reader.read()
    counted.requests.clear()
    second = await reader.read()
    assert counted.requests == ["GET /v1/machines", "GET /v1/runs"]
    assert first.states.drop(columns="for_s").equals(second.states.drop(columns="for_s"))
    assert second.doubts == ()
    await same_as_anew(second, sim)


async def test_runs_are_seen_from_waiting_to_their_end(sim: Simulator, counted: Counted) -> None:
    """Launched, waiting, running and ended, also those that began and ended between two readings."""
    reader = FleetReader(counted.client, WINDOW)
    await reader.read()
    api = counted.client
    workflow = await api.workflows.create(name="Fresh", main_prompt="Do it.")
    machine = (await api.machines.list()).items[0]
    runs = [await api.runs.create(workflow_id=workflow.id, machine_id=machine.id) for _ in range(3)]
    for seconds in (0, 5, 5):
        sim.clock.advance(seconds)
        survey = await reader.read()
        await same_as_anew(survey, sim)
    row = survey.states.set_index("id").loc[machine.id]
    assert (row["state"], row["workflow_name"], row["waiting_alone"]) == ("busy", "Fresh", 2)
    sim.clock.advance(3600)
    survey = await reader.read()
    await same_as_anew(survey, sim)
    ended = survey.runs.set_index("id").loc[[run.id for run in runs]]
    assert ended["is_terminal"].all()
    assert survey.waiting.empty


async def test_a_machine_that_drops_out_is_offline_since_then(sim: Simulator, counted: Counted) -> None:
    """Its connection ends: the next reading tells since when, and the strip has the gap; when it is back it is idle."""
    reader = FleetReader(counted.client, WINDOW)
    first = await reader.read()
    machine_id = first.states.loc[first.states["state"] == "idle", "id"].iloc[0]
    sim.clock.advance(600)
    open_ones = (await counted.client.connections.list(machine_id=machine_id, status="connected")).items
    closed = await counted.client.connections.update(open_ones[0].id, status="error")
    sim.clock.advance(1200)
    survey = await reader.read()
    row = survey.states.set_index("id").loc[machine_id]
    assert (row["state"], row["since"]) == ("error", closed.disconnected_at)
    assert row["for_s"] == pytest.approx(1200, abs=60)
    last = survey.history.spans[survey.history.spans["machine_id"] == machine_id].iloc[-1]
    assert (last["state"], last["start"]) == ("error", closed.disconnected_at)
    await counted.client.connections.create(machine_id=machine_id, websocket_id="again")
    sim.clock.advance(60)
    survey = await reader.read()
    row = survey.states.set_index("id").loc[machine_id]
    assert (row["state"], row["for_s"]) == ("idle", pytest.approx(60, abs=60))
    await same_as_anew(survey, sim)


async def test_many_runs_that_change_at_once(sim: Simulator, counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    """More live runs than a page holds are all read, and so are their ends; too many pages are read as a whole."""
    reader = FleetReader(counted.client, WINDOW)
    await reader.read()
    workflow = await counted.client.workflows.create(name="Many", main_prompt="Do it.")
    pools = (await counted.client.pools.list()).items
    await counted.client.runs.create(workflow_id=workflow.id, pool_ids=[pools[0].id])
    await reader.read()
    await counted.client.runs.bulk_create(workflow_id=workflow.id, count=260, pool_ids=[pools[0].id])
    survey = await reader.read()
    assert len(survey.waiting) > 200
    await same_as_anew(survey, sim)
    monkeypatch.setattr(fleet_reading, "_PAGES_MAX", 1)
    sim.clock.advance(1800)
    await same_as_anew(await reader.read(), sim)
    async for run in counted.client.runs.iter(workflow_id=workflow.id, status=RunStatus.SCHEDULING):
        await counted.client.runs.update(run.id, status=RunStatus.CANCELLED)
    await same_as_anew(await reader.read(), sim)


async def test_a_live_run_that_is_deleted_is_gone(sim: Simulator, counted: Counted) -> None:
    """It stands on no list any more, and nothing waits for it."""
    reader = FleetReader(counted.client, WINDOW)
    workflow = await counted.client.workflows.create(name="Gone", main_prompt="Do it.")
    machine = (await counted.client.machines.list()).items[0]
    runs = [await counted.client.runs.create(workflow_id=workflow.id, machine_id=machine.id) for _ in range(2)]
    before = await reader.read()
    assert runs[1].id in before.waiting["run_id"].tolist()
    await counted.client.runs.update(runs[1].id, status=RunStatus.CANCELLED)
    await counted.client.runs.delete(runs[1].id)
    with pytest.raises(NotFoundError):
        await counted.client.runs.get(runs[1].id)
    survey = await reader.read()
    assert runs[1].id not in survey.runs["id"].tolist()
    await same_as_anew(survey, sim)


async def test_a_run_that_waits_for_longer_than_the_window_is_read(sim: Simulator, counted: Counted) -> None:
    """What is live counts, however old it is."""
    workflow = await counted.client.workflows.create(name="Old", main_prompt="Do it.")
    pool = await counted.client.pools.create(name="Nobody's")
    run = await counted.client.runs.create(workflow_id=workflow.id, pool_ids=[pool.id])
    sim.clock.advance(timedelta(days=20).total_seconds())
    survey = await FleetReader(counted.client, WINDOW).read()
    assert survey.waiting["run_id"].tolist() == [run.id]
    assert survey.waiting["machine_ids"].tolist() == [()]


async def test_a_reading_that_breaks_off_loses_nothing(
    sim: Simulator, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read before the error counts at the next reading: no change is forgotten."""
    reader = FleetReader(counted.client, WINDOW)
    await reader.read()
    workflow = await counted.client.workflows.create(name="Fresh", main_prompt="Do it.")
    machine = (await counted.client.machines.list()).items[0]
    await counted.client.runs.create(workflow_id=workflow.id, machine_id=machine.id)
    sim.clock.advance(10)

    async def broken(*_: Any, **__: Any) -> Any:
        raise OSError("cut")

    # A workflow that is new makes it read the lists, too.
    with monkeypatch.context() as patch:
        patch.setattr(reader, "_read_lists", broken)
        with pytest.raises(OSError, match="cut"):
            await reader.read()
    survey = await reader.read()
    assert "Fresh" in survey.states["workflow_name"].tolist()
    await same_as_anew(survey, sim)
