"""Workflows: what runs execute, and the images that their prompts show."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Unpack

from cyberdesk_nb.client import _operation as api
from cyberdesk_nb.client._call import Options, WriteOptions
from cyberdesk_nb.client._operation import Resource
from cyberdesk_nb.client._paging import Page
from cyberdesk_nb.client._values import Id, Include, Rows, When
from cyberdesk_nb.client._walk import Walk
from cyberdesk_nb.models import (
    WorkflowCreate,
    WorkflowDuplicateRequest,
    WorkflowMergeRequest,
    WorkflowPromptImageListItem,
    WorkflowPromptImageResponse,
    WorkflowPromptImageSignedUrlResponse,
    WorkflowResponse,
    WorkflowResponseWithIncludes,
    WorkflowUpdate,
)


class WorkflowFilters(Options, total=False):
    """What a list of workflows can be narrowed by; `tag_ids` asks for all of them, `search` looks in id and name."""

    search: str | None
    created_at_from: When | None
    created_at_to: When | None
    updated_at_from: When | None
    updated_at_to: When | None
    tag_ids: Include
    include_tags: bool | None
    include: Include


class Workflows(Resource):
    """What runs execute."""

    @api.get("/v1/workflows")
    async def list(
        self, *, skip: int = 0, limit: int = 100, **filters: Unpack[WorkflowFilters]
    ) -> Page[WorkflowResponse]:
        """Give one page of workflows, the last changed first. `include`: tags, post_run_checks."""
        ...

    def iter(
        self, *, page_size: int = 1000, windows: int = 8, **filters: Unpack[WorkflowFilters]
    ) -> Walk[WorkflowResponse]:
        """Walk over all workflows, each exactly once."""
        return Walk(self.list, filters, by="created_at", page_size=page_size, windows=windows)

    @api.post("/v1/workflows", body=WorkflowCreate)
    async def create(self, body: WorkflowCreate | None = None, **fields: Any) -> WorkflowResponse:
        """Make a workflow."""
        ...

    @api.get("/v1/workflows/{workflow_id}")
    async def get(
        self, workflow_id: Id, *, include: Include = None, **call: Unpack[Options]
    ) -> WorkflowResponseWithIncludes:
        """Give one workflow. `include`: tags, post_run_checks; without it both come."""
        ...

    @api.patch("/v1/workflows/{workflow_id}", body=WorkflowUpdate)
    async def update(self, workflow_id: Id, body: WorkflowUpdate | None = None, **fields: Any) -> WorkflowResponse:
        """Change what is given; the state before becomes a version."""
        ...

    @api.delete("/v1/workflows/{workflow_id}")
    async def delete(self, workflow_id: Id, **call: Unpack[WriteOptions]) -> None:
        """Remove a workflow with its runs and trajectories."""
        ...

    @api.post("/v1/workflows/{workflow_id}/duplicate", body=WorkflowDuplicateRequest, optional_body=True)
    async def duplicate(
        self, workflow_id: Id, body: WorkflowDuplicateRequest | None = None, **fields: Any
    ) -> WorkflowResponse:
        """Copy a workflow."""
        ...

    @api.post("/v1/workflows/{workflow_id}/merge", body=WorkflowMergeRequest)
    async def merge(self, workflow_id: Id, body: WorkflowMergeRequest | None = None, **fields: Any) -> WorkflowResponse:
        """Move a workflow's content into another one; the first is removed."""
        ...

    @api.get("/v1/workflows/{workflow_id}/versions")
    async def get_versions(self, workflow_id: Id, **call: Unpack[Options]) -> Rows[dict[str, Any]]:
        """List the earlier states of a workflow."""
        ...

    @api.post("/v1/workflows/prompt-image", form=True)
    async def upload_prompt_image(
        self, file: str | Path | bytes, *, filename: str | None = None, **call: Unpack[WriteOptions]
    ) -> WorkflowPromptImageResponse:
        """Store an image to show in prompts: PNG, JPEG, GIF or WebP of up to 10 MB."""
        ...

    @api.get("/v1/workflows/prompt-images")
    async def list_prompt_images(self, **call: Unpack[Options]) -> Rows[WorkflowPromptImageListItem]:
        """List all prompt images."""
        ...

    @api.get("/v1/workflows/prompt-image/signed-url")
    async def get_prompt_image_signed_url(
        self, path: str, **call: Unpack[Options]
    ) -> WorkflowPromptImageSignedUrlResponse:
        """Give a link to a prompt image, good for an hour."""
        ...

    @api.delete("/v1/workflows/prompt-image")
    async def delete_prompt_image(self, path: str, **call: Unpack[WriteOptions]) -> None:
        """Remove a prompt image."""
        ...
