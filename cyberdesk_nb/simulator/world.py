"""The simulated organisation: one facade over the fleet, the engine and the records.

Records are plain dicts in wire shape: every key of the contract present, null where empty, JSON-ready except times,
which are aware UTC datetimes. The resource dicts (`machines`, `workflows`, ...) are read freely; they are changed only
through the methods below, which keep them consistent. Bodies are the request models' JSON form with unset keys left
out (`exclude_unset`), secrets in plain. Everything is synchronous and single-threaded; call `settle` before reading.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cyberdesk_nb.simulator.clock import Clock
from cyberdesk_nb.simulator.options import WorldOptions

Record = dict[str, Any]


class World:
    """A seeded fleet that goes on living. Refusals are raised as `ApiFault`."""

    options: WorldOptions
    clock: Clock
    seed: int
    api_key: str
    org_id: str
    user_id: str

    machines: dict[str, Record]
    """MachineResponse by id; `pools` null (see `pools_of_machine`). Status and availability are current after `settle`."""
    pools: dict[str, Record]
    """PoolResponse by id, `machine_count` current."""
    workflows: dict[str, Record]
    """WorkflowResponse by id, `post_run_checks` filled, `tags` null (see `tags_of_workflow`)."""
    connections: dict[str, Record]
    request_logs: dict[str, Record]
    trajectories: dict[str, Record]
    """TrajectoryResponse by id with `trajectory_data` EMPTY: take `trajectory_record` for the answer."""
    workflow_tags: dict[str, Record]
    """WorkflowTagResponse by id; `group` and `workflow_count` null."""
    workflow_tag_groups: dict[str, Record]
    workflow_tag_ids: dict[str, list[str]]
    """Tag ids by workflow id."""
    run_attachments: dict[str, Record]
    attachment_bytes: dict[str, bytes]
    """Content by attachment id."""
    model_configurations: dict[str, Record]
    pool_members: set[tuple[str, str]]
    """(pool_id, machine_id) pairs."""

    def __init__(self, options: WorldOptions | None = None) -> None:
        raise NotImplementedError

    def settle(self) -> None:
        """Let happen all that is due up to `clock.now()`. Every request calls this first."""
        raise NotImplementedError

    def truth(self) -> Record:
        """Return the planted causes and their sizes (never shown through the API)."""
        raise NotImplementedError

    # runs
    def run(self, run_id: str) -> Record:
        """Return one full RunResponse as of now. 404 when unknown."""
        raise NotImplementedError

    def list_runs(
        self,
        *,
        workflow_id: str | None = None,
        machine_id: str | None = None,
        session_id: str | None = None,
        status: str | None = None,
        created_at_from: datetime | None = None,
        created_at_to: datetime | None = None,
        search: str | None = None,
        deep_search: bool = False,
        sort_mode: str = "activity",
        skip: int = 0,
        limit: int = 100,
        fields: list[str] | None = None,
    ) -> tuple[list[Record], int]:
        """Return one page and the total; with `fields`, records hold those keys plus the five that always come."""
        raise NotImplementedError

    def create_run(self, body: Record) -> Record:
        """Queue one run (RunCreate). 404 unknown ids, 422 inputs that do not fit."""
        raise NotImplementedError

    def bulk_create_runs(self, body: Record) -> Record:
        """RunBulkCreate -> RunBulkCreateResponse."""
        raise NotImplementedError

    def create_chain(self, body: Record) -> Record:
        """WorkflowChainCreate -> WorkflowChainResponse."""
        raise NotImplementedError

    def retry_run(self, run_id: str, body: Record) -> Record:
        """Start a terminal run again in place (RunRetry). 409 while it is live."""
        raise NotImplementedError

    def update_run(self, run_id: str, changes: Record) -> Record:
        """Apply RunUpdate; `status: cancelled` cancels a live run, 409 when terminal."""
        raise NotImplementedError

    def delete_run(self, run_id: str) -> None:
        """Delete a terminal run with its attachments. 409 while it is live."""
        raise NotImplementedError

    def run_image(self, run_id: str, n: int) -> bytes:
        """Return the PNG of the run's n-th screen (0 is the first). 404 when there is none (yet)."""
        raise NotImplementedError

    # trajectories
    def trajectory_record(self, trajectory_id: str, *, with_steps: bool = True) -> Record:
        """Return TrajectoryResponse; without steps `trajectory_data` is null."""
        raise NotImplementedError

    def run_trajectory(self, run_id: str) -> Record:
        """Return the newest trajectory of a run, generated or not. 404 when none."""
        raise NotImplementedError

    def latest_trajectory(self, workflow_id: str) -> Record:
        """Return the most recently updated generated trajectory of a workflow. 404 when none."""
        raise NotImplementedError

    def generate_trajectory(self, run_id: str) -> Record:
        """Mark the run's newest trajectory generated, recording one first where there is none."""
        raise NotImplementedError

    def create_trajectory(self, body: Record) -> Record:
        """TrajectoryCreate -> TrajectoryResponse, not generated, not main."""
        raise NotImplementedError

    def update_trajectory(self, trajectory_id: str, changes: Record) -> Record:
        """Apply TrajectoryUpdate; `is_main` clears it on the workflow's others."""
        raise NotImplementedError

    def duplicate_trajectory(self, trajectory_id: str) -> Record:
        """Copy a trajectory: unapproved, named "X (Copy)"."""
        raise NotImplementedError

    def delete_trajectory(self, trajectory_id: str) -> None:
        """Delete a trajectory; runs that replayed it keep their history."""
        raise NotImplementedError

    # machines and pools
    def create_machine(self, body: Record) -> Record:
        """MachineCreate -> MachineResponse (disconnected until a connection is made)."""
        raise NotImplementedError

    def update_machine(self, machine_id: str, changes: Record) -> Record:
        """Apply MachineUpdate; an explicit null `reserved_session_id` cancels its run and releases it."""
        raise NotImplementedError

    def delete_machine(self, machine_id: str) -> None:
        """Delete a machine; its runs stay with `machine_id` null, its connections and request logs go."""
        raise NotImplementedError

    def pools_of_machine(self, machine_id: str) -> list[Record]:
        """Return the pools a machine is in, by name."""
        raise NotImplementedError

    def machines_of_pool(self, pool_id: str) -> list[Record]:
        """Return the machines in a pool, by name."""
        raise NotImplementedError

    def set_machine_pools(self, machine_id: str, pool_ids: list[str]) -> Record:
        """Replace the whole set of a machine's pools; answers with the machine."""
        raise NotImplementedError

    def create_pool(self, body: Record) -> Record:
        """PoolCreate -> PoolResponse."""
        raise NotImplementedError

    def update_pool(self, pool_id: str, changes: Record) -> Record:
        """Apply PoolUpdate."""
        raise NotImplementedError

    def delete_pool(self, pool_id: str) -> None:
        """Delete a pool; its machines survive."""
        raise NotImplementedError

    def add_pool_machines(self, pool_id: str, machine_ids: list[str]) -> Record:
        """Add machines to a pool; answers with the pool (PoolResponse)."""
        raise NotImplementedError

    def remove_pool_machines(self, pool_id: str, machine_ids: list[str]) -> None:
        """Take machines out of a pool."""
        raise NotImplementedError

    # workflows
    def create_workflow(self, body: Record) -> Record:
        """WorkflowCreate -> WorkflowResponse."""
        raise NotImplementedError

    def update_workflow(self, workflow_id: str, changes: Record) -> Record:
        """Apply WorkflowUpdate and keep the state before it in `old_versions`."""
        raise NotImplementedError

    def delete_workflow(self, workflow_id: str) -> None:
        """Delete a workflow with its runs and trajectories."""
        raise NotImplementedError

    def duplicate_workflow(self, workflow_id: str, *, include_trajectories: bool = False) -> Record:
        """Copy a workflow under "(Copy) X", without its versions."""
        raise NotImplementedError

    def merge_workflow(self, source_id: str, target_id: str, *, copy_trajectories: bool = False) -> Record:
        """Give the target the source's prompt, schemas, checks, settings and tags, then delete the source."""
        raise NotImplementedError

    def workflow_versions(self, workflow_id: str) -> list[Record]:
        """Return earlier states, newest first."""
        raise NotImplementedError

    def tags_of_workflow(self, workflow_id: str) -> list[Record]:
        """Return the tags on a workflow, each with its group embedded."""
        raise NotImplementedError

    # connections
    def create_connection(self, body: Record) -> Record:
        """ConnectionCreate: a machine connects."""
        raise NotImplementedError

    def update_connection(self, connection_id: str, changes: Record) -> Record:
        """Apply ConnectionUpdate; a disconnect takes the machine down and fails its run."""
        raise NotImplementedError

    def delete_connection(self, connection_id: str) -> None:
        """Delete a connection row."""
        raise NotImplementedError
