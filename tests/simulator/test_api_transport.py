"""What stands before the routes: repeats of a write, rate limits, the older error shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import anyio
import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from cyberdesk_nb.simulator import ApiOptions, Simulator
from cyberdesk_nb.simulator.web.idempotency import Answers, Idempotency
from cyberdesk_nb.simulator.web.rate_limit import RateLimit
from tests.simulator.conftest import Own, http_client


@pytest.fixture
def key() -> dict[str, str]:
    """Give the header of one intended call."""
    return {"Idempotency-Key": str(uuid4())}


def test_a_repeated_write_happens_once(own: Own, key: dict[str, str]) -> None:
    """The same key gives the first answer again, byte by byte, and nothing is created twice."""
    before = own.get("/v1/pools")["total"]
    answers = [own.http.post("/v1/pools", json={"name": "Twice"}, headers=key) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert own.get("/v1/pools")["total"] == before + 1
    own.http.post("/v1/pools", json={"name": "Twice"})
    assert own.get("/v1/pools")["total"] == before + 2


def test_a_key_belongs_to_one_request(own: Own, key: dict[str, str]) -> None:
    """The same key with another body, path or method is refused and changes nothing."""
    assert own.http.post("/v1/pools", json={"name": "A"}, headers=key).status_code == 201
    before = own.get("/v1/pools")["total"]
    for method, path, body in (
        ("POST", "/v1/pools", {"name": "B"}),
        ("POST", "/v1/workflow-tags", {"name": "A"}),
        ("PATCH", "/v1/pools", {"name": "A"}),
    ):
        answer = own.http.request(method, path, json=body, headers=key)
        assert (answer.status_code, answer.json()["error_code"]) == (422, "idempotency_key_reused"), path
    assert own.get("/v1/pools")["total"] == before


def test_refusals_are_repeated_too(own: Own, key: dict[str, str]) -> None:
    """A 4xx is an answer like others: it comes again under its key, even when the call would now succeed."""
    body = {"name": "Late"}
    taken = own.post("/v1/workflow-tags", body)
    first = own.http.post("/v1/workflow-tags", json=body, headers=key)
    assert first.status_code == 409
    own.http.delete(f"/v1/workflow-tags/{taken['id']}")
    assert own.http.post("/v1/workflow-tags", json=body, headers=key).content == first.content


def test_a_repeated_upload_is_the_same_call(own: Own, key: dict[str, str]) -> None:
    """An upload encoded anew, with another boundary, counts as the same request."""
    picture = {"file": ("twice.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 9, "image/png")}
    answers = [own.http.post("/v1/workflows/prompt-image", files=picture, headers=key) for _ in range(2)]
    assert len({answer.request.headers["content-type"] for answer in answers}) == 2
    assert answers[0].content == answers[1].content
    names = [one["filename"] for one in own.get("/v1/workflows/prompt-images")]
    assert names.count("twice.png") == 1


def test_a_request_cut_off_uses_up_no_key(own: Own, key: dict[str, str]) -> None:
    """A write whose body was lost on the way can be sent again under its key, and is then carried out."""

    def broken() -> Iterator[bytes]:
        yield b'{"name": '
        raise ConnectionError("the line is dead")

    headers = {**key, "Content-Type": "application/json"}
    with pytest.raises(ConnectionError):
        own.http.post("/v1/pools", content=broken(), headers=headers)
    own.get("/v1/pools")  # by the time of another answer the server has seen the end of the line
    assert own.http.post("/v1/pools", content=b'{"name": "Whole"}', headers=headers).status_code == 201


def test_a_call_without_credentials_uses_up_no_key(own: Own, key: dict[str, str]) -> None:
    """A request that was refused for its API key leaves its idempotency key free."""
    headers = {**key, "Authorization": "Bearer wrong"}
    assert own.http.post("/v1/pools", json={"name": "P"}, headers=headers).status_code == 401
    assert own.http.post("/v1/pools", json={"name": "P"}, headers=key).status_code == 201


@pytest.mark.anyio
async def test_an_overlapping_repeat_is_told_to_wait(key: dict[str, str]) -> None:
    """While the first request runs, a repeat gets 409 with its header; a crash frees the key; age frees it too."""
    started, go_on = anyio.Event(), anyio.Event()
    seen: list[bytes] = []
    clock = [0.0]

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(await Request(scope, receive).body())
        started.set()
        await go_on.wait()
        status = 503 if seen[-1] == b"crash" else 200
        await PlainTextResponse(f"answer {len(seen)}", status_code=status)(scope, receive, send)

    transport = httpx.ASGITransport(Idempotency(slow, answers=Answers(now=lambda: clock[0])))
    async with httpx.AsyncClient(transport=transport, base_url="http://sim") as client:
        answers: list[httpx.Response] = []

        async def call() -> None:
            answers.append(await client.post("/x", content=b"body", headers=key))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call)
            await started.wait()
            overlapping = await client.post("/x", content=b"body", headers=key)
            assert (overlapping.status_code, overlapping.headers["idempotency-status"]) == (409, "in_progress")
            go_on.set()
        assert (answers[0].text, seen) == ("answer 1", [b"body"])
        await call()
        assert (answers[1].text, len(seen)) == ("answer 1", 1)
        for expected in (2, 3):
            crashed = await client.post("/x", content=b"crash", headers={"Idempotency-Key": "other"})
            assert (crashed.status_code, len(seen)) == (503, expected)
        clock[0] = 24 * 3600 + 1
        await call()
        assert (answers[2].text, len(seen)) == ("answer 4", 4)


def test_limits_are_off_by_default(api: httpx.Client) -> None:
    """Without a limit there are no limit headers either."""
    assert not [name for name in api.get("/v1/pools").headers if name.startswith("x-ratelimit")]


def test_above_the_limit_calls_are_refused(make_sim: Callable[..., Simulator]) -> None:
    """The limit counts down in three headers, then 429 says when to come back; health checks are free."""
    sim = make_sim(runs=5, api=ApiOptions(requests_per_minute=4))
    with http_client(sim) as client:
        for _ in range(3):
            assert client.get("/v1/health").status_code == 200
        answers = [client.get("/v1/pools") for _ in range(9)]
    # A minute may turn over between the calls: then counting starts anew, once.
    left = [int(answer.headers["x-ratelimit-remaining"]) for answer in answers]
    assert [answer.status_code for answer in answers] == [200 if i < 4 else 429 for i in counted(left)]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["x-ratelimit-limit"] == "4"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.json()["error_code"] == "rate_limited"


def counted(left: list[int]) -> list[int]:
    """Give each call's place in its minute."""
    places: list[int] = []
    for i, remaining in enumerate(left):
        starts = i == 0 or (remaining == 3 and left[i - 1] != 4)
        places.append(0 if starts else places[-1] + 1)
    return places


@pytest.mark.anyio
async def test_a_new_minute_counts_anew() -> None:
    """When the window ends, the limit is whole again; the reset header names that second of the epoch."""
    clock = [120.0]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("ok")(scope, receive, send)

    limited = RateLimit(app, per_minute=1, now=lambda: clock[0])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(limited), base_url="http://sim") as client:
        first, second = [await client.get("/v1/pools") for _ in range(2)]
        assert (first.status_code, second.status_code) == (200, 429)
        assert (first.headers["x-ratelimit-reset"], second.headers["retry-after"]) == ("180", "60")
        clock[0] = 180.0
        assert (await client.get("/v1/pools")).status_code == 200


@pytest.mark.parametrize(
    ("path", "params", "status", "expected"),
    [
        ("/v1/runs/00000000-0000-4000-8000-000000000000", {}, 404, ("", None)),
        ("/v1/runs", {"limit": 0}, 422, ("Validation failed", ["query.limit"])),
    ],
)
def test_the_older_error_shape_is_a_switch(
    make_sim: Callable[..., Simulator], path: str, params: dict[str, Any], status: int, expected: tuple[str, Any]
) -> None:
    """With the switch every error has `detail` as text and `errors` by field; good answers stay as they are."""
    sim = make_sim(runs=5, api=ApiOptions(legacy_errors=True))
    with http_client(sim) as client:
        answer = client.get(path, params=params)
        assert answer.status_code == status
        body = answer.json()
        assert body.keys() == {"detail", "errors"}
        assert expected[0] in body["detail"]
        assert list(body["errors"]) == (expected[1] or [])
        assert client.get("/v1/pools").json()["items"] is not None
    assert httpx.get(f"{sim.url}/v1/pools").json()["detail"] == "Not authenticated"
