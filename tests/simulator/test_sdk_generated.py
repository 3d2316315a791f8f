"""The operations that the official SDK has no method for, through its generated client."""

from __future__ import annotations

import base64
import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from uuid import UUID

import cyberdesk.client
import httpx
import pytest
from cyberdesk import CyberdeskClient

from cyberdesk_nb.simulator import Simulator, simulator
from tests.simulator.conftest import TABLES, Row, http_client
from tests.simulator.test_api_openapi import operations

sdk = importlib.import_module("openapi_client.cyberdesk_cloud_client.models")
UNEXPECTED = importlib.import_module("openapi_client.cyberdesk_cloud_client.errors").UnexpectedStatus
SOURCE = importlib.import_module("inspect").getsource(cyberdesk.client)
NOBODY = UUID("00000000-0000-4000-8000-000000000000")
MODULES: dict[str, ModuleType] = {name.split("_v1_")[0]: one for name, one in operations() if name not in SOURCE}
OPEN = {
    "health_db_health_db_get",
    "health_health_get",
    "health_live_health_live_get",
    "health_ready_health_ready_get",
    "root_get",
    "database_health_check",
    "health_check",
}


class Calls:
    """Calls generated operations, as a stranger and as ourselves, and notes what came back."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.clients = [
            CyberdeskClient(key, base_url=sim.url, timeout=httpx.Timeout(30))._client for key in (sim.api_key, "wrong")
        ]
        self.rows = {name: Row(is_open=name in OPEN) for name in MODULES}

    def ok(self, name: str, parsed: Any, *, status: int = 200, **arguments: Any) -> Any:
        """Call an operation that must answer `status` with something of a class, and must refuse a stranger."""
        ours, strangers = self.clients
        answer = MODULES[name].sync_detailed(client=ours, **arguments)
        assert (answer.status_code, type(answer.parsed)) == (status, parsed), f"{name}: {answer}"
        self.rows[name].note("open object" if len(parsed.__name__) > 48 else parsed.__name__)
        if name not in OPEN:
            self.refused(name, 401, client=strangers, **arguments)
        return answer.parsed

    def refused(self, name: str, status: int, *, client: Any = None, **arguments: Any) -> None:
        """Call an operation that must be refused with a status that the SDK does not parse."""
        with pytest.raises(UNEXPECTED) as error:
            MODULES[name].sync_detailed(client=client or self.clients[0], **arguments)
        assert error.value.status_code == status, name
        self.rows[name].note(None, status)


@pytest.fixture(scope="module")
def calls(request: pytest.FixtureRequest) -> Iterator[Calls]:
    """Call a fleet of its own, and leave the table for the end of the test output."""
    with simulator(runs=60, trajectories=8, speed=0.0) as sim:
        called = Calls(sim)
        request.config.stash.setdefault(TABLES, {})["official SDK, operations without a method"] = called.rows
        yield called


@pytest.fixture(scope="module")
def machine_id(calls: Calls) -> str:
    """Give a machine on which nothing runs."""
    with http_client(calls.sim) as http:
        free = [one["id"] for one in http.get("/v1/machines").json()["items"] if one["is_available"]]
    return free[0]


def test_computer(calls: Calls, machine_id: str) -> None:
    """Every call of direct control answers, parses, and is refused for a machine that nobody has."""
    content = base64.b64encode(b"ab").decode()
    bodies: dict[str, tuple[Any, Any, int]] = {
        "get_display_dimensions": (sdk.DisplayDimensions, None, 200),
        "get_mouse_position": (sdk.MousePosition, None, 200),
        "mouse_move": (type(None), sdk.MouseMoveRequest(x=5, y=5), 204),
        "mouse_click": (type(None), sdk.MouseClickRequest(x=5, y=5), 204),
        "mouse_drag": (type(None), sdk.MouseDragRequest(to_x=1, to_y=1, start_x=5, start_y=5), 204),
        "mouse_scroll": (type(None), sdk.MouseScrollRequest(direction="down", amount=1), 204),
        "keyboard_key": (type(None), sdk.KeyboardKeyRequest(text="ctrl+a"), 204),
        "keyboard_type": (type(None), sdk.KeyboardTypeRequest(text="x"), 204),
        "cyberdriver_keepalive_enable": (type(None), None, 204),
        "cyberdriver_keepalive_activity": (type(None), None, 204),
        "cyberdriver_keepalive_disable": (type(None), None, 204),
        "copy_to_clipboard": ("open", sdk.CopyToClipboardRequest(text="key"), 200),
        "fs_list": ("open", None, 200),
        "fs_write": ("open", sdk.FileWriteRequest(path="a.txt", content=content), 200),
        "powershell_exec": ("open", sdk.PowerShellExecRequest(command="hostname"), 200),
        "powershell_session": ("open", sdk.PowerShellSessionRequest(action="create"), 200),
        "powershell_simple": ("open", None, 200),
        "powershell_test": ("open", None, 200),
        "cyberdriver_diagnostics": ("open", None, 200),
        "cyberdriver_update": ("open", sdk.CyberdriverUpdateRequest(), 200),
    }
    for name, (parsed, body, status) in bodies.items():
        arguments = {} if body is None else {"body": body}
        calls.ok(
            name, parsed_class(name) if parsed == "open" else parsed, status=status, machine_id=machine_id, **arguments
        )
        calls.refused(name, 404, machine_id=str(NOBODY), **arguments)
    read = calls.ok("fs_read", parsed_class("fs_read"), machine_id=machine_id, path="a.txt")
    assert read.to_dict()["size"] == 2
    calls.refused("fs_read", 404, machine_id=machine_id, path="nothing.txt")
    with pytest.raises(UNEXPECTED) as shot:  # the SDK parses no picture, and raises what it got
        MODULES["get_screenshot"].sync_detailed(client=calls.clients[0], machine_id=machine_id)
    assert (shot.value.status_code, shot.value.content[:4]) == (200, b"\x89PNG")
    calls.rows["get_screenshot"].note("PNG")
    calls.refused("get_screenshot", 404, machine_id=str(NOBODY))
    calls.ok("create_cyberdriver_web_session", sdk.CyberdriverWebSessionResponse, machine_id=UUID(machine_id))
    calls.refused("create_cyberdriver_web_session", 404, machine_id=NOBODY)


def parsed_class(name: str) -> Any:
    """Return the SDK's own class for the open object that an operation answers."""
    [found] = [
        value
        for value in vars(MODULES[name]).values()
        if isinstance(value, type) and "Response" in value.__name__ and value.__module__.startswith(sdk.__name__)
    ]
    return found


def test_connections_logs_and_versions(calls: Calls, machine_id: str) -> None:
    """Connections and request logs are read, changed and deleted; costs and versions are read."""
    with http_client(calls.sim) as http:
        row = http.get("/v1/connections", params={"status": "disconnected", "limit": 1}).json()["items"][0]
        run = http.get("/v1/runs", params={"status": "success", "limit": 1, "fields": "error"}).json()["items"][0]
    connection_id = UUID(row["id"])
    calls.ok("get_connection", sdk.ConnectionResponse, connection_id=connection_id)
    change = sdk.ConnectionUpdate(status=sdk.ConnectionStatus.ERROR)
    changed = calls.ok("update_connection", sdk.ConnectionResponse, connection_id=connection_id, body=change)
    assert changed.status == sdk.ConnectionStatus.ERROR
    calls.ok("delete_connection", type(None), status=204, connection_id=connection_id)
    for name, more in {"get_connection": {}, "update_connection": {"body": change}, "delete_connection": {}}.items():
        calls.refused(name, 404, connection_id=connection_id, **more)
    body = sdk.RequestLogCreate(request_id="r", method="GET", path="/x", machine_id=UUID(machine_id))
    log = calls.ok("create_request_log", sdk.RequestLogResponse, status=201, body=body)
    calls.ok("list_request_logs", sdk.PaginatedResponse, machine_id=UUID(machine_id), method="GET")
    calls.ok("get_request_log", sdk.RequestLogResponse, log_id=log.id)
    done = sdk.RequestLogUpdate(status_code=200, duration_ms=3)
    calls.ok("update_request_log", sdk.RequestLogResponse, log_id=log.id, body=done)
    calls.ok("delete_request_log", type(None), status=204, log_id=log.id)
    for name, more in {"get_request_log": {}, "update_request_log": {"body": done}, "delete_request_log": {}}.items():
        calls.refused(name, 404, log_id=log.id, **more)
    calls.ok("get_run_llm_costs", sdk.RunLlmCostsResponse, run_id=UUID(run["id"]))
    calls.refused("get_run_llm_costs", 404, run_id=NOBODY)
    calls.ok("list_llm_costs", sdk.PaginatedResponseRunLlmCostTotalResponse, limit=5)
    calls.ok("get_workflow_versions", list, workflow_id=UUID(run["workflow_id"]))
    calls.refused("get_workflow_versions", 404, workflow_id=NOBODY)


def test_provider_credentials(calls: Calls) -> None:
    """A slot is filled, tried, emptied and listed."""
    slot = sdk.ProviderCredentialSlot.OPENAI
    body = sdk.ProviderCredentialUpsert(api_key="sk-1234")
    calls.ok("upsert_provider_credential", sdk.ProviderCredentialResponse, slot=slot, body=body)
    tried = calls.ok("validate_provider_credential", sdk.ProviderCredentialValidationResponse, slot=slot)
    assert tried.ok
    calls.ok("delete_provider_credential", sdk.ProviderCredentialResponse, slot=slot)
    listed = calls.ok("list_provider_credentials", list)
    assert {type(one) for one in listed} == {sdk.ProviderCredentialResponse}
    calls.refused("upsert_provider_credential", 400, slot=slot, body=sdk.ProviderCredentialUpsert())


def test_health(calls: Calls) -> None:
    """Health checks answer without a key; the check of the machines needs one, and is 503 when one is in error."""
    for name in OPEN:
        answer = MODULES[name].sync_detailed(client=calls.clients[1])
        assert answer.status_code == 200
        calls.rows[name].note(type(answer.parsed).__name__)
    with http_client(calls.sim) as http:
        for one in http.get("/v1/machines", params={"status": "error"}).json()["items"]:
            http.patch(f"/v1/machines/{one['id']}", json={"status": "disconnected"})
        assert calls.ok("health_machines", sdk.MachinesHealthCheckResponse).errored_machines == []
        some = http.get("/v1/machines", params={"status": "connected", "limit": 1}).json()["items"][0]
        http.patch(f"/v1/machines/{some['id']}", json={"status": "error"})
        sick = MODULES["health_machines"].sync_detailed(client=calls.clients[0])
        http.patch(f"/v1/machines/{some['id']}", json={"status": "connected"})
    assert (sick.status_code, sick.parsed.status.value) == (503, "error")
    assert [one.machine_id for one in sick.parsed.errored_machines] == [some["id"]]
    calls.rows["health_machines"].note(None, 503)


def test_shutdown(calls: Calls, machine_id: str) -> None:
    """Shutting a driver down answers once; then its machine is offline."""
    # The SDK cannot leave out the body that the contract lets be left out: it would send its own mark for that.
    body = sdk.CyberdriverShutdownRequest()
    calls.ok("cyberdriver_shutdown", parsed_class("cyberdriver_shutdown"), machine_id=machine_id, body=body)
    calls.refused("cyberdriver_shutdown", 503, machine_id=machine_id, body=body)
    assert calls.sim.world.machines[machine_id]["status"] == "disconnected"


def test_all_operations_were_called(calls: Calls) -> None:
    """None of the operations without a method was left out."""
    assert len(calls.rows) == 47
    assert [name for name, row in calls.rows.items() if not row.passed] == []
