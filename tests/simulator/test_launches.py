"""A thousand runs launched at once, by everything that launches, while users and machines come and go."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import anyio
import httpx
import pytest

from cyberdesk_nb.simulator import Simulator, simulator

from .conftest import launchable
from .worlds import LIVE, Record, overlaps

pytestmark = pytest.mark.anyio

JITTER_S = 2.0
"""What may pass between the placement of a run and its start."""
SHOWN = ["started_at", "ended_at", "session_id", "is_priority", "pool_ids"]


class Users:
    """Clients of one simulator whose time stands still, and what they were answered."""

    def __init__(self, sim: Simulator, clients: list[httpx.AsyncClient], body: Record) -> None:
        self.sim = sim
        self.clients = clients
        self.body = body
        self.dice = random.Random(5)
        self.made: list[Record] = []
        self.bothered: set[str] = set()

    async def get(self, path: str, **params: Any) -> Record:
        """Return the JSON of a GET."""
        answer = await self.clients[0].get(path, params={"limit": 1000, **params})
        return answer.raise_for_status().json()

    async def post(self, number: int, path: str, body: Record, *, times: int = 1) -> Any:
        """Send a write under a key of its own, `times` over at once; all that succeed say the same."""
        key = {"Idempotency-Key": f"launch-{number}"}
        client = self.clients[number % len(self.clients)]
        answers: list[httpx.Response] = []

        async def send() -> None:
            answers.append(await client.post(path, json=body, headers=key))

        async with anyio.create_task_group() as group:
            for _ in range(times):
                group.start_soon(send)
        assert {answer.status_code for answer in answers} <= {201, 409}
        said = {answer.text for answer in answers if answer.status_code == 201}
        assert len(said) == 1
        return next(answer.json() for answer in answers if answer.status_code == 201)

    async def launch(self, number: int) -> None:
        """Launch one run; each goes somewhere else, and some requests come twice."""
        answer = await self.post(number, "/v1/runs", {**self.body, **self.ask(number)}, times=1 + (number % 7 == 0))
        self.made.append(answer)

    def ask(self, number: int) -> Record:
        """Return where a run is to go."""
        machines, pools = list(self.sim.world.machines), list(self.sim.world.pools)
        asks: list[Record] = [
            {},
            {"is_priority": True},
            {"pool_ids": [pools[number // 6 % len(pools)]]},
            {"machine_id": machines[number // 6 % len(machines)]},
            {"start_session": True, "release_session_after": True},
            {},
        ]
        return asks[number % len(asks)]

    async def chain(self, number: int) -> None:
        """Launch three runs in a session of their own."""
        steps = [
            {"workflow_id": self.body["workflow_id"], "inputs": self.body["input_values"], "session_alias": f"s{place}"}
            for place in range(3)
        ]
        answer = await self.post(10_000 + number, "/v1/runs/chain", {"steps": steps})
        self.made += [{"id": run_id, "session_id": answer["session_id"]} for run_id in answer["run_ids"]]

    async def bulk(self, count: int) -> None:
        """Launch many equal runs."""
        answer = await self.post(20_000, "/v1/runs/bulk", {**self.body, "count": count})
        assert (len(answer["created_runs"]), answer["failed_count"]) == (count, 0)
        self.made += answer["created_runs"]

    async def all_runs(self) -> list[Record]:
        """Return every run in the order of creation, each once."""
        pages = [await self.get("/v1/runs", sort_mode="created_at_desc", fields=SHOWN, skip=skip) for skip in (0, 1000)]
        runs = [run for page in pages for run in page["items"]][::-1]
        assert len(runs) == pages[0]["total"]
        return [parsed(run) for run in runs]

    async def cancel_some(self, runs: list[Record]) -> None:
        """Stop a few live runs."""
        live = [run["id"] for run in runs if run["status"] in LIVE]
        for run_id in self.dice.sample(live, min(4, len(live))):
            self.bothered.add(run_id)
            await self.clients[0].patch(f"/v1/runs/{run_id}", json={"status": "cancelled"})

    async def retry_some(self, runs: list[Record]) -> None:
        """Launch a few ended runs again, in place."""
        ended = [run["id"] for run in runs if run["status"] not in LIVE]
        for run_id in self.dice.sample(ended, min(3, len(ended))):
            self.bothered.add(run_id)
            answer = await self.clients[0].post(f"/v1/runs/{run_id}/retry", json={"reuse_session": False})
            assert answer.status_code == 200, answer.text

    async def unplug(self) -> None:
        """Drop the connection of a machine, which fails what runs there."""
        connections = (await self.get("/v1/connections", status="connected"))["items"]
        one = self.dice.choice(connections)
        await self.clients[0].patch(f"/v1/connections/{one['id']}", json={"status": "disconnected"})

    async def plug_in_all(self) -> None:
        """Connect every machine that is off."""
        for machine in (await self.get("/v1/machines", status="disconnected"))["items"]:
            body = {"machine_id": machine["id"], "websocket_id": "back"}
            (await self.clients[0].post("/v1/connections", json=body)).raise_for_status()


def parsed(run: Record) -> Record:
    """Read the times of a run."""
    times = {key: run[key] and datetime.fromisoformat(run[key]) for key in ("created_at", "started_at", "ended_at")}
    return {**run, **times}


@asynccontextmanager
async def users(**options: Any) -> AsyncGenerator[Users]:
    """Give users of a simulator of their own, several connections each."""
    async with AsyncExitStack() as stack:
        sim = stack.enter_context(simulator(runs=30, trajectories=4, speed=0.0, screens=False, **options))
        headers = {"Authorization": f"Bearer {sim.api_key}"}
        with httpx.Client(base_url=sim.url, headers=headers) as http:
            body = launchable(http)
        clients = [
            await stack.enter_async_context(httpx.AsyncClient(base_url=sim.url, headers=headers, timeout=120))
            for _ in range(8)
        ]
        yield Users(sim, clients, body)


async def launch_at_once(crowd: Users, *, singles: int, chains: int, bulk: int) -> None:
    """Send single launches, chains of three and a bulk at once."""
    async with anyio.create_task_group() as group:
        for number in range(singles):
            group.start_soon(crowd.launch, number)
        for number in range(chains):
            group.start_soon(crowd.chain, number)
        group.start_soon(crowd.bulk, bulk)


async def live_until_all_end(crowd: Users, *, with_trouble: bool) -> list[Record]:
    """Let time pass in steps until no run is live; at each, no machine may be at two runs. Return all runs."""
    for step in range(400):
        runs = await crowd.all_runs()
        at_work = Counter(run["machine_id"] for run in runs if run["status"] in {"running", "running_checks"})
        assert max(at_work.values(), default=0) <= 1
        assert overlaps(runs) == []
        if with_trouble and step < 12:
            await crowd.cancel_some(runs)
            await crowd.retry_some(runs)
            await crowd.unplug()
        if with_trouble and step % 3 == 2:
            await crowd.plug_in_all()
        if not any(run["status"] in LIVE for run in runs) and step >= 12:
            return runs
        crowd.sim.clock.advance(150)
    raise AssertionError("runs still live")


async def test_none_is_lost_and_none_runs_twice_whatever_happens_meanwhile() -> None:
    """All of a thousand launches end, each exists once, and no machine runs two, in spite of cancels and dropouts."""
    async with users(machines=30, failure_rate=0.1) as crowd:
        await launch_at_once(crowd, singles=580, chains=60, bulk=240)
        runs = await live_until_all_end(crowd, with_trouble=True)
        made = [run["id"] for run in crowd.made]
        assert len(set(made)) == len(made) == 1000
        listed = Counter(run["id"] for run in runs)
        assert {run_id: listed[run_id] for run_id in made} == dict.fromkeys(made, 1)
        assert sum(listed.values()) == 1030
        connections = [parsed_connection(c) for c in (await crowd.get("/v1/connections"))["items"]]
        for run in runs:
            if run["id"] in set(made) and run["started_at"]:
                assert was_connected(connections, run), run


def parsed_connection(connection: Record) -> Record:
    """Read the times of a connection."""
    return {
        key: value and datetime.fromisoformat(value) if key.endswith("connected_at") else value
        for key, value in connection.items()
    }


def was_connected(connections: list[Record], run: Record) -> bool:
    """Tell whether the machine of a run was connected from its start to its end."""
    return any(
        one["machine_id"] == run["machine_id"]
        and one["connected_at"] <= run["started_at"]
        and (one["disconnected_at"] is None or one["disconnected_at"] >= run["ended_at"])
        for one in connections
    )


async def test_order_priority_and_sessions_hold() -> None:
    """Runs that ask for the same start in the order of their launch, urgent ones first, and a chain has its machine."""
    async with users(machines=6, failure_rate=0.0, disturbance_rate=0.0) as crowd:
        await launch_at_once(crowd, singles=180, chains=15, bulk=60)
        made = {run["id"] for run in crowd.made}
        runs = [run for run in await live_until_all_end(crowd, with_trouble=False) if run["id"] in made]
        assert {run["status"] for run in runs} == {"success"}
        placed = {run["id"]: run for run in crowd.made if run.get("machine_id")}
        alike: dict[Any, list[Record]] = {}
        for run in runs:
            if not run["session_id"] and run["id"] not in placed:
                alike.setdefault((run["is_priority"], *(run["pool_ids"] or ())), []).append(run)
        assert len(alike) >= 5
        for queue in alike.values():
            for first, second in pairwise(queue):
                assert second["started_at"] > first["started_at"] - timedelta(seconds=JITTER_S)
        urgent, ordinary = alike[True,], alike[False,]
        waited = [run for run in ordinary if run["started_at"] > run["created_at"] + timedelta(seconds=JITTER_S)]
        assert max(run["started_at"] for run in urgent) < min(r["started_at"] for r in waited) + timedelta(
            seconds=JITTER_S
        )
        assert chains_had_their_machine(runs) == 15


def chains_had_their_machine(runs: list[Record]) -> int:
    """Count the chains; between the first and the last step of each, nothing else ran on its machine."""
    sessions: dict[str, list[Record]] = {}
    for run in runs:
        if run["session_id"]:
            sessions.setdefault(run["session_id"], []).append(run)
    chains = [steps for steps in sessions.values() if len(steps) == 3]
    for steps in chains:
        (machine_id,) = {run["machine_id"] for run in steps}
        begin, end = min(run["started_at"] for run in steps), max(run["ended_at"] for run in steps)
        there = [run for run in runs if run["machine_id"] == machine_id and begin <= run["started_at"] < end]
        assert {run["id"] for run in there} == {run["id"] for run in steps}
        assert all(first["ended_at"] <= second["started_at"] for first, second in pairwise(steps))
    return len(chains)
