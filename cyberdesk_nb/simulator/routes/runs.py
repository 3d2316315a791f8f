"""Runs: list, create, bulk, chain, read, change, retry, delete."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from cyberdesk_nb import models
from cyberdesk_nb.simulator.web.including import Included, parse_include
from cyberdesk_nb.simulator.web.listing import page
from cyberdesk_nb.simulator.web.params import Limit, SettledWorld, Skip, UtcTime, text
from cyberdesk_nb.simulator.web.schemas import Known, body_of, page_of, strict
from cyberdesk_nb.simulator.web.wire import json_response, no_content, page_response
from cyberdesk_nb.simulator.world.world import Record, World

router = APIRouter(prefix="/v1/runs", tags=["runs"])

_INCLUDES = ("workflow", "machine", "machine.pools")


@router.get("", response_model=page_of(models.RunResponse))
async def list_runs(
    world: SettledWorld,
    workflow_id: UUID | None = None,
    machine_id: UUID | None = None,
    session_id: UUID | None = None,
    status: Annotated[models.RunStatus, Known] | None = None,
    created_at_from: UtcTime | None = None,
    created_at_to: UtcTime | None = None,
    sort_mode: Annotated[models.RunListSortMode, Known] = models.RunListSortMode.ACTIVITY,
    search: str | None = None,
    deep_search: bool = False,
    fields: Annotated[list[Annotated[models.RunField, Known]] | None, Query()] = None,
    include: str | None = None,
    skip: Skip = 0,
    limit: Limit = 100,
) -> Response:
    """List runs: live work first, or strictly newest first; `fields` leaves all other keys out."""
    wanted = parse_include(include, _INCLUDES)
    items, total = world.runs_to_send(
        workflow_id=text(workflow_id),
        machine_id=text(machine_id),
        session_id=text(session_id),
        status=text(status),
        created_at_from=created_at_from,
        created_at_to=created_at_to,
        search=search or None,
        deep_search=deep_search,
        sort_mode=str(sort_mode),
        skip=skip,
        limit=limit,
        fields=[str(field) for field in fields] if fields else None,
    )
    included = _included(world, items, wanted)
    return page_response(page(items, total=total, skip=skip, limit=limit, included=included))


@router.post("", status_code=201, response_model=strict(models.RunResponse))
async def create_run(world: SettledWorld, body: Annotated[Record, body_of(models.RunCreate)]) -> Response:
    """Queue one run."""
    return json_response(world.create_run(body), status=201)


@router.post("/bulk", status_code=201, response_model=strict(models.RunBulkCreateResponse))
async def bulk_create_runs(
    world: SettledWorld,
    body: Annotated[Record, body_of(models.RunBulkCreate, count=Field(ge=1, le=1000))],
) -> Response:
    """Queue many equal runs at once."""
    return json_response(world.bulk_create_runs(body), status=201)


@router.post("/chain", status_code=201, response_model=strict(models.WorkflowChainResponse))
async def create_run_chain(
    world: SettledWorld, body: Annotated[Record, body_of(models.WorkflowChainCreate, steps=Field(min_length=1))]
) -> Response:
    """Queue workflows that run one after another in one session."""
    return json_response(world.create_chain(body), status=201)


@router.get("/{run_id}", response_model=strict(models.RunResponseWithIncludes))
async def get_run(world: SettledWorld, run_id: UUID, include: str | None = None) -> Response:
    """Return one run in full."""
    wanted = parse_include(include, _INCLUDES)
    run = world.run(str(run_id))
    return json_response({**run, "included": _included(world, [run], wanted)})


@router.patch("/{run_id}", response_model=strict(models.RunResponse))
async def update_run(world: SettledWorld, run_id: UUID, body: Annotated[Record, body_of(models.RunUpdate)]) -> Response:
    """Change a run; `status: cancelled` stops a live one."""
    return json_response(world.update_run(str(run_id), body))


@router.delete("/{run_id}", status_code=204)
async def delete_run(world: SettledWorld, run_id: UUID) -> Response:
    """Delete a run that has ended, with its attachments."""
    world.delete_run(str(run_id))
    return no_content()


@router.post("/{run_id}/generate-trajectory", response_model=strict(models.TrajectoryResponse))
async def generate_run_trajectory(world: SettledWorld, run_id: UUID) -> Response:
    """Mark the newest trajectory of a run as generated."""
    return json_response(world.generate_trajectory(str(run_id)))


@router.post("/{run_id}/retry", response_model=strict(models.RunResponse))
async def retry_run(world: SettledWorld, run_id: UUID, body: Annotated[Record, body_of(models.RunRetry)]) -> Response:
    """Run an ended run again in place, under its own id."""
    return json_response(world.retry_run(str(run_id), body))


@router.get("/{run_id}/trajectory", response_model=strict(models.TrajectoryResponse))
async def get_run_trajectory(world: SettledWorld, run_id: UUID) -> Response:
    """Return the newest trajectory of a run, generated or not."""
    return json_response(world.run_trajectory(str(run_id)))


def _included(world: World, runs: list[Record], wanted: frozenset[str] | None) -> list[Record] | None:
    if wanted is None:
        return None
    included = Included(world)
    for run in runs:
        if "workflow" in wanted:
            included.add_workflow(run["workflow_id"])
        if wanted & {"machine", "machine.pools"}:
            included.add_machine(run["machine_id"], with_pools="machine.pools" in wanted)
    return included.entries()
