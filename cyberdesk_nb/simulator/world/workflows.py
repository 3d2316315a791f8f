"""Workflows as users change them: every change keeps the state before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cyberdesk_nb.simulator.engine.engine import Engine
from cyberdesk_nb.simulator.engine.launching import kind_for
from cyberdesk_nb.simulator.fleet.workflows import check_record, version_of
from cyberdesk_nb.simulator.inputs.prompts import variables
from cyberdesk_nb.simulator.refusals import Refusal
from cyberdesk_nb.simulator.runs.run_book import RunBook
from cyberdesk_nb.simulator.world.attachments import detach
from cyberdesk_nb.simulator.world.store import Record, Store
from cyberdesk_nb.simulator.world.trajectories import Trajectories

_DEFAULTS: Record = {
    "name": None,
    "main_prompt": "",
    "input_schema": None,
    "output_schema": None,
    "includes_file_exports": False,
    "is_webhooks_enabled": False,
    "terminal_command_allowlist": None,
    "model_metadata": None,
    "post_run_check_failure_cleanup_prompt": None,
}
_REQUIRED = frozenset({"main_prompt", "includes_file_exports", "is_webhooks_enabled"})
_FLAGS = ("has_unaddressed_error", "last_errored_run_start", "last_errored_run_uuid")


class Workflows:
    """Creates, changes, copies and merges workflows."""

    def __init__(self, store: Store, engine: Engine, book: RunBook, trajectories: Trajectories) -> None:
        self._store = store
        self._engine = engine
        self._book = book
        self._trajectories = trajectories

    def create(self, body: Record) -> Record:
        """WorkflowCreate -> WorkflowResponse."""
        now = self._store.clock.now()
        settings = {key: body.get(key) if body.get(key) is not None else value for key, value in _DEFAULTS.items()}
        record = self._insert(settings, now)
        record["post_run_checks"] = self._checks(body.get("post_run_checks") or [], [], now)
        return record

    def update(self, workflow_id: str, changes: Record) -> Record:
        """Apply WorkflowUpdate; what was before stands in `old_versions`."""
        record, now = self._store.workflow(workflow_id), self._store.clock.now()
        before = version_of(record)
        for key in _DEFAULTS:
            if key in changes and not (changes[key] is None and key in _REQUIRED):
                record[key] = changes[key]
        record["terminal_command_allowlist"] = record["terminal_command_allowlist"] or None
        if "post_run_checks" in changes:
            record["post_run_checks"] = self._checks(changes["post_run_checks"] or [], record["post_run_checks"], now)
        if "workflow_metadata" in changes:
            record["workflow_metadata"] = _flags(record["workflow_metadata"], changes["workflow_metadata"])
        if set(changes) - {"workflow_metadata"}:
            record["old_versions"] = [*record["old_versions"], before]
        record["includes_input_variables"] = bool(variables(record["main_prompt"]))
        record["updated_at"] = now
        return record

    def delete(self, workflow_id: str) -> None:
        """Delete a workflow with its runs and trajectories."""
        self._store.workflow(workflow_id)
        now = self._store.clock.now()
        for run in self._book.live(now):
            if run.workflow_id == workflow_id:
                self._engine.cancel(run, now)
        for run_id in {row["run_id"] for row in self._store.run_attachments.values()}:
            if self._book.find(run_id).workflow_id == workflow_id:
                detach(self._store, run_id)
        self._book.drop_workflow(workflow_id)
        self._trajectories.delete_workflow(workflow_id)
        for table in (self._store.workflows, self._store.workflow_tag_ids, self._store.kinds):
            table.pop(workflow_id, None)

    def duplicate(self, workflow_id: str, main_prompt: str | None, *, include_trajectories: bool) -> Record:
        """Copy a workflow, its checks and tags, with the prompt that is given; its versions stay behind."""
        source, now = self._store.workflow(workflow_id), self._store.clock.now()
        settings = {key: source[key] for key in _DEFAULTS}
        settings["main_prompt"] = main_prompt or source["main_prompt"]
        record = self._insert(settings, now, kind=self._store.kinds[workflow_id])
        record["name"] = f"(Copy) {source['name'] or 'Workflow'}"
        record["post_run_checks"] = self._checks(_without_ids(source["post_run_checks"]), [], now)
        self._store.workflow_tag_ids[record["id"]] = list(self._store.workflow_tag_ids.get(workflow_id, []))
        if include_trajectories:
            self._trajectories.copy_generated(workflow_id, record["id"])
        return record

    def merge(self, source_id: str, target_id: str, *, copy_trajectories: bool) -> Record:
        """Give the target what the source is, keep its name, and delete the source."""
        source, target = self._store.workflow(source_id), self._store.workflow(target_id)
        if source_id == target_id:
            raise Refusal(400, "A workflow cannot be merged into itself", code="same_workflow")
        changes = {key: source[key] for key in _DEFAULTS if key != "name"}
        self.update(target_id, {**changes, "post_run_checks": _without_ids(source["post_run_checks"])})
        self._store.kinds[target_id] = self._store.kinds[source_id]
        self._store.workflow_tag_ids[target_id] = list(self._store.workflow_tag_ids.get(source_id, []))
        if copy_trajectories:
            self._trajectories.copy_generated(source_id, target_id)
        self.delete(source_id)
        return target

    def versions(self, workflow_id: str) -> list[Record]:
        """Return earlier states, newest first."""
        return list(reversed(self._store.workflow(workflow_id)["old_versions"]))

    def tags_of(self, workflow_id: str) -> list[Record]:
        """Return the tags on a workflow, with their groups embedded."""
        self._store.workflow(workflow_id)
        tags = [self._store.workflow_tags[key] for key in self._store.workflow_tag_ids.get(workflow_id, [])]
        groups = self._store.workflow_tag_groups
        embedded = [{**tag, "group": groups.get(tag["group_id"] or "")} for tag in tags]
        return sorted(embedded, key=lambda tag: (tag["group"]["order"] if tag["group"] else -1, tag["order"]))

    def _insert(self, settings: Record, now: datetime, *, kind: str | None = None) -> Record:
        workflow_id = self._store.new_id("workflow")
        record: Record = {
            "id": workflow_id,
            **settings,
            "user_id": self._store.user_id,
            "organization_id": self._store.org_id,
            "includes_input_variables": bool(variables(settings["main_prompt"])),
            "workflow_metadata": None,
            "old_versions": [],
            "tags": None,
            "post_run_checks": [],
            "created_at": now,
            "updated_at": now,
        }
        self._store.workflows[workflow_id] = record
        self._store.workflow_tag_ids[workflow_id] = []
        self._store.kinds[workflow_id] = kind or kind_for(record, list(self._store.library.kinds))
        return record

    def _checks(self, wanted: Sequence[Record], present: Sequence[Record], now: datetime) -> list[Record]:
        """Reconcile the whole set: those with an id are changed, the others made, missing ones dropped."""
        by_id = {check["id"]: check for check in present}
        checks: list[Record] = []
        for order, one in enumerate(wanted):
            check_id = one.get("id")
            if check_id is not None and check_id not in by_id:
                raise Refusal(404, f"Post-run check {check_id} not found", code="not_found")
            base = by_id.get(check_id or "") or check_record(
                self._store.new_id("check"), order, self._store.org_id, self._store.user_id, now
            )
            given = {key: value for key, value in one.items() if key in base and key != "id"}
            checks.append({**base, **given, "order": order, "updated_at": now})
        return checks


def _without_ids(checks: Sequence[Record]) -> list[Record]:
    return [{key: value for key, value in check.items() if key not in {"id", "created_at"}} for check in checks]


def _flags(present: Record | None, changes: Any) -> Record | None:
    """Apply a change to the error flags: null clears all, a null key removes that key."""
    if changes is None:
        return None
    flags = {**(present or {}), **changes}
    kept = {key: flags.get(key) for key in _FLAGS}
    return kept if any(value is not None for value in kept.values()) else None
