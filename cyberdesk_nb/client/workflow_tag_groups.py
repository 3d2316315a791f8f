"""Groups of tags."""

from __future__ import annotations

from typing import Any, Unpack

from cyberdesk_nb.client import _operation as api
from cyberdesk_nb.client._call import Options, WriteOptions
from cyberdesk_nb.client._operation import Resource
from cyberdesk_nb.client._values import Id, Rows
from cyberdesk_nb.models import (
    ReorderRequest,
    WorkflowTagGroupCreate,
    WorkflowTagGroupResponse,
    WorkflowTagGroupUpdate,
)


class WorkflowTagGroups(Resource):
    """Groups of tags of which a workflow has at most one each."""

    @api.get("/v1/workflow-tag-groups")
    async def list(self, **call: Unpack[Options]) -> Rows[WorkflowTagGroupResponse]:
        """List all tag groups, in order."""
        ...

    @api.post("/v1/workflow-tag-groups", body=WorkflowTagGroupCreate)
    async def create(self, body: WorkflowTagGroupCreate | None = None, **fields: Any) -> WorkflowTagGroupResponse:
        """Make a tag group."""
        ...

    @api.get("/v1/workflow-tag-groups/{group_id}")
    async def get(self, group_id: Id, **call: Unpack[Options]) -> WorkflowTagGroupResponse:
        """Give one tag group."""
        ...

    @api.patch("/v1/workflow-tag-groups/{group_id}", body=WorkflowTagGroupUpdate)
    async def update(
        self, group_id: Id, body: WorkflowTagGroupUpdate | None = None, **fields: Any
    ) -> WorkflowTagGroupResponse:
        """Change what is given."""
        ...

    @api.delete("/v1/workflow-tag-groups/{group_id}")
    async def delete(self, group_id: Id, **call: Unpack[WriteOptions]) -> None:
        """Remove a tag group; its tags stay, without a group."""
        ...

    @api.put("/v1/workflow-tag-groups/reorder", body=ReorderRequest)
    async def reorder(self, body: ReorderRequest | None = None, **fields: Any) -> None:
        """Put tag groups into the order of `ids`."""
        ...
