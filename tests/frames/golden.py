"""One record per table with a different value in every field, and the row that it must give."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from cyberdesk_nb import frames, models
from cyberdesk_nb.frames import connections, machines, messages, pools, runs, step_rows, trajectories, workflows
from cyberdesk_nb.frames._choice import groups_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cyberdesk_nb.frames._columns import Table


@dataclass(frozen=True)
class Golden:
    """A table, a record of it, the records included beside it, and the expected row."""

    table: Table
    make: Callable[..., pd.DataFrame]
    model: type[models.ApiModel] | None
    record: dict[str, Any]
    row: dict[str, Any]
    included: list[dict[str, Any]] = field(default_factory=list)

    def whole(self, records: object, **options: Any) -> pd.DataFrame:
        """Make the frame with every column, the heavy ones too."""
        return self.make(records, columns=groups_of(self.table), **options)


def at(day: int) -> str:
    """Give a different time for each day of the month, as the API spells it."""
    return f"2026-11-{day:02d}T0{day % 10}:00:00.000{day:03d}Z"


def time(day: int) -> pd.Timestamp:
    """Give the same time as a frame holds it."""
    return pd.Timestamp(at(day))


def compact(value: Any) -> str:
    """Give a value as the JSON text that a frame holds."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def named(name: str, row_id: str, **more: Any) -> dict[str, Any]:
    """Give a pool, a tag or a check, as far as the models demand it."""
    return {"name": name, **more, "id": row_id, "organization_id": "o-1"}


DATES = {"created_at": at(7), "updated_at": at(8)}
POOLS = [{**named("Night", "p-1"), **DATES}, {**named("Day", "p-2"), **DATES}]
TAGS = [{**named("billing", "t-1"), "order": 1, **DATES}, {**named("live", "t-2"), "order": 2, **DATES}]
CHECKS = [{**named("has file", "c-1", type="run_attachment_exists"), "order": 1, **DATES}]
WORKFLOW = {"type": "workflow", "id": "w-1", "name": "Invoice entry", "main_prompt": "p"}
MACHINE = {"type": "machine", "id": "m-1", "name": "VM 4", "hostname": "h"}

RUN = Golden(
    runs.TABLE,
    frames.runs_frame,
    models.RunResponse,
    {
        "id": "r-1",
        "workflow_id": "w-1",
        "machine_id": "m-1",
        "status": "task_failed",
        "created_at": at(1),
        "started_at": at(2),
        "ended_at": at(3),
        "user_id": "u-1",
        "organization_id": "o-1",
        "is_priority": True,
        "error": ["no window 12", "line two"],
        "output_data": {"total": 1.5, "é": None},
        "input_attachment_ids": ["ia-1"],
        "output_attachment_ids": ["oa-1", "oa-2"],
        "run_message_history": [{"role": "user"}, {"role": "assistant"}, {"role": "user"}],
        "input_values": {"invoice": 2**53 + 1},
        "main_prompt": "another prompt",
        "model_metadata": {"main_agent_model_id": "mm-1"},
        "pool_ids": ["p-1"],
        "sensitive_input_aliases": {"password": "alias-1"},
        "usage_metadata": {
            "total_agentic_steps": 3,
            "total_cached_steps": 9,
            "total_agentic_steps_billed": 2,
            "total_cached_steps_billed": 8,
            "billing_outcome": "user_task_failed",
            "new": [],
        },
        "post_run_checks": [{"status": "failed", "name": "c"}, {"status": "success"}],
        "session_id": "s-1",
        "session_alias": "first",
        "release_session_after": False,
        "paused_by": "someone",
    },
    {
        "id": "r-1",
        "workflow_id": "w-1",
        "workflow_name": "Invoice entry",
        "machine_id": "m-1",
        "machine_name": "VM 4",
        "status": "task_failed",
        "is_terminal": True,
        "post_run_checks": '[{"status":"failed","name":"c"},{"status":"success"}]',
        "checks_failed": 1,
        "outcome": "check_failed",
        "is_priority": True,
        "created_at": time(1),
        "started_at": time(2),
        "ended_at": time(3),
        "queue_wait_s": 90_000.000001,
        "duration_s": 90_000.000001,
        "error": "no window 12\nline two",
        "error_signature": "no window <n> line two",
        "steps_agentic": 3,
        "steps_cached": 9,
        "steps_total": 12,
        "cached_share": 0.75,
        "steps_agentic_billed": 2,
        "steps_cached_billed": 8,
        "billing_outcome": "user_task_failed",
        "usage_metadata": '{"total_agentic_steps":3,"total_cached_steps":9,"total_agentic_steps_billed":2,'
        '"total_cached_steps_billed":8,"billing_outcome":"user_task_failed","new":[]}',
        "input_values": '{"invoice":9007199254740993}',
        "output_data": '{"total":1.5,"é":null}',
        "sensitive_input_aliases": '{"password":"alias-1"}',
        "input_attachment_ids": '["ia-1"]',
        "output_attachment_ids": '["oa-1","oa-2"]',
        "pool_ids": '["p-1"]',
        "session_id": "s-1",
        "session_alias": "first",
        "release_session_after": False,
        "main_prompt": "another prompt",
        "model_metadata": '{"main_agent_model_id":"mm-1"}',
        "user_id": "u-1",
        "organization_id": "o-1",
        "run_message_history": '[{"role":"user"},{"role":"assistant"},{"role":"user"}]',
        "messages_total": 3,
        "extra": '{"paused_by":"someone"}',
    },
    [WORKFLOW, MACHINE],
)

MACHINE_ROW = Golden(
    machines.TABLE,
    frames.machines_frame,
    models.MachineResponse,
    {
        "id": "m-1",
        "unkey_key_id": "k-1",
        "status": "connected",
        "is_available": True,
        "alerts_enabled": False,
        "created_at": at(1),
        "last_seen": at(2),
        "name": "VM 4",
        "version": "1.2.3",
        "hostname": "HOST-4",
        "os_info": "Windows 11",
        "machine_parameters": {"a": 1},
        "machine_sensitive_parameters": {"b": "alias"},
        "user_id": "u-1",
        "organization_id": "o-1",
        "reserved_session_id": "s-1",
        "linked_keepalive_machine_id": "m-2",
        "physical_server_id": "ps-1",
        "pools": POOLS,
        "gpu": 1,
    },
    {
        "id": "m-1",
        "name": "VM 4",
        "hostname": "HOST-4",
        "status": "connected",
        "is_available": True,
        "reserved_session_id": "s-1",
        "last_seen": time(2),
        "created_at": time(1),
        "pool_names": "Night, Day",
        "pools": compact(POOLS),
        "version": "1.2.3",
        "os_info": "Windows 11",
        "physical_server_id": "ps-1",
        "alerts_enabled": False,
        "machine_parameters": '{"a":1}',
        "machine_sensitive_parameters": '{"b":"alias"}',
        "linked_keepalive_machine_id": "m-2",
        "unkey_key_id": "k-1",
        "user_id": "u-1",
        "organization_id": "o-1",
        "extra": '{"gpu":1}',
    },
)

POOL = Golden(
    pools.TABLE,
    frames.pools_frame,
    models.PoolResponse,
    {
        "name": "Night",
        "id": "p-1",
        "organization_id": "o-1",
        "created_at": at(1),
        "updated_at": at(2),
        "description": "after hours",
        "pool_parameters": {"a": 1},
        "pool_sensitive_parameters": {"b": "alias"},
        "machine_count": 4,
        "colour": "red",
    },
    {
        "id": "p-1",
        "name": "Night",
        "description": "after hours",
        "machine_count": 4,
        "created_at": time(1),
        "updated_at": time(2),
        "pool_parameters": '{"a":1}',
        "pool_sensitive_parameters": '{"b":"alias"}',
        "organization_id": "o-1",
        "extra": '{"colour":"red"}',
    },
)

CONNECTION = Golden(
    connections.TABLE,
    frames.connections_frame,
    models.ConnectionResponse,
    {
        "websocket_id": "ws-1",
        "id": "c-1",
        "machine_id": "m-1",
        "connected_at": at(1),
        "disconnected_at": at(3),
        "last_ping": at(2),
        "status": "disconnected",
        "ip_address": "10.0.0.4",
        "user_agent": "driver/1.2",
        "region": "x",
    },
    {
        "id": "c-1",
        "machine_id": "m-1",
        "machine_name": "VM 4",
        "websocket_id": "ws-1",
        "status": "disconnected",
        "connected_at": time(1),
        "disconnected_at": time(3),
        "last_ping": time(2),
        "duration_s": 180_000.000002,
        "ip_address": "10.0.0.4",
        "user_agent": "driver/1.2",
        "extra": '{"region":"x"}',
    },
    [MACHINE],
)

WORKFLOW_ROW = Golden(
    workflows.TABLE,
    frames.workflows_frame,
    models.WorkflowResponse,
    {
        "main_prompt": "do it",
        "id": "w-1",
        "created_at": at(1),
        "updated_at": at(2),
        "name": "Invoice entry",
        "input_schema": '{"type":"object"}',
        "output_schema": '{"total":"number"}',
        "includes_file_exports": False,
        "is_webhooks_enabled": True,
        "terminal_command_allowlist": ["dir"],
        "model_metadata": {"main_agent_model_id": "mm-1"},
        "post_run_check_failure_cleanup_prompt": "close all",
        "user_id": "u-1",
        "organization_id": "o-1",
        "includes_input_variables": True,
        "workflow_metadata": {
            "has_unaddressed_error": False,
            "last_errored_run_start": at(3),
            "last_errored_run_uuid": "r-1",
        },
        "old_versions": [{}, {}],
        "tags": TAGS,
        "post_run_checks": CHECKS,
        "owner_team": "x",
    },
    {
        "id": "w-1",
        "name": "Invoice entry",
        "tag_names": "billing, live",
        "tags": compact(TAGS),
        "created_at": time(1),
        "updated_at": time(2),
        "versions_total": 2,
        "has_unaddressed_error": False,
        "last_errored_run_start": time(3),
        "last_errored_run_id": "r-1",
        "workflow_metadata": f'{{"has_unaddressed_error":false,"last_errored_run_start":"{at(3)}",'
        '"last_errored_run_uuid":"r-1"}',
        "main_prompt": "do it",
        "input_schema": '{"type":"object"}',
        "output_schema": '{"total":"number"}',
        "includes_input_variables": True,
        "includes_file_exports": False,
        "is_webhooks_enabled": True,
        "terminal_command_allowlist": '["dir"]',
        "model_metadata": '{"main_agent_model_id":"mm-1"}',
        "post_run_checks": compact(CHECKS),
        "post_run_check_failure_cleanup_prompt": "close all",
        "user_id": "u-1",
        "organization_id": "o-1",
        "extra": '{"owner_team":"x"}',
    },
)

TRAJECTORY = Golden(
    trajectories.TABLE,
    frames.trajectories_frame,
    models.TrajectoryResponse,
    {
        "workflow_id": "w-1",
        "trajectory_data": [{"func_name": "click"}, {"func_name": "type"}],
        "dimensions": {"width": 1024, "height": 768},
        "is_approved": True,
        "has_been_approved": False,
        "is_generated": True,
        "is_main": False,
        "id": "t-1",
        "created_at": at(1),
        "updated_at": at(2),
        "name": "happy path",
        "description": "the usual way",
        "run_id": "r-1",
        "original_input_values": {"invoice": 7},
        "user_id": "u-1",
        "organization_id": "o-1",
        "rating": 5,
    },
    {
        "id": "t-1",
        "name": "happy path",
        "description": "the usual way",
        "workflow_id": "w-1",
        "workflow_name": "Invoice entry",
        "run_id": "r-1",
        "is_approved": True,
        "has_been_approved": False,
        "is_generated": True,
        "is_main": False,
        "steps_total": 2,
        "width_px": 1024,
        "height_px": 768,
        "dimensions": '{"width":1024,"height":768}',
        "original_input_values": '{"invoice":7}',
        "created_at": time(1),
        "updated_at": time(2),
        "user_id": "u-1",
        "organization_id": "o-1",
        "extra": '{"rating":5}',
    },
    [WORKFLOW],
)

STEP = Golden(
    step_rows.TABLE,
    frames.steps_frame,
    None,
    {
        "id": "r-1",
        "workflow_id": "w-1",
        "dimensions": {"width": 2000, "height": 1000},
        "run_message_history": [
            {"role": "user", "content": [{"type": "image", "image_base64": "QUJDRA=="}]},
            {
                "role": "assistant",
                "timestamp": at(1),
                "loop_uuid": "l-1",
                "iteration_index": 6,
                "content": [
                    {"type": "text", "text": "because"},
                    {
                        "type": "tool_use",
                        "tool_use_id": "tu-1",
                        "tool_name": "computer",
                        "tool_input": {
                            "action": "left_click_drag",
                            "start_coordinate": [200, 400],
                            "coordinate": [1200, 800],
                            "text": "label",
                            "keys": "ctrl",
                            "duration": 0.5,
                            "scroll_direction": "up",
                            "scroll_amount": 3,
                        },
                        "trajectory_id": "t-1",
                        "trajectory_label": "happy path",
                        "step_index": 9,
                        "step_signature_hash": 2**53 + 1,
                    },
                ],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "tu-1", "tool_result": "done", "error": "slow"}],
            },
        ],
    },
    {
        "source": "run",
        "source_id": "r-1",
        "step": 0,
        "workflow_id": "w-1",
        "workflow_name": "Invoice entry",
        "action": "left_click_drag",
        "is_known": True,
        "x": 200,
        "y": 400,
        "x2": 1200,
        "y2": 800,
        "text": "label",
        "keys": "ctrl",
        "duration_s": 0.5,
        "direction": "up",
        "amount": 3,
        "clicks": None,
        "space": "display",
        "space_width_px": 2000,
        "space_height_px": 1000,
        "x_share": 0.1,
        "y_share": 0.4,
        "x2_share": 0.6,
        "y2_share": 0.8,
        "thought": "because",
        "result": "done",
        "error": "slow",
        "cache_instructions": None,
        "at": time(1),
        "since_previous_s": None,
        "is_cached": True,
        "trajectory_id": "t-1",
        "trajectory_label": "happy path",
        "trajectory_step": 9,
        "signature_hash": "9007199254740993",
        "loop_uuid": "l-1",
        "iteration_index": 6,
        "image_kind": "inline",
        "image_ref": None,
        "image_size_bytes": 4,
        "func_name": "computer",
        "args": "[]",
        "kwargs": '{"action":"left_click_drag","start_coordinate":[200,400],"coordinate":[1200,800],"text":"label",'
        '"keys":"ctrl","duration":0.5,"scroll_direction":"up","scroll_amount":3}',
    },
    [WORKFLOW],
)

MESSAGE = Golden(
    messages.TABLE,
    frames.messages_frame,
    None,
    {
        "id": "r-1",
        "workflow_id": "w-1",
        "run_message_history": [
            {
                "role": "assistant",
                "timestamp": at(1),
                "event_type": "resumed",
                "trajectory_id": "t-of-message",
                "loop_uuid": "l-1",
                "iteration_index": 6,
                "content": [
                    {
                        "type": "tool_use",
                        "text": "words",
                        "image_url": "supabase://run-images/o/r/1.png",
                        "tool_use_id": "tu-1",
                        "tool_name": "computer",
                        "tool_input": {
                            "action": "hold_key",
                            "start_coordinate": [10, 20],
                            "coordinate": [30, 40],
                            "text": "typed",
                            "duration": 0.5,
                            "scroll_direction": "up",
                            "scroll_amount": 3,
                        },
                        "tool_result": "done",
                        "error": "slow",
                        "trajectory_id": "t-1",
                        "trajectory_label": "happy path",
                        "step_index": 9,
                        "step_signature_hash": 2**53 + 1,
                    }
                ],
            }
        ],
    },
    {
        "run_id": "r-1",
        "message": 0,
        "block": 0,
        "workflow_id": "w-1",
        "workflow_name": "Invoice entry",
        "role": "assistant",
        "event_type": "resumed",
        "at": time(1),
        "since_previous_s": None,
        "type": "tool_use",
        "block_text": "words",
        "tool_use_id": "tu-1",
        "tool_name": "computer",
        "tool_input": '{"action":"hold_key","start_coordinate":[10,20],"coordinate":[30,40],"text":"typed",'
        '"duration":0.5,"scroll_direction":"up","scroll_amount":3}',
        "tool_result": "done",
        "error": "slow",
        "action": "hold_key",
        "is_known": True,
        "x": 10,
        "y": 20,
        "x2": 30,
        "y2": 40,
        "text": None,
        "keys": "typed",
        "duration_s": 0.5,
        "direction": "up",
        "amount": 3,
        "clicks": None,
        "is_cached": True,
        "trajectory_id": "t-1",
        "trajectory_label": "happy path",
        "trajectory_step": 9,
        "signature_hash": "9007199254740993",
        "loop_uuid": "l-1",
        "iteration_index": 6,
        "image_kind": "stored",
        "image_ref": "supabase://run-images/o/r/1.png",
        "image_size_bytes": None,
    },
    [WORKFLOW],
)

RECORDS = [RUN, MACHINE_ROW, POOL, CONNECTION, WORKFLOW_ROW, TRAJECTORY]
"""Tables whose rows are records of the API."""

ALL = [*RECORDS, STEP, MESSAGE]
