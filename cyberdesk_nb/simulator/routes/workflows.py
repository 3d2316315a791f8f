"""Workflows: list, read, change, versions, duplicate and merge."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response

from cyberdesk_nb import models
from cyberdesk_nb.simulator.refusals import Refusal, not_found
from cyberdesk_nb.simulator.web.including import Included, parse_include
from cyberdesk_nb.simulator.web.listing import mentions, newest_first, page, within
from cyberdesk_nb.simulator.web.params import KeptPromptImages, Limit, SettledWorld, Skip, UtcTime
from cyberdesk_nb.simulator.web.schemas import body_of, page_of, strict
from cyberdesk_nb.simulator.web.wire import json_response, no_content
from cyberdesk_nb.simulator.world.world import Record, World

router = APIRouter(prefix="/v1/workflows", tags=["workflows"])

_INCLUDES = ("tags", "post_run_checks")
_ALL = frozenset(_INCLUDES)


@router.get("", response_model=page_of(models.WorkflowResponse))
async def list_workflows(
    world: SettledWorld,
    search: str | None = None,
    created_at_from: UtcTime | None = None,
    created_at_to: UtcTime | None = None,
    updated_at_from: UtcTime | None = None,
    updated_at_to: UtcTime | None = None,
    tag_ids: str | None = None,
    include_tags: bool = False,
    include: str | None = None,
    skip: Skip = 0,
    limit: Limit = 100,
) -> Response:
    """List workflows, last updated first; `tag_ids` (comma-joined) must all be on a workflow."""
    wanted = parse_include(include, _INCLUDES)
    embedded = wanted or (frozenset({"tags"}) if include_tags else frozenset[str]())
    tags = _tag_ids(tag_ids)
    found = newest_first(
        (
            workflow
            for workflow in world.workflows.values()
            if mentions(search, workflow["id"], workflow["name"])
            and tags <= set(world.workflow_tag_ids.get(workflow["id"], ()))
            and within(workflow["created_at"], created_at_from, created_at_to)
            and within(workflow["updated_at"], updated_at_from, updated_at_to)
        ),
        key="updated_at",
    )
    items = [_shown(world, workflow, embedded) for workflow in found[skip : skip + limit]]
    included = _included(world, items, wanted)
    return json_response(page(items, total=len(found), skip=skip, limit=limit, included=included))


@router.post("", status_code=201, response_model=strict(models.WorkflowResponse))
async def create_workflow(world: SettledWorld, body: Annotated[Record, body_of(models.WorkflowCreate)]) -> Response:
    """Create a workflow."""
    return json_response(_shown(world, world.create_workflow(body), _ALL), status=201)


@router.get("/{workflow_id}", response_model=strict(models.WorkflowResponseWithIncludes))
async def get_workflow(world: SettledWorld, workflow_id: UUID, include: str | None = None) -> Response:
    """Return one workflow; without `include` it carries both its tags and its checks."""
    wanted = parse_include(include, _INCLUDES)
    workflow = _shown(world, _workflow(world, workflow_id), wanted or _ALL)
    return json_response({**workflow, "included": _included(world, [workflow], wanted)})


@router.patch("/{workflow_id}", response_model=strict(models.WorkflowResponse))
async def update_workflow(
    world: SettledWorld, workflow_id: UUID, body: Annotated[Record, body_of(models.WorkflowUpdate)]
) -> Response:
    """Change a workflow; its state before the change becomes a version."""
    return json_response(_shown(world, world.update_workflow(str(workflow_id), body), _ALL))


@router.delete("/{workflow_id}", status_code=204)
async def delete_workflow(world: SettledWorld, workflow_id: UUID) -> Response:
    """Delete a workflow with its runs and trajectories."""
    world.delete_workflow(str(workflow_id))
    return no_content()


@router.post("/{workflow_id}/duplicate", status_code=201, response_model=strict(models.WorkflowResponse))
async def duplicate_workflow(
    world: SettledWorld,
    images: KeptPromptImages,
    workflow_id: UUID,
    body: Annotated[Record, body_of(models.WorkflowDuplicateRequest, required=False)],
) -> Response:
    """Copy a workflow and its prompt's images without its versions, on wish with its generated trajectories."""
    prompt = images.copied(world, _workflow(world, workflow_id)["main_prompt"])
    copy = world.duplicate_workflow(
        str(workflow_id), main_prompt=prompt, include_trajectories=bool(body.get("include_trajectories", False))
    )
    return json_response(_shown(world, copy, _ALL), status=201)


@router.post("/{workflow_id}/merge", response_model=strict(models.WorkflowResponse))
async def merge_workflow(
    world: SettledWorld, workflow_id: UUID, body: Annotated[Record, body_of(models.WorkflowMergeRequest)]
) -> Response:
    """Put this workflow's content into the target and delete this one."""
    merged = world.merge_workflow(
        str(workflow_id), body["target_workflow_id"], copy_trajectories=bool(body.get("copy_trajectories", False))
    )
    return json_response(_shown(world, merged, _ALL))


@router.get("/{workflow_id}/versions", response_model=list[dict[str, Any]])
async def get_workflow_versions(world: SettledWorld, workflow_id: UUID) -> Response:
    """Return the earlier states of a workflow, newest first, as a bare array."""
    return json_response(world.workflow_versions(_workflow(world, workflow_id)["id"]))


def _workflow(world: World, workflow_id: UUID) -> Record:
    workflow = world.workflows.get(str(workflow_id))
    if workflow is None:
        raise not_found("Workflow", str(workflow_id))
    return workflow


def _tag_ids(joined: str | None) -> set[str]:
    try:
        return {str(UUID(tag_id.strip())) for tag_id in (joined or "").split(",") if tag_id.strip()}
    except ValueError as error:
        raise Refusal(400, "tag_ids must be uuids joined by commas", code="invalid_tag_ids") from error


def _shown(world: World, workflow: Record, parts: frozenset[str]) -> Record:
    return {
        **workflow,
        "tags": world.tags_of_workflow(workflow["id"]) if "tags" in parts else None,
        "post_run_checks": workflow["post_run_checks"] if "post_run_checks" in parts else None,
    }


def _included(world: World, shown: list[Record], wanted: frozenset[str] | None) -> list[Record] | None:
    if wanted is None:
        return None
    included = Included(world)
    for workflow in shown:
        included.add_all("workflow_tag", workflow["tags"] or ())
        included.add_all("post_run_check", workflow["post_run_checks"] or ())
    return included.entries()
