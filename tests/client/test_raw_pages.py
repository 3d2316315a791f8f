"""Pages as bytes: fetched ahead of who reads them, each row once, nothing left running."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyberdesk_nb import errors
from cyberdesk_nb.client import Client, PlainMemory, raw
from cyberdesk_nb.client._keys import Keys
from tests.client.live_list import START, LiveList
from tests.client.server import KEY, Request, Wire, reply, serving, tasks_of_the_client, until

pytestmark = pytest.mark.anyio


async def test_the_next_pages_are_asked_for_while_one_is_read() -> None:
    """Who holds a page and waits for nothing else finds the next round already on the server's side."""
    live = LiveList()
    async with serving(live.answer) as server, Client(KEY, server.url) as client:
        pages = client.runs.iter(page_size=50, windows=2).raw_pages()
        await anext(pages)
        asked = len(server.requests)
        await until(lambda: len(server.requests) > asked)
        await pages.aclose()


async def test_leaving_early_leaves_nothing_running() -> None:
    """An iterator that is closed in the middle ends the requests that were on their way for it."""
    live = LiveList()
    before = asyncio.all_tasks()
    async with serving(live.answer) as server, Client(KEY, server.url) as client:
        walk = client.runs.iter(page_size=50)
        async with aclosing(walk.raw_pages()) as pages:
            async for _page in pages:
                break
        assert tasks_of_the_client(before) == []
        assert client._transport.in_flight == 0
        assert not walk.completeness.complete


async def test_a_walk_by_pages_goes_on_after_an_error() -> None:
    """After a failure the pages that came are given out first, and a second iteration brings the rest, once."""
    live = LiveList()

    async def answer(request: Request, wire: Wire) -> None:
        if len(server.requests) == 12:
            await wire.send(reply(400, {"message": "hiccup"}))
        else:
            await live.answer(request, wire)

    got: list[str] = []
    async with serving(answer) as server, Client(KEY, server.url) as client:
        walk = client.runs.iter(page_size=50)

        async def read() -> None:
            async for page in walk.raw_pages():
                rows = msgspec.json.decode(page.body)["items"]
                got.extend(row["id"] for place, row in enumerate(rows) if place not in page.drop)

        with pytest.raises(errors.BadRequestError):
            await read()
        await read()
    assert len(got) == len(set(got)) == 1000
    assert walk.completeness.complete


async def test_a_page_says_how_new_it_is() -> None:
    """`newest` is the time of the latest row; it is None where no row tells."""
    rows = [{"id": "a", "created_at": START.isoformat()}, {"id": "b", "created_at": "2026-11-02T00:00:00"}]
    for items, newest in ((rows, START.replace(day=2)), ([{"id": "a", "created_at": "soon"}], None)):
        async with serving([{"items": items, "total": len(items)}]) as server, Client(KEY, server.url) as client:
            assert [page.newest async for page in client.runs.iter().raw_pages()] == [newest]


async def test_a_row_that_is_no_object_denies_completeness() -> None:
    """Also a walk that does not read its rows notices one that nobody can read."""
    items = [{"id": "a", "created_at": START.isoformat()}, 17]
    async with serving([{"items": items, "total": 2}]) as server, Client(KEY, server.url) as client:
        walk = client.runs.iter()
        assert len([page async for page in walk.raw_pages()]) == 1
    assert not walk.completeness.complete
    assert "no JSON objects" in walk.completeness.why


class Squeezing(PlainMemory):
    """A memory that leaves something out."""

    def write(self, piece: bytes) -> None:
        """Leave spaces out."""
        super().write(piece.replace(b" ", b""))


async def test_what_an_answer_gathers_in_may_make_less_of_it() -> None:
    """An answer far above the cap is taken by a memory that holds little of it, and refused by one that holds all."""
    body = reply(200, b'{"id":"r"' + b" " * 300_000 + b"}")
    async with serving([body]) as server, Client(KEY, server.url, max_body_bytes=100_000) as client:
        assert await raw(client.runs.get, "r", memory=Squeezing) == b'{"id":"r"}'
        with pytest.raises(errors.PayloadTooLargeError):
            await raw(client.runs.get, "r")


async def test_a_raw_answer_is_whole_and_its_errors_are_those_of_the_method() -> None:
    """A body that is no JSON, a status that is no success and a bad argument are errors as of the method itself."""
    answers = [reply(200, b"<html>"), reply(404, {"detail": "no"})]
    async with serving(answers) as server, Client(KEY, server.url) as client:
        for row_id, expected in (("r", errors.PayloadError), ("r", errors.NotFoundError), ("", errors.RequestError)):
            with pytest.raises(expected):
                await raw(client.runs.get, row_id)


@given(st.lists(st.text("ab\0", max_size=4) | st.uuids().map(str), max_size=40))
@settings(deadline=None)
def test_keys_are_a_set(keys: list[str]) -> None:
    """Whatever the ids are, each is new once: also the empty one, parts of others, and those with a NUL."""
    packed, seen = Keys(), set[str]()
    for key in keys:
        assert packed.add(key) is (key not in seen)
        seen.add(key)


def test_keys_that_share_a_bucket_stay_apart() -> None:
    """Of many ids, several to a bucket, none is taken for another."""
    packed = Keys()
    assert all(packed.add(f"{number:036d}") for number in range(200_000))
    assert not any(packed.add(f"{number:036d}") for number in range(0, 200_000, 97))
