"""Our own client and frames under every kind of fault: the right error or a stated problem, and nothing lost."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

import cyberdesk_nb as cd
from cyberdesk_nb import errors
from cyberdesk_nb.client import Client, Limits
from cyberdesk_nb.simulator import Simulator, simulator
from cyberdesk_nb.simulator.faults import (
    BadPictures,
    BadValues,
    Body,
    Cut,
    Delay,
    ExpiredLinks,
    ExtraFields,
    Fault,
    Headers,
    HostileText,
    Length,
    Rows,
    Skew,
    Stall,
    Status,
    UnknownEnums,
)
from cyberdesk_nb.simulator.faults.fields import Wrong
from tests.client.server import FakeClock, on_clock
from tests.simulator.conftest import http_client, launchable

pytestmark = pytest.mark.anyio

IN_PROGRESS = {"Idempotency-Status": "in_progress"}
LIMITS = Limits(timeout_s=20, outage_s=3)
HASTY = Limits(timeout_s=20, outage_s=1, silence_s=0.5)


@pytest.fixture(scope="module")
def fleet() -> Iterator[Simulator]:
    """Run a small fleet with stopped time."""
    with simulator(runs=60, trajectories=4, workflows=12, speed=0.0) as sim, http_client(sim) as http:
        # What faults look up in the description is slow the first time, and some clients here have little patience.
        http.get("/openapi.json")
        yield sim


@pytest.fixture(autouse=True)
def _no_faults(fleet: Simulator) -> Iterator[None]:
    yield
    fleet.faults.clear()


@pytest.fixture
async def client(fleet: Simulator) -> AsyncIterator[Client]:
    """Make a client whose waits take no time."""
    async with Client(fleet.api_key, fleet.url, limits=LIMITS) as made:
        yield on_clock(made, FakeClock())


ERRORS: list[tuple[Fault, type[errors.CyberdeskError]]] = [
    (Status(status=400, body="legacy"), errors.BadRequestError),
    (Status(status=401, body="text"), errors.AuthenticationError),
    (Status(status=403), errors.PermissionDeniedError),
    (Status(status=404, body="driver"), errors.NotFoundError),
    (Status(status=409, headers=IN_PROGRESS), errors.ConflictError),
    (Status(status=418, body="not_json"), errors.APIStatusError),
    (Status(status=422, body="validation"), errors.UnprocessableEntityError),
    (Status(status=429, retry_after_s=1), errors.RateLimitError),
    (Status(status=500, body="empty"), errors.InternalServerError),
    (Status(status=503, body="html"), errors.InternalServerError),
    (Status(status=307, headers={"Location": "http://127.0.0.1:1/"}), errors.APIStatusError),
    (Stall(), errors.APITimeoutError),
    (Stall(after_bytes=40), errors.APITimeoutError),
    (Cut(at="start"), errors.APIConnectionError),
    (Cut(at="start", reset=True), errors.APIConnectionError),
    (Cut(at="headers"), errors.APIConnectionError),
    (Cut(at="body"), errors.APIConnectionError),
    (Length(off=20), errors.APIConnectionError),
    (Length(off=-20), errors.PayloadError),
    (Body(how="truncated"), errors.PayloadError),
    (Body(how="not_json"), errors.PayloadError),
    (Body(how="html"), errors.PayloadError),
    (Body(how="empty"), errors.PayloadError),
    (Body(how="null"), errors.PayloadError),
    (Body(how="array"), errors.PayloadError),
    (Body(how="deep"), errors.PayloadError),
    (Body(how="bad_gzip"), errors.PayloadError),
    (Body(how="huge"), errors.PayloadTooLargeError),
    (Body(how="gzip_bomb"), errors.PayloadTooLargeError),
    (BadValues(how=("null",), fields=("items",)), errors.PayloadError),
]


@pytest.mark.parametrize(("fault", "kind"), ERRORS, ids=[str(row[0])[:60] for row in ERRORS])
async def test_what_never_ends_well_is_one_typed_error(
    fleet: Simulator, client: Client, fault: Fault, kind: type[errors.CyberdeskError]
) -> None:
    """A fault that stays ends in the error that fits it, in one line and in time; the next call is sound."""
    client._transport.limits = HASTY if isinstance(fault, Stall) else LIMITS
    with fleet.faults.active(fault, path="/v1/runs"), pytest.raises(kind) as caught:
        await asyncio.wait_for(client.runs.list(limit=20), 30)
    said = str(caught.value)
    assert "GET /v1/runs" in said
    assert "\n" not in said
    assert len(said) < 500
    assert fleet.faults.log
    client._transport.limits = LIMITS
    assert len((await client.runs.list(limit=20)).items) == 20


PASSING: list[Fault] = [
    *(fault for fault, _ in ERRORS if isinstance(fault, Cut | Stall) or fault == Length(off=20)),
    *(Status(status=status) for status in (408, 429, 500, 502, 503, 504)),
    Status(status=429, retry_after_s=2),
    Status(status=409, headers=IN_PROGRESS),
    Body(how="truncated"),
]


@pytest.mark.parametrize("fault", PASSING, ids=[str(fault)[:60] for fault in PASSING])
async def test_what_passes_is_not_noticed(fleet: Simulator, client: Client, fault: Fault) -> None:
    """A fault that strikes the first try costs a second one and nothing else."""
    true = await client.runs.list(limit=20)
    client._transport.limits = HASTY if isinstance(fault, Stall) else LIMITS
    with fleet.faults.active(fault, path="/v1/runs", first=1):
        assert await client.runs.list(limit=20) == true
    assert len(fleet.faults.log) == 1


HARMLESS: list[Fault] = [
    Length(declared=False),
    Delay(before_s=0.01, pause_s=0.001, piece_bytes=20_000),
    Headers(set={"Content-Type": "text/plain", "X-RateLimit-Remaining": "-5", "X-RateLimit-Reset": "NaN"}),
    Body(how="duplicate_keys"),
    Body(how="bad_utf8"),
    ExtraFields(),
]


@pytest.mark.parametrize("fault", HARMLESS, ids=[str(fault)[:60] for fault in HARMLESS])
async def test_what_does_no_harm_costs_nothing(fleet: Simulator, client: Client, fault: Fault) -> None:
    """Oddities around the rows leave the rows as they are."""
    true = await client.runs.list(limit=20)
    with fleet.faults.active(fault, path="/v1/runs"):
        page = await client.runs.list(limit=20)
    assert ([run.id for run in page], page.total, page.problems) == ([run.id for run in true], true.total, [])


@pytest.mark.parametrize("fault", [Cut(at="start"), Cut(at="body"), Status(status=502, body="html", carried_out=True)])
async def test_a_lost_reply_makes_one_run(fleet: Simulator, client: Client, fault: Fault) -> None:
    """A run whose reply was lost twice is created once, and the caller gets that run."""
    with http_client(fleet) as http:
        body = launchable(http)
        before = http.get("/v1/runs", params={"limit": 1}).json()["total"]
        with fleet.faults.active(fault, method="POST", path="/v1/runs", first=2):
            made = await client.runs.create(**body)
        assert len(fleet.faults.log) == 2
        assert http.get("/v1/runs", params={"limit": 1}).json()["total"] == before + 1
        assert http.get(f"/v1/runs/{made.id}").json()["workflow_id"] == body["workflow_id"]


async def test_a_burst_of_refusals_is_waited_out(fleet: Simulator, client: Client) -> None:
    """Twenty calls at once get through two bursts of rate limiting."""
    ids = [run.id for run in await client.runs.list(limit=20)]
    with fleet.faults.active(Status(status=429, retry_after_s=1), path="/v1/runs/*", every=12, burst=4):
        got = await asyncio.gather(*(client.runs.get(run_id) for run_id in ids))
    assert [run.id for run in got] == ids
    assert len(fleet.faults.log) >= 4


DRIFTS: list[tuple[Rows, bool | None]] = [
    (Rows(insert=1), True),
    (Rows(delete=1), None),
    (Rows(slide=2), True),
    (Rows(slide=-2), None),
    (Rows(jitter=3), None),
    (Rows(shuffle=True), True),
    (Rows(repeat=5), True),
    (Rows(hide=0.3), None),
    (Rows(longer=5), True),
    (Rows(longer=-5), True),
    *((Rows(total=total), True) for total in ("page", "zero", "negative", "text", "null", "missing")),
    *((Rows(total=total), False) for total in ("grows", 7)),
]


@pytest.mark.parametrize("noun", ["runs", "pools", "workflows"])
@pytest.mark.parametrize(("fault", "complete"), DRIFTS, ids=[str(row[0]) for row in DRIFTS])
async def test_a_walk_reaches_every_row_or_says_that_it_did_not(
    fleet: Simulator, client: Client, noun: str, fault: Rows, complete: bool | None
) -> None:
    """Whatever a list does between its pages: no row twice, and `complete` only with every row that was there."""
    resource = getattr(client, noun)
    size = {"runs": 13, "pools": 2, "workflows": 5}[noun]
    before = {row.id async for row in resource.iter()}
    # A list that grows with every page of two rows is never read to its end.
    some: dict[str, Any] = {"first": 6} if fault.insert or fault.delete else {}
    with fleet.faults.active(fault, path=f"/v1/{noun}", method="GET", **some):
        walk = resource.iter(page_size=size)
        got = [row.id async for row in walk]
    lasting = before & {row.id async for row in resource.iter()}
    assert len(got) == len(set(got))
    record = walk.completeness
    # A short list without a time filter that loses a row with every page says that rows may be missed.
    assert not record.complete or lasting <= set(got) or (fault.delete and "can be missed" in record.why), record.why
    if complete is not None and noun == "runs":
        assert record.complete is complete, record.why


@pytest.mark.parametrize("how", Wrong.__args__)
def test_a_frame_states_what_it_could_not_read(fleet: Simulator, how: Any) -> None:
    """Every row is kept, with every kind of wrong value in it; what could not be read is counted and named."""
    harmless = {"naive_time"}
    with cd.connect(fleet.api_key, base_url=fleet.url) as ws:
        whole = {noun: len(getattr(ws, noun)()) for noun in ("runs", "workflows", "machines")}
        fleet.faults.add(BadValues(how=(how,)))
        stated = 0
        for noun, count in whole.items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                frame = getattr(ws, noun)()
            assert len(frame) == count
            assert frame["id"].nunique() == count
            stated += frame.attrs["problem_count"]
        assert bool(stated) == (how not in harmless)


@pytest.mark.parametrize(
    "fault",
    [HostileText(keys=True), HostileText(samples=("surrogate",)), ExtraFields(add={"\0": "\x1b[31m"}), Skew(by_s=-1e7)],
    ids=str,
)
def test_frames_hold_hostile_text_as_text(fleet: Simulator, fault: Fault) -> None:
    """Frames of every table come whole, whatever stands in their strings, and unknown values stay visible."""
    with cd.connect(fleet.api_key, base_url=fleet.url) as ws, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nouns = ("runs", "machines", "workflows", "pools", "connections", "trajectories")
        tables: dict[str, Callable[[], Any]] = {noun: getattr(ws, noun) for noun in nouns}
        whole = {noun: list(table()["id"]) for noun, table in tables.items()}
        fleet.faults.add(fault)
        assert {noun: list(table()["id"]) for noun, table in tables.items()} == whole
        fleet.faults.clear()
        fleet.faults.add(UnknownEnums(value="paused"))
        assert set(ws.runs()["status"]) == {"paused"}


async def picture(client: Client) -> tuple[str, str]:
    """Give a run and the reference of its first picture."""
    for run in await client.runs.list(status="success", limit=10):
        for message in run.run_message_history or []:
            for block in message["content"]:
                if block.get("image_url"):
                    return run.id, block["image_url"]
    raise AssertionError("no picture")


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        ("missing", errors.NotFoundError),
        ("bomb", errors.PayloadError),
        ("svg", errors.PayloadError),
        ("html", errors.PayloadError),
        ("empty", errors.PayloadError),
        ("not_base64", errors.PayloadError),
    ],
)
async def test_a_picture_that_is_none_is_an_error(
    fleet: Simulator, client: Client, how: Any, kind: type[errors.CyberdeskError]
) -> None:
    """What the storage gives in place of a screenshot is refused with words, and not handed on."""
    run_id, ref = await picture(client)
    with fleet.faults.active(BadPictures(how=(how,), megapixels=60)), pytest.raises(kind, match="screenshot"):
        await client.runs.image(run_id, ref)


async def test_an_expired_link_is_renewed_once(fleet: Simulator, client: Client) -> None:
    """A link that was over on arrival costs a second one; when that is over, too, it is an error."""
    run_id, ref = await picture(client)
    true = await client.runs.image(run_id, ref)
    with fleet.faults.active(ExpiredLinks(), path="*signed-url", first=1):
        assert await client.runs.image(run_id, ref) == true
    with fleet.faults.active(ExpiredLinks()), pytest.raises(errors.PermissionDeniedError):
        await client.runs.image(run_id, ref)


async def test_a_flaky_day_loses_nothing(fleet: Simulator, client: Client) -> None:
    """Under the preset `flaky` a whole fleet is read and three runs are made, each once."""
    true = {row.id async for row in client.runs.iter()}
    with http_client(fleet) as http:
        body = launchable(http)
    fleet.faults.use("flaky")
    assert {row.id async for row in client.runs.iter(page_size=5)} == true
    made = {(await client.runs.create(**body)).id for _ in range(3)}
    assert {"status", "cut"} <= {fault for one in fleet.faults.log for fault in one.faults}
    fleet.faults.clear()
    assert {row.id async for row in client.runs.iter()} == true | made


async def test_a_failure_replays(fleet: Simulator, client: Client) -> None:
    """The same sequence of requests under the same rules meets the same faults, request by request."""

    async def go() -> list[Any]:
        fleet.faults.clear()
        fleet.faults.use("broken")
        fleet.faults.use("flaky")
        seen: list[Any] = []
        for skip in range(0, 60, 5):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                seen.append((await client.runs.list(skip=skip, limit=5, sort_mode="created_at_desc")).problems)
        log = [(one.number, one.path, one.query, one.rules, one.status) for one in fleet.faults.log]
        return [seen, log]

    first = await go()
    assert first[1]
    assert await go() == first
