"""Tags on workflows."""

from __future__ import annotations

from typing import Any, Unpack

from cyberdesk_nb.client import _operation as api
from cyberdesk_nb.client._call import Options, WriteOptions
from cyberdesk_nb.client._operation import Resource
from cyberdesk_nb.client._values import Id, Rows
from cyberdesk_nb.models import (
    AddTagsRequest,
    BulkAddTagsRequest,
    ReorderRequest,
    WorkflowTagCreate,
    WorkflowTagResponse,
    WorkflowTagUpdate,
)


class WorkflowTags(Resource):
    """Tags on workflows; those of one group exclude each other."""

    @api.get("/v1/workflow-tags")
    async def list(self, *, include_archived: bool | None = None, **call: Unpack[Options]) -> Rows[WorkflowTagResponse]:
        """List all tags, with the number of their workflows."""
        ...

    @api.post("/v1/workflow-tags", body=WorkflowTagCreate)
    async def create(self, body: WorkflowTagCreate | None = None, **fields: Any) -> WorkflowTagResponse:
        """Make a tag; its name is unique in the organization."""
        ...

    @api.get("/v1/workflow-tags/{tag_id}")
    async def get(self, tag_id: Id, **call: Unpack[Options]) -> WorkflowTagResponse:
        """Give one tag."""
        ...

    @api.patch("/v1/workflow-tags/{tag_id}", body=WorkflowTagUpdate)
    async def update(self, tag_id: Id, body: WorkflowTagUpdate | None = None, **fields: Any) -> WorkflowTagResponse:
        """Change what is given; `group_id=None` takes the tag out of its group."""
        ...

    @api.delete("/v1/workflow-tags/{tag_id}")
    async def delete(self, tag_id: Id, **call: Unpack[WriteOptions]) -> None:
        """Remove a tag, also from its workflows."""
        ...

    @api.post("/v1/workflow-tags/{tag_id}/archive")
    async def archive(self, tag_id: Id, **call: Unpack[WriteOptions]) -> WorkflowTagResponse:
        """Hide a tag; workflows that have it keep it."""
        ...

    @api.post("/v1/workflow-tags/{tag_id}/unarchive")
    async def unarchive(self, tag_id: Id, **call: Unpack[WriteOptions]) -> WorkflowTagResponse:
        """Show a tag again."""
        ...

    @api.put("/v1/workflow-tags/reorder", body=ReorderRequest)
    async def reorder(self, body: ReorderRequest | None = None, **fields: Any) -> None:
        """Put tags into the order of `ids`."""
        ...

    @api.post("/v1/workflows/{workflow_id}/tags", body=AddTagsRequest)
    async def add_to_workflow(
        self, workflow_id: Id, body: AddTagsRequest | None = None, **fields: Any
    ) -> Rows[WorkflowTagResponse]:
        """Tag a workflow; a tag of a group pushes out the one before."""
        ...

    @api.delete("/v1/workflows/{workflow_id}/tags/{tag_id}")
    async def remove_from_workflow(self, workflow_id: Id, tag_id: Id, **call: Unpack[WriteOptions]) -> None:
        """Take a tag off a workflow."""
        ...

    @api.get("/v1/workflows/{workflow_id}/tags")
    async def get_for_workflow(self, workflow_id: Id, **call: Unpack[Options]) -> Rows[WorkflowTagResponse]:
        """List the tags of a workflow."""
        ...

    @api.post("/v1/workflows/bulk/tags", body=BulkAddTagsRequest)
    async def bulk_add_to_workflows(self, body: BulkAddTagsRequest | None = None, **fields: Any) -> None:
        """Tag many workflows."""
        ...
