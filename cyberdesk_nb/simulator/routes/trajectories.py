"""Trajectories: recorded paths of a workflow."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from cyberdesk_nb import models
from cyberdesk_nb.simulator.refusals import not_found
from cyberdesk_nb.simulator.web.including import Included, parse_include
from cyberdesk_nb.simulator.web.listing import mentions, newest_first, page, within
from cyberdesk_nb.simulator.web.params import Limit, SettledWorld, Skip, UtcTime, text
from cyberdesk_nb.simulator.web.schemas import body_of, page_of, strict
from cyberdesk_nb.simulator.web.wire import json_response, no_content
from cyberdesk_nb.simulator.world.world import Record, World

router = APIRouter(tags=["trajectories"])

_INCLUDES = ("workflow",)
_NAME = Field(max_length=255)
_STEPS = Field(min_length=1)


@router.get("/v1/trajectories", response_model=page_of(models.TrajectoryResponse))
async def list_trajectories(
    world: SettledWorld,
    search: str | None = None,
    workflow_id: UUID | None = None,
    run_id: UUID | None = None,
    is_approved: bool | None = None,
    is_generated: bool = True,
    created_at_from: UtcTime | None = None,
    created_at_to: UtcTime | None = None,
    updated_at_from: UtcTime | None = None,
    updated_at_to: UtcTime | None = None,
    include: str | None = None,
    skip: Skip = 0,
    limit: Limit = 100,
) -> Response:
    """List trajectories, last updated first; those that are not generated are hidden unless asked for."""
    wanted = parse_include(include, _INCLUDES)
    found = newest_first(
        (
            trajectory
            for trajectory in world.trajectories.values()
            if mentions(search, trajectory["id"], trajectory["name"], trajectory["description"])
            and text(workflow_id) in (None, trajectory["workflow_id"])
            and text(run_id) in (None, trajectory["run_id"])
            and is_approved in (None, trajectory["is_approved"])
            and is_generated == trajectory["is_generated"]
            and within(trajectory["created_at"], created_at_from, created_at_to)
            and within(trajectory["updated_at"], updated_at_from, updated_at_to)
        ),
        key="updated_at",
    )
    items = [world.trajectory_record(trajectory["id"]) for trajectory in found[skip : skip + limit]]
    included = _included(world, items, wanted)
    return json_response(page(items, total=len(found), skip=skip, limit=limit, included=included))


@router.post("/v1/trajectories", status_code=201, response_model=strict(models.TrajectoryResponse))
async def create_trajectory(
    world: SettledWorld,
    body: Annotated[Record, body_of(models.TrajectoryCreate, name=_NAME, trajectory_data=_STEPS)],
) -> Response:
    """Store a trajectory; it is never generated and never main."""
    return json_response(world.create_trajectory(body), status=201)


@router.get("/v1/trajectories/{trajectory_id}", response_model=strict(models.TrajectoryResponseWithIncludes))
async def get_trajectory(world: SettledWorld, trajectory_id: UUID, include: str | None = None) -> Response:
    """Return one trajectory with its steps."""
    wanted = parse_include(include, _INCLUDES)
    if str(trajectory_id) not in world.trajectories:
        raise not_found("Trajectory", str(trajectory_id))
    trajectory = world.trajectory_record(str(trajectory_id))
    return json_response({**trajectory, "included": _included(world, [trajectory], wanted)})


@router.patch("/v1/trajectories/{trajectory_id}", response_model=strict(models.TrajectoryResponse))
async def update_trajectory(
    world: SettledWorld,
    trajectory_id: UUID,
    body: Annotated[Record, body_of(models.TrajectoryUpdate, name=_NAME, trajectory_data=_STEPS)],
) -> Response:
    """Change a trajectory; making it main takes that from the workflow's others."""
    return json_response(world.update_trajectory(str(trajectory_id), body))


@router.delete("/v1/trajectories/{trajectory_id}", status_code=204)
async def delete_trajectory(world: SettledWorld, trajectory_id: UUID) -> Response:
    """Delete a trajectory."""
    world.delete_trajectory(str(trajectory_id))
    return no_content()


@router.post(
    "/v1/trajectories/{trajectory_id}/duplicate", status_code=201, response_model=strict(models.TrajectoryResponse)
)
async def duplicate_trajectory(world: SettledWorld, trajectory_id: UUID) -> Response:
    """Copy a trajectory; the copy is not approved."""
    return json_response(world.duplicate_trajectory(str(trajectory_id)), status=201)


@router.get("/v1/workflows/{workflow_id}/latest-trajectory", response_model=strict(models.TrajectoryResponse))
async def get_latest_trajectory_for_workflow(world: SettledWorld, workflow_id: UUID) -> Response:
    """Return the last updated generated trajectory of a workflow."""
    return json_response(world.latest_trajectory(str(workflow_id)))


def _included(world: World, trajectories: list[Record], wanted: frozenset[str] | None) -> list[Record] | None:
    if wanted is None:
        return None
    included = Included(world)
    for trajectory in trajectories if "workflow" in wanted else ():
        included.add_workflow(trajectory["workflow_id"])
    return included.entries()
