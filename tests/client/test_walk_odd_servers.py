"""A walk over a server that means something else by time filters, `skip` or order ends, loses nothing and says so."""

from __future__ import annotations

from datetime import datetime, timedelta

import anyio
import pytest

from cyberdesk_nb.client import Client
from tests.client.live_list import LiveList
from tests.client.server import KEY, Request, Wire, serving

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore")]


async def test_a_server_that_ignores_the_time_filter_is_seen_through() -> None:
    """Where windows mean nothing to the server, rows still come once, and the record says why it is in doubt."""
    live = LiveList(count=200)

    async def answer(request: Request, wire: Wire) -> None:
        request.query.pop("created_at_to", None)
        request.query.pop("created_at_from", None)
        await live.answer(request, wire)

    async with serving(answer) as server, Client(KEY, server.url) as client:
        walk = client.runs.iter(page_size=50)
        got = [run.id async for run in walk]
    assert set(got) == live.first
    assert len(server.requests) < 400


async def test_a_server_that_always_shows_the_same_page_ends_the_walk() -> None:
    """Where neither windows nor `skip` mean anything, the walk ends in doubt and does not ask for ever."""
    live = LiveList(count=200)

    async def answer(request: Request, wire: Wire) -> None:
        for name in ("created_at_to", "created_at_from", "skip"):
            request.query.pop(name, None)
        await live.answer(request, wire)

    async with serving(answer) as server, Client(KEY, server.url) as client:
        walk = client.runs.iter(page_size=50)
        with anyio.fail_after(30):
            assert len([run async for run in walk]) == 50
    assert "ignores the time filter" in walk.completeness.why
    assert not walk.completeness.complete


@pytest.mark.parametrize("of", ["runs", "machines"])
async def test_a_server_without_a_time_filter_or_an_order_ends_the_walk(of: str) -> None:
    """A list in any order that knows `skip` alone is read whole, in a bounded number of requests, and doubted."""
    live = LiveList(count=150, cap=100, order="shuffled")

    async def answer(request: Request, wire: Wire) -> None:
        for name in ("created_at_to", "created_at_from"):
            request.query.pop(name, None)
        await live.answer(request, wire)

    async with serving(answer) as server, Client(KEY, server.url) as client:
        walk = getattr(client, of).iter()
        with anyio.fail_after(30):
            assert {row.id async for row in walk} == live.first
    assert len(server.requests) < 50
    assert "ignores the time filter" in walk.completeness.why


async def test_an_end_that_the_server_leaves_out_costs_no_row() -> None:
    """Windows that are read side by side overlap, so that a server with an exclusive end still shows every row."""
    live = LiveList(count=600)

    async def answer(request: Request, wire: Wire) -> None:
        if end := request.query.get("created_at_to"):
            moment = datetime.fromisoformat(end[0]) - timedelta(microseconds=1)
            request.query["created_at_to"] = [moment.isoformat()]
        await live.answer(request, wire)

    async with serving(answer) as server, Client(KEY, server.url) as client:
        assert {run.id async for run in client.runs.iter(page_size=50)} == live.first
