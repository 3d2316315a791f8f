"""Golden rows of what stands inside records: checks of runs, costs by model, pools of machines, tags of workflows."""

from __future__ import annotations

from cyberdesk_nb import frames, models
from cyberdesk_nb.frames import costs, machines, run_checks, tags
from tests.frames.golden_row import Golden, at, named, time

WORKFLOW = {"type": "workflow", "id": "w-1", "name": "Invoice entry", "main_prompt": "p"}
DATES = {"created_at": at(7), "updated_at": at(8)}

CHECK = Golden(
    run_checks.TABLE,
    frames.run_checks_frame,
    models.RunResponse,
    {
        "id": "r-1",
        "workflow_id": "w-1",
        "machine_id": "m-1",
        "status": "task_failed",
        "created_at": at(1),
        "post_run_checks": [
            {"status": "success"},
            {
                "status": "failed",
                "id": "s-1",
                "post_run_check_id": "c-1",
                "snapshot_version": 6,
                "name": "has file",
                "description": "the export is there",
                "type": "run_attachment_exists",
                "order": 2,
                "file_target_mode": "regex",
                "file_names": ["a.csv"],
                "file_name_regex": ".*csv",
                "expected_match_count": 3,
                "expected_match_count_ref": "{n}",
                "loop_input": "rows",
                "loop_item_filename_template": "{i}.csv",
                "allow_missing_attachments": True,
                "check_prompt": "is it there?",
                "model": "mc-1",
                "started_at": at(2),
                "ended_at": at(3),
                "error_message": "not there",
                "messages": ["looked", "found none"],
                "matched_filenames": ["b.csv", "c.csv"],
                "retries": 1,
            },
        ],
    },
    {
        "run_id": "r-1",
        "check": 1,
        "workflow_id": "w-1",
        "workflow_name": "Invoice entry",
        "run_created_at": time(1),
        "name": "has file",
        "type": "run_attachment_exists",
        "status": "failed",
        "error_message": "not there",
        "messages": "looked\nfound none",
        "matched_filenames": '["b.csv","c.csv"]',
        "started_at": time(2),
        "ended_at": time(3),
        "duration_s": 90_000.000001,
        "description": "the export is there",
        "file_target_mode": "regex",
        "file_names": '["a.csv"]',
        "file_name_regex": ".*csv",
        "expected_match_count": 3,
        "expected_match_count_ref": "{n}",
        "loop_input": "rows",
        "loop_item_filename_template": "{i}.csv",
        "allow_missing_attachments": True,
        "check_prompt": "is it there?",
        "model_id": "mc-1",
        "order": 2,
        "snapshot_version": 6,
        "id": "s-1",
        "post_run_check_id": "c-1",
        "extra": '{"retries":1}',
    },
    [WORKFLOW],
)

COST_ROW = {
    "role": "main_agent",
    "billing_platform": "anthropic",
    "model": "claude",
    "endpoint_type": "messages",
    "call_count": 2,
    "input_tokens": 30,
    "uncached_input_tokens": 31,
    "cache_read_tokens": 32,
    "cache_write_5m_tokens": 33,
    "cache_write_1h_tokens": 34,
    "output_tokens": 35,
    "reasoning_tokens": 36,
    "source": "recorded",
    "cost_usd": 0.5,
}

LLM_COST = Golden(
    costs.TABLE,
    frames.llm_costs_frame,
    models.RunLlmCostsResponse,
    {
        "run_id": "r-1",
        "has_unpriced": True,
        "rows": [{**COST_ROW, "role": "extraction"}, {**COST_ROW, "tier": 1}],
        "total_cost_usd": 0.75,
    },
    {
        "run_id": "r-1",
        "role": "main_agent",
        "model": "claude",
        "billing_platform": "anthropic",
        "endpoint_type": "messages",
        "call_count": 2,
        "input_tokens": 30,
        "uncached_input_tokens": 31,
        "cache_read_tokens": 32,
        "cache_write_5m_tokens": 33,
        "cache_write_1h_tokens": 34,
        "output_tokens": 35,
        "reasoning_tokens": 36,
        "cost_usd": 0.5,
        "source": "recorded",
        "run_total_cost_usd": 0.75,
        "run_has_unpriced": True,
        "extra": '{"tier":1}',
    },
)

MACHINE_POOL = Golden(
    machines.MEMBERSHIP,
    frames.machine_pools_frame,
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
        "pools": [{**named("Night", "p-1"), **DATES}, {**named("Day", "p-2"), **DATES}],
    },
    {"machine_id": "m-1", "machine_name": "VM 4", "pool_id": "p-2", "pool_name": "Day"},
)

WORKFLOW_TAG = Golden(
    tags.LINKS,
    frames.workflow_tags_frame,
    models.WorkflowResponse,
    {
        **WORKFLOW,
        **DATES,
        "tags": [
            {**named("live", "t-1"), "order": 1, **DATES},
            {**named("billing", "t-2", group_id="tg-1", is_archived=True), "order": 2, **DATES},
        ],
    },
    {
        "workflow_id": "w-1",
        "workflow_name": "Invoice entry",
        "tag_id": "t-2",
        "tag_name": "billing",
        "group_id": "tg-1",
        "is_archived": True,
    },
)
