"""Workflows: prompts with their input and output schemas, models and checks."""

from typing import Any

from cyberdesk_nb.models._base import ApiModel, Id, IncludedResource, Time
from cyberdesk_nb.models.post_run_checks import WorkflowPostRunCheckResponse, WorkflowPostRunCheckUpsert
from cyberdesk_nb.models.workflow_tags import WorkflowTagResponse


class WorkflowModelMetadata(ApiModel):
    """Model configuration ids by role; null means the platform's default."""

    main_agent_model_id: Id | None = None
    cache_detection_model_id: Id | None = None
    fallback_model_1_id: Id | None = None
    fallback_model_2_id: Id | None = None


class WorkflowInternalMetadata(ApiModel):
    """The platform's note of a workflow's last error."""

    has_unaddressed_error: bool | None = None
    last_errored_run_start: Time | None = None
    last_errored_run_uuid: Id | None = None


class WorkflowInternalMetadataUpdate(ApiModel):
    """What may change of that note; null clears a key."""

    has_unaddressed_error: bool | None = None
    last_errored_run_start: Time | None = None
    last_errored_run_uuid: Id | None = None


class WorkflowResponse(ApiModel):
    """One workflow; `input_schema` and `output_schema` are JSON text."""

    main_prompt: str
    id: Id
    created_at: Time
    updated_at: Time
    name: str | None = None
    input_schema: str | None = None
    output_schema: str | None = None
    includes_file_exports: bool = False
    is_webhooks_enabled: bool = False
    terminal_command_allowlist: list[str] | None = None
    model_metadata: WorkflowModelMetadata | None = None
    post_run_check_failure_cleanup_prompt: str | None = None
    user_id: Id | None = None
    organization_id: str | None = None
    includes_input_variables: bool = False
    workflow_metadata: WorkflowInternalMetadata | None = None
    old_versions: list[dict[str, Any]] | None = None
    tags: list[WorkflowTagResponse] | None = None
    post_run_checks: list[WorkflowPostRunCheckResponse] | None = None


class WorkflowResponseWithIncludes(WorkflowResponse):
    """One workflow with what `include` asked for."""

    included: list[IncludedResource] | None = None


class WorkflowCreate(ApiModel):
    """A workflow to create; both schemas are JSON text."""

    main_prompt: str
    name: str | None = None
    input_schema: str | None = None
    output_schema: str | None = None
    includes_file_exports: bool = False
    is_webhooks_enabled: bool = False
    terminal_command_allowlist: list[str] | None = None
    model_metadata: WorkflowModelMetadata | None = None
    post_run_check_failure_cleanup_prompt: str | None = None
    post_run_checks: list[WorkflowPostRunCheckUpsert] | None = None


class WorkflowUpdate(ApiModel):
    """What may change on a workflow; the state before is kept as a version."""

    name: str | None = None
    main_prompt: str | None = None
    input_schema: str | None = None
    output_schema: str | None = None
    includes_file_exports: bool | None = None
    is_webhooks_enabled: bool | None = None
    terminal_command_allowlist: list[str] | None = None
    model_metadata: WorkflowModelMetadata | None = None
    post_run_check_failure_cleanup_prompt: str | None = None
    workflow_metadata: WorkflowInternalMetadataUpdate | None = None
    post_run_checks: list[WorkflowPostRunCheckUpsert] | None = None


class WorkflowDuplicateRequest(ApiModel):
    """Whether the copy takes the generated trajectories along."""

    include_trajectories: bool = False


class WorkflowMergeRequest(ApiModel):
    """The workflow that takes over; this one is then deleted."""

    target_workflow_id: Id
    copy_trajectories: bool = False
