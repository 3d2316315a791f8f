"""The layer that writes requests down: in what order they are applied."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from anyio.lowlevel import checkpoint
from starlette.types import Receive, Scope, Send

from cyberdesk_nb.simulator.persistence import Journal
from cyberdesk_nb.simulator.persistence.layer import Journaled
from tests.simulator.kept_fleet import SMALL

pytestmark = pytest.mark.anyio


async def test_one_request_is_applied_at_a_time(tmp_path: Path) -> None:
    """A request that has to wait in the middle is not overtaken by a later one, so that a replay has their order."""
    under_way: list[str] = []
    applied: list[str] = []

    async def slow(scope: Scope, _receive: Receive, send: Send) -> None:
        under_way.append(scope["path"])
        assert under_way == [scope["path"]]
        for _ in range(20):
            await checkpoint()
        under_way.remove(scope["path"])
        applied.append(scope["path"].rpartition("/")[2])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    journal = Journal.open(tmp_path / "fleet.db", SMALL)
    transport = httpx.ASGITransport(Journaled(slow, journal=journal, world=journal.new_world()))
    paths = [f"/v1/pools/00000000-0000-4000-8000-00000000000{number}" for number in range(5)]
    async with httpx.AsyncClient(transport=transport, base_url="http://sim") as http:
        answers = await asyncio.gather(*(http.delete(path) for path in paths))
    written = [entry.request.path.rpartition("/")[2] for entry in journal.entries()]
    journal.close()
    assert [answer.status_code for answer in answers] == [204] * 5
    assert applied == written
    assert len(written) == 5
