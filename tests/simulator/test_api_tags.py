"""Tags of workflows and their groups."""

from __future__ import annotations

from typing import Any

from tests.simulator.conftest import Own


def tag(own: Own, name: str, **more: Any) -> dict[str, Any]:
    """Create a tag."""
    return own.post("/v1/workflow-tags", {"name": name, **more})


def test_tags_of_one_group_push_each_other_out(own: Own) -> None:
    """A workflow carries at most one tag of a group, the last one put on it; tags without group add up."""
    workflow_id = own.get("/v1/workflows", limit=1)["items"][0]["id"]
    group = own.post("/v1/workflow-tag-groups", {"name": "Stage"})
    draft, live = (tag(own, name, group_id=group["id"]) for name in ("Draft", "Live"))
    free = tag(own, "Free")
    path = f"/v1/workflows/{workflow_id}/tags"
    own.post(path, {"tag_ids": [draft["id"], free["id"]]}, status=200)
    on = own.post(path, {"tag_ids": [live["id"]]}, status=200)
    names = [one["name"] for one in on]
    assert {"Live", "Free"} <= set(names)
    assert "Draft" not in names
    assert on == own.get(path)
    assert next(one for one in on if one["name"] == "Live")["group"]["name"] == "Stage"
    counts = {one["name"]: one["workflow_count"] for one in own.get("/v1/workflow-tags")}
    assert (counts["Live"], counts["Draft"], counts["Free"]) == (1, 0, 1)
    assert own.http.delete(f"{path}/{free['id']}").status_code == 204
    assert own.http.delete(f"{path}/{free['id']}").status_code == 404


def test_an_archived_tag_stays_where_it_is(own: Own) -> None:
    """Archiving hides a tag from the list and refuses new use; workflows that carry it keep it."""
    first, second = (item["id"] for item in own.get("/v1/workflows", limit=2)["items"])
    old = tag(own, "Old")
    own.post(f"/v1/workflows/{first}/tags", {"tag_ids": [old["id"]]}, status=200)
    assert own.post(f"/v1/workflow-tags/{old['id']}/archive", status=200)["is_archived"] is True
    assert old["id"] not in [one["id"] for one in own.get("/v1/workflow-tags")]
    assert old["id"] in [one["id"] for one in own.get("/v1/workflow-tags", include_archived=True)]
    assert old["id"] in [one["id"] for one in own.get(f"/v1/workflows/{first}/tags")]
    assert own.http.post(f"/v1/workflows/{second}/tags", json={"tag_ids": [old["id"]]}).status_code == 409
    assert own.post(f"/v1/workflow-tags/{old['id']}/unarchive", status=200)["is_archived"] is False
    own.post(f"/v1/workflows/{second}/tags", {"tag_ids": [old["id"]]}, status=200)


def test_bulk_tagging_is_all_or_nothing(own: Own) -> None:
    """When one workflow cannot take a tag, none does."""
    first, second = (own.post("/v1/workflows", {"main_prompt": "x"})["id"] for _ in range(2))
    old, new = tag(own, "Bulk old"), tag(own, "Bulk new")
    own.post(f"/v1/workflows/{first}/tags", {"tag_ids": [old["id"]]}, status=200)
    own.post(f"/v1/workflow-tags/{old['id']}/archive", status=200)
    both = {"workflow_ids": [first, second], "tag_ids": [new["id"], old["id"]]}
    own.post("/v1/workflows/bulk/tags", both, status=409)
    assert [one["id"] for one in own.get(f"/v1/workflows/{first}/tags")] == [old["id"]]
    assert own.get(f"/v1/workflows/{second}/tags") == []
    own.post("/v1/workflows/bulk/tags", {**both, "workflow_ids": [first]}, status=204)
    assert {one["id"] for one in own.get(f"/v1/workflows/{first}/tags")} == {old["id"], new["id"]}


def test_a_tag_that_joins_a_group_pushes_the_others_out(own: Own) -> None:
    """Moving a tag into a group keeps the rule of one tag a group on every workflow that carries it."""
    workflow_id = own.post("/v1/workflows", {"main_prompt": "x"})["id"]
    group = own.post("/v1/workflow-tag-groups", {"name": "Joined"})
    inside, outside = tag(own, "Inside", group_id=group["id"]), tag(own, "Outside")
    path = f"/v1/workflows/{workflow_id}/tags"
    own.post(path, {"tag_ids": [inside["id"], outside["id"]]}, status=200)
    own.http.patch(f"/v1/workflow-tags/{outside['id']}", json={"color": "#000000"})
    assert len(own.get(path)) == 2
    own.http.patch(f"/v1/workflow-tags/{outside['id']}", json={"group_id": group["id"]})
    assert [one["id"] for one in own.get(path)] == [outside["id"]]


def test_order_is_what_was_asked(own: Own) -> None:
    """Reorder sets the order of tags and groups; tags without group come before the groups' own."""
    groups = [own.post("/v1/workflow-tag-groups", {"name": name}) for name in ("G1", "G2")]
    assert (
        own.http.put("/v1/workflow-tag-groups/reorder", json={"ids": [one["id"] for one in groups[::-1]]}).content
        == b""
    )
    ours = [one["id"] for one in own.get("/v1/workflow-tag-groups") if one["name"] in {"G1", "G2"}]
    assert ours == [one["id"] for one in groups[::-1]]
    tags = [tag(own, "in G1", group_id=groups[0]["id"]), tag(own, "in G2", group_id=groups[1]["id"])]
    tags += [tag(own, "a"), tag(own, "b")]
    asked = [one["id"] for one in tags[::-1]]
    assert own.http.put("/v1/workflow-tags/reorder", json={"ids": asked}).status_code == 204
    names = [one["name"] for one in own.get("/v1/workflow-tags") if one["id"] in asked]
    assert names == ["b", "a", "in G2", "in G1"]


def test_names_are_unique_and_groups_let_go(own: Own) -> None:
    """A taken name is a 409; null ungroups a tag; deleting a group ungroups its tags, deleting a tag takes it off."""
    group = own.post("/v1/workflow-tag-groups", {"name": "Team"})
    one, two = tag(own, "One", group_id=group["id"]), tag(own, "Two", group_id=group["id"])
    assert own.http.post("/v1/workflow-tags", json={"name": "One"}).status_code == 409
    path = f"/v1/workflow-tags/{one['id']}"
    assert own.http.patch(path, json={"name": "Two"}).status_code == 409
    changed = own.http.patch(path, json={"group_id": None, "color": "#123456"}).json()
    assert (changed["group_id"], changed["group"], changed["color"], changed["name"]) == (None, None, "#123456", "One")
    assert own.http.delete(f"/v1/workflow-tag-groups/{group['id']}").status_code == 204
    assert own.get(f"/v1/workflow-tags/{two['id']}")["group_id"] is None
    workflow_ids = [item["id"] for item in own.get("/v1/workflows", limit=2)["items"]]
    own.post("/v1/workflows/bulk/tags", {"workflow_ids": workflow_ids, "tag_ids": [two["id"]]}, status=204)
    assert own.get(f"/v1/workflow-tags/{two['id']}")["workflow_count"] == 2
    assert own.http.delete(f"/v1/workflow-tags/{two['id']}").status_code == 204
    assert two["id"] not in [item["id"] for item in own.get(f"/v1/workflows/{workflow_ids[0]}/tags")]


def test_a_server_keeps_no_key_that_it_does_not_know(own: Own) -> None:
    """Unknown keys of a body do not reach the record, least of all its id."""
    made = tag(own, "Sly", id="00000000-0000-4000-8000-000000000000", workflow_count=99, owner="me")
    assert made["id"] != "00000000-0000-4000-8000-000000000000"
    assert made["workflow_count"] == 0
    assert "owner" not in made
