"""Pools and the machines in them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from cyberdesk_nb import models
from cyberdesk_nb.simulator.refusals import not_found
from cyberdesk_nb.simulator.web.including import Included, parse_include
from cyberdesk_nb.simulator.web.listing import newest_first, page
from cyberdesk_nb.simulator.web.params import Limit, SettledWorld, Skip
from cyberdesk_nb.simulator.web.schemas import body_of, page_of, strict
from cyberdesk_nb.simulator.web.wire import json_response, no_content
from cyberdesk_nb.simulator.world.world import Record, World

router = APIRouter(prefix="/v1/pools", tags=["pools"])

_INCLUDES = ("machines",)


@router.get("", response_model=page_of(models.PoolResponse))
async def list_pools(world: SettledWorld, include: str | None = None, skip: Skip = 0, limit: Limit = 100) -> Response:
    """List pools, newest first; there are no filters."""
    wanted = parse_include(include, _INCLUDES)
    found = newest_first(world.pools.values())
    items = found[skip : skip + limit]
    included = _included(world, items, wanted)
    return json_response(page(items, total=len(found), skip=skip, limit=limit, included=included))


@router.post("", status_code=201, response_model=strict(models.PoolResponse))
async def create_pool(world: SettledWorld, body: Annotated[Record, body_of(models.PoolCreate)]) -> Response:
    """Create an empty pool."""
    return json_response(world.create_pool(body), status=201)


@router.get("/{pool_id}", response_model=strict(models.PoolResponseWithIncludes))
async def get_pool(
    world: SettledWorld, pool_id: UUID, include_machines: bool = False, include: str | None = None
) -> Response:
    """Return one pool; `include_machines` is the older form that fills `machines`."""
    wanted = parse_include(include, _INCLUDES)
    pool = _pool(world, pool_id)
    machines = world.machines_of_pool(pool["id"]) if include_machines else None
    return json_response({**pool, "machines": machines, "included": _included(world, [pool], wanted)})


@router.patch("/{pool_id}", response_model=strict(models.PoolResponse))
async def update_pool(
    world: SettledWorld, pool_id: UUID, body: Annotated[Record, body_of(models.PoolUpdate)]
) -> Response:
    """Change a pool; parameter maps are replaced as a whole."""
    return json_response(world.update_pool(str(pool_id), body))


@router.delete("/{pool_id}", status_code=204)
async def delete_pool(world: SettledWorld, pool_id: UUID) -> Response:
    """Delete a pool; its machines survive."""
    world.delete_pool(str(pool_id))
    return no_content()


@router.post("/{pool_id}/machines", response_model=strict(models.PoolWithMachines))
async def add_machines_to_pool(
    world: SettledWorld, pool_id: UUID, body: Annotated[Record, body_of(models.MachinePoolAssignment)]
) -> Response:
    """Add machines to a pool; answers with the pool and all its machines."""
    pool = world.add_pool_machines(str(pool_id), body["machine_ids"])
    return json_response({**pool, "machines": world.machines_of_pool(pool["id"])})


@router.delete("/{pool_id}/machines", status_code=204)
async def remove_machines_from_pool(
    world: SettledWorld, pool_id: UUID, body: Annotated[Record, body_of(models.MachinePoolAssignment)]
) -> Response:
    """Take machines out of a pool."""
    world.remove_pool_machines(str(pool_id), body["machine_ids"])
    return no_content()


def _pool(world: World, pool_id: UUID) -> Record:
    pool = world.pools.get(str(pool_id))
    if pool is None:
        raise not_found("Pool", str(pool_id))
    return pool


def _included(world: World, pools: list[Record], wanted: frozenset[str] | None) -> list[Record] | None:
    if wanted is None:
        return None
    included = Included(world)
    if "machines" in wanted:
        for pool in pools:
            for machine in world.machines_of_pool(pool["id"]):
                # Without the pools inside each machine, a page of pools could not say which machine is in which.
                included.add("machine", {**machine, "pools": world.pools_of_machine(machine["id"])})
    return included.entries()
