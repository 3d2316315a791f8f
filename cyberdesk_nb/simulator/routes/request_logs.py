"""Request logs: calls relayed to a machine."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from cyberdesk_nb import models
from cyberdesk_nb.simulator.refusals import not_found
from cyberdesk_nb.simulator.web.listing import newest_first, plain_page
from cyberdesk_nb.simulator.web.params import Limit, SettledWorld, Skip, text
from cyberdesk_nb.simulator.web.schemas import body_of, plain_page_of, strict
from cyberdesk_nb.simulator.web.wire import json_response, no_content
from cyberdesk_nb.simulator.world.world import Record, World

router = APIRouter(prefix="/v1/request-logs", tags=["request_logs"])

_EMPTY = dict.fromkeys(
    ("completed_at", "status_code", "request_size_bytes", "response_size_bytes", "duration_ms", "error_message")
)


@router.get("", response_model=plain_page_of(None))
async def list_request_logs(
    world: SettledWorld,
    machine_id: UUID | None = None,
    method: str | None = None,
    status_code: int | None = None,
    skip: Skip = 0,
    limit: Limit = 100,
) -> Response:
    """List request logs, newest first."""
    found = newest_first(
        log
        for log in world.request_logs.values()
        if text(machine_id) in (None, log["machine_id"])
        and method in (None, log["method"])
        and status_code in (None, log["status_code"])
    )
    return json_response(plain_page(found[skip : skip + limit], total=len(found), skip=skip, limit=limit))


@router.post("", status_code=201, response_model=strict(models.RequestLogResponse))
async def create_request_log(
    world: SettledWorld, body: Annotated[Record, body_of(models.RequestLogCreate)]
) -> Response:
    """Record a relayed call."""
    if body["machine_id"] not in world.machines:
        raise not_found("Machine", body["machine_id"])
    log: Record = {
        "id": world.new_id("request-log"),
        "created_at": world.clock.now(),
        "organization_id": world.org_id,
        **_EMPTY,
        **body,
    }
    world.request_logs[log["id"]] = log
    return json_response(log, status=201)


@router.get("/{log_id}", response_model=strict(models.RequestLogResponse))
async def get_request_log(world: SettledWorld, log_id: UUID) -> Response:
    """Return one request log."""
    return json_response(_log(world, log_id))


@router.patch("/{log_id}", response_model=strict(models.RequestLogResponse))
async def update_request_log(
    world: SettledWorld, log_id: UUID, body: Annotated[Record, body_of(models.RequestLogUpdate)]
) -> Response:
    """Change a request log, as when its call ends."""
    log = _log(world, log_id)
    log.update(body)
    return json_response(log)


@router.delete("/{log_id}", status_code=204)
async def delete_request_log(world: SettledWorld, log_id: UUID) -> Response:
    """Delete a request log."""
    del world.request_logs[_log(world, log_id)["id"]]
    return no_content()


def _log(world: World, log_id: UUID) -> Record:
    log = world.request_logs.get(str(log_id))
    if log is None:
        raise not_found("Request log", str(log_id))
    return log
