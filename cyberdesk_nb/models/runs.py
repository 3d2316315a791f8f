"""Runs: one execution of a workflow on a machine."""

from typing import Any, cast

from pydantic import Field

from cyberdesk_nb.models._base import ApiModel, Id, IncludedResource, OpenEnum, SecretText, SecretValues, Time
from cyberdesk_nb.models.machines import MachineResponse
from cyberdesk_nb.models.post_run_checks import RunPostRunCheckSnapshot
from cyberdesk_nb.models.workflows import WorkflowModelMetadata, WorkflowResponse


class RunStatus(OpenEnum):
    """Where a run stands; `TERMINAL_STATUSES` are the ones that end it."""

    CANCELLED = "cancelled"
    ERROR = "error"
    RUNNING = "running"
    RUNNING_CHECKS = "running_checks"
    SCHEDULING = "scheduling"
    SUCCESS = "success"
    TASK_FAILED = "task_failed"


TERMINAL_STATUSES = frozenset({RunStatus.SUCCESS, RunStatus.TASK_FAILED, RunStatus.ERROR, RunStatus.CANCELLED})
"""The statuses after which a run changes no more unless it is retried; `running_checks` is not one of them."""


class RunListSortMode(OpenEnum):
    """Order of a run list: live work first, or newest first."""

    ACTIVITY = "activity"
    CREATED_AT_DESC = "created_at_desc"


class RunField(OpenEnum):
    """Names that `fields=` of a run list takes; id, workflow_id, machine_id, status and created_at always come."""

    ENDED_AT = "ended_at"
    ERROR = "error"
    INPUT_ATTACHMENT_IDS = "input_attachment_ids"
    INPUT_VALUES = "input_values"
    IS_PRIORITY = "is_priority"
    MACHINE_ID = "machine_id"
    MAIN_PROMPT = "main_prompt"
    MODEL_METADATA = "model_metadata"
    ORGANIZATION_ID = "organization_id"
    OUTPUT_ATTACHMENT_IDS = "output_attachment_ids"
    OUTPUT_DATA = "output_data"
    POOL_IDS = "pool_ids"
    POST_RUN_CHECKS = "post_run_checks"
    RELEASE_SESSION_AFTER = "release_session_after"
    RUN_MESSAGE_HISTORY = "run_message_history"
    SENSITIVE_INPUT_ALIASES = "sensitive_input_aliases"
    SESSION_ALIAS = "session_alias"
    SESSION_ID = "session_id"
    STARTED_AT = "started_at"
    USAGE_METADATA = "usage_metadata"
    USER_ID = "user_id"


class RunResponse(ApiModel):
    """One run. `machine_id` is null until a machine is assigned, or after it was deleted."""

    workflow_id: Id
    machine_id: Id | None
    id: Id
    status: RunStatus
    created_at: Time
    user_id: Id | None = None
    organization_id: str | None = None
    is_priority: bool = False
    error: list[str] | None = None
    output_data: dict[str, Any] | None = None
    input_attachment_ids: list[str] | None = None
    output_attachment_ids: list[str] | None = None
    run_message_history: list[dict[str, Any]] | None = None
    input_values: dict[str, Any] | None = None
    main_prompt: str | None = None
    model_metadata: WorkflowModelMetadata | None = None
    pool_ids: list[Id] | None = None
    sensitive_input_aliases: dict[str, str] | None = None
    usage_metadata: dict[str, Any] | None = None
    post_run_checks: list[RunPostRunCheckSnapshot] | None = None
    session_id: Id | None = None
    session_alias: str | None = None
    release_session_after: bool | None = None
    started_at: Time | None = None
    ended_at: Time | None = None

    @property
    def workflow(self) -> WorkflowResponse | None:
        """The run's workflow where the call asked for ``include=["workflow"]``, else None."""
        return cast("WorkflowResponse | None", self._related.get("workflow"))

    @property
    def machine(self) -> MachineResponse | None:
        """The run's machine where the call asked for ``include=["machine"]``, else None."""
        return cast("MachineResponse | None", self._related.get("machine"))

    @property
    def is_terminal(self) -> bool:
        """Whether the run has ended."""
        return self.status in TERMINAL_STATUSES


class RunResponseWithIncludes(RunResponse):
    """One run with what `include` asked for."""

    machine_id: Id | None = None
    included: list[IncludedResource] | None = None


class FileInput(ApiModel):
    """A file to place on the machine; `content` is base64, and left out of its repr."""

    filename: str
    content: str = Field(repr=False)
    target_path: str | None = None
    cleanup_imports_after_run: bool = False


class RunCreate(ApiModel):
    """One run to queue. Placement: session beats machine beats pools beats any."""

    workflow_id: Id
    is_priority: bool = False
    main_prompt: str | None = None
    main_agent_model_id: Id | None = None
    model_metadata: WorkflowModelMetadata | None = None
    machine_id: Id | None = None
    pool_ids: list[Id] | None = None
    input_values: dict[str, Any] | None = None
    file_inputs: list[FileInput] | None = None
    sensitive_input_values: SecretValues | None = None
    session_id: Id | None = None
    start_session: bool | None = False
    session_alias: str | None = None
    release_session_after: bool | None = None


class RunUpdate(ApiModel):
    """What may change on a run; `status='cancelled'` stops it."""

    status: RunStatus | None = None
    error: list[str] | None = None
    output_data: dict[str, Any] | None = None
    output_attachment_ids: list[str] | None = None
    run_message_history: list[dict[str, Any]] | None = None
    input_values: dict[str, Any] | None = None
    usage_metadata: dict[str, Any] | None = None
    post_run_checks: list[RunPostRunCheckSnapshot] | None = None
    started_at: Time | None = None
    ended_at: Time | None = None
    release_session_after: bool | None = None


class RunBulkCreate(ApiModel):
    """`count` (1 to 1000) equal runs to queue."""

    workflow_id: Id
    count: int
    is_priority: bool = False
    machine_id: Id | None = None
    pool_ids: list[Id] | None = None
    input_values: dict[str, Any] | None = None
    file_inputs: list[FileInput] | None = None
    sensitive_input_values: SecretValues | None = None
    session_id: Id | None = None
    start_session: bool | None = False


class RunBulkCreateResponse(ApiModel):
    """The runs that were queued, and what failed."""

    created_runs: list[RunResponse]
    failed_count: int = 0
    errors: list[str] | None = None


class RunRetry(ApiModel):
    """How to run an ended run again in place; its earlier outputs and history are erased."""

    input_values: dict[str, Any] | None = None
    sensitive_input_values: SecretValues | None = None
    file_inputs: list[FileInput] | None = None
    machine_id: Id | None = None
    pool_ids: list[Id] | None = None
    reuse_session: bool | None = True
    session_id: Id | None = None
    start_session: bool | None = False
    session_alias: str | None = None
    release_session_after: bool | None = None
    is_priority: bool | None = None


class ChainStep(ApiModel):
    """One workflow call in a chain; `session_alias` names it for `$ref`s of later steps."""

    workflow_id: Id
    session_alias: str | None = None
    inputs: dict[str, Any] | None = None
    sensitive_inputs: SecretValues | None = None


class WorkflowChainCreate(ApiModel):
    """Workflows to run one after another in one session."""

    steps: list[ChainStep]
    is_priority: bool = False
    shared_inputs: dict[str, Any] | None = None
    shared_sensitive_inputs: SecretValues | None = None
    shared_file_inputs: list[FileInput] | None = None
    keep_session_after_completion: bool | None = False
    machine_id: Id | None = None
    pool_ids: list[Id] | None = None
    session_id: Id | None = None


class WorkflowChainResponse(ApiModel):
    """The chain's session, and its runs in step order."""

    session_id: Id
    run_ids: list[Id]


class RunImageSignedUrlResponse(ApiModel):
    """A signed link to a screenshot of a run, good for `expires_in` seconds."""

    supabase_url: str
    signed_url: SecretText
    expires_in: int
