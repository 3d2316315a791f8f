"""Every operation of the API has its method, which sends what the contract says."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any, cast
from uuid import UUID

import openapi_client.cyberdesk_cloud_client.api as official
import pytest
from cyberdesk.client import CyberdeskClient

from cyberdesk_nb import errors
from cyberdesk_nb.client import Client
from cyberdesk_nb.client._operation import Operation, Resource
from cyberdesk_nb.models import MachinePoolUpdate, RunCreate, RunStatus
from tests.client.server import KEY, Request, Wire, serving

pytestmark = pytest.mark.anyio

ID = UUID("11111111-2222-3333-4444-555555555555")
NOT_OURS = ("/api/", "/v1/oidc")
"""The remote-view login plumbing, which is no part of the contract."""


def resources(client: Client) -> dict[str, Resource]:
    """Give the groups of operations on a client, by name."""
    return {name: value for name, value in vars(client).items() if isinstance(value, Resource)}


def methods() -> Iterator[tuple[str, Any, Operation]]:
    """Give every declared method: its name, itself and its operation."""
    for name, resource in resources(Client(KEY)).items():
        for attribute in dir(resource):
            operation = getattr(getattr(resource, attribute, None), "operation", None)
            if isinstance(operation, Operation):
                yield f"{name}.{attribute}", getattr(resource, attribute), operation


METHODS = list(methods())
NAMES = [name for name, _method, _operation in METHODS]


def endpoints() -> dict[tuple[str, str], Any]:
    """Give what the official SDK knows: the module of each (method, path without the names in it)."""
    found: dict[tuple[str, str], Any] = {}
    for module in pkgutil.walk_packages(official.__path__, official.__name__ + "."):
        if module.ispkg:
            continue
        loaded = importlib.import_module(module.name)
        source = inspect.getsource(loaded._get_kwargs)
        method, url = re.search(r'"method": "(\w+)"', source), re.search(r'"url": "([^"]+)"', source)
        assert method
        assert url
        path = re.sub(r"{\w+}", "{}", url[1])
        if not path.startswith(NOT_OURS):
            found[method[1].upper(), path] = loaded
    return found


def test_all_operations_are_there() -> None:
    """There is exactly one method for each of the 123 operations, and none for anything else."""
    ours = [(operation.method, re.sub(r"{\w+}", "{}", operation.path)) for _name, _method, operation in METHODS]
    assert len(ours) == len(set(ours)) == 123
    assert set(ours) == set(endpoints())


@pytest.mark.parametrize(("name", "method", "operation"), METHODS, ids=NAMES)
def test_parameters_are_those_of_the_contract(name: str, method: Any, operation: Operation) -> None:
    """A method takes every parameter of its operation under the contract's own name, and no other."""
    module = endpoints()[operation.method, re.sub(r"{\w+}", "{}", operation.path)]
    theirs = set(inspect.signature(module._get_kwargs).parameters) - {"idempotency_key"}
    ours = set(inspect.signature(method).parameters) - {"timeout_s", "idempotency_key"}
    if operation.body is not None:
        assert "body" in theirs
        ours = ours - set(operation.body.model_fields)
    if name == "workflows.upload_prompt_image":
        theirs, ours = theirs - {"body"}, ours - {"file", "filename"}
    assert ours == theirs


def test_names_are_those_of_the_official_sdk() -> None:
    """What the official SDK's wrapper can do goes by the same name here."""
    other = {"save_to_file": "download_to", "list_sync": ""}
    client, sdk = Client(KEY), CyberdeskClient(KEY)
    for group, wrapper in vars(sdk).items():
        if group.startswith("_"):
            continue
        for name in dir(type(wrapper)):
            if name.startswith("_") or name.endswith("_sync"):
                continue
            assert hasattr(getattr(client, group), other.get(name, name)), f"{group}.{name}"


def arguments(operation: Operation) -> dict[str, Any]:
    """Arguments that fill in the path and whatever is required."""
    given: dict[str, Any] = dict.fromkeys(operation.in_path, ID)
    for name, parameter in operation.signature.parameters.items():
        if name != "self" and name not in given and parameter.default is inspect.Parameter.empty:
            given[name] = example(name, parameter.annotation)
    return given


def example(name: str, annotation: Any) -> Any:
    """Make a value of the kind that a required argument takes."""
    text = str(annotation)
    if name == "file":
        return b"GIF89a"
    if "list[" in text:
        return [{"workflow_id": str(ID)}] if name == "steps" else [{}] if name == "trajectory_data" else [str(ID)]
    if "dict" in text:
        return {"width": 1024, "height": 768}
    if "int" in text and "str" not in text:
        return 3
    if name == "attachment_type":
        return "input"
    return "2026-11-01T00:00:00Z" if "date" in name else str(ID)


@pytest.mark.filterwarnings("ignore:.*could not be read")
@pytest.mark.parametrize(("name", "method", "operation"), METHODS, ids=NAMES)
async def test_every_method_sends_its_operation(name: str, method: Any, operation: Operation) -> None:
    """A call goes out with its method, path, body and headers; whatever comes back is no answer of the right kind."""
    async with serving([{"x": 1}]) as server, Client(KEY, server.url) as client:
        bound = getattr(getattr(client, name.split(".", maxsplit=1)[0]), name.split(".")[1])
        # The server knows one answer only.
        with suppress(errors.PayloadError):
            await bound(**arguments(operation))
        (request,) = server.requests
    assert request.method == operation.method
    assert request.path == re.sub(r"{\w+}", str(ID), operation.path)
    assert ("idempotency-key" in request.headers) == (operation.method != "GET")
    needs_no_key = operation.path in ("/", "/v1/health", "/v1/health/db") or operation.path.startswith("/health")
    assert ("authorization" in request.headers) != needs_no_key
    if operation.body is not None and not operation._optional_body:
        assert request.headers["content-type"] == "application/json"
        assert request.body.startswith(b"{")


async def sent(call: Any, answer: Any = None) -> Request:
    """Make a call and give what it sent."""
    async with serving([answer if answer is not None else {}]) as server, Client(KEY, server.url) as client:
        with suppress(errors.PayloadError):
            await call(client)
        return server.requests[0]


async def test_query_parameters_are_spelled_as_the_api_reads_them() -> None:
    """Lists are joined or repeated as the contract says, times are UTC, flags are words, None is left out."""
    request = await sent(
        lambda client: client.runs.list(
            status=RunStatus.ERROR,
            include=["workflow", "machine.pools"],
            fields=["error", "ended_at"],
            deep_search=True,
            created_at_from=datetime(2026, 11, 1, 12),  # noqa: DTZ001 - naive on purpose
            created_at_to=date(2026, 11, 2),
            workflow_id=ID,
            machine_id=None,
            search="a&b=c/ü",
        )
    )
    assert request.query == {
        "status": ["error"],
        "include": ["workflow,machine.pools"],
        "fields": ["error", "ended_at"],
        "deep_search": ["true"],
        "created_at_from": ["2026-11-01T12:00:00Z"],
        "created_at_to": ["2026-11-02T00:00:00Z"],
        "workflow_id": [str(ID)],
        "search": ["a&b=c/ü"],
        "skip": ["0"],
        "limit": ["100"],
    }
    request = await sent(lambda client: client.workflows.list(tag_ids=[ID, "t2"], include="tags"))
    assert request.query["tag_ids"] == [f"{ID},t2"]
    request = await sent(lambda client: client.usage.aggregate(datetime(2026, 1, 1, tzinfo=UTC), "2026-02-01"))
    assert (request.query["from_date"], request.query["to_date"]) == (["2026-01-01T00:00:00Z"], ["2026-02-01"])


async def test_bodies_hold_what_was_given_and_no_more() -> None:
    """Keywords and the request model give the same body; an explicit None is null, which differs from absence."""
    for call in (
        lambda client: client.runs.create(workflow_id=ID, pool_ids=None, sensitive_input_values={"pin": "1234"}),
        lambda client: client.runs.create(
            RunCreate(workflow_id=str(ID), pool_ids=None, sensitive_input_values=cast("Any", {"pin": "1234"}))
        ),
        lambda client: client.runs.create(
            {"workflow_id": ID, "pool_ids": None, "sensitive_input_values": {"pin": "1234"}}
        ),
    ):
        request = await sent(call)
        assert (
            request.body
            == b'{"workflow_id":"%s","pool_ids":null,"sensitive_input_values":{"pin":"1234"}}' % str(ID).encode()
        )
    assert (await sent(lambda client: client.machines.clear_session("m"))).body == b'{"reserved_session_id":null}'
    assert (await sent(lambda client: client.workflows.duplicate("w"))).body == b""
    assert (await sent(lambda client: client.runs.retry("r"))).body == b"{}"


async def test_a_delete_can_have_a_body() -> None:
    """Taking machines out of a pool is a DELETE with a body."""
    request = await sent(lambda client: client.pools.remove_machines("p", machine_ids=["m"]))
    assert (request.method, request.body) == ("DELETE", b'{"machine_ids":["m"]}')


async def test_a_prompt_image_goes_out_as_a_form(tmp_path: Any) -> None:
    """An image, from a path or from memory, is sent as the file of a form."""
    (tmp_path / 'a"b.png').write_bytes(b"\x89PNG")
    request = await sent(lambda client: client.workflows.upload_prompt_image(tmp_path / 'a"b.png'))
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="file"; filename="a_b.png"' in request.body
    assert b"Content-Type: image/png\r\n\r\n\x89PNG\r\n" in request.body


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda client: client.runs.create(workflow_id="w", inputs_values={}), "Did you mean 'input_values'"),
        (lambda client: client.runs.create({"workflow": "w"}), "Did you mean 'workflow_id'"),
        (lambda client: client.runs.create(input_values={}), "workflow_id: Field required"),
        (lambda client: client.runs.create(workflow_id="w", input_values="x"), "input_values: .*dictionary"),
        (lambda client: client.runs.create(RunCreate(workflow_id="w"), workflow_id="w"), "not both"),
        (lambda client: client.runs.create(MachinePoolUpdate(pool_ids=[])), "no RunCreate"),
        (lambda client: client.runs.create(7), "no RunCreate"),
        (lambda client: client.runs.list(stats="error"), "Did you mean 'status'"),
        (lambda client: client.runs.list(1), "arguments without a name"),
        (lambda client: client.runs.list(search=object()), "cannot be sent"),
        (lambda client: client.runs.get(), "'run_id' is missing|'run_id' is empty"),
        (lambda client: client.runs.get(""), "'run_id' is empty"),
        (lambda client: client.runs.get(None), "'run_id' is empty"),
        (lambda client: client.runs.get(".."), "'run_id' is no id"),
        (lambda client: client.runs.get("r", run_id="r"), "given twice"),
        (lambda client: client.workflows.delete_prompt_image(), "'path' is missing"),
        (lambda client: client.workflows.upload_prompt_image("/no/such/file.png"), "cannot be made"),
        (lambda client: client.runs.create(workflow_id="w", idempotency_key="a\nb"), "idempotency_key"),
        (lambda client: client.runs.create(workflow_id="w", input_values={"x": object()}), "cannot be made"),
        (lambda client: client.request("TRACE", "/v1/runs"), "GET, POST"),
        (lambda client: client.request("GET", "https://elsewhere/"), "starts with one slash"),
        (lambda client: client.request("GET", "//elsewhere/"), "starts with one slash"),
        (lambda client: client.request("POST", "/v1/x", body=object()), "JSON cannot"),
    ],
)
async def test_a_call_that_cannot_be_sent_says_why(call: Any, message: str) -> None:
    """A mistake in the arguments is named before anything is sent, with the name that was probably meant."""
    async with serving([{}]) as server, Client(KEY, server.url) as client:
        with pytest.raises(errors.RequestError, match=message):
            await call(client)
        assert server.requests == []


async def test_ids_stay_within_their_segment_of_the_path() -> None:
    """An id with slashes or question marks in it cannot reach another resource."""
    request = await sent(lambda client: client.runs.get("../machines?x=1#y/é"))
    assert request.path == "/v1/runs/..%2Fmachines%3Fx%3D1%23y%2F%C3%A9"


async def test_an_operation_without_a_method_can_be_asked_for() -> None:
    """`request` sends what this version does not know, with key, idempotency key, query and body."""

    async def answer(_request: Request, wire: Wire) -> None:
        await wire.reply(200, {"new": True})

    async with serving(answer) as server, Client(KEY, server.url) as client:
        got = await client.request(
            "post", "/v2/robots", query={"tag": ["a", "b"], "hot": True}, body={"at": date(2026, 1, 1)}
        )
        assert got == {"new": True}
        (request,) = server.requests
    assert (request.method, request.path, request.body) == ("POST", "/v2/robots", b'{"at":"2026-01-01"}')
    assert request.query == {"tag": ["a", "b"], "hot": ["true"]}
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["idempotency-key"]


def test_signatures_spell_out_the_fields() -> None:
    """What a method takes can be completed and read: fields of the request model, filters, options."""
    client = Client(KEY)
    create = inspect.signature(client.runs.create).parameters
    assert {"workflow_id", "input_values", "sensitive_input_values", "idempotency_key", "timeout_s"} <= set(create)
    assert create["workflow_id"].default is inspect.Parameter.empty
    assert create["is_priority"].default is False
    assert {"status", "created_at_from", "include", "fields", "skip"} <= set(
        inspect.signature(client.runs.list).parameters
    )
    assert inspect.iscoroutinefunction(client.runs.create)
    assert all(method.__doc__ for _name, method, _operation in METHODS)


async def test_bytes_come_as_bytes() -> None:
    """A screenshot and a download are what the server sent, unchanged."""
    async with (
        serving([b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n\x00\xff\r\n"]) as server,
        Client(KEY, server.url) as client,
    ):
        assert await client.computer.screenshot("m") == b"\x00\xff\r\n"
        assert await client.run_attachments.download("a") == b"\x00\xff\r\n"


async def test_nothing_is_an_answer_where_the_contract_says_so() -> None:
    """A 204 gives None."""
    async with serving([b"HTTP/1.1 204 No Content\r\n\r\n"]) as server, Client(KEY, server.url) as client:
        assert await client.runs.delete("r") is None
        assert await client.computer.mouse_click("m", x=1, y=2) is None
