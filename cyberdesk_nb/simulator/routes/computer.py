"""Direct control of one machine, relayed to its desktop; every relayed call leaves a request log."""

import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AfterValidator

from cyberdesk_nb import models
from cyberdesk_nb.simulator.chance import unit
from cyberdesk_nb.simulator.refusals import DriverRefusal, Refusal
from cyberdesk_nb.simulator.stores.desks import Desk, Desks, running_on, screen_of_run
from cyberdesk_nb.simulator.web.openapi import error_responses, relayed_error_responses
from cyberdesk_nb.simulator.web.params import SettledWorld
from cyberdesk_nb.simulator.web.schemas import base64_text, body_of, strict
from cyberdesk_nb.simulator.web.wire import PNG, json_response, no_content, png_response
from cyberdesk_nb.simulator.world.world import Record, World

router = APIRouter(tags=["computer"], responses={**relayed_error_responses(400, 404, 413), **error_responses(503)})

_AT = "/v1/computer/{machine_id}"
_ANYTHING = dict[str, Any]


async def _relayed(request: Request, world: SettledWorld, machine_id: str) -> AsyncIterator[Desk]:
    """Reach the machine, and log the call as relayed whatever comes of it."""
    desks: Desks = request.app.state.desks
    desk = desks.reach(world, machine_id)
    log = _log(world, request, machine_id)
    try:
        yield desk
        log["status_code"] = request.scope["route"].status_code or 200
    except Refusal as fault:
        log["status_code"], log["error_message"] = fault.status, fault.message
        raise
    finally:
        # Chance that follows from the id: a call that is repeated after a restart leaves the same log.
        log["duration_ms"] = 20 + round(180 * unit(world.seed, UUID(log["id"]).int))
        log["completed_at"] = log["created_at"] + timedelta(milliseconds=log["duration_ms"])


Reached = Annotated[Desk, Depends(_relayed)]


async def _free(world: SettledWorld, desk: Reached) -> Desk:
    """Keep hands off the screen while a run works on it."""
    run_id = running_on(world, desk.machine["id"])
    if run_id is not None:
        raise Refusal(409, f"Run {run_id} is using this machine", code="machine_busy")
    return desk


Free = Annotated[Desk, Depends(_free)]


@router.get(f"{_AT}/display/screenshot", response_class=Response, responses={200: {"content": {PNG: {}}}})
async def get_screenshot(world: SettledWorld, desk: Reached) -> Response:
    """Return the screen as a 1024x768 PNG; while a run works on the machine, what that run sees."""
    if world.clock.is_repeating:
        return png_response(b"")  # Nobody looks, and a picture takes longer than all the rest of a request.
    run_id = running_on(world, desk.machine["id"])
    seen = screen_of_run(world, run_id) if run_id else None
    return png_response(seen or desk.screenshot(world.clock.now()))


@router.get(f"{_AT}/display/dimensions", response_model=strict(models.DisplayDimensions))
async def get_display_dimensions(desk: Reached) -> Response:
    """Return the size of the real display."""
    return json_response({"width": desk.display[0], "height": desk.display[1]})


@router.get(f"{_AT}/input/mouse/position", response_model=strict(models.MousePosition))
async def get_mouse_position(desk: Reached) -> Response:
    """Return where the pointer is, in pixels of the real display."""
    x, y = desk.pointer()
    return json_response({"x": x, "y": y})


@router.post(f"{_AT}/input/mouse/move", status_code=204)
async def mouse_move(desk: Free, body: Annotated[Record, body_of(models.MouseMoveRequest)]) -> Response:
    """Move the pointer."""
    desk.move(body["x"], body["y"])
    return no_content()


@router.post(f"{_AT}/input/mouse/click", status_code=204)
async def mouse_click(desk: Free, body: Annotated[Record, body_of(models.MouseClickRequest)]) -> Response:
    """Click, press or release."""
    point = body.get("x"), body.get("y")
    desk.click(point, button=body.get("button", "left"), clicks=body.get("clicks", 1), down=body.get("down"))
    return no_content()


@router.post(f"{_AT}/input/mouse/drag", status_code=204)
async def mouse_drag(desk: Free, body: Annotated[Record, body_of(models.MouseDragRequest)]) -> Response:
    """Drag from one point to another."""
    desk.drag((body["start_x"], body["start_y"]), (body["to_x"], body["to_y"]))
    return no_content()


@router.post(f"{_AT}/input/mouse/scroll", status_code=204)
async def mouse_scroll(desk: Free, body: Annotated[Record, body_of(models.MouseScrollRequest)]) -> Response:
    """Turn the wheel."""
    desk.scroll(body["direction"], body["amount"], (body.get("x"), body.get("y")))
    return no_content()


@router.post(f"{_AT}/input/keyboard/key", status_code=204)
async def keyboard_key(desk: Free, body: Annotated[Record, body_of(models.KeyboardKeyRequest)]) -> Response:
    """Press keys and chords, or hold and release modifiers."""
    desk.press(body["text"], down=body.get("down"))
    return no_content()


@router.post(f"{_AT}/input/keyboard/type", status_code=204)
async def keyboard_type(desk: Free, body: Annotated[Record, body_of(models.KeyboardTypeRequest)]) -> Response:
    """Type text as it is."""
    desk.type(body["text"])
    return no_content()


@router.post(f"{_AT}/copy_to_clipboard", response_model=_ANYTHING)
async def copy_to_clipboard(desk: Free, body: Annotated[Record, body_of(models.CopyToClipboardRequest)]) -> Response:
    """Copy what is selected and return it under the given key."""
    return json_response({body["text"]: desk.copy()})


@router.get(f"{_AT}/fs/list", response_model=_ANYTHING)
async def fs_list(desk: Reached, path: str = ".") -> Response:
    """List a folder, folders first."""
    return json_response(desk.disk.entries(path))


@router.get(f"{_AT}/fs/read", response_model=_ANYTHING)
async def fs_read(desk: Reached, path: Annotated[str, Query()]) -> Response:
    """Return a file's content as base64."""
    file, content = desk.disk.read(path)
    return json_response({"path": file, "content": base64.b64encode(content).decode(), "size": len(content)})


@router.post(f"{_AT}/fs/write", response_model=_ANYTHING)
async def fs_write(
    world: SettledWorld,
    desk: Reached,
    body: Annotated[Record, body_of(models.FileWriteRequest, content=AfterValidator(base64_text))],
) -> Response:
    """Write a file, or append to it."""
    mode = body.get("mode", "write")
    if mode not in {"write", "append"}:
        raise DriverRefusal(400, "mode must be write or append", code="invalid_input")
    content, at = base64.b64decode(body["content"]), world.clock.now().timestamp()
    return json_response(desk.disk.write(body["path"], content, at=at, appends=mode == "append"))


@router.post(f"{_AT}/shell/powershell/exec", response_model=_ANYTHING)
async def powershell_exec(
    world: SettledWorld, desk: Reached, body: Annotated[Record, body_of(models.PowerShellExecRequest)]
) -> Response:
    """Answer a command; nothing is executed anywhere."""
    same = body.get("same_session", True)
    session_id = body.get("session_id")
    return json_response(desk.shell.run(body["command"], world.clock.now(), session_id=session_id, same_session=same))


@router.post(f"{_AT}/shell/powershell/session", response_model=_ANYTHING)
async def powershell_session(
    desk: Reached, body: Annotated[Record, body_of(models.PowerShellSessionRequest)]
) -> Response:
    """Open or close a PowerShell session."""
    if body["action"] == "create":
        return json_response({"session_id": desk.shell.open(), "message": "Session created"})
    if body["action"] == "destroy":
        desk.shell.close(body.get("session_id"))
        return json_response({"message": "Session destroyed"})
    raise DriverRefusal(400, "action must be create or destroy", code="invalid_input")


@router.post(f"{_AT}/shell/powershell/simple", response_model=_ANYTHING)
async def powershell_simple(world: SettledWorld, desk: Reached) -> Response:
    """Run the built-in one-line check."""
    return json_response(desk.shell.run("echo 'Hello'", world.clock.now(), same_session=False))


@router.post(f"{_AT}/shell/powershell/test", response_model=_ANYTHING)
async def powershell_test(world: SettledWorld, desk: Reached) -> Response:
    """Run the built-in check of the console."""
    return json_response(desk.shell.run("hostname", world.clock.now(), same_session=False))


@router.get(f"{_AT}/internal/diagnostics", response_model=_ANYTHING)
async def cyberdriver_diagnostics(world: SettledWorld, desk: Reached) -> Response:
    """Return the state of the desktop driver."""
    now = world.clock.now()
    diagnostics = {
        "version": desk.machine["version"],
        "timestamp": now,
        "uptime_seconds": round((now - desk.machine["created_at"]).total_seconds() % 86_400),
        "platform": desk.machine["os_info"],
        "threads": 14,
        "memory_mb": 187,
    }
    return json_response(diagnostics)


@router.post(f"{_AT}/internal/update", response_model=_ANYTHING)
async def cyberdriver_update(
    desk: Reached, body: Annotated[Record, body_of(models.CyberdriverUpdateRequest)]
) -> Response:
    """Start looking for a newer driver; a simulated one is always current."""
    asked = {"version": body.get("version", "latest"), "restart": body.get("restart", True)}
    return json_response({"status": "update_check_started", "current_version": desk.machine["version"], **asked})


@router.post(f"{_AT}/internal/keepalive/remote/enable", status_code=204)
async def cyberdriver_keepalive_enable(desk: Reached) -> Response:  # noqa: ARG001 - reaching the machine is the call
    """Keep the remote session awake."""
    return no_content()


@router.post(f"{_AT}/internal/keepalive/remote/disable", status_code=204)
async def cyberdriver_keepalive_disable(desk: Reached) -> Response:  # noqa: ARG001 - reaching the machine is the call
    """Let the remote session sleep."""
    return no_content()


@router.post(f"{_AT}/internal/keepalive/remote/activity", status_code=204)
async def cyberdriver_keepalive_activity(desk: Reached) -> Response:  # noqa: ARG001 - reaching the machine is the call
    """Count as activity of the remote session."""
    return no_content()


@router.post("/v1/machines/{machine_id}/cyberdriver/shutdown", response_model=_ANYTHING)
async def cyberdriver_shutdown(
    world: SettledWorld,
    desk: Reached,
    body: Annotated[Record, body_of(models.CyberdriverShutdownRequest, required=False)],
) -> Response:
    """Stop the desktop driver: the machine disconnects."""
    for connection in list(world.connections.values()):
        if connection["machine_id"] == desk.machine["id"] and connection["disconnected_at"] is None:
            world.update_connection(connection["id"], {"status": "disconnected"})
    source, reason = body.get("source", "cloud-api"), body.get("reason", "user_disabled_machine")
    return json_response({"status": "shutting_down", "pid": 4711, "reason": reason, "source": source})


def _log(world: World, request: Request, machine_id: str) -> Record:
    size = request.headers.get("content-length", "0")
    log: Record = {
        "id": world.new_id("request-log"),
        "request_id": world.new_id("request").replace("-", ""),
        "machine_id": machine_id,
        "method": request.method,
        "path": request.url.path.removeprefix(f"/v1/computer/{machine_id}"),
        "organization_id": world.org_id,
        "created_at": world.clock.now(),
        "completed_at": None,
        "status_code": None,
        "request_size_bytes": int(size) if size.isdecimal() else 0,
        "response_size_bytes": None,
        "duration_ms": None,
        "error_message": None,
    }
    world.request_logs[log["id"]] = log
    return log
