"""Totals and costs of many runs: they are kept by columns, and must say what the runs themselves say."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cyberdesk_nb.simulator.stores import usage
from cyberdesk_nb.simulator.world.world import World

from .worlds import LIVE, NOW, Record, create, drain, make_world, pass_time

EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
LOOSE = [HealthCheck.too_slow, HealthCheck.data_too_large]


def all_runs(world: World) -> list[Record]:
    """Return every run, newest first."""
    runs, total = world.list_runs(sort_mode="created_at_desc", limit=10_000, fields=["usage_metadata"])
    assert len(runs) == total
    return runs


def added_up(runs: list[Record], start: datetime, before: datetime, mode: str) -> Record:
    """Add up what the runs of a period say of themselves."""
    used = [run["usage_metadata"] for run in runs if start <= run["created_at"] < before and run["usage_metadata"]]
    if mode == "simulated":
        used = [one for one in used if one["billing_outcome"] != "infra_failure"]
    suffix = "_billed" if mode == "billed" else ""
    return {
        "total_agentic_steps": sum(one[f"total_agentic_steps{suffix}"] for one in used),
        "total_cached_steps": sum(one[f"total_cached_steps{suffix}"] for one in used),
        "period_start": start,
        "period_end": before,
        "mode": mode,
        "runs_counted": len(used),
    }


def change(world: World, dice: random.Random) -> None:
    """Do one thing that a user may do to runs: create, wait, cancel, retry, delete."""
    runs = all_runs(world)
    run = dice.choice(runs)
    is_live = run["status"] in LIVE
    match dice.randrange(5):
        case 0:
            create(world, dice.randrange(len(world.workflows)))
        case 1:
            pass_time(world, dice.uniform(1, 90))
        case 2 if is_live:
            world.update_run(run["id"], {"status": "cancelled"})
        case 3 if not is_live:
            world.retry_run(run["id"], {})
        case 4 if not is_live:
            world.delete_run(run["id"])
        case _:
            pass


@given(seed=st.integers(0, 2**32), data=st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=LOOSE)
def test_totals_are_the_sums_of_the_runs(seed: int, data: st.DataObject) -> None:
    """The aggregate of any period and mode is what the listed runs add up to, whatever was done to runs before."""
    world = make_world(seed=seed % 5, runs=120, failure_rate=0.4)
    dice = random.Random(seed)
    for _ in range(25):
        change(world, dice)
    runs = all_runs(world)
    moments = sorted({run["created_at"] for run in runs})
    times = st.sampled_from(moments) | st.datetimes(NOW.replace(tzinfo=None) - timedelta(days=31)).map(
        lambda at: at.replace(tzinfo=UTC)
    )
    for _ in range(6):
        start, before = data.draw(times), data.draw(times)
        for mode in ("simulated", "billed"):
            told = usage.aggregate(world, from_date=start, to_date=before, mode=mode)
            assert told == added_up(runs, start, before, mode)


def test_totals_count_what_runs_were_stopped_at() -> None:
    """Runs that were cancelled or lost their machine count with the steps that their histories show."""
    world = make_world(runs=2500)
    runs = all_runs(world)
    stopped = [run for run in runs if run["status"] in {"cancelled", "error"} and run["usage_metadata"]]
    assert len(stopped) > 50
    for mode in ("simulated", "billed"):
        assert usage.aggregate(world, from_date=EVER[0], to_date=EVER[1], mode=mode) == added_up(runs, *EVER, mode)


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_any_time_may_bound_a_period(at: datetime) -> None:
    """The ends of the calendar are bounds like others."""
    world = make_world(runs=30)
    told = usage.aggregate(world, from_date=at, to_date=at, mode="simulated")
    assert (told["runs_counted"], told["total_agentic_steps"]) == (0, 0)


def test_a_patched_counter_counts() -> None:
    """Counters that a worker sets replace the run's own in totals and costs; what is no count counts nothing."""
    world = make_world(runs=40)
    before = usage.aggregate(world, from_date=EVER[0], to_date=EVER[1], mode="simulated")
    done = [run for run in all_runs(world) if run["status"] == "success"]
    old = sum(run["usage_metadata"]["total_agentic_steps"] for run in done[:2])
    world.update_run(done[0]["id"], {"usage_metadata": {"total_agentic_steps": 7}})
    world.update_run(done[1]["id"], {"usage_metadata": {"total_agentic_steps": "many"}})
    after = usage.aggregate(world, from_date=EVER[0], to_date=EVER[1], mode="simulated")
    assert after["total_agentic_steps"] == before["total_agentic_steps"] - old + 7
    assert after["runs_counted"] == before["runs_counted"]


def test_costs_are_listed_newest_first_and_page_by_page() -> None:
    """Pages of costs join to one row per run with counters, newest first, each equal to the run's own costs."""
    world = make_world(runs=90)
    for _ in range(3):
        create(world)
    drain(world)
    create(world)
    runs = [run for run in all_runs(world) if run["usage_metadata"]]
    pages: list[Record] = []
    for skip in range(0, len(runs) + 20, 20):
        page, total = usage.cost_totals(world, None, None, skip=skip, limit=20)
        assert total == len(runs)
        pages += page
    assert [row["run_id"] for row in pages] == [run["id"] for run in runs]
    for row in pages:
        own: Any = usage.costs(world.run(row["run_id"]))
        assert row["total_cost_usd"] == own["total_cost_usd"]
