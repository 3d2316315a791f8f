"""Puts the seeded fleet together: machines first, then the demand, then the past that follows from both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cyberdesk_nb.simulator.catalog import KINDS
from cyberdesk_nb.simulator.chance import RunIds, named_id
from cyberdesk_nb.simulator.engine.scripts import ScriptLibrary
from cyberdesk_nb.simulator.fleet.accounts import model_configurations, request_logs
from cyberdesk_nb.simulator.fleet.connections import Outage, outages
from cyberdesk_nb.simulator.fleet.demand import demand, length_of_past
from cyberdesk_nb.simulator.fleet.fates import Setting
from cyberdesk_nb.simulator.fleet.layout import Layout, layout
from cyberdesk_nb.simulator.fleet.machines import connection_records, machine_records, pool_records
from cyberdesk_nb.simulator.fleet.past import Lived, live_through
from cyberdesk_nb.simulator.fleet.plants import Plants, plants
from cyberdesk_nb.simulator.fleet.recordings import Take, approvals, source_runs, takes
from cyberdesk_nb.simulator.fleet.workflows import tag_records, workflow_records
from cyberdesk_nb.simulator.options import WorldOptions
from cyberdesk_nb.simulator.runs.past_runs import WorkflowPlan, from_us

Record = dict[str, Any]


@dataclass(slots=True)
class Fleet:
    """Everything that a world begins with; `sources` gives the run number of a take's recording run."""

    org_id: str
    user_id: str
    shape: Layout
    cause: Plants
    since: datetime
    machines: list[Record]
    pools: list[Record]
    pool_members: set[tuple[str, str]]
    outages: list[list[Outage]]
    connections: list[Record]
    workflows: list[Record]
    kinds: dict[str, str]
    tags: list[Record]
    tag_groups: list[Record]
    tag_ids: dict[str, list[str]]
    model_configurations: list[Record]
    request_logs: list[Record]
    takes: list[Take]
    sources: dict[int, int]
    lived: Lived


def seed_fleet(options: WorldOptions, anchor: datetime, library: ScriptLibrary) -> Fleet:
    """Make the fleet of `options`, whose past ends at `anchor`."""
    seed, shape = options.seed, layout(options.machines)
    org_id, user_id = f"org_{named_id(seed, 'org', 0)[:8]}", named_id(seed, "user", 0)
    days = length_of_past(options.days, options.runs, options.machines)
    since = anchor - timedelta(days=days)
    kinds = tuple(KINDS[number % len(KINDS)] for number in range(options.workflows or len(KINDS)))
    cause = plants(kinds, shape, anchor, days, options.runs, planted=options.planted)
    machines = machine_records(seed, shape, org_id, user_id, since)
    off = [outages(seed, slot, shape, cause, since, anchor) for slot in range(shape.size)]
    pools = pool_records(seed, shape, org_id, since)
    workflows = workflow_records(seed, kinds, cause, org_id, user_id, since)
    groups, tags, tag_ids = tag_records(seed, kinds, workflows, org_id, since)
    plan = [
        WorkflowPlan(
            record["id"],
            kind.slug,
            tuple(one.name for one in kind.disturbances),
            tuple(one.name for one in kind.failures),
        )
        for record, kind in zip(workflows, kinds, strict=True)
    ]
    made = takes(seed, plan, library, cause, options.trajectories, since, anchor)
    setting = Setting(
        seed=seed,
        anchor=anchor,
        shape=shape,
        cause=cause,
        library=library,
        workflows=plan,
        has_checks=[bool(record["post_run_checks"]) for record in workflows],
        machine_ids=[machine["id"] for machine in machines],
        machine_names=[machine["name"] for machine in machines],
        outages=off,
        recordings=[take.recording for take in made],
        approvals=approvals(made),
    )
    wanted = demand(
        seed, shape, [pool["id"] for pool in pools], cause, _weights(len(kinds), cause), options.runs, days, anchor
    )
    lived = live_through(setting, wanted)
    sources = source_runs(made, lived.runs, shape, anchor)
    _note_hidden_failures(workflows, lived, RunIds(seed))
    return Fleet(
        org_id=org_id,
        user_id=user_id,
        shape=shape,
        cause=cause,
        since=since,
        machines=machines,
        pools=pools,
        pool_members={
            (pool["id"], machines[slot]["id"]) for pool, slots in zip(pools, shape.pools, strict=True) for slot in slots
        },
        outages=off,
        connections=[
            row
            for slot, machine in enumerate(machines)
            for row in connection_records(seed, slot, machine, off[slot], since, anchor)
        ],
        workflows=workflows,
        kinds={one.id: one.kind for one in plan},
        tags=tags,
        tag_groups=groups,
        tag_ids=tag_ids,
        model_configurations=model_configurations(seed, since),
        request_logs=request_logs(seed, machines, org_id, anchor),
        takes=made,
        sources=sources,
        lived=lived,
    )


def _weights(count: int, cause: Plants) -> list[float]:
    """Give the workflows with a planted cause enough runs for it to show; the nightly one has its own hour."""
    weights = [1.0] * count
    for workflow, weight in (
        (cause.slow_workflow, 2.4),
        (cause.broken_workflow, 2.6),
        (cause.nightly_workflow, 0.05),
    ):
        if workflow is not None:
            weights[workflow] = weight
    return weights


def _note_hidden_failures(workflows: list[Record], lived: Lived, ids: RunIds) -> None:
    """Leave the trace that a failed first attempt leaves: its workflow's error flags name the run."""
    runs = lived.runs
    for number, (_, started, _, _) in sorted(runs.first_attempts.items()):
        workflows[int(runs.workflow[number])]["workflow_metadata"] = {
            "has_unaddressed_error": True,
            "last_errored_run_start": from_us(started),
            "last_errored_run_uuid": ids.of(number),
        }
