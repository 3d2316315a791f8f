"""A walk reaches every row exactly once while the list changes under it, and says whether it did."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import msgspec
import pytest

from cyberdesk_nb import errors
from cyberdesk_nb.client import Client, Walk
from tests.client.live_list import START, LiveList
from tests.client.server import KEY, FakeClock, Request, Wire, on_clock, reply, serving

pytestmark = pytest.mark.anyio

WORLDS: dict[str, dict[str, Any]] = {
    "calm": {},
    "inserts": {"inserts": 3},
    "deletes": {"deletes": 3},
    "inserts and deletes": {"inserts": 3, "deletes": 3},
    "status flips": {"flips": 20},
    "250 equal times in unstable order": {"ties": 250},
    "pages capped at 50": {"cap": 50},
    "short pages": {"is_short": True},
    "all together": {"inserts": 3, "deletes": 3, "flips": 20, "ties": 250, "cap": 50, "is_short": True},
}


@pytest.fixture(autouse=True)
def _bare_rows() -> Iterator[None]:
    """Rows here hold little more than an id and a time, of which other models rightly complain."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


async def walk_over(live: LiveList, of: str = "runs", **how: Any) -> tuple[list[str], Walk[Any]]:
    """Walk over a live list to its end."""
    async with serving(live.answer) as server, Client(KEY, server.url) as client:
        walk = getattr(client, of).iter(**how)
        return [row.id async for row in walk], walk


@pytest.mark.parametrize("page_size", [100, 1000])
@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
async def test_every_row_is_reached_once(world: dict[str, Any], page_size: int) -> None:
    """In each of nine live worlds of 1,000 rows: no duplicate, none missed that lived throughout, and `complete`."""
    live = LiveList(**world)
    got, walk = await walk_over(live, page_size=page_size)
    assert len(got) == len(set(got))
    assert live.lasting <= set(got)
    record = walk.completeness
    assert record.complete, record.why
    assert record.rows == len(got)
    assert record.requests == live.requests


@pytest.mark.parametrize("order", ["updated_at", "none"])
@pytest.mark.parametrize("of", ["workflows", "machines", "trajectories"])
async def test_lists_in_another_order_are_walked_too(of: str, order: str) -> None:
    """A list that is not sorted by creation is reached as completely, since windows fit pages in the end."""
    live = LiveList(count=300, inserts=1, deletes=1, flips=5, cap=50, order=order)
    got, walk = await walk_over(live, of, page_size=50)
    assert len(got) == len(set(got))
    assert live.lasting <= set(got)
    assert walk.completeness.complete


@pytest.mark.parametrize("of", ["connections", "pools", "request_logs", "run_attachments"])
async def test_a_list_without_a_time_filter_says_so(of: str) -> None:
    """Where the API has no time filter the walk pages, and its record says what that is worth."""
    live = LiveList(count=300, order="none")
    got, walk = await walk_over(live, of, page_size=50)
    assert set(got) == live.first
    record = walk.completeness
    assert (record.complete, record.method) == (True, "paging")
    assert "without a time filter" in record.why


@pytest.mark.parametrize("page_size", [20, 50])
@pytest.mark.parametrize(
    "world",
    [
        {"deletes": 2},
        {"inserts": 2},
        {"inserts": 1, "deletes": 1, "order": "none", "count": 100},
        {"deletes": 4, "count": 900, "seed": 5},
    ],
)
async def test_a_moving_list_without_a_time_filter_is_read_until_readings_agree(
    world: dict[str, Any], page_size: int
) -> None:
    """Paging over a list that slides reads it again, so that rows that slid past are reached."""
    live = LiveList(**cast("Any", {"count": 300, **world}))
    got, _walk = await walk_over(live, "connections", page_size=page_size, windows=1)
    assert len(got) == len(set(got))
    assert live.lasting <= set(got)


@pytest.mark.parametrize(
    ("total", "complete"), [(-1, True), (None, True), ("x", True), ("page", True), (10**12, False), ("growing", False)]
)
async def test_a_count_that_lies_does_not_hang_the_walk(total: Any, complete: bool) -> None:
    """Whatever the server counts, all rows come in bounded requests; a count that shows nothing for it is a doubt."""
    live = LiveList(total=total, cap=50)
    got, walk = await walk_over(live)
    assert set(got) == live.first
    assert live.requests < 120
    assert walk.completeness.complete is complete
    assert ("counts more rows" in walk.completeness.why) is not complete


@pytest.mark.parametrize("repeats", [1, 5, 40])
@pytest.mark.parametrize("of", ["runs", "pools"])
async def test_a_row_that_comes_twice_on_a_page_hides_none(of: str, repeats: int) -> None:
    """A page that holds rows twice is no longer than its different rows: the walk skips none behind it."""
    live = LiveList(count=411, cap=40, repeats=repeats)
    got, walk = await walk_over(live, of=of)
    assert (set(got), len(got)) == (live.first, 411)
    assert walk.completeness.complete


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("count", [55, 200])
async def test_rows_that_pages_leave_out_are_doubted(count: int, seed: int) -> None:
    """Where pages leave out rows that the server counts, a walk that got fewer than it counts is not complete."""
    live = LiveList(count=count, hidden=0.3, seed=seed)
    got, walk = await walk_over(live, page_size=13)
    assert walk.completeness.complete is (set(got) == live.first)


@pytest.mark.parametrize("count", [0, 1, 2])
async def test_a_small_list_takes_few_requests(count: int) -> None:
    """An empty list costs one request, a small one two: the second sees that the count can be believed."""
    live = LiveList(count=count)
    got, walk = await walk_over(live)
    assert len(got) == count
    assert live.requests == min(count, 1) + 1
    assert walk.completeness.complete


async def test_windows_are_read_side_by_side() -> None:
    """A long list is cut into windows that are read at the same time."""
    live = LiveList()
    in_flight = most = 0

    async def answer(request: Request, wire: Wire) -> None:
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        # Held back until the client has nothing more to send.
        for _ in range(50):
            await asyncio.sleep(0)
        await live.answer(request, wire)
        in_flight -= 1

    async with serving(answer) as server, Client(KEY, server.url) as client:
        walk = client.runs.iter(page_size=50)
        assert len([run async for run in walk]) == 1000
    assert most > 1
    assert walk.completeness.windows >= 7


@pytest.mark.parametrize("page_size", [7, 10, 40])
async def test_equal_times_across_the_edge_of_a_page_are_all_reached(page_size: int) -> None:
    """Where a page ends among rows of one instant, the next begins with that instant again."""
    live = LiveList(count=60, ties=25)
    got, walk = await walk_over(live, page_size=page_size, windows=1)
    assert len(got) == len(set(got)) == 60
    assert walk.completeness.complete


@pytest.mark.parametrize("page_size", [1, 2, 3])
async def test_a_page_that_is_in_order_by_chance_proves_no_order(page_size: int) -> None:
    """A list of another order is not taken for sorted because one small page of it happens to be."""
    live = LiveList(count=12, order="shuffled")
    got, walk = await walk_over(live, "machines", page_size=page_size)
    assert set(got) == live.first
    assert walk.completeness.complete


async def test_one_window_keeps_the_order() -> None:
    """With `windows=1` the rows come newest first from end to end."""
    live = LiveList()
    async with serving(live.answer) as server, Client(KEY, server.url) as client:
        times = [run.created_at async for run in client.runs.iter(page_size=100, windows=1)]
    assert times == sorted(times, reverse=True)


async def test_filters_narrow_the_walk_and_stand_in_its_record() -> None:
    """Time filters are the walk's outer bounds, both included, and every filter is in the record."""
    live = LiveList()
    rows = sorted(live.rows, key=lambda row: row["at"])
    start, end = rows[100]["at"], rows[499]["at"]
    got, walk = await walk_over(live, created_at_from=start, created_at_to=end, status="running", page_size=50)
    assert set(got) == {row["id"] for row in rows[100:500]}
    record = walk.completeness.to_dict()
    assert record["filters"] == {
        "sort_mode": "created_at_desc",
        "status": "running",
        "created_at_from": start.isoformat().replace("+00:00", "Z"),
        "created_at_to": end.isoformat().replace("+00:00", "Z"),
    }
    assert record["server_total"] == 400


async def test_a_walk_goes_on_after_an_error() -> None:
    """A walk that fails is iterated again from the page that failed: no row twice, none missing."""
    live = LiveList()
    broken = {7, 12}

    async def answer(request: Request, wire: Wire) -> None:
        if len(server.requests) in broken:
            await wire.send(reply(400, {"message": "hiccup"}))
        else:
            await live.answer(request, wire)

    async with serving(answer) as server, Client(KEY, server.url) as client:
        walk, got, failures = client.runs.iter(page_size=100), list[str](), 0
        while not walk.completeness.complete:
            try:
                async for run in walk:
                    got.append(run.id)
            except errors.BadRequestError:
                failures += 1
                assert walk.completeness.why == "the walk has not ended"
    assert failures == 2
    assert len(got) == len(set(got)) == 1000


async def test_a_walk_that_is_left_is_not_complete() -> None:
    """Who stops early gets a record that says so."""
    live = LiveList()
    async with serving(live.answer) as server, Client(KEY, server.url) as client:
        walk = client.runs.iter(page_size=100)
        async for _run in walk:
            break
        assert not walk.completeness.complete
        assert walk.completeness.why == "the walk has not ended"


async def test_bad_rows_are_counted_and_lost_rows_deny_completeness() -> None:
    """Values that cannot be read are in the record, warned of once; a row that is lost altogether ends `complete`."""
    stamp = START.isoformat()
    base = {"workflow_id": "w", "machine_id": None, "status": "success", "created_at": stamp}
    rows = [{**base, "id": "a"}, {**base, "id": "b", "status": "paused"}, {**base, "id": "c", "error": 3}]
    for extra, complete in (([], True), ([17], False)):
        page = {"items": [*rows, *extra], "total": len(rows) + len(extra)}
        async with serving([page]) as server, Client(KEY, server.url) as client:
            walk = client.runs.iter()
            with pytest.warns(UserWarning, match="could not be read") as warned:
                assert [run.id async for run in walk] == ["a", "b", "c"]
            assert len(warned) == 1
            record = walk.completeness
            assert record.problems == len(walk.problems) == 2 + len(extra)
            assert record.complete is complete
            assert ("no JSON objects" in record.why) is not complete


async def test_a_page_that_is_too_large_is_asked_for_in_parts() -> None:
    """A walk whose pages are larger than the client accepts asks for smaller ones."""
    live = LiveList()
    async with serving(live.answer) as server, Client(KEY, server.url, max_body_bytes=20_000) as client:
        walk = client.runs.iter(page_size=1000)
        assert len([run async for run in walk]) == 1000
        assert walk.completeness.complete


async def test_raw_pages_hold_the_same_rows() -> None:
    """The raw pages of a walk, without the rows marked as seen before, hold each row exactly once."""
    live = LiveList(**WORLDS["all together"])
    got: list[str] = []
    async with serving(live.answer) as server, Client(KEY, server.url) as client:
        walk = client.runs.iter()
        async for page in walk.raw_pages():
            items = msgspec.json.decode(page.body)["items"]
            got += [row["id"] for position, row in enumerate(items) if position not in page.drop]
    assert len(got) == len(set(got)) == walk.completeness.rows
    assert live.lasting <= set(got)
    assert walk.completeness.complete


async def test_raw_pages_survive_rows_that_cannot_be_read() -> None:
    """A row without a readable id or time does not cost the raw page."""
    stamp = START.isoformat()
    rows = [{"id": "a", "created_at": stamp}, {"id": 7, "created_at": stamp}, {"id": "c", "created_at": "soon"}, 5]
    async with serving([{"items": rows, "total": 4}]) as server, Client(KEY, server.url) as client:
        pages = [page async for page in client.runs.iter().raw_pages()]
    assert [len(msgspec.json.decode(page.body)["items"]) - len(page.drop) for page in pages] == [4]


@pytest.mark.parametrize(
    ("identity", "reason"),
    [(b'"\xff"', None), (b'"a", "error": ' + b"[" * 3000 + b"]" * 3000, "nested too deeply")],
)
async def test_a_body_that_breaks_the_reader_ends_in_rows_or_in_words(identity: bytes, reason: str | None) -> None:
    """Bytes that are no UTF-8 cost no row, and nesting that no reader survives is an error of this package."""
    body = b'{"items": [{"created_at": "2026-11-01T00:00:00Z", "id": %s}], "total": 1}' % identity
    async with serving([reply(200, body)]) as server, Client(KEY, server.url) as client:
        pages = client.runs.iter().raw_pages()
        if reason is None:
            assert [page.total async for page in pages] == [1]
        else:
            with pytest.raises(errors.PayloadError, match=reason):
                await anext(pages)


async def test_a_row_without_an_id_that_comes_again_is_one_row() -> None:
    """Windows overlap by a row; without ids, the same content at another place of a page is the same row."""
    rows: list[dict[str, Any]] = [{"id": None, "created_at": f"2026-11-01T00:00:{n:02d}Z"} for n in reversed(range(30))]

    async def answer(request: Request, wire: Wire) -> None:
        end = request.query.get("created_at_to", ["9"])[0]
        shown = [row for row in rows if row["created_at"][:19] <= end[:19]]
        await wire.reply(200, {"items": shown[:10], "total": len(shown)})

    async with serving(answer) as server, Client(KEY, server.url) as client:
        pages = [page async for page in client.runs.iter(windows=1).raw_pages()]
    assert sum(len(msgspec.json.decode(page.body)["items"]) - len(page.drop) for page in pages) == 30


@pytest.mark.parametrize("edge", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
async def test_times_without_a_utc_form_do_not_end_a_walk(edge: str) -> None:
    """A row whose time Python cannot turn into UTC is given like any other, raw and read."""
    rows = [{"id": name, "created_at": time} for name, time in (("a", edge), ("b", START.isoformat()), ("c", edge))]
    async with serving([{"items": rows, "total": 3}]) as server, Client(KEY, server.url) as client:
        raw = [page async for page in client.runs.iter().raw_pages()]
        assert sum(3 - len(page.drop) for page in raw) == 3
        assert [row.id async for row in client.runs.iter()] == ["a", "b", "c"]


async def test_pages_carry_what_stands_beside_the_rows() -> None:
    """`pages()` gives the same rows page by page."""
    live = LiveList()
    async with serving(live.answer) as server, Client(KEY, server.url) as client:
        pages = [page async for page in client.runs.iter(page_size=100).pages()]
    assert sum(len(page) for page in pages) == 1000
    assert all(page.limit == 100 for page in pages)


async def test_a_bad_filter_is_refused_when_the_walk_is_made() -> None:
    """A misspelt filter is an error at once, not at the first row."""
    async with Client(KEY) as client:
        with pytest.raises(errors.RequestError, match="no_such"):
            client.runs.iter(no_such=1)  # pyright: ignore[reportCallIssue]


async def test_outages_within_a_walk_are_ridden_out() -> None:
    """A server that goes away for some seconds in the middle of a walk is not noticed."""
    live, clock = LiveList(), FakeClock()

    async def answer(request: Request, wire: Wire) -> None:
        if len(server.requests) > 10 and clock.monotonic() < 8:
            wire.cut()
        else:
            await live.answer(request, wire)

    async with serving(answer) as server, Client(KEY, server.url) as client:
        on_clock(client, clock)
        assert len([run async for run in client.runs.iter(page_size=50)]) == 1000


def test_the_last_moment_of_time_is_no_trap() -> None:
    """Rows at the end and the beginning of what a time can be do not break the windows around them."""
    from cyberdesk_nb.client._windows import _after

    assert _after(START) == START + timedelta(microseconds=1)
    end = START.max.replace(tzinfo=START.tzinfo)
    assert _after(end) == end
