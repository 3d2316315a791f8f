"""The seeded workflows: one per kind of the catalogue, with tags, versions and post-run checks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cyberdesk_nb.simulator.catalog import KINDS, Kind
from cyberdesk_nb.simulator.chance import named_id
from cyberdesk_nb.simulator.fleet.plants import Plants

Record = dict[str, Any]

VERSIONED = ("name", "main_prompt", "input_schema", "output_schema", "terminal_command_allowlist", "post_run_checks")
"""What an entry of `old_versions` keeps of the state before a change."""

_GROUPS = (("Department", "#3366cc"), ("Risk", "#cc7722"))
_DEPARTMENTS = frozenset({"healthcare", "finance", "logistics", "reporting"})
_RISKS = frozenset({"read-only", "data-entry", "file-export"})


def workflow_records(
    seed: int, kinds: Sequence[Kind], cause: Plants, org_id: str, user_id: str, since: datetime
) -> list[Record]:
    """Return WorkflowResponse per kind, without tags."""
    return [_workflow(seed, number, kind, cause, org_id, user_id, since) for number, kind in enumerate(kinds)]


def _workflow(seed: int, number: int, kind: Kind, cause: Plants, org_id: str, user_id: str, since: datetime) -> Record:
    workflow_id = named_id(seed, "workflow", number)
    made = since - timedelta(days=90 - 7 * (number % 9))
    checks = [_check(seed, number, kind, org_id, user_id, made)] if number % 2 else []
    record: Record = {
        "id": workflow_id,
        "name": kind.name if number < len(KINDS) else f"{kind.name}, site {number // len(KINDS) + 1}",
        "main_prompt": kind.main_prompt,
        "input_schema": json.dumps(kind.input_schema, ensure_ascii=False),
        "output_schema": json.dumps(kind.output_schema, ensure_ascii=False),
        "includes_file_exports": "export" in kind.slug,
        "is_webhooks_enabled": number % 3 == 0,
        "terminal_command_allowlist": None,
        "model_metadata": None,
        "post_run_check_failure_cleanup_prompt": "Close every open dialog and log off." if checks else None,
        "user_id": user_id,
        "organization_id": org_id,
        "includes_input_variables": "{" in kind.main_prompt,
        "workflow_metadata": None,
        "old_versions": [],
        "tags": None,
        "post_run_checks": checks,
        "created_at": made,
        "updated_at": made,
    }
    first = kind.main_prompt.split(". ")[0] + "."
    _revise(record, made + timedelta(days=11), main_prompt=first)
    if cause.slow_workflow == number:
        _revise(record, cause.slow_since, main_prompt=kind.main_prompt.rsplit(". ", 1)[0] + ".")
    return record


def _revise(record: Record, at: datetime, *, main_prompt: str) -> None:
    """Put an earlier version, with that prompt, behind the present one."""
    record["old_versions"] = [*record["old_versions"], version_of(record) | {"main_prompt": main_prompt}]
    record["updated_at"] = at


def version_of(record: Record) -> Record:
    """Return the entry of `old_versions` that keeps a workflow's present state."""
    return {key: record[key] for key in VERSIONED} | {"updated_at": record["updated_at"]}


def _check(seed: int, number: int, kind: Kind, org_id: str, user_id: str, made: datetime) -> Record:
    return check_record(named_id(seed, "check", number), 0, org_id, user_id, made) | {
        "name": "Output fits its schema",
        "type": "output_data_passes_schema_validation",
        "description": f"Every field of {kind.name} is there",
    }


def check_record(check_id: str, order: int, org_id: str, user_id: str, at: datetime) -> Record:
    """Return WorkflowPostRunCheckResponse with empty settings; name and type are the caller's to set."""
    return {
        "id": check_id,
        "name": "",
        "description": None,
        "type": "",
        "order": order,
        "file_target_mode": None,
        "file_names": None,
        "file_name_regex": None,
        "expected_match_count": None,
        "expected_match_count_ref": None,
        "loop_input": None,
        "loop_item_filename_template": None,
        "allow_missing_attachments": False,
        "check_prompt": None,
        "model": None,
        "organization_id": org_id,
        "user_id": user_id,
        "created_at": at,
        "updated_at": at,
    }


def tag_records(
    seed: int, kinds: Sequence[Kind], workflows: Sequence[Record], org_id: str, since: datetime
) -> tuple[list[Record], list[Record], dict[str, list[str]]]:
    """Return the tag groups, the tags, and the tag ids by workflow id."""
    made = since - timedelta(days=80)
    common = {"organization_id": org_id, "created_at": made, "updated_at": made, "emoji": None, "description": None}
    groups = [
        {"id": named_id(seed, "tag-group", name), "name": name, "order": order, "color": color} | common
        for order, (name, color) in enumerate(_GROUPS)
    ]
    members = (_DEPARTMENTS, _RISKS)
    names = list(dict.fromkeys(name for kind in kinds for name in kind.tags))
    tags = [
        {
            "id": named_id(seed, "tag", name),
            "name": name,
            "order": order,
            "color": next(
                (color for names, (_, color) in zip(members, _GROUPS, strict=True) if name in names), "#667788"
            ),
            "group_id": next((one["id"] for names, one in zip(members, groups, strict=True) if name in names), None),
            "is_archived": False,
            "workflow_count": None,
            "group": None,
        }
        | common
        for order, name in enumerate(names)
    ]
    ids = {tag["name"]: tag for tag in tags}
    on_workflows = {
        workflow["id"]: _exclusive([ids[name] for name in kind.tags])
        for workflow, kind in zip(workflows, kinds, strict=True)
    }
    return groups, tags, on_workflows


def _exclusive(tags: list[Record]) -> list[str]:
    """Keep the first tag of each group: tags of one group exclude each other on a workflow."""
    kept: dict[str, str] = {}
    for tag in tags:
        kept.setdefault(tag["group_id"] or tag["id"], tag["id"])
    return list(kept.values())
