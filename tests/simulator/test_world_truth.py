"""The planted causes are in the records, at the size that `truth` says; recomputed here from the records alone."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

import pytest

from cyberdesk_nb.simulator.world.world import World
from tests.simulator.worlds import TERMINAL, default_runs, default_world, make_world

Record = dict[str, Any]


def _truth(cause: str) -> Any:
    return default_world().truth()[cause]


def _seconds(run: Record, start: str, end: str) -> float:
    return (run[end] - run[start]).total_seconds()


def _failure_rate(runs: list[Record]) -> float:
    return sum(run["status"] == "error" for run in runs) / len(runs)


def test_bad_machine() -> None:
    """One machine's runs end in an error far more often than the others'."""
    truth = _truth("bad_machine")
    runs = [run for run in default_runs() if run["started_at"] and run["status"] in TERMINAL - {"cancelled"}]
    here = [run for run in runs if run["machine_id"] == truth["machine_id"]]
    elsewhere = [run for run in runs if run["machine_id"] != truth["machine_id"]]
    assert len(here) == truth["runs"] >= 25
    assert _failure_rate(here) == pytest.approx(truth["failure_rate"])
    assert _failure_rate(elsewhere) == pytest.approx(truth["failure_rate_elsewhere"])
    assert truth["failure_rate"] > 4 * truth["failure_rate_elsewhere"]
    assert default_world().machines[truth["machine_id"]]["name"] == truth["machine_name"]


def test_slow_version() -> None:
    """One workflow's successful runs take longer since its latest version."""
    truth = _truth("slow_version")
    workflow = default_world().workflows[truth["workflow_id"]]
    assert workflow["updated_at"] == truth["since"]
    assert len(workflow["old_versions"]) >= 2
    runs = [r for r in default_runs() if r["workflow_id"] == truth["workflow_id"] and r["status"] == "success"]
    before = [_seconds(run, "started_at", "ended_at") for run in runs if run["started_at"] < truth["since"]]
    after = [_seconds(run, "started_at", "ended_at") for run in runs if run["started_at"] >= truth["since"]]
    assert (len(before), len(after)) == (truth["runs_before"], truth["runs_after"])
    assert min(len(before), len(after)) >= 25
    assert median(after) / median(before) == pytest.approx(truth["ratio"])
    assert 1.5 < truth["ratio"] < 2.2


def _break_step(run: Record) -> int | None:
    """Return the first agentic step after a cached one that no later cached step follows."""
    calls = [m for m in run["run_message_history"] if any(block["type"] == "tool_use" for block in m["content"])]
    cached = [index for index, message in enumerate(calls) if "trajectory_id" in message]
    if not cached or cached[-1] + 1 >= len(calls):
        return None
    return cached[-1] + 1


def test_replay_break() -> None:
    """One workflow's replay breaks at one step in most runs since a day; the agent goes on from there by itself."""
    truth = _truth("replay_break")
    named = [run for run in default_runs() if run["id"] in truth["run_ids"]]
    assert len(named) == truth["runs"] >= 12
    assert {run["workflow_id"] for run in named} == {truth["workflow_id"]}
    assert {_break_step(run) for run in named} == {truth["step_index"]}
    assert min(run["started_at"] for run in named) >= truth["since"]
    replayed = [
        run
        for run in default_runs()
        if run["workflow_id"] == truth["workflow_id"] and run["status"] in TERMINAL and _has_cached_steps(run)
    ]
    after = [run for run in replayed if run["started_at"] >= truth["since"]]
    assert sum(run in named for run in after) / len(after) == pytest.approx(truth["share_after"], abs=0.1)
    assert truth["share_after"] > 0.4
    assert truth["share_before"] < 0.1


def _has_cached_steps(run: Record) -> bool:
    return bool(run["usage_metadata"] and run["usage_metadata"]["total_cached_steps"])


def test_connection_gap() -> None:
    """Several machines lost their connection at one moment, and the runs on them died of it."""
    truth, world = _truth("connection_gap"), default_world()
    assert len(truth["run_ids"]) >= 4
    for machine_id in truth["machine_ids"]:
        rows = [row for row in world.connections.values() if row["machine_id"] == machine_id]
        assert any(row["disconnected_at"] == truth["from"] and row["status"] == "error" for row in rows)
        assert not any(truth["from"] < row["connected_at"] < truth["until"] for row in rows)
    died = [
        run["id"]
        for run in default_runs()
        if run["status"] == "error"
        and run["machine_id"] in truth["machine_ids"]
        and run["started_at"] <= truth["from"] <= run["ended_at"]
        and _seconds({**run, "gap": truth["from"]}, "gap", "ended_at") < 30
        and "disconnected" in run["error"][0]
    ]
    assert sorted(died) == sorted(truth["run_ids"])


def test_hidden_retries() -> None:
    """A retry looks like a success that began long after its creation; its workflow still names it as failed."""
    truths, world = _truth("hidden_retries"), default_world()
    assert len(truths) >= 3
    for truth in truths:
        run = world.run(truth["run_id"])
        assert run["status"] == "success"
        assert run["error"] is None
        assert run["started_at"] == truth["retry_started_at"]
        assert run["created_at"] <= truth["first_started_at"] < truth["first_ended_at"] < run["started_at"]
        assert truth["first_error"]
    flagged = {
        w["workflow_metadata"]["last_errored_run_uuid"] for w in world.workflows.values() if w["workflow_metadata"]
    }
    assert flagged
    assert flagged <= {truth["run_id"] for truth in truths}


def test_nightly_queue() -> None:
    """The nightly batch waits for minutes on the few machines of its pool; other runs hardly wait."""
    truth = _truth("nightly_queue")
    runs = [run for run in default_runs() if run["started_at"]]
    nightly = [
        run
        for run in runs
        if run["created_at"].hour == truth["hour_utc"]
        and run["workflow_id"] == truth["workflow_id"]
        and run["pool_ids"] == [truth["pool_id"]]
    ]
    assert len(nightly) == truth["runs"] >= 180
    others = [run for run in runs if run not in nightly]
    assert median(_seconds(r, "created_at", "started_at") for r in nightly) == pytest.approx(truth["median_wait_s"])
    assert median(_seconds(r, "created_at", "started_at") for r in others) == pytest.approx(
        truth["median_wait_s_otherwise"]
    )
    assert truth["median_wait_s"] > 20 * truth["median_wait_s_otherwise"]


@pytest.mark.parametrize("cause", ["bad_machine", "slow_version", "replay_break", "connection_gap", "hidden_retries"])
def test_a_fleet_without_plants_has_none(cause: str) -> None:
    """With `planted` off, truth names no cause."""
    assert make_world(runs=100, planted=False).truth()[cause] is None


@pytest.mark.parametrize("seed", [1, 2, 3, 11])
def test_plants_are_there_for_other_seeds(seed: int) -> None:
    """Every cause is present, and strong, whatever the seed."""
    truth = make_world(seed=seed, runs=800).truth()
    assert truth["bad_machine"]["failure_rate"] > 3 * truth["bad_machine"]["failure_rate_elsewhere"]
    assert truth["slow_version"]["ratio"] > 1.4
    assert truth["replay_break"]["runs"] >= 8
    assert len(truth["connection_gap"]["run_ids"]) >= 3
    assert len(truth["hidden_retries"]) >= 2
    assert truth["nightly_queue"]["median_wait_s"] > 60


def test_truth_is_not_in_the_records() -> None:
    """No record of the API carries a word of the truth."""

    def keys(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {key for one in value.values() for key in keys(one)}
        return {key for one in value for key in keys(one)} if isinstance(value, list) else set()

    world: World = default_world()
    tables: list[Callable[[], Any]] = [
        lambda: default_runs()[:200],
        lambda: list(world.machines.values()),
        lambda: list(world.workflows.values()),
    ]
    shown = {key for table in tables for key in keys(table())}
    assert shown.isdisjoint({*world.truth(), "disturbance", "failure", "first_attempts", "planted"})
