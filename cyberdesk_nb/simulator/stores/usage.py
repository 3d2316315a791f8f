"""Usage totals over a period, and what the language models of a run cost.

Both are derived from the runs' own step counters, so that they always add up with them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from cyberdesk_nb.simulator.world.world import Record, World

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class _Role:
    """One model's part in a run: how often it is called, how large its calls are, what a million tokens cost."""

    role: str
    billing_platform: str
    model: str
    per_agentic_step: float
    per_cached_step: float
    input_tokens: int
    cached_share: float
    output_tokens: int
    input_usd: float | None
    output_usd: float | None


_ROLES = (
    _Role("main_agent", "anthropic", "claude-sonnet-4-6", 1.0, 0.0, 9_500, 0.82, 210, 3.0, 15.0),
    _Role("cache_detection", "openai", "gpt-5-mini", 0.0, 1.0, 2_400, 0.3, 60, 0.25, 2.0),
    _Role("extraction", "google", "gemini-3-flash", 0.15, 0.05, 3_100, 0.0, 180, None, None),
)


def aggregate(world: World, *, from_date: datetime, to_date: datetime, mode: str) -> Record:
    """Sum the steps of the runs created in [from_date, to_date)."""
    suffix = "_billed" if mode == "billed" else ""
    past, others = world.usage_between(from_date, to_date)
    counted = [usage for usage in others if suffix or usage.get("billing_outcome") != "infra_failure"]
    return {
        "total_agentic_steps": past.agentic_steps + _sum(counted, f"total_agentic_steps{suffix}"),
        "total_cached_steps": past.cached_steps + _sum(counted, f"total_cached_steps{suffix}"),
        "period_start": from_date,
        "period_end": to_date,
        "mode": mode,
        "runs_counted": past.runs - (0 if suffix else past.failed_by_platform) + len(counted),
    }


def cost_totals(
    world: World, from_date: datetime | None, to_date: datetime | None, *, skip: int, limit: int
) -> tuple[list[Record], int]:
    """Return what runs with recorded usage cost, newest first, and how many there are in all."""
    runs, total = world.runs_with_usage(from_date, to_date, skip, limit)
    return [
        {
            "run_id": run["id"],
            "workflow_id": run["workflow_id"],
            "created_at": run["created_at"],
            **_totals(cost_rows(run)),
        }
        for run in runs
    ], total


def costs(run: Record) -> Record:
    """Return what one run cost, one row per model and role."""
    rows = cost_rows(run)
    return {"run_id": run["id"], "rows": rows, **_totals(rows)}


def cost_rows(run: Record) -> list[Record]:
    """Return the rows of one run; the same run always costs the same."""
    usage = run["usage_metadata"]
    if not usage:
        return []
    dice = Random(run["id"])
    rows = [_row(role, usage, dice) for role in _ROLES]
    return [row for row in rows if row["call_count"]]


def _row(role: _Role, usage: Record, dice: Random) -> Record:
    agentic, cached = _steps(usage, "total_agentic_steps"), _steps(usage, "total_cached_steps")
    calls = round(role.per_agentic_step * agentic + role.per_cached_step * cached)
    entered = round(calls * role.input_tokens * dice.uniform(0.8, 1.25))
    reread = round(entered * role.cached_share * dice.uniform(0.9, 1.1))
    produced = round(calls * role.output_tokens * dice.uniform(0.7, 1.4))
    row: dict[str, Any] = {
        "role": role.role,
        "billing_platform": role.billing_platform,
        "model": role.model,
        "endpoint_type": "messages",
        "call_count": calls,
        "input_tokens": entered,
        "uncached_input_tokens": entered - reread,
        "cache_read_tokens": reread,
        "cache_write_5m_tokens": 0,
        "cache_write_1h_tokens": 0,
        "output_tokens": produced,
        "reasoning_tokens": round(produced * 0.3),
        "source": "simulated",
        "cost_usd": None,
    }
    if role.input_usd is not None and role.output_usd is not None:
        # Reading from the prompt cache costs a tenth of reading anew.
        read = (entered - reread + reread * 0.1) * role.input_usd / _MILLION
        row["cost_usd"] = round(read + produced * role.output_usd / _MILLION, 6)
    return row


def _sum(counted: Sequence[Record], key: str) -> int:
    return sum(_steps(usage, key) for usage in counted)


def _steps(usage: Record, key: str) -> int:
    # A run's usage can be patched to anything: what is no count counts nothing.
    value = usage.get(key)
    return value if isinstance(value, int) and value > 0 else 0


def _totals(rows: list[Record]) -> Record:
    priced = [row["cost_usd"] for row in rows if row["cost_usd"] is not None]
    return {
        "has_unpriced": len(priced) < len(rows),
        "total_cost_usd": round(sum(priced), 6) if priced else None,
    }
