"""Tags of workflows: the tags themselves, their order, and which workflow carries which."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from cyberdesk_nb import models
from cyberdesk_nb.simulator.refusals import not_found
from cyberdesk_nb.simulator.stores import tags
from cyberdesk_nb.simulator.web.params import SettledWorld
from cyberdesk_nb.simulator.web.schemas import body_of, strict
from cyberdesk_nb.simulator.web.wire import json_response, no_content
from cyberdesk_nb.simulator.world.world import Record, World

router = APIRouter(prefix="/v1/workflow-tags", tags=["workflow_tags"])
on_workflows = APIRouter(prefix="/v1/workflows", tags=["workflows"])

_Tag = strict(models.WorkflowTagResponse)
_NAME = Field(min_length=1)


@router.get("", response_model=list[_Tag])
async def list_tags(world: SettledWorld, include_archived: bool = False) -> Response:
    """Return the tags in their order as a bare array."""
    return json_response(tags.listed_tags(world, with_archived=include_archived))


@router.post("", status_code=201, response_model=_Tag)
async def create_tag(
    world: SettledWorld, body: Annotated[Record, body_of(models.WorkflowTagCreate, name=_NAME)]
) -> Response:
    """Create a tag; names are unique."""
    return json_response(tags.shown(world, tags.create_tag(world, body)), status=201)


@router.put("/reorder", status_code=204)
async def reorder_tags(world: SettledWorld, body: Annotated[Record, body_of(models.ReorderRequest)]) -> Response:
    """Put tags in a new order."""
    tags.reorder(world.workflow_tags, "Tag", body["ids"])
    return no_content()


@router.get("/{tag_id}", response_model=_Tag)
async def get_tag(world: SettledWorld, tag_id: UUID) -> Response:
    """Return one tag."""
    return json_response(tags.shown(world, tags.tag(world, str(tag_id))))


@router.patch("/{tag_id}", response_model=_Tag)
async def update_tag(
    world: SettledWorld, tag_id: UUID, body: Annotated[Record, body_of(models.WorkflowTagUpdate, name=_NAME)]
) -> Response:
    """Change a tag."""
    return json_response(tags.shown(world, tags.update_tag(world, str(tag_id), body)))


@router.delete("/{tag_id}", status_code=204)
async def delete_tag(world: SettledWorld, tag_id: UUID) -> Response:
    """Delete a tag everywhere."""
    tags.delete_tag(world, str(tag_id))
    return no_content()


@router.post("/{tag_id}/archive", response_model=_Tag)
async def archive_tag(world: SettledWorld, tag_id: UUID) -> Response:
    """Hide a tag; workflows that carry it keep it."""
    return json_response(tags.shown(world, tags.update_tag(world, str(tag_id), {"is_archived": True})))


@router.post("/{tag_id}/unarchive", response_model=_Tag)
async def unarchive_tag(world: SettledWorld, tag_id: UUID) -> Response:
    """Bring an archived tag back."""
    return json_response(tags.shown(world, tags.update_tag(world, str(tag_id), {"is_archived": False})))


@on_workflows.post("/bulk/tags", status_code=204)
async def bulk_add_tags_to_workflows(
    world: SettledWorld, body: Annotated[Record, body_of(models.BulkAddTagsRequest)]
) -> Response:
    """Put tags on several workflows."""
    tags.put_on(world, [_workflow_id(world, workflow_id) for workflow_id in body["workflow_ids"]], body["tag_ids"])
    return no_content()


@on_workflows.get("/{workflow_id}/tags", response_model=list[_Tag])
async def get_workflow_tags(world: SettledWorld, workflow_id: UUID) -> Response:
    """Return the tags of a workflow as a bare array."""
    return json_response(world.tags_of_workflow(_workflow_id(world, workflow_id)))


@on_workflows.post("/{workflow_id}/tags", response_model=list[_Tag])
async def add_tags_to_workflow(
    world: SettledWorld, workflow_id: UUID, body: Annotated[Record, body_of(models.AddTagsRequest)]
) -> Response:
    """Put tags on a workflow; answers with all its tags."""
    found = _workflow_id(world, workflow_id)
    tags.put_on(world, [found], body["tag_ids"])
    return json_response(world.tags_of_workflow(found))


@on_workflows.delete("/{workflow_id}/tags/{tag_id}", status_code=204)
async def remove_tag_from_workflow(world: SettledWorld, workflow_id: UUID, tag_id: UUID) -> Response:
    """Take a tag off a workflow."""
    tags.take_off(world, _workflow_id(world, workflow_id), str(tag_id))
    return no_content()


def _workflow_id(world: World, workflow_id: UUID | str) -> str:
    if str(workflow_id) not in world.workflows:
        raise not_found("Workflow", str(workflow_id))
    return str(workflow_id)
