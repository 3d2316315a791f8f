"""The simulated organisation: one facade over the fleet, the engine and the records.

Records are plain dicts in wire shape: every key of the contract present, null where empty, JSON-ready except times,
which are aware UTC datetimes. The resource dicts (`machines`, `workflows`, ...) are read freely; they are changed only
through the methods below, which keep them consistent. Bodies are the request models' JSON form with unset keys left
out (`exclude_unset`), secrets in plain. Everything is synchronous and single-threaded; call `settle` before reading.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Unpack

from cyberdesk_nb.simulator.clock import Clock
from cyberdesk_nb.simulator.engine.engine import Engine
from cyberdesk_nb.simulator.engine.launching import Launcher
from cyberdesk_nb.simulator.engine.planning import Planner, values_of
from cyberdesk_nb.simulator.engine.scripts import ScriptLibrary, script_library
from cyberdesk_nb.simulator.fleet import Fleet, seed_fleet
from cyberdesk_nb.simulator.options import WorldOptions
from cyberdesk_nb.simulator.refusals import Refusal, not_found
from cyberdesk_nb.simulator.runs.histories import screen_time, screens_seen
from cyberdesk_nb.simulator.runs.records import RunReader
from cyberdesk_nb.simulator.runs.run_book import Filter, RunBook
from cyberdesk_nb.simulator.runs.run_lists import RunLists, RunQuery
from cyberdesk_nb.simulator.runs.run_search import RunSearch
from cyberdesk_nb.simulator.runs.run_usage import PastUsage, RunUsage
from cyberdesk_nb.simulator.runs.runs import CANCELLED, SUCCESS, TERMINAL, Run
from cyberdesk_nb.simulator.world.attachments import attach_export, detach, imported
from cyberdesk_nb.simulator.world.machines import Machines
from cyberdesk_nb.simulator.world.store import Record, Store
from cyberdesk_nb.simulator.world.trajectories import Trajectories
from cyberdesk_nb.simulator.world.truth import truth
from cyberdesk_nb.simulator.world.workflows import Workflows

_EXPORTS = 60
_DIRECT = ("input_values", "release_session_after", "input_attachment_ids", "output_attachment_ids")


class World:
    """A seeded fleet that goes on living. Refusals are raised as `Refusal`.

    Attributes
    ----------
    machines
        MachineResponse by id; `pools` null (see `pools_of_machine`). Status and availability are current after
        `settle`.
    pools
        PoolResponse by id, `machine_count` current.
    workflows
        WorkflowResponse by id, `post_run_checks` filled, `tags` null (see `tags_of_workflow`).
    trajectories
        TrajectoryResponse by id with `trajectory_data` empty: take `trajectory_record` for the answer.
    workflow_tags
        WorkflowTagResponse by id; `group` and `workflow_count` null.
    workflow_tag_ids
        Tag ids by workflow id.
    attachment_bytes
        Content by attachment id.
    pool_members
        (pool_id, machine_id) pairs.
    displays
        Size of the real display by machine id.
    new_id
        Gives the next id of a noun; the same calls in the same order get the same ids.

    """

    def __init__(self, options: WorldOptions | None = None, clock: Clock | None = None) -> None:
        self.options = options or WorldOptions()
        self.seed = self.options.seed
        self.api_key = f"cd_sim_{self.seed:04d}_local_only"
        self.clock = clock or Clock(self.options.now or datetime.now(UTC), self.options.speed)
        self._library = script_library(self.seed)
        self._fleet = seed_fleet(self.options, self.clock.anchor, self._library)
        self.org_id, self.user_id = self._fleet.org_id, self._fleet.user_id
        self._store = store = _store(self.options, self.clock, self._library, self._fleet)
        self._book = RunBook(self._fleet.lived.runs, self.seed, self._library)
        self._trajectories = Trajectories(store)
        self._trajectories.seed(self._fleet, self._book)
        self._reader = RunReader(
            self._library,
            store.workflows,
            lambda run: run.values if run.values is not None else values_of(store, run),
            self.org_id,
            self.user_id,
            self.options.screens,
            {key: tuple(record["post_run_checks"]) for key, record in store.workflows.items()},
            self.options.event_types,
        )
        self._lists = RunLists(self._book, RunSearch(store, self._book, self._reader))
        self._usage = RunUsage(self._book, self._lists, self._reader)
        planner = Planner(store, self._book, self._trajectories, self._reader)
        self._engine = Engine(store, self._book, self._trajectories, planner, self._fleet.lived)
        self._launcher = Launcher(store, self._book, self._engine)
        self._machines = Machines(store, self._engine, self._book)
        self._workflows = Workflows(store, self._engine, self._book, self._trajectories)
        self.machines, self.pools, self.pool_members = store.machines, store.pools, store.pool_members
        self.workflows, self.workflow_tag_ids = store.workflows, store.workflow_tag_ids
        self.workflow_tags, self.workflow_tag_groups = store.workflow_tags, store.workflow_tag_groups
        self.connections, self.request_logs = store.connections, store.request_logs
        self.run_attachments, self.attachment_bytes = store.run_attachments, store.attachment_bytes
        self.model_configurations, self.displays = store.model_configurations, store.displays
        self.keyless_providers = store.keyless_providers
        self.trajectories, self.new_id = self._trajectories.records, store.new_id
        self._add_exports()
        self.settle()

    def _add_exports(self) -> None:
        """Give the latest runs of exporting workflows their files; those of older ones have expired."""
        for workflow_id in [key for key, record in self.workflows.items() if record["includes_file_exports"]]:
            found = Filter(workflow_id=workflow_id, status=SUCCESS)
            for number in self._book.listed(found, self.clock.anchor, newest_first=True)[1][:_EXPORTS].tolist():
                run, at = self._book.at(number), self.clock.anchor
                output, ended = self._reader.output(run, at), run.ended_at(at) or at
                files = attach_export(self._store, workflow_id, run.id, output, ended)
                if files:
                    self._fleet.lived.runs.files[number] = files

    def settle(self) -> None:
        """Let happen all that is due up to `clock.now()`. Every request calls this first."""
        now = self.clock.now()
        self._engine.settle(now)
        self._machines.refresh(now)

    def truth(self) -> Record:
        """Return the planted causes and their sizes (never shown through the API)."""
        return truth(self._fleet, self._library, self.seed)

    # runs
    def run(self, run_id: str) -> Record:
        """Return one full RunResponse as of now. 404 when unknown."""
        return self._reader.record(self._book.find(run_id), self.clock.now())

    def list_runs(self, *, fields: list[str] | None = None, **query: Unpack[RunQuery]) -> tuple[list[Record], int]:
        """Return one page and the total; with `fields`, records hold those keys plus the five that always come."""
        now = self.clock.now()
        runs, total = self._lists.page(query, now)
        return [self._reader.record(run, now, fields) for run in runs], total

    def runs_to_send(self, *, fields: list[str] | None = None, **query: Unpack[RunQuery]) -> tuple[list[Record], int]:
        """Return the same as `list_runs`, some times faster: most histories are printed when sent (`History`)."""
        now = self.clock.now()
        runs, total = self._lists.page(query, now)
        return self._reader.page(runs, now, fields), total

    def usage_between(self, start: datetime, before: datetime) -> tuple[PastUsage, list[Record]]:
        """Return what the runs created in [start, before) used: the seeded ones summed, the others' counters each."""
        return self._usage.between(start, before, self.clock.now())

    def runs_with_usage(
        self, start: datetime | None, before: datetime | None, skip: int, limit: int
    ) -> tuple[list[Record], int]:
        """Return runs created in [start, before) that have counters, newest first, with these; and how many in all."""
        now = self.clock.now()
        runs, total = self._usage.page(start, before, now, skip, limit)
        return [self._reader.record(run, now, ["usage_metadata"]) for run in runs], total

    def create_run(self, body: Record) -> Record:
        """Queue one run (RunCreate), told as it stands at that moment. 404 unknown ids, 422 inputs that do not fit."""
        run = self._launcher.create(body)
        return self._reader.record(run, run.created_at)

    def bulk_create_runs(self, body: Record) -> Record:
        """RunBulkCreate -> RunBulkCreateResponse."""
        made = [self._reader.record(run, run.created_at) for run in self._launcher.create_many(body)]
        return {"created_runs": made, "failed_count": 0, "errors": []}

    def create_chain(self, body: Record) -> Record:
        """WorkflowChainCreate -> WorkflowChainResponse."""
        session, runs = self._launcher.create_chain(body)
        return {"session_id": session, "run_ids": [run.id for run in runs]}

    def retry_run(self, run_id: str, body: Record) -> Record:
        """Start a terminal run again in place (RunRetry). 409 while it is live."""
        run = self._book.take(run_id)
        self._launcher.retry(run, body)
        return self._read(run)

    def update_run(self, run_id: str, changes: Record) -> Record:
        """Apply RunUpdate; `status: cancelled` cancels a live run, 409 when terminal."""
        run, now = self._book.take(run_id), self.clock.now()
        status = changes.get("status")
        if status is not None and (status == CANCELLED or status != run.status(now)):
            self._set_status(run, status, changes.get("error"), now)
        for key, value in changes.items():
            if key in _DIRECT:
                setattr(run, "inputs" if key == "input_values" else key, value)
            elif key != "status":
                run.patch[key] = value
        self._machines.refresh(now)
        return self._read(run)

    def _set_status(self, run: Run, status: str, errors: list[str] | None, now: datetime) -> None:
        if not run.is_live(now):
            raise Refusal(409, f"Run {run.id} has ended as {run.status(now)}", code="run_is_terminal")
        if status not in TERMINAL:
            raise Refusal(409, f"Run {run.id} is {run.status(now)}; its status cannot be set to {status}")
        self._engine.stop(run, now, status, errors)

    def delete_run(self, run_id: str) -> None:
        """Delete a terminal run with its attachments. 409 while it is live."""
        run, now = self._book.find(run_id), self.clock.now()
        if run.is_live(now):
            raise Refusal(409, f"Run {run_id} is {run.status(now)}; cancel it first", code="run_is_live")
        detach(self._store, run_id)
        self._book.drop(run)

    def run_image(self, run_id: str, n: int) -> bytes:
        """Return the PNG of the run's n-th screen (0 is the first). 404 when there is none (yet)."""
        run, now = self._book.find(run_id), self.clock.now()
        attempt = run.attempt
        if attempt is None or now < attempt.started_at or not self.options.screens:
            raise not_found("Image", f"{run_id}/{n}.png")
        script = self._library.script(attempt.script)
        if not 0 <= n < screens_seen(attempt, script, now):
            raise not_found("Image", f"{run_id}/{n}.png")
        return self._library.picture(attempt.script, n, screen_time(attempt, script, n))

    def imports_on(self, machine_id: str) -> list[tuple[Record, bytes]]:
        """Return the files that runs have brought onto a machine, those left out that went with their run."""
        return imported(self._store, machine_id, self._book.find, self.clock.now())

    def _read(self, run: Run) -> Record:
        return self._reader.record(run, self.clock.now())

    # trajectories
    def trajectory_record(self, trajectory_id: str, *, with_steps: bool = True) -> Record:
        """Return TrajectoryResponse; without steps `trajectory_data` is null."""
        return self._trajectories.record(trajectory_id, with_steps=with_steps)

    def run_trajectory(self, run_id: str) -> Record:
        """Return the newest trajectory of a run, generated or not. 404 when none."""
        self._book.find(run_id)
        newest = self._trajectories.of_run(run_id)
        if newest is None:
            raise not_found("Trajectory of run", run_id)
        return self.trajectory_record(newest["id"])

    def latest_trajectory(self, workflow_id: str) -> Record:
        """Return the most recently updated generated trajectory of a workflow. 404 when none."""
        self._store.workflow(workflow_id)
        latest = self._trajectories.latest(workflow_id)
        if latest is None:
            raise not_found("Trajectory of workflow", workflow_id)
        return self.trajectory_record(latest["id"])

    def generate_trajectory(self, run_id: str) -> Record:
        """Mark the run's newest trajectory generated, recording one first where there is none."""
        run, now = self._book.find(run_id), self.clock.now()
        newest = self._trajectories.of_run(run_id)
        if newest is None:
            if run.status(now) != SUCCESS or run.attempt is None:
                raise Refusal(409, f"Run {run_id} is {run.status(now)}; only a success can be recorded")
            newest = self._trajectories.record_run(run, run.attempt, run.attempt.work_ends_at)
        newest["is_generated"], newest["updated_at"] = True, now
        return self.trajectory_record(newest["id"])

    def create_trajectory(self, body: Record) -> Record:
        """TrajectoryCreate -> TrajectoryResponse, not generated, not main."""
        if body.get("run_id") is not None:
            self._book.find(body["run_id"])
        return self._trajectories.create(body)

    def update_trajectory(self, trajectory_id: str, changes: Record) -> Record:
        """Apply TrajectoryUpdate; `is_main` clears it on the workflow's others."""
        return self._trajectories.update(trajectory_id, changes)

    def duplicate_trajectory(self, trajectory_id: str) -> Record:
        """Copy a trajectory: unapproved, named "X (Copy)"."""
        return self._trajectories.duplicate(trajectory_id)

    def delete_trajectory(self, trajectory_id: str) -> None:
        """Delete a trajectory; runs that replayed it keep their history."""
        self._trajectories.delete(trajectory_id)

    # machines and pools
    def create_machine(self, body: Record) -> Record:
        """MachineCreate -> MachineResponse (disconnected until a connection is made)."""
        return self._machines.create(body)

    def update_machine(self, machine_id: str, changes: Record) -> Record:
        """Apply MachineUpdate; an explicit null `reserved_session_id` cancels its run and releases it."""
        return self._machines.update(machine_id, changes)

    def delete_machine(self, machine_id: str) -> None:
        """Delete a machine; its runs stay with `machine_id` null, its connections and request logs go."""
        self._machines.delete(machine_id)

    def pools_of_machine(self, machine_id: str) -> list[Record]:
        """Return the pools a machine is in, by name."""
        return self._machines.pools_of(machine_id)

    def machines_of_pool(self, pool_id: str) -> list[Record]:
        """Return the machines in a pool, by name."""
        return self._machines.members_of(pool_id)

    def set_machine_pools(self, machine_id: str, pool_ids: list[str]) -> Record:
        """Replace the whole set of a machine's pools; answers with the machine."""
        return self._machines.set_pools(machine_id, pool_ids)

    def create_pool(self, body: Record) -> Record:
        """PoolCreate -> PoolResponse."""
        return self._machines.create_pool(body)

    def update_pool(self, pool_id: str, changes: Record) -> Record:
        """Apply PoolUpdate."""
        return self._machines.update_pool(pool_id, changes)

    def delete_pool(self, pool_id: str) -> None:
        """Delete a pool; its machines survive."""
        self._machines.delete_pool(pool_id)

    def add_pool_machines(self, pool_id: str, machine_ids: list[str]) -> Record:
        """Add machines to a pool; answers with the pool (PoolResponse)."""
        return self._machines.add_members(pool_id, machine_ids)

    def remove_pool_machines(self, pool_id: str, machine_ids: list[str]) -> None:
        """Take machines out of a pool."""
        self._machines.remove_members(pool_id, machine_ids)

    # workflows
    def create_workflow(self, body: Record) -> Record:
        """WorkflowCreate -> WorkflowResponse."""
        return self._workflows.create(body)

    def update_workflow(self, workflow_id: str, changes: Record) -> Record:
        """Apply WorkflowUpdate and keep the state before it in `old_versions`."""
        return self._workflows.update(workflow_id, changes)

    def delete_workflow(self, workflow_id: str) -> None:
        """Delete a workflow with its runs and trajectories."""
        self._workflows.delete(workflow_id)

    def duplicate_workflow(
        self, workflow_id: str, *, main_prompt: str | None = None, include_trajectories: bool = False
    ) -> Record:
        """Copy a workflow under "(Copy) X", without its versions; a prompt that shows copied images may be given."""
        return self._workflows.duplicate(workflow_id, main_prompt, include_trajectories=include_trajectories)

    def merge_workflow(self, source_id: str, target_id: str, *, copy_trajectories: bool = False) -> Record:
        """Give the target the source's prompt, schemas, checks, settings and tags, then delete the source."""
        return self._workflows.merge(source_id, target_id, copy_trajectories=copy_trajectories)

    def workflow_versions(self, workflow_id: str) -> list[Record]:
        """Return earlier states, newest first."""
        return self._workflows.versions(workflow_id)

    def tags_of_workflow(self, workflow_id: str) -> list[Record]:
        """Return the tags on a workflow, each with its group embedded."""
        return self._workflows.tags_of(workflow_id)

    # connections
    def create_connection(self, body: Record) -> Record:
        """ConnectionCreate: a machine connects."""
        return self._machines.connect(body)

    def update_connection(self, connection_id: str, changes: Record) -> Record:
        """Apply ConnectionUpdate; a disconnect takes the machine down and fails its run."""
        return self._machines.update_connection(connection_id, changes)

    def delete_connection(self, connection_id: str) -> None:
        """Delete a connection row."""
        self._machines.delete_connection(connection_id)


def _store(options: WorldOptions, clock: Clock, library: ScriptLibrary, fleet: Fleet) -> Store:
    """Put the seeded fleet on the shelves."""
    store = Store(options, clock, library, fleet.org_id, fleet.user_id)
    for slot, machine in enumerate(fleet.machines):
        store.machines[machine["id"]] = machine
        store.seat(machine["id"], fleet.shape.display(slot))
    for table, records in (
        (store.pools, fleet.pools),
        (store.workflows, fleet.workflows),
        (store.connections, fleet.connections),
        (store.request_logs, fleet.request_logs),
        (store.workflow_tags, fleet.tags),
        (store.workflow_tag_groups, fleet.tag_groups),
        (store.model_configurations, fleet.model_configurations),
    ):
        table.update({record["id"]: record for record in records})
    store.workflow_tag_ids.update(fleet.tag_ids)
    store.pool_members |= fleet.pool_members
    store.kinds.update(fleet.kinds)
    return store
