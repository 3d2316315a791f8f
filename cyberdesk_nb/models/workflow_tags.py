"""Tags of workflows, and the groups in which tags exclude each other."""

from cyberdesk_nb.models._base import ApiModel, Id, Time


class WorkflowTagGroupResponse(ApiModel):
    """A group of tags of which a workflow has at most one."""

    name: str
    id: Id
    organization_id: str
    order: int
    created_at: Time
    updated_at: Time
    description: str | None = None
    emoji: str | None = None
    color: str | None = None


class WorkflowTagGroupCreate(ApiModel):
    """A tag group to create."""

    name: str
    description: str | None = None
    emoji: str | None = None
    color: str | None = None


class WorkflowTagGroupUpdate(ApiModel):
    """What may change on a tag group."""

    name: str | None = None
    description: str | None = None
    emoji: str | None = None
    color: str | None = None


class WorkflowTagResponse(ApiModel):
    """One tag."""

    name: str
    id: Id
    organization_id: str
    order: int
    created_at: Time
    updated_at: Time
    description: str | None = None
    emoji: str | None = None
    color: str | None = None
    group_id: Id | None = None
    is_archived: bool = False
    workflow_count: int | None = None
    group: WorkflowTagGroupResponse | None = None


class WorkflowTagCreate(ApiModel):
    """A tag to create."""

    name: str
    description: str | None = None
    emoji: str | None = None
    color: str | None = None
    group_id: Id | None = None


class WorkflowTagUpdate(ApiModel):
    """What may change on a tag."""

    name: str | None = None
    description: str | None = None
    emoji: str | None = None
    color: str | None = None
    group_id: Id | None = None
    is_archived: bool | None = None


class AddTagsRequest(ApiModel):
    """Tags to put on one workflow."""

    tag_ids: list[Id]


class BulkAddTagsRequest(ApiModel):
    """Tags to put on several workflows at once."""

    workflow_ids: list[Id]
    tag_ids: list[Id]


class ReorderRequest(ApiModel):
    """Ids in the order in which to show them."""

    ids: list[Id]
