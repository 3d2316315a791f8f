"""Trajectories: recorded by runs or sent by users, approved, replayed; their screenshots are drawn when asked for."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cyberdesk_nb.simulator.engine.plans import Replay
from cyberdesk_nb.simulator.engine.scripts import Line, Script, ScriptKey
from cyberdesk_nb.simulator.fleet import Fleet
from cyberdesk_nb.simulator.fleet.layout import DISPLAYS, SCREENSHOT
from cyberdesk_nb.simulator.fleet.recordings import recorded_at
from cyberdesk_nb.simulator.refusals import Refusal, not_found
from cyberdesk_nb.simulator.runs.run_book import RunBook
from cyberdesk_nb.simulator.runs.runs import Attempt, Run
from cyberdesk_nb.simulator.world.store import Record, Store

_NEAR_PX = 12
_SHORT_NAMES = {"left_click": "click"}
_POSITIONAL = frozenset({"left_click", "double_click", "right_click", "triple_click", "middle_click", "mouse_move"})


@dataclass(frozen=True, slots=True)
class Source:
    """The play that a trajectory shows, when it was made, and which of the two step dialects it is told in."""

    script: ScriptKey
    at: datetime
    is_positional: bool


@dataclass(slots=True)
class Trajectories:
    """The trajectories of a world.

    Parameters
    ----------
    records
        TrajectoryResponse by id, with `trajectory_data` empty.
    sources
        Where the steps come from, by id; `sent` holds those that a user has sent instead.
    """

    store: Store
    records: dict[str, Record] = field(default_factory=dict[str, Record])
    sources: dict[str, Source] = field(default_factory=dict[str, Source])
    sent: dict[str, list[Record]] = field(default_factory=dict[str, list[Record]])

    def seed(self, fleet: Fleet, book: RunBook) -> None:
        """Take over the seeded trajectories; every second one is told in the positional dialect."""
        anchor = self.store.clock.anchor
        for number, take in enumerate(fleet.takes):
            source, runs = fleet.sources.get(number), fleet.lived.runs
            workflow = runs.workflows[take.workflow]
            made = recorded_at(take, source, runs, anchor)
            run = book.at(source) if source is not None else None
            record = self._record(
                take.recording.id,
                workflow.id,
                made,
                SCREENSHOT if self.store.options.equal_spaces else DISPLAYS[take.display],
                name=take.recording.label,
                run_id=run.id if run else None,
                inputs=self.store.library.sample(workflow.kind, take.sample),
            )
            record["is_approved"] = record["has_been_approved"] = take.approved_at is not None
            record["is_generated"], record["is_main"] = take.is_generated, take.is_main
            record["updated_at"] = max(made, take.approved_at or made)
            key = ScriptKey(workflow.kind, take.sample)
            self.sources[take.recording.id] = Source(key, run.created_at if run else made, number % 2 == 1)

    # reading
    def record(self, trajectory_id: str, *, with_steps: bool = True) -> Record:
        """Return TrajectoryResponse; without steps `trajectory_data` is null."""
        record = self._find(trajectory_id)
        return {**record, "trajectory_data": self.steps(trajectory_id) if with_steps else None}

    def steps(self, trajectory_id: str) -> list[Record]:
        """Return the steps, their screenshots drawn (null with screens off)."""
        if trajectory_id in self.sent:
            return self.sent[trajectory_id]
        source = self.sources[trajectory_id]
        recorded = _recorded(self.store.library.script(source.script))
        return [
            self._step(source, line, self._screenshot(trajectory_id, place, source, index))
            for place, (index, line) in enumerate(recorded)
        ]

    def of_run(self, run_id: str) -> Record | None:
        """Return the newest trajectory of a run."""
        return _newest(record for record in self.records.values() if record["run_id"] == run_id)

    def latest(self, workflow_id: str) -> Record | None:
        """Return the generated trajectory of a workflow that was updated last."""
        records = self.records.values()
        return _newest(one for one in records if one["workflow_id"] == workflow_id and one["is_generated"])

    def replay_for(self, workflow_id: str, machine_id: str, script: Script) -> Replay | None:
        """Choose what a run replays: approved, of its workflow and its machine's display; the main one first."""
        display = self.store.displays[machine_id]
        fitting = [
            record
            for record in self.records.values()
            if record["is_approved"] and record["workflow_id"] == workflow_id and _size(record) == display
        ]
        fitting.sort(key=lambda record: (record["is_main"], record["updated_at"]), reverse=True)
        for record in fitting:
            if matched := self._matching(record["id"], script):
                return Replay(record["id"], record["name"], matched)
        return None

    # changing
    def record_new(self, run: Run, attempt: Attempt, at: datetime) -> None:
        """Record a run unless all its steps were replayed: such a run shows nothing new."""
        steps = len(self.store.library.script(attempt.script).lines)
        if attempt.replay is None or attempt.replay.steps < steps:
            self.record_run(run, attempt, at)

    def record_run(self, run: Run, attempt: Attempt, at: datetime) -> Record:
        """Record what a run did."""
        display = self.store.displays.get(run.machine_id or "", DISPLAYS[0])
        trajectory_id = self.store.new_id("trajectory")
        name = f"{self.store.workflows[run.workflow_id]['name'] or 'Workflow'} {at:%Y-%m-%d %H:%M}"
        record = self._record(trajectory_id, run.workflow_id, at, display, name=name, run_id=run.id, inputs=run.inputs)
        self.sources[trajectory_id] = Source(attempt.script, attempt.started_at, run.number % 2 == 1)
        return record

    def create(self, body: Record) -> Record:
        """TrajectoryCreate -> TrajectoryResponse."""
        self.store.workflow(body["workflow_id"])
        if not body["trajectory_data"]:
            raise Refusal(422, "trajectory_data must hold at least one step", code="empty_trajectory")
        size = body["dimensions"]
        record = self._record(
            self.store.new_id("trajectory"),
            body["workflow_id"],
            self.store.clock.now(),
            DISPLAYS[0],
            name=body.get("name"),
            run_id=body.get("run_id"),
            inputs=body.get("original_input_values"),
        )
        record.update(description=body.get("description"), dimensions=size)
        record["is_approved"] = record["has_been_approved"] = bool(body.get("is_approved"))
        self.sent[record["id"]] = body["trajectory_data"]
        return self.record(record["id"])

    def update(self, trajectory_id: str, changes: Record) -> Record:
        """Apply TrajectoryUpdate."""
        record = self._find(trajectory_id)
        if changes.get("trajectory_data") is not None:
            self.sent[trajectory_id] = changes["trajectory_data"]
        for key in ("name", "description"):
            if key in changes:
                record[key] = changes[key]
        if changes.get("is_approved") is not None:
            record["is_approved"] = changes["is_approved"]
            record["has_been_approved"] = record["has_been_approved"] or changes["is_approved"]
        if changes.get("is_main") is not None:
            if changes["is_main"]:
                for sibling in self._of_workflow(record["workflow_id"]):
                    sibling["is_main"] = False
            record["is_main"] = changes["is_main"]
        record["updated_at"] = self.store.clock.now()
        return self.record(trajectory_id)

    def duplicate(self, trajectory_id: str) -> Record:
        """Copy a trajectory, unapproved."""
        return self.record(self._copy(trajectory_id, self._find(trajectory_id)["workflow_id"]))

    def _copy(self, trajectory_id: str, workflow_id: str) -> str:
        original, copy_id = self._find(trajectory_id), self.store.new_id("trajectory")
        now = self.store.clock.now()
        self.records[copy_id] = {
            **original,
            "id": copy_id,
            "workflow_id": workflow_id,
            "name": f"{original['name'] or 'Trajectory'} (Copy)"[:255],
            "is_approved": False,
            "has_been_approved": False,
            "is_main": False,
            "created_at": now,
            "updated_at": now,
        }
        if trajectory_id in self.sent:
            self.sent[copy_id] = self.sent[trajectory_id]
        if trajectory_id in self.sources:
            self.sources[copy_id] = self.sources[trajectory_id]
        return copy_id

    def delete(self, trajectory_id: str) -> None:
        """Delete a trajectory."""
        self._find(trajectory_id)
        for table in (self.records, self.sources, self.sent):
            table.pop(trajectory_id, None)

    def delete_workflow(self, workflow_id: str) -> None:
        """Delete all trajectories of a workflow."""
        for record in self._of_workflow(workflow_id):
            self.delete(record["id"])

    def copy_generated(self, source_id: str, target_id: str) -> None:
        """Copy a workflow's generated trajectories into another."""
        for record in self._of_workflow(source_id):
            if record["is_generated"]:
                self._copy(record["id"], target_id)

    # how
    def _find(self, trajectory_id: str) -> Record:
        if trajectory_id not in self.records:
            raise not_found("Trajectory", trajectory_id)
        return self.records[trajectory_id]

    def _of_workflow(self, workflow_id: str) -> list[Record]:
        return [record for record in self.records.values() if record["workflow_id"] == workflow_id]

    def _record(
        self,
        trajectory_id: str,
        workflow_id: str,
        at: datetime,
        display: tuple[int, int],
        *,
        name: str | None,
        run_id: str | None,
        inputs: Mapping[str, Any] | None,
    ) -> Record:
        record: Record = {
            "id": trajectory_id,
            "workflow_id": workflow_id,
            "trajectory_data": [],
            "dimensions": {"width": display[0], "height": display[1]},
            "is_approved": False,
            "has_been_approved": False,
            "is_generated": False,
            "is_main": False,
            "name": name,
            "description": None,
            "run_id": run_id,
            "original_input_values": dict(inputs) if inputs is not None else None,
            "user_id": self.store.user_id,
            "organization_id": self.store.org_id,
            "created_at": at,
            "updated_at": at,
        }
        self.records[trajectory_id] = record
        return record

    def _step(self, source: Source, line: Line, screenshot: str | None) -> Record:
        func_name, args, kwargs = _call(line.tool_input, is_positional=source.is_positional)
        return {
            "func_name": func_name,
            "args": args,
            "kwargs": kwargs,
            "pre_check_snapshot": {
                "screenshot": screenshot,
                "last_agent_thought": line.thought,
                "custom_cache_detection_instructions": None,
            },
            "result": line.result,
            "skip_cache_detection": str(line.tool_input["action"]) in {"wait", "screenshot"},
        }

    def _screenshot(self, trajectory_id: str, place: int, source: Source, index: int) -> str | None:
        if not self.store.options.screens:
            return None
        if self.store.options.trajectory_images == "reference":
            return f"supabase://trajectory-images/{self.store.org_id}/{trajectory_id}/{place}.png"
        at = source.at + timedelta(seconds=6 * index)
        return base64.b64encode(self.store.library.picture(source.script, index, at)).decode()

    def _matching(self, trajectory_id: str, script: Script) -> int:
        if trajectory_id in self.sent:
            matched = _matching_sent(script, self.sent[trajectory_id])
        else:
            recording = self.store.library.script(self.sources[trajectory_id].script)
            matched = _matching(script, [line.signature for _, line in _recorded(recording)])
        end = len(script.lines) if script.break_step is None else script.break_step
        return next((index for index, place in enumerate(script.places[:end]) if place >= matched), end)


def _call(tool_input: Mapping[str, Any], *, is_positional: bool) -> tuple[str, list[Any], Record]:
    """Return `func_name`, `args` and `kwargs` of a step in one of the two dialects."""
    action = str(tool_input["action"])
    if not is_positional:
        return "computer", [], dict(tool_input)
    rest = {key: value for key, value in tool_input.items() if key != "action"}
    if action in _POSITIONAL and "coordinate" in rest:
        args = list(rest.pop("coordinate"))
        return _SHORT_NAMES.get(action, action), args, rest
    if action in {"type", "key"}:
        return action, [rest.pop("text")], rest
    return action, [], rest


def _recorded(script: Script) -> list[tuple[int, Line]]:
    """Return the steps that a recording holds, with their index in the play: of a loop the first iteration."""
    seen: dict[int, tuple[int, Line]] = {}
    for index, (place, line) in enumerate(zip(script.places, script.lines, strict=True)):
        seen.setdefault(place, (index, line))
    return list(seen.values())


def _matching(script: Script, signatures: Sequence[int]) -> int:
    """Return how many leading steps of a recording a script takes."""
    pairs = zip(_recorded(script), signatures, strict=False)
    return next((n for n, ((_, line), other) in enumerate(pairs) if line.signature != other), len(signatures))


def _matching_sent(script: Script, steps: Sequence[Mapping[str, Any]]) -> int:
    """Return how many leading steps of a user's recording do what a script does, at about the same place."""
    pairs = zip(_recorded(script), steps, strict=False)
    return next((n for n, ((_, line), step) in enumerate(pairs) if not _does_same(line.tool_input, step)), len(steps))


def _does_same(tool_input: Mapping[str, Any], step: Mapping[str, Any]) -> bool:
    action, args, _ = _call(tool_input, is_positional=True)
    given = dict(step.get("kwargs") or {})
    name = given.get("action", step.get("func_name"))
    if name not in {action, tool_input["action"]}:
        return False
    wanted = tool_input.get("coordinate")
    place = given.get("coordinate") or (step.get("args") if wanted and len(args) == 2 else None)
    if not wanted or not place:
        return not wanted
    return all(
        isinstance(b, int | float) and abs(a - b) <= _NEAR_PX for a, b in zip(wanted, list(place)[:2], strict=False)
    )


def _size(record: Record) -> tuple[int, int]:
    return record["dimensions"].get("width", 0), record["dimensions"].get("height", 0)


def _newest(records: Any) -> Record | None:
    return max(records, key=lambda record: record["updated_at"], default=None)
