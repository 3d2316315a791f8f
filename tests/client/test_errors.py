"""Every answer that is no success becomes one typed error that says what happened."""

from __future__ import annotations

from typing import Any

import pytest

from cyberdesk_nb import errors
from cyberdesk_nb.client import Client
from tests.client.server import KEY, FakeClock, on_clock, reply, serving

pytestmark = pytest.mark.anyio

STRUCTURED = {
    "error": "HTTPException",
    "message": "Run is still running.",
    "error_code": "run_live",
    "details": {"status": "running"},
    "timestamp": "2026-11-01T00:00:00Z",
}
FIELDS = [{"loc": ["body", "workflow_id"], "msg": "Field required", "type": "missing", "input": {"pin": "hunter2"}}]


async def fail(answer: bytes, **call: Any) -> errors.CyberdeskError:
    """Make a call that gets this answer, and give its error."""
    async with serving([answer]) as server, Client(KEY, server.url) as client:
        on_clock(client, FakeClock())
        with pytest.raises(errors.CyberdeskError) as caught:
            await client.runs.update("r1", **(call or {"status": "cancelled"}))
        return caught.value


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.BadRequestError),
        (401, errors.AuthenticationError),
        (403, errors.PermissionDeniedError),
        (404, errors.NotFoundError),
        (409, errors.ConflictError),
        (422, errors.UnprocessableEntityError),
        (429, errors.RateLimitError),
        (500, errors.InternalServerError),
        (503, errors.InternalServerError),
        (529, errors.InternalServerError),
        (418, errors.APIStatusError),
        (300, errors.APIStatusError),
    ],
)
async def test_each_status_has_its_class(status: int, kind: type[errors.APIStatusError]) -> None:
    """The status decides the class of the error, and stands on it with everything else that is known."""
    error = await fail(reply(status, STRUCTURED, {"X-Request-Id": "req-7", "Retry-After": "700"}))
    assert type(error) is kind
    assert isinstance(error, errors.APIStatusError)
    assert (error.status, error.code, error.details) == (status, "run_live", {"status": "running"})
    assert (error.request_id, error.retry_after_s) == ("req-7", 700.0)
    assert error.idempotency_key
    assert "Run is still running." in str(error)
    assert "PATCH /v1/runs/r1" in str(error)


@pytest.mark.parametrize(
    ("body", "said", "details"),
    [
        (
            {"detail": FIELDS},
            "body.workflow_id: Field required",
            [{k: v for k, v in FIELDS[0].items() if k != "input"}],
        ),
        ({"detail": "no such machine"}, "no such machine", None),
        ({"detail": {"message": "bad", "path": "x"}}, "bad", {"message": "bad", "path": "x"}),
        ({"detail": "invalid", "errors": {"name": ["too long"]}}, "invalid", {"name": ["too long"]}),
        (
            {"message": "invalid", "details": {"errors": [{"path": "a", "message": "b"}]}},
            "invalid",
            {"errors": [{"path": "a", "message": "b"}]},
        ),
        ({"error": "driver says no"}, "driver says no", None),
        ({"detail": ["odd", 3]}, "odd; 3", ["odd", 3]),
        ({"detail": [{"loc": "body", "msg": None}]}, "body: None", [{"loc": "body", "msg": None}]),
        ([1, 2], "Unprocessable", [1, 2]),
        ("just text", "just text", None),
        (b"<html><head><style>p{}</style></head><body><h1>Bad</h1> gateway</body></html>", "Bad gateway", None),
        (b"\xff\xfe plain", "plain", None),
        (b"", "Unprocessable", None),
    ],
)
async def test_every_shape_of_body_is_read(body: Any, said: str, details: Any) -> None:
    """The documented shapes, HTML, text, other JSON and nothing at all give the same kind of error."""
    error = await fail(reply(422, body))
    assert isinstance(error, errors.UnprocessableEntityError)
    assert said in error.message
    assert error.details == details


async def test_messages_are_short_and_printable() -> None:
    """What a server says is cut to 300 characters, with control and direction characters escaped."""
    error = await fail(reply(400, {"message": "\x1b[31mred\x00\u202e" + "x" * 5000}))
    said = error.message.partition("status 400: ")[2]
    assert len(said) <= 301
    assert said.startswith("\\x1b[31mred\\x00\\u202e")
    assert error.message.isprintable()


async def test_the_input_of_a_validation_error_is_not_repeated() -> None:
    """A 422 that repeats the request's input gives an error without it."""
    error = await fail(reply(422, {"detail": FIELDS}))
    assert "hunter2" not in repr(vars(error))


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (reply(200, b"<html>login</html>", {"content-type": "text/html"}), "text/html"),
        (reply(200, b""), "empty"),
        (reply(200, []), "list"),
        (reply(200, None), "NoneType"),
        (reply(200, {}), "dict"),
        (reply(200, b"[" * 100_000), "nested too deeply"),
    ],
)
async def test_a_success_that_cannot_be_read_is_an_error(answer: bytes, word: str) -> None:
    """A 200 that holds no run is a payload error, which says what came instead."""
    error = await fail(answer)
    assert isinstance(error, errors.PayloadError)
    assert word in str(error)


async def test_a_wrong_key_says_what_to_do() -> None:
    """The error of a wrong key names where the key comes from."""
    assert "CYBERDESK_API_KEY" in str(await fail(reply(401, {"message": "Invalid key"})))


async def test_an_unreachable_server_says_so() -> None:
    """A server that is not there gives one line with its address and what to check."""
    async with serving([]) as server:
        url = server.url
    async with Client(KEY, url) as client:
        on_clock(client, FakeClock())
        with pytest.raises(errors.APIConnectionError, match="cannot be reached") as caught:
            await client.machines.list()
    assert url.removeprefix("http://") in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_other_success_statuses_are_success() -> None:
    """A 200 where 201 is documented, and the reverse, are read all the same."""
    run = {
        "id": "r1",
        "workflow_id": "w",
        "machine_id": None,
        "status": "running",
        "created_at": "2026-11-01T00:00:00Z",
    }
    async with serving([reply(202, run)]) as server, Client(KEY, server.url) as client:
        assert (await client.runs.create(workflow_id="w")).id == "r1"


async def test_machine_health_is_an_answer_even_with_503() -> None:
    """The health of the machines comes with 503 when one is down: that is the answer, not a failure."""
    body = {
        "status": "error",
        "scope": "organization",
        "checked_machines": 2,
        "healthy_machines": 1,
        "errored_machines": [{"machine_id": "m", "error": "gone"}],
        "message": "1 of 2",
    }
    async with serving([reply(503, body)]) as server, Client(KEY, server.url) as client:
        assert (await client.health.machines()).errored_machines[0].error == "gone"
        assert len(server.requests) == 1


async def test_machine_health_is_retried_when_the_503_is_a_proxys() -> None:
    """A 503 without the machines' health in it is a failure like any other."""
    body = {
        "status": "ok",
        "scope": "organization",
        "checked_machines": 0,
        "healthy_machines": 0,
        "errored_machines": [],
        "message": "",
    }
    async with serving([reply(503, b"<html>busy</html>"), body]) as server, Client(KEY, server.url) as client:
        on_clock(client, FakeClock())
        assert (await client.health.machines()).status == "ok"
        assert len(server.requests) == 2
