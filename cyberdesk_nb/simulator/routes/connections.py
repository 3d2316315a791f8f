"""Connections: one websocket of a machine each."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from cyberdesk_nb import models
from cyberdesk_nb.simulator.refusals import not_found
from cyberdesk_nb.simulator.web.listing import newest_first, plain_page
from cyberdesk_nb.simulator.web.params import Limit, SettledWorld, Skip, text
from cyberdesk_nb.simulator.web.schemas import Known, body_of, plain_page_of, strict
from cyberdesk_nb.simulator.web.wire import json_response, no_content
from cyberdesk_nb.simulator.world.world import Record

router = APIRouter(prefix="/v1/connections", tags=["connections"])


@router.get("", response_model=plain_page_of(models.ConnectionResponse))
async def list_connections(
    world: SettledWorld,
    machine_id: UUID | None = None,
    status: Annotated[models.ConnectionStatus, Known] | None = None,
    skip: Skip = 0,
    limit: Limit = 100,
) -> Response:
    """List connections, newest first."""
    found = newest_first(
        (
            connection
            for connection in world.connections.values()
            if text(machine_id) in (None, connection["machine_id"]) and status in (None, connection["status"])
        ),
        key="connected_at",
    )
    return json_response(plain_page(found[skip : skip + limit], total=len(found), skip=skip, limit=limit))


@router.post("", status_code=201, response_model=strict(models.ConnectionResponse))
async def create_connection(world: SettledWorld, body: Annotated[Record, body_of(models.ConnectionCreate)]) -> Response:
    """Register the connection of a machine."""
    return json_response(world.create_connection(body), status=201)


@router.get("/{connection_id}", response_model=strict(models.ConnectionResponse))
async def get_connection(world: SettledWorld, connection_id: UUID) -> Response:
    """Return one connection."""
    connection = world.connections.get(str(connection_id))
    if connection is None:
        raise not_found("Connection", str(connection_id))
    return json_response(connection)


@router.patch("/{connection_id}", response_model=strict(models.ConnectionResponse))
async def update_connection(
    world: SettledWorld, connection_id: UUID, body: Annotated[Record, body_of(models.ConnectionUpdate)]
) -> Response:
    """Change a connection; a disconnect takes its machine down."""
    return json_response(world.update_connection(str(connection_id), body))


@router.delete("/{connection_id}", status_code=204)
async def delete_connection(world: SettledWorld, connection_id: UUID) -> Response:
    """Delete the row of a connection."""
    world.delete_connection(str(connection_id))
    return no_content()
