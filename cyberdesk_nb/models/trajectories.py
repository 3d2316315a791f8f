"""Trajectories: the recorded steps of a run, which later runs replay from cache."""

from typing import Any, cast

from cyberdesk_nb.models._base import ApiModel, Id, IncludedResource, Time
from cyberdesk_nb.models.workflows import WorkflowResponse


class TrajectoryResponse(ApiModel):
    """One recorded step list of a workflow."""

    workflow_id: Id
    trajectory_data: list[dict[str, Any]]
    dimensions: dict[str, int]
    is_approved: bool
    has_been_approved: bool
    is_generated: bool
    is_main: bool
    id: Id
    created_at: Time
    updated_at: Time
    name: str | None = None
    description: str | None = None
    run_id: Id | None = None
    original_input_values: dict[str, Any] | None = None
    user_id: Id | None = None
    organization_id: str | None = None

    @property
    def workflow(self) -> WorkflowResponse | None:
        """The trajectory's workflow where the call asked for ``include=["workflow"]``, else None."""
        return cast("WorkflowResponse | None", self._related.get("workflow"))


class TrajectoryResponseWithIncludes(TrajectoryResponse):
    """One trajectory with what `include` asked for; its steps may be null."""

    # The API may leave the steps out here only; the fields are frozen, so the wider type is safe.
    trajectory_data: list[dict[str, Any]] | None = None  # pyright: ignore[reportIncompatibleVariableOverride]
    included: list[IncludedResource] | None = None


class TrajectoryCreate(ApiModel):
    """A recorded step list to store."""

    workflow_id: Id
    trajectory_data: list[dict[str, Any]]
    dimensions: dict[str, int]
    name: str | None = None
    description: str | None = None
    run_id: Id | None = None
    original_input_values: dict[str, Any] | None = None
    is_approved: bool = False


class TrajectoryUpdate(ApiModel):
    """What may change on a trajectory."""

    name: str | None = None
    description: str | None = None
    trajectory_data: list[dict[str, Any]] | None = None
    is_approved: bool | None = None
    is_main: bool | None = None
