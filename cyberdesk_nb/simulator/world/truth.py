"""The causes that were planted in the seeded past, with the size that each came to; never shown through the API."""

from __future__ import annotations

from typing import Any

import numpy as np

from cyberdesk_nb.simulator.chance import RunIds
from cyberdesk_nb.simulator.engine.scripts import ScriptKey, ScriptLibrary
from cyberdesk_nb.simulator.fleet import Fleet
from cyberdesk_nb.simulator.fleet.layout import BATCH
from cyberdesk_nb.simulator.fleet.plants import NIGHTLY_HOUR
from cyberdesk_nb.simulator.runs.past_runs import NONE, STATUSES, US, Bools, from_us, to_us

Record = dict[str, Any]

_SUCCESS, _ERROR, _CANCELLED = (STATUSES.index(name) for name in ("success", "error", "cancelled"))


def truth(fleet: Fleet, library: ScriptLibrary, seed: int) -> Record:
    """Return what is planted, by cause; a cause that this fleet does not have is null.

    Sizes are counted over the seeded runs that had ended at the anchor and in their last attempt. `failure_rate` is
    the share of `error` among runs that were not cancelled; durations are those of successful runs, from start to end.
    """
    ids = RunIds(seed)
    return {
        "bad_machine": _bad_machine(fleet),
        "slow_version": _slow_version(fleet),
        "replay_break": _replay_break(fleet, library, ids),
        "connection_gap": _connection_gap(fleet, ids),
        "hidden_retries": _hidden_retries(fleet, library, ids),
        "nightly_queue": _nightly_queue(fleet),
    }


def _ended(fleet: Fleet) -> Bools:
    """Mark the runs that started and had ended at the anchor."""
    runs = fleet.lived.runs
    live = [number for _, number, _ in fleet.lived.ends]
    return (runs.started != NONE) & ~np.isin(np.arange(len(runs)), live)


def _bad_machine(fleet: Fleet) -> Record | None:
    slot, runs = fleet.cause.bad_machine, fleet.lived.runs
    counted = _ended(fleet) & (runs.status != _CANCELLED)
    if slot is None or not (counted & (runs.machine == slot)).any():
        return None
    here, failed = runs.machine == slot, runs.status == _ERROR
    return {
        "machine_id": fleet.machines[slot]["id"],
        "machine_name": fleet.machines[slot]["name"],
        "runs": int((counted & here).sum()),
        "failed": int((counted & here & failed).sum()),
        "failure_rate": _share(failed[counted & here]),
        "failure_rate_elsewhere": _share(failed[counted & ~here]),
    }


def _slow_version(fleet: Fleet) -> Record | None:
    workflow, runs = fleet.cause.slow_workflow, fleet.lived.runs
    if workflow is None:
        return None
    counted = _ended(fleet) & (runs.status == _SUCCESS) & (runs.workflow == workflow)
    after = runs.started >= to_us(fleet.cause.slow_since)
    if not (counted & after).any() or not (counted & ~after).any():
        return None
    duration_s = (runs.ended - runs.started) / US
    before_s, after_s = (float(np.median(duration_s[counted & part])) for part in (~after, after))
    return {
        **_workflow(fleet, workflow),
        "since": fleet.cause.slow_since,
        "runs_before": int((counted & ~after).sum()),
        "runs_after": int((counted & after).sum()),
        "median_duration_s_before": before_s,
        "median_duration_s_after": after_s,
        "ratio": after_s / before_s,
    }


def _replay_break(fleet: Fleet, library: ScriptLibrary, ids: RunIds) -> Record | None:
    workflow, runs = fleet.cause.broken_workflow, fleet.lived.runs
    if workflow is None:
        return None
    plan = runs.workflows[workflow]
    name = plan.disturbances[fleet.cause.broken_disturbance]
    here = _ended(fleet) & (runs.workflow == workflow) & (runs.trajectory != NONE)
    met = here & (runs.disturbance == fleet.cause.broken_disturbance) & ~runs.cut
    after = runs.started >= to_us(fleet.cause.broken_since)
    if not (met & after).any():
        return None
    script = library.script(ScriptKey(plan.kind, 0, name))
    return {
        **_workflow(fleet, workflow),
        "step_index": script.places[script.break_step] if script.break_step is not None else None,
        "disturbance": name,
        "since": fleet.cause.broken_since,
        "runs": int((met & after).sum()),
        "share_before": _share(met[here & ~after]),
        "share_after": _share(met[here & after]),
        "run_ids": [ids.of(number) for number in np.flatnonzero(met & after).tolist()[:200]],
    }


def _connection_gap(fleet: Fleet, ids: RunIds) -> Record | None:
    cause, runs = fleet.cause, fleet.lived.runs
    start, until = to_us(cause.gap_from), to_us(cause.gap_until)
    killed = np.array([runs.errors.get(n) is not None for n in range(len(runs))], np.bool_) & runs.cut
    killed &= np.isin(runs.machine, cause.gap_slots) & (runs.started <= start) & (runs.ended >= start)
    killed &= runs.ended <= until
    if not killed.any():
        return None
    return {
        "machine_ids": [fleet.machines[slot]["id"] for slot in cause.gap_slots],
        "from": cause.gap_from,
        "until": cause.gap_until,
        "run_ids": [ids.of(number) for number in np.flatnonzero(killed).tolist()],
    }


def _hidden_retries(fleet: Fleet, library: ScriptLibrary, ids: RunIds) -> list[Record] | None:
    runs = fleet.lived.runs
    found = [_hidden_retry(fleet, library, ids, number) for number in sorted(runs.first_attempts)]
    return found or None


def _hidden_retry(fleet: Fleet, library: ScriptLibrary, ids: RunIds, number: int) -> Record:
    runs = fleet.lived.runs
    slot, started, ended, failure = runs.first_attempts[number]
    plan = runs.workflows[int(runs.workflow[number])]
    name = plan.failures[failure] if failure != NONE else None
    return {
        "run_id": ids.of(number),
        **_workflow(fleet, int(runs.workflow[number])),
        "first_machine_id": fleet.machines[slot]["id"],
        "first_started_at": from_us(started),
        "first_ended_at": from_us(ended),
        "first_error": library.script(ScriptKey(plan.kind, int(runs.sample[number]), None, name)).error,
        "retry_started_at": from_us(int(runs.started[number])),
    }


def _nightly_queue(fleet: Fleet) -> Record | None:
    workflow, runs = fleet.cause.nightly_workflow, fleet.lived.runs
    if workflow is None:
        return None
    hour = runs.created // (3600 * US) % 24
    counted = runs.started != NONE
    nightly = counted & (hour == NIGHTLY_HOUR) & (runs.workflow == workflow)
    if not nightly.any() or not (counted & ~nightly).any():
        return None
    wait_s = (runs.started - runs.created) / US
    return {
        **_workflow(fleet, workflow),
        "pool_id": fleet.pools[BATCH]["id"],
        "pool_name": fleet.pools[BATCH]["name"],
        "hour_utc": NIGHTLY_HOUR,
        "runs": int(nightly.sum()),
        "median_wait_s": float(np.median(wait_s[nightly])),
        "median_wait_s_otherwise": float(np.median(wait_s[counted & ~nightly])),
    }


def _workflow(fleet: Fleet, workflow: int) -> Record:
    record = fleet.workflows[workflow]
    return {"workflow_id": record["id"], "workflow_name": record["name"]}


def _share(marks: Bools) -> float:
    return float(marks.mean()) if len(marks) else 0.0
