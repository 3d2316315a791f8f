"""Tags of workflows and the groups in which they exclude each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cyberdesk_nb.simulator.refusals import Refusal, not_found
from cyberdesk_nb.simulator.world.world import Record, World


def tag(world: World, tag_id: str) -> Record:
    """Return one stored tag, or raise 404."""
    return _stored(world.workflow_tags, "Tag", tag_id)


def group(world: World, group_id: str) -> Record:
    """Return one stored group, or raise 404."""
    return _stored(world.workflow_tag_groups, "Tag group", group_id)


def shown(world: World, record: Record) -> Record:
    """Return a tag as it is answered: with its group and the number of workflows that carry it."""
    return {
        **record,
        "group": world.workflow_tag_groups.get(record["group_id"] or ""),
        "workflow_count": sum(record["id"] in tag_ids for tag_ids in world.workflow_tag_ids.values()),
    }


def listed_tags(world: World, *, with_archived: bool) -> list[Record]:
    """Return the tags in their order: those without a group first, then group by group."""
    places = {record["id"]: place for place, record in enumerate(listed_groups(world))}
    tags = [record for record in world.workflow_tags.values() if with_archived or not record["is_archived"]]
    tags.sort(key=lambda record: (places.get(record["group_id"], -1), record["order"]))
    return [shown(world, record) for record in tags]


def listed_groups(world: World) -> list[Record]:
    """Return the groups in their order."""
    return sorted(world.workflow_tag_groups.values(), key=lambda record: record["order"])


def create_tag(world: World, body: Record) -> Record:
    """Create a tag at the end of the order."""
    if body.get("group_id") is not None:
        group(world, body["group_id"])
    return _create(world, world.workflow_tags, body, group_id=None, is_archived=False, workflow_count=None, group=None)


def create_group(world: World, body: Record) -> Record:
    """Create a group at the end of the order."""
    return _create(world, world.workflow_tag_groups, body)


def update_tag(world: World, tag_id: str, changes: Record) -> Record:
    """Change a tag; null as `group_id` ungroups it, and in a new group it pushes others out as if put on anew."""
    if changes.get("group_id") is not None:
        group(world, changes["group_id"])
    record, before = tag(world, tag_id), tag(world, tag_id)["group_id"]
    _update(world, world.workflow_tags, record, changes)
    if record["group_id"] != before:
        carriers = [(key, on) for key, on in world.workflow_tag_ids.items() if tag_id in on]
        world.workflow_tag_ids.update({key: _pushed_out(world, on, record) for key, on in carriers})
    return record


def update_group(world: World, group_id: str, changes: Record) -> Record:
    """Change a group."""
    return _update(world, world.workflow_tag_groups, group(world, group_id), changes)


def delete_tag(world: World, tag_id: str) -> None:
    """Delete a tag and take it off every workflow."""
    del world.workflow_tags[tag(world, tag_id)["id"]]
    for workflow_id, tag_ids in world.workflow_tag_ids.items():
        world.workflow_tag_ids[workflow_id] = [kept for kept in tag_ids if kept != tag_id]


def delete_group(world: World, group_id: str) -> None:
    """Delete a group; its tags stay, without a group."""
    del world.workflow_tag_groups[group(world, group_id)["id"]]
    for record in world.workflow_tags.values():
        if record["group_id"] == group_id:
            record["group_id"] = None


def reorder(records: dict[str, Record], noun: str, ids: list[str]) -> None:
    """Put the named records first, in that order; the others follow as they were."""
    named = [_stored(records, noun, record_id) for record_id in dict.fromkeys(ids)]
    rest = sorted((r for r in records.values() if r["id"] not in ids), key=lambda record: record["order"])
    for place, record in enumerate([*named, *rest]):
        record["order"] = place


def put_on(world: World, workflow_ids: Iterable[str], tag_ids: Iterable[str]) -> None:
    """Put tags on all the workflows or on none; a tag pushes out its group's other one, archived tags are refused."""
    tags = [tag(world, tag_id) for tag_id in tag_ids]
    world.workflow_tag_ids.update({key: _with_tags(world, key, tags) for key in workflow_ids})


def _with_tags(world: World, workflow_id: str, tags: Sequence[Record]) -> list[str]:
    on = list(world.workflow_tag_ids.get(workflow_id, ()))
    for record in tags:
        if record["id"] in on:
            continue
        if record["is_archived"]:
            raise Refusal(409, f"Tag {record['id']} is archived and cannot be assigned", code="tag_archived")
        on = _pushed_out(world, on, record)
    return on


def _pushed_out(world: World, on: Sequence[str], record: Record) -> list[str]:
    """Return a workflow's tags with this one as the only one of its group."""
    others = [kept for kept in on if kept != record["id"]]
    return [kept for kept in others if not _excludes(record, world.workflow_tags[kept])] + [record["id"]]


def take_off(world: World, workflow_id: str, tag_id: str) -> None:
    """Take one tag off a workflow; 404 when it is not on it."""
    on = world.workflow_tag_ids.get(workflow_id, [])
    if tag_id not in on:
        raise not_found("Tag", tag_id)
    world.workflow_tag_ids[workflow_id] = [kept for kept in on if kept != tag_id]


def _excludes(one: Record, other: Record) -> bool:
    return one["group_id"] is not None and one["group_id"] == other["group_id"]


def _stored(records: dict[str, Record], noun: str, record_id: str) -> Record:
    record = records.get(record_id)
    if record is None:
        raise not_found(noun, record_id)
    return record


def _create(world: World, records: dict[str, Record], body: Record, **empty: Any) -> Record:
    _refuse_taken_name(records, body["name"])
    now = world.clock.now()
    record: Record = {
        "name": body["name"],
        "id": world.new_id("tag"),
        "organization_id": world.org_id,
        "order": max((r["order"] for r in records.values()), default=-1) + 1,
        "created_at": now,
        "updated_at": now,
        "description": None,
        "emoji": None,
        "color": None,
        **empty,
        **body,
    }
    records[record["id"]] = record
    return record


def _update(world: World, records: dict[str, Record], record: Record, changes: Record) -> Record:
    if changes.get("name") is not None:
        _refuse_taken_name(records, changes["name"], but=record["id"])
    kept_names = {
        key: value for key, value in changes.items() if value is not None or key not in {"name", "is_archived"}
    }
    record.update(kept_names, updated_at=world.clock.now())
    return record


def _refuse_taken_name(records: dict[str, Record], name: str, *, but: str | None = None) -> None:
    if any(record["name"] == name and record["id"] != but for record in records.values()):
        raise Refusal(409, f"The name {name!r} is taken", code="name_taken")
