"""Filters, order, paging, projection and includes of the lists."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from cyberdesk_nb.models import RunResponse
from tests.simulator.conftest import Own

PAGED = ["machines", "pools", "workflows", "runs", "connections", "trajectories", "run-attachments", "request-logs"]
WITH_INCLUDED = {"machines", "pools", "workflows", "runs", "trajectories"}


def get(api: httpx.Client, path: str, **params: Any) -> Any:
    """Return the JSON of a GET that must succeed."""
    answer = api.get(f"/v1/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def moment(text: str) -> datetime:
    """Read a time of the wire."""
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("noun", PAGED)
def test_a_page_says_what_it_is_a_part_of(api: httpx.Client, noun: str) -> None:
    """Each page carries its items, the total, skip and limit, and `included` null where a resource knows includes."""
    page = get(api, noun, skip=1, limit=3)
    expected = {"items", "total", "skip", "limit"} | ({"included"} if noun in WITH_INCLUDED else set())
    assert page.keys() == expected
    assert (page["skip"], page["limit"]) == (1, 3)
    assert len(page["items"]) == min(3, max(0, page["total"] - 1))
    assert page.get("included") is None


@pytest.mark.parametrize(
    "path",
    ["model-configurations", "provider-credentials", "workflow-tags", "workflow-tag-groups", "workflows/prompt-images"],
)
def test_some_lists_are_bare_arrays(api: httpx.Client, path: str) -> None:
    """Resources without paging answer with an array."""
    assert isinstance(get(api, path), list)


@pytest.mark.parametrize("noun", ["machines", "runs", "connections", "workflows"])
def test_pages_put_together_are_the_whole_list(api: httpx.Client, noun: str) -> None:
    """Walking the pages gives every record once, in the order of the whole list."""
    extra = {"sort_mode": "created_at_desc", "fields": "error"} if noun == "runs" else {}
    whole = get(api, noun, limit=60, **extra)["items"]
    parts = [item for skip in range(0, 60, 7) for item in get(api, noun, skip=skip, limit=7, **extra)["items"]]
    assert [item["id"] for item in parts[: len(whole)]] == [item["id"] for item in whole]
    assert len({item["id"] for item in whole}) == len(whole)


@pytest.mark.parametrize(
    ("noun", "key"),
    [("machines", "created_at"), ("pools", "created_at"), ("workflows", "updated_at"), ("connections", "connected_at")],
)
def test_lists_come_newest_first(api: httpx.Client, noun: str, key: str) -> None:
    """Lists are ordered by time, newest first; workflows by their last change."""
    times = [moment(item[key]) for item in get(api, noun, limit=1000)["items"]]
    assert len(times) > 2
    assert times == sorted(times, reverse=True)


def test_time_filters_include_both_ends(api: httpx.Client) -> None:
    """`created_at_from` and `created_at_to` take in records of exactly that time, with or without a zone."""
    machine = get(api, "machines", skip=3, limit=1)["items"][0]
    at = moment(machine["created_at"])
    for spelled in (machine["created_at"], at.replace(tzinfo=None).isoformat()):
        found = get(api, "machines", created_at_from=spelled, created_at_to=spelled)["items"]
        assert machine["id"] in [item["id"] for item in found]
    after = get(api, "machines", created_at_from=(at + timedelta(microseconds=1)).isoformat())["items"]
    before = get(api, "machines", created_at_to=(at - timedelta(microseconds=1)).isoformat())["items"]
    assert machine["id"] not in [item["id"] for item in after + before]
    assert len(after) + len(before) < get(api, "machines")["total"]


@pytest.mark.parametrize("noun", ["workflows", "trajectories"])
@pytest.mark.parametrize("key", ["created_at", "updated_at"])
def test_both_times_of_a_record_can_be_asked_for(own: Own, noun: str, key: str) -> None:
    """Creation and last change filter workflows and trajectories, both ends included, UTC where there is no zone."""
    records = own.get(f"/v1/{noun}", limit=50)["items"]
    some = sorted(records, key=lambda record: record[key])[len(records) // 2]
    at = moment(some[key])
    for spelled in (some[key], at.replace(tzinfo=None).isoformat()):
        found = own.get(f"/v1/{noun}", limit=50, **{f"{key}_from": spelled, f"{key}_to": spelled})["items"]
        assert [one["id"] for one in found] == [one["id"] for one in records if one[key] == some[key]]
    later = own.get(f"/v1/{noun}", limit=50, **{f"{key}_from": (at + timedelta(microseconds=1)).isoformat()})["items"]
    assert {one["id"] for one in later} == {one["id"] for one in records if moment(one[key]) > at}
    earlier = own.get(f"/v1/{noun}", limit=50, **{f"{key}_to": (at - timedelta(microseconds=1)).isoformat()})["items"]
    assert {one["id"] for one in earlier} == {one["id"] for one in records if moment(one[key]) < at}


def test_search_ignores_case_and_looks_into_the_named_fields(api: httpx.Client) -> None:
    """`search` finds a part of id, name or hostname whatever the case; `name` wants the exact name."""
    machine = get(api, "machines", limit=1)["items"][0]
    for needle in (machine["id"][:13].upper(), machine["name"][1:].upper(), machine["hostname"][1:].swapcase()):
        assert machine["id"] in [item["id"] for item in get(api, "machines", search=needle)["items"]], needle
    assert get(api, "machines", search="no machine is called so")["total"] == 0
    assert [item["name"] for item in get(api, "machines", name=machine["name"])["items"]] == [machine["name"]]
    assert get(api, "machines", name=machine["name"][:-1])["total"] == 0
    assert get(api, "machines", name=machine["name"].swapcase())["total"] == 0


@pytest.mark.parametrize("noun", ["workflows", "trajectories"])
def test_search_finds_workflows_and_trajectories(api: httpx.Client, noun: str) -> None:
    """`search` leaves those whose id or name holds the words, in any case."""
    some = get(api, noun, limit=1)["items"][0]
    words = some["name"].split()[0].upper()
    found = get(api, noun, search=words, limit=50)
    assert some["id"] in [item["id"] for item in found["items"]]
    assert all(words.casefold() in item["name"].casefold() for item in found["items"])
    assert [item["id"] for item in get(api, noun, search=some["id"])["items"]] == [some["id"]]
    assert get(api, noun, search="nothing is called so")["total"] == 0


def test_search_of_runs_looks_into_what_went_in_and_came_out(own: Own) -> None:
    """Runs are found by id, inputs, output, error and alias in any case; by their history only with `deep_search`."""
    workflow = own.post("/v1/workflows", {"main_prompt": "Find the Quokka of {animal}"})
    body = {"workflow_id": workflow["id"], "input_values": {"animal": "Vombatus-41"}, "session_alias": "Wallaby-42"}
    run = own.post("/v1/runs", {**body, "start_session": True})
    other = own.post("/v1/runs", {"workflow_id": workflow["id"]})
    own.sim.clock.advance(5)
    changes = {"output_data": {"deep": [{"er": "Numbat-43"}]}, "error": ["Bilby-44 is gone"]}
    assert own.http.patch(f"/v1/runs/{run['id']}", json=changes).status_code == 200
    for needle in (run["id"][3:20], "vombatus-41", "WALLABY-42", "numBAT-43", "bilby-44 IS"):
        found = own.get("/v1/runs", search=needle, fields="error")
        assert ([one["id"] for one in found["items"]], found["total"]) == ([run["id"]], 1), needle
    assert own.get("/v1/runs", search="quokka")["total"] == 0
    deep = own.get("/v1/runs", search="quokka", deep_search=True, fields="error")
    assert {one["id"] for one in deep["items"]} == {run["id"], other["id"]}
    for one in (run, other):
        own.http.patch(f"/v1/runs/{one['id']}", json={"status": "cancelled"})


def test_a_trajectory_is_found_by_its_description(own: Own) -> None:
    """`search` of trajectories looks into the description, too."""
    some = own.get("/v1/trajectories", limit=1)["items"][0]
    own.http.patch(f"/v1/trajectories/{some['id']}", json={"description": "Recorded by Thylacine"})
    assert [one["id"] for one in own.get("/v1/trajectories", search="THYLACINE")["items"]] == [some["id"]]


def test_equal_times_have_an_order_of_their_own(own: Own) -> None:
    """Records of one moment are paged without repeats or gaps: their ids decide."""
    for number in range(7):
        own.post("/v1/pools", {"name": f"Same moment {number}"})
    whole = [one["id"] for one in own.get("/v1/pools", limit=100)["items"]]
    parts = [own.get("/v1/pools", skip=skip, limit=2)["items"] for skip in range(0, len(whole), 2)]
    assert [one["id"] for part in parts for one in part] == whole
    made = [one for one in own.get("/v1/pools", limit=100)["items"] if one["name"].startswith("Same moment")]
    assert len({one["created_at"] for one in made}) == 1
    assert [one["id"] for one in made] == sorted((one["id"] for one in made), reverse=True)


def test_status_filters_split_the_list(api: httpx.Client) -> None:
    """Each status filter gives only that status, and together they give all."""
    for noun in ("machines", "connections"):
        parts = {status: get(api, noun, status=status) for status in ("connected", "disconnected", "error")}
        for status, part in parts.items():
            assert {item["status"] for item in part["items"]} <= {status}
        assert sum(part["total"] for part in parts.values()) == get(api, noun)["total"]


def test_connections_of_one_machine(api: httpx.Client) -> None:
    """`machine_id` leaves the connections of that machine."""
    machine_id = get(api, "connections", limit=1)["items"][0]["machine_id"]
    found = get(api, "connections", machine_id=machine_id, limit=1000)
    assert {item["machine_id"] for item in found["items"]} == {machine_id}
    assert 0 < found["total"] < get(api, "connections")["total"]


def test_generated_trajectories_are_the_default(api: httpx.Client) -> None:
    """Without a word the list holds generated trajectories only; the others must be asked for."""
    default = get(api, "trajectories", limit=1)
    generated = get(api, "trajectories", is_generated=True, limit=1)
    others = get(api, "trajectories", is_generated=False, limit=1)
    assert default == generated
    assert others["total"] > 0
    assert {default["items"][0]["is_generated"], others["items"][0]["is_generated"]} == {True, False}


def test_tags_narrow_the_workflows_by_and(api: httpx.Client) -> None:
    """`tag_ids` leaves workflows that carry all of the tags; the list shows tags only on request."""
    plain = get(api, "workflows")["items"]
    assert {item["tags"] for item in plain} == {None}
    tagged = get(api, "workflows", include_tags=True)["items"]
    with_tags = next(item for item in tagged if len(item["tags"]) > 1)
    ids = [tag["id"] for tag in with_tags["tags"]]
    found = get(api, "workflows", tag_ids=",".join(ids), include="tags")["items"]
    assert with_tags["id"] in [item["id"] for item in found]
    assert all(set(ids) <= {tag["id"] for tag in item["tags"]} for item in found)
    assert api.get("/v1/workflows", params={"tag_ids": "x"}).status_code == 400


def test_a_workflow_alone_carries_tags_and_checks(api: httpx.Client) -> None:
    """One workflow comes with its tags and checks unless `include` names only some of them."""
    workflow_id = next(item["id"] for item in get(api, "workflows", include="tags")["items"] if item["tags"])
    whole = get(api, f"workflows/{workflow_id}")
    assert whole["tags"]
    assert whole["post_run_checks"] is not None
    assert whole["included"] is None
    part = get(api, f"workflows/{workflow_id}", include="tags")
    assert (part["tags"], part["post_run_checks"]) == (whole["tags"], None)
    assert [entry["id"] for entry in part["included"]] == [tag["id"] for tag in whole["tags"]]


def test_runs_embed_no_record_twice(api: httpx.Client) -> None:
    """A page's `included` holds each workflow, machine and pool once, with its type, id and own fields."""
    page = get(api, "runs", include="workflow,machine.pools", limit=200, fields="error")
    entries = {(entry["type"], entry["id"]): entry for entry in page["included"]}
    assert len(entries) == len(page["included"])
    assert {kind for kind, _ in entries} == {"workflow", "machine", "pool"}
    for run in page["items"]:
        assert ("workflow", run["workflow_id"]) in entries
        if run["machine_id"]:
            machine = entries["machine", run["machine_id"]]
            assert machine["hostname"]
            assert all(("pool", pool["id"]) in entries for pool in machine["pools"])


def test_a_machine_without_pools_asked_embeds_none(api: httpx.Client) -> None:
    """`include=machine` alone leaves the machine's pools unknown rather than empty."""
    page = get(api, "runs", include="machine", limit=100, fields="error")
    assert {entry["type"] for entry in page["included"]} == {"machine"}
    assert {str(entry["pools"]) for entry in page["included"]} == {"None"}


def test_machines_and_pools_include_each_other(api: httpx.Client) -> None:
    """Both directions of membership agree."""
    machines = get(api, "machines", include="pools", limit=1000)
    from_machines = {(pool["id"], machine["id"]) for machine in machines["items"] for pool in machine["pools"]}
    pools = get(api, "pools", limit=1000)["items"]
    from_pools = {
        (pool["id"], machine["id"])
        for pool in pools
        for machine in get(api, f"pools/{pool['id']}", include_machines=True)["machines"]
    }
    assert from_machines
    assert from_machines == from_pools
    assert {pool["id"]: pool["machine_count"] for pool in pools} == {
        pool["id"]: sum(pool["id"] == member for member, _ in from_machines) for pool in pools
    }


def test_fields_leave_other_keys_out(api: httpx.Client) -> None:
    """`fields` gives the five keys that always come and those asked for, nothing else, not even as null."""
    always = {"id", "workflow_id", "machine_id", "status", "created_at"}
    run = get(api, "runs", limit=1, fields=["error", "usage_metadata"])["items"][0]
    assert run.keys() == always | {"error", "usage_metadata"}
    whole = get(api, "runs", limit=1)["items"][0]
    assert whole.keys() == RunResponse.model_fields.keys()


def test_live_work_comes_first_by_default(api: httpx.Client) -> None:
    """The default order puts live runs before ended ones, and ended ones by their end, newest first."""
    runs = get(api, "runs", limit=1000, fields="ended_at")["items"]
    ended = [run["ended_at"] is not None for run in runs]
    assert ended == sorted(ended)
    ends = [moment(run["ended_at"]) for run in runs if run["ended_at"]]
    assert ends == sorted(ends, reverse=True)


def test_newest_first_on_request(api: httpx.Client) -> None:
    """`created_at_desc` is strict, whatever the runs do."""
    runs = get(api, "runs", limit=1000, fields="error", sort_mode="created_at_desc")["items"]
    times = [moment(run["created_at"]) for run in runs]
    assert times == sorted(times, reverse=True)


def test_run_filters_narrow_together(api: httpx.Client) -> None:
    """Workflow, machine, status and time of a run narrow the list together, and the total follows."""
    some = get(api, "runs", status="success", limit=1, fields="error")["items"][0]
    asked = {"workflow_id": some["workflow_id"], "machine_id": some["machine_id"], "status": "success"}
    found = get(api, "runs", limit=1000, fields="error", **asked)
    assert some["id"] in [run["id"] for run in found["items"]]
    assert {(run["workflow_id"], run["machine_id"], run["status"]) for run in found["items"]} == {tuple(asked.values())}
    assert found["total"] == len(found["items"])
    exact = get(api, "runs", created_at_from=some["created_at"], created_at_to=some["created_at"], fields="error")
    assert some["id"] in [run["id"] for run in exact["items"]]
