"""Groups of tags."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from cyberdesk_nb import models
from cyberdesk_nb.simulator.stores import tags
from cyberdesk_nb.simulator.web.params import SettledWorld
from cyberdesk_nb.simulator.web.schemas import body_of, strict
from cyberdesk_nb.simulator.web.wire import json_response, no_content
from cyberdesk_nb.simulator.world.world import Record

router = APIRouter(prefix="/v1/workflow-tag-groups", tags=["workflow_tag_groups"])

_Group = strict(models.WorkflowTagGroupResponse)
_NAME = Field(min_length=1)


@router.get("", response_model=list[_Group])
async def list_tag_groups(world: SettledWorld) -> Response:
    """Return the groups in their order as a bare array."""
    return json_response(tags.listed_groups(world))


@router.post("", status_code=201, response_model=_Group)
async def create_tag_group(
    world: SettledWorld, body: Annotated[Record, body_of(models.WorkflowTagGroupCreate, name=_NAME)]
) -> Response:
    """Create a group; names are unique."""
    return json_response(tags.create_group(world, body), status=201)


@router.put("/reorder", status_code=204)
async def reorder_tag_groups(world: SettledWorld, body: Annotated[Record, body_of(models.ReorderRequest)]) -> Response:
    """Put groups in a new order."""
    tags.reorder(world.workflow_tag_groups, "Tag group", body["ids"])
    return no_content()


@router.get("/{group_id}", response_model=_Group)
async def get_tag_group(world: SettledWorld, group_id: UUID) -> Response:
    """Return one group."""
    return json_response(tags.group(world, str(group_id)))


@router.patch("/{group_id}", response_model=_Group)
async def update_tag_group(
    world: SettledWorld, group_id: UUID, body: Annotated[Record, body_of(models.WorkflowTagGroupUpdate, name=_NAME)]
) -> Response:
    """Change a group."""
    return json_response(tags.update_group(world, str(group_id), body))


@router.delete("/{group_id}", status_code=204)
async def delete_tag_group(world: SettledWorld, group_id: UUID) -> Response:
    """Delete a group; its tags stay, without one."""
    tags.delete_group(world, str(group_id))
    return no_content()
