"""Lists of runs as the routes ask for them: order, pages, filters, search, projection."""

from __future__ import annotations

import pytest

from tests.simulator.worlds import default_runs, default_world, launchable, make_world

ACTIVITY = {"running": 0, "running_checks": 1, "scheduling": 2}


def test_newest_first_is_strict() -> None:
    """`created_at_desc` orders by creation alone, live runs included."""
    runs, _ = default_world().list_runs(sort_mode="created_at_desc", limit=1000)
    created = [run["created_at"] for run in runs]
    assert created == sorted(created, reverse=True)


def test_activity_shows_live_work_first() -> None:
    """The default order has running, checking and waiting runs first, then the recently finished."""
    runs, _ = default_world().list_runs(limit=1000)
    places = [ACTIVITY.get(run["status"], 3) for run in runs]
    assert places == sorted(places)
    ends = [run["ended_at"] for run in runs if run["ended_at"]]
    assert ends == sorted(ends, reverse=True)


@pytest.mark.parametrize("sort_mode", ["activity", "created_at_desc"])
def test_pages_join_to_the_whole(sort_mode: str) -> None:
    """Pages of any size hold each run once, in the order of the whole list, and all name the same total."""
    world = make_world(runs=50)
    for number in range(4):
        world.create_run(launchable(world, number))
    whole, total = world.list_runs(sort_mode=sort_mode, limit=1000, fields=[])
    pages = [world.list_runs(sort_mode=sort_mode, skip=skip, limit=7, fields=[]) for skip in range(0, 60, 7)]
    assert [run for page, _ in pages for run in page] == whole
    assert {count for _, count in pages} == {total} == {54}


@pytest.mark.parametrize("name", ["workflow_id", "machine_id", "session_id", "status"])
def test_filters_keep_exactly_what_matches(name: str) -> None:
    """A filter on a value gives all runs with it, seeded and live ones, and no other."""
    world, runs = default_world(), default_runs()
    for value in {run[name] for run in runs} - {None}:
        found, total = world.list_runs(**{name: value}, limit=1000, fields=[])
        assert {run["id"] for run in found} == {run["id"] for run in runs if run[name] == value}
        assert total == len(found)


def test_created_range_is_inclusive() -> None:
    """Both ends of the created range are in it, to the microsecond."""
    runs = default_runs()
    first, last = runs[100], runs[200]
    found, total = default_world().list_runs(
        created_at_from=first["created_at"], created_at_to=last["created_at"], limit=1000, fields=[]
    )
    assert total == 101
    assert {first["id"], last["id"]} <= {run["id"] for run in found}


def test_a_filter_that_nothing_matches_gives_an_empty_page() -> None:
    """An unknown id or a strange status gives no rows and the total 0."""
    world = default_world()
    assert world.list_runs(workflow_id="nope") == ([], 0)
    assert world.list_runs(status="paused") == ([], 0)
    assert world.list_runs(skip=10_000)[0] == []


def test_search_looks_at_inputs_outputs_errors_and_ids() -> None:
    """Search finds text of those fields whatever the case, and nothing of the history unless it is deep."""
    world, runs = default_world(), default_runs()
    failed = next(run for run in runs if run["error"] and "disconnected" in run["error"][0])
    found, total = world.list_runs(search=failed["error"][0][:50].upper(), limit=1000)
    assert failed["id"] in {run["id"] for run in found}
    assert total == len(found) < 30
    assert world.list_runs(search=failed["id"])[1] == 1
    thought = next(run for run in runs if run["run_message_history"])["run_message_history"][1]["content"][0]["text"]
    assert world.list_runs(search=thought)[1] == 0
    assert world.list_runs(search=thought, deep_search=True, limit=5, fields=[])[1] >= 1


def test_fields_project() -> None:
    """With `fields` a record has those keys and the five that always come."""
    runs, _ = default_world().list_runs(fields=["usage_metadata"], limit=3)
    assert {frozenset(run) for run in runs} == {
        frozenset({"id", "workflow_id", "machine_id", "status", "created_at", "usage_metadata"})
    }
