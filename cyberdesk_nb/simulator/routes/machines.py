"""Machines, their pools, and the grant for a browser view of one."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from cyberdesk_nb import models
from cyberdesk_nb.simulator.refusals import not_found
from cyberdesk_nb.simulator.web.including import Included, parse_include
from cyberdesk_nb.simulator.web.listing import mentions, newest_first, page, within
from cyberdesk_nb.simulator.web.params import Limit, SettledWorld, Skip, UtcTime
from cyberdesk_nb.simulator.web.schemas import Known, body_of, page_of, strict
from cyberdesk_nb.simulator.web.wire import json_response, no_content
from cyberdesk_nb.simulator.world.world import Record, World

router = APIRouter(prefix="/v1/machines", tags=["machines"])

_INCLUDES = ("pools",)
_VIEW_LIFETIME = timedelta(minutes=5)


@router.get("", response_model=page_of(models.MachineResponse))
async def list_machines(
    world: SettledWorld,
    search: str | None = None,
    name: str | None = None,
    status: Annotated[models.MachineStatus, Known] | None = None,
    created_at_from: UtcTime | None = None,
    created_at_to: UtcTime | None = None,
    include: str | None = None,
    skip: Skip = 0,
    limit: Limit = 100,
) -> Response:
    """List machines, newest first; `search` looks into id, name and hostname, `name` is exact."""
    wanted = parse_include(include, _INCLUDES)
    found = newest_first(
        machine
        for machine in world.machines.values()
        if mentions(search, machine["id"], machine["name"], machine["hostname"])
        and name in (None, machine["name"])
        and status in (None, machine["status"])
        and within(machine["created_at"], created_at_from, created_at_to)
    )
    items, included = _with_pools(world, found[skip : skip + limit], wanted)
    return json_response(page(items, total=len(found), skip=skip, limit=limit, included=included))


@router.post("", status_code=201, response_model=strict(models.MachineResponse))
async def create_machine(world: SettledWorld, body: Annotated[Record, body_of(models.MachineCreate)]) -> Response:
    """Register a machine; normally the desktop driver does so when it connects."""
    return json_response(world.create_machine(body), status=201)


@router.get("/{machine_id}", response_model=strict(models.MachineResponseWithIncludes))
async def get_machine(world: SettledWorld, machine_id: UUID, include: str | None = None) -> Response:
    """Return one machine."""
    wanted = parse_include(include, _INCLUDES)
    items, included = _with_pools(world, [_machine(world, machine_id)], wanted)
    return json_response({**items[0], "included": included})


@router.patch("/{machine_id}", response_model=strict(models.MachineResponse))
async def update_machine(
    world: SettledWorld, machine_id: UUID, body: Annotated[Record, body_of(models.MachineUpdate)]
) -> Response:
    """Change a machine; an explicit null `reserved_session_id` cancels its run and frees it."""
    return json_response(world.update_machine(str(machine_id), body))


@router.delete("/{machine_id}", status_code=204)
async def delete_machine(world: SettledWorld, machine_id: UUID) -> Response:
    """Delete a machine; its runs stay."""
    world.delete_machine(str(machine_id))
    return no_content()


@router.post("/{machine_id}/cyberdriver/web-session", response_model=strict(models.CyberdriverWebSessionResponse))
async def create_cyberdriver_web_session(world: SettledWorld, machine_id: UUID) -> Response:
    """Grant a short browser view of a machine; there is nothing behind the addresses of a simulated one."""
    machine = _machine(world, machine_id)
    grant = {
        "machine_id": machine["id"],
        "rustdesk_peer_id": machine["id"].replace("-", "")[:9],
        "desktop_label": machine["name"] or machine["hostname"] or machine["id"],
        "selected_organization_id": world.org_id,
        "token": "simulated-view",
        "expires_at": int((world.clock.now() + _VIEW_LIFETIME).timestamp()),
        "mode": "view",
        "endpoints": {"hbbs_url": "ws://127.0.0.1/hbbs", "hbbr_url": "ws://127.0.0.1/hbbr"},
        "public_key": "simulated",
        "features": {"clipboard": False, "input": False},
    }
    return json_response(grant)


@router.get("/{machine_id}/pools", response_model=list[strict(models.PoolResponse)])
async def get_machine_pools(world: SettledWorld, machine_id: UUID) -> Response:
    """Return the pools of a machine as a bare array."""
    return json_response(world.pools_of_machine(_machine(world, machine_id)["id"]))


@router.put("/{machine_id}/pools", response_model=strict(models.MachineResponse))
async def update_machine_pools(
    world: SettledWorld, machine_id: UUID, body: Annotated[Record, body_of(models.MachinePoolUpdate)]
) -> Response:
    """Replace the whole set of a machine's pools; answers with the machine."""
    return json_response(world.set_machine_pools(str(machine_id), body["pool_ids"]))


def _machine(world: World, machine_id: UUID) -> Record:
    machine = world.machines.get(str(machine_id))
    if machine is None:
        raise not_found("Machine", str(machine_id))
    return machine


def _with_pools(
    world: World, machines: list[Record], wanted: frozenset[str] | None
) -> tuple[list[Record], list[Record] | None]:
    if wanted is None:
        return machines, None
    included = Included(world)
    embedded: list[Record] = []
    for machine in machines:
        pools = world.pools_of_machine(machine["id"])
        included.add_all("pool", pools)
        embedded.append({**machine, "pools": pools})
    return embedded, included.entries()
