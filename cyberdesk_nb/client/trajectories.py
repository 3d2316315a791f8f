"""Trajectories: recorded paths through a workflow."""

from __future__ import annotations

from typing import Any, Unpack

from cyberdesk_nb.client import _operation as api
from cyberdesk_nb.client._call import Options, WriteOptions
from cyberdesk_nb.client._operation import Resource
from cyberdesk_nb.client._paging import Page
from cyberdesk_nb.client._values import Id, Include, When
from cyberdesk_nb.client._walk import Walk
from cyberdesk_nb.models import (
    TrajectoryCreate,
    TrajectoryResponse,
    TrajectoryResponseWithIncludes,
    TrajectoryUpdate,
)


class TrajectoryFilters(Options, total=False):
    """What a list of trajectories can be narrowed by.

    `is_generated` is true for the server when left out: ask with True and with False to see all. `search` looks in
    id, name and description.
    """

    search: str | None
    workflow_id: Id | None
    run_id: Id | None
    is_approved: bool | None
    is_generated: bool | None
    created_at_from: When | None
    created_at_to: When | None
    updated_at_from: When | None
    updated_at_to: When | None
    include: Include


class Trajectories(Resource):
    """Recorded paths through a workflow."""

    @api.get("/v1/trajectories")
    async def list(
        self, *, skip: int = 0, limit: int = 100, **filters: Unpack[TrajectoryFilters]
    ) -> Page[TrajectoryResponse]:
        """Give one page of trajectories, with their steps and screenshots: ask for few. `include`: workflow."""
        ...

    def iter(
        self, *, page_size: int = 5, windows: int = 8, **filters: Unpack[TrajectoryFilters]
    ) -> Walk[TrajectoryResponse]:
        """Walk over all trajectories, each exactly once, a few at a time, since they are large."""
        return Walk(self.list, filters, by="created_at", page_size=page_size, windows=windows)

    @api.post("/v1/trajectories", body=TrajectoryCreate)
    async def create(self, body: TrajectoryCreate | None = None, **fields: Any) -> TrajectoryResponse:
        """Store a trajectory."""
        ...

    @api.get("/v1/trajectories/{trajectory_id}")
    async def get(
        self, trajectory_id: Id, *, include: Include = None, **call: Unpack[Options]
    ) -> TrajectoryResponseWithIncludes:
        """Give one trajectory. `include`: workflow."""
        ...

    @api.patch("/v1/trajectories/{trajectory_id}", body=TrajectoryUpdate)
    async def update(
        self, trajectory_id: Id, body: TrajectoryUpdate | None = None, **fields: Any
    ) -> TrajectoryResponse:
        """Change what is given; `is_approved=True` lets runs replay it."""
        ...

    @api.delete("/v1/trajectories/{trajectory_id}")
    async def delete(self, trajectory_id: Id, **call: Unpack[WriteOptions]) -> None:
        """Remove a trajectory."""
        ...

    @api.post("/v1/trajectories/{trajectory_id}/duplicate")
    async def duplicate(self, trajectory_id: Id, **call: Unpack[WriteOptions]) -> TrajectoryResponse:
        """Copy a trajectory; the copy is not approved."""
        ...

    @api.get("/v1/workflows/{workflow_id}/latest-trajectory")
    async def get_latest_for_workflow(self, workflow_id: Id, **call: Unpack[Options]) -> TrajectoryResponse:
        """Give the trajectory of a workflow that was changed last."""
        ...
