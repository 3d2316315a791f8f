"""Post-run checks: what must hold after a run, as defined on a workflow and as found on a run."""

from cyberdesk_nb.models._base import ApiModel, Id, OpenEnum, Time


class PostRunCheckType(OpenEnum):
    """What a check looks at."""

    OUTPUT_DATA_AGENTIC_CHECK = "output_data_agentic_check"
    OUTPUT_DATA_PASSES_SCHEMA_VALIDATION = "output_data_passes_schema_validation"
    RUN_ATTACHMENT_EXISTS = "run_attachment_exists"
    RUN_ATTACHMENT_IMAGE_CHECK = "run_attachment_image_check"


class PostRunCheckFileTargetMode(OpenEnum):
    """How a check picks its files."""

    EXACT = "exact"
    LOOP_ITEMS = "loop_items"
    REGEX = "regex"


class PostRunCheckStatus(OpenEnum):
    """State of a check."""

    CANCELLED = "cancelled"
    FAILED = "failed"
    INFRA_ERROR = "infra_error"
    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"


class WorkflowPostRunCheckUpsert(ApiModel):
    """A check to create (no `id`) or to change."""

    name: str
    type: PostRunCheckType
    description: str | None = None
    file_target_mode: PostRunCheckFileTargetMode | None = None
    file_names: list[str] | None = None
    file_name_regex: str | None = None
    expected_match_count: int | None = None
    expected_match_count_ref: str | None = None
    loop_input: str | None = None
    loop_item_filename_template: str | None = None
    allow_missing_attachments: bool = False
    check_prompt: str | None = None
    model: Id | None = None
    id: Id | None = None


class WorkflowPostRunCheckResponse(ApiModel):
    """One check of a workflow."""

    name: str
    type: PostRunCheckType
    id: Id
    organization_id: str
    order: int
    created_at: Time
    updated_at: Time
    description: str | None = None
    file_target_mode: PostRunCheckFileTargetMode | None = None
    file_names: list[str] | None = None
    file_name_regex: str | None = None
    expected_match_count: int | None = None
    expected_match_count_ref: str | None = None
    loop_input: str | None = None
    loop_item_filename_template: str | None = None
    allow_missing_attachments: bool = False
    check_prompt: str | None = None
    model: Id | None = None
    user_id: Id | None = None


class RunPostRunCheckSnapshot(ApiModel):
    """A check as it stood when the run started, and what it found."""

    status: PostRunCheckStatus
    id: Id | None = None
    post_run_check_id: Id | None = None
    snapshot_version: int | None = None
    name: str | None = None
    description: str | None = None
    type: PostRunCheckType | None = None
    order: int | None = None
    file_target_mode: PostRunCheckFileTargetMode | None = None
    file_names: list[str] | None = None
    file_name_regex: str | None = None
    expected_match_count: int | None = None
    expected_match_count_ref: str | None = None
    loop_input: str | None = None
    loop_item_filename_template: str | None = None
    allow_missing_attachments: bool = False
    check_prompt: str | None = None
    model: Id | None = None
    started_at: Time | None = None
    ended_at: Time | None = None
    error_message: str | None = None
    messages: list[str] | None = None
    matched_filenames: list[str] | None = None
