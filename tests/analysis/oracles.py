"""Fleets made by chance, and their key figures by another way: SQL over the raw JSON of the API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

Record = dict[str, Any]

US = 1_000_000
QUANTILES = {"p50": "0.5", "p90": "0.9", "p95": "0.95", "p99": "0.99"}
_STATUSES = ("success", "task_failed", "error", "cancelled", "scheduling", "running", "running_checks", "paused")
_WEIGHTS = (0.5, 0.1, 0.12, 0.08, 0.06, 0.06, 0.03, 0.05)
_RUNS_SQL = """
CREATE TABLE runs AS
WITH raw AS (
    SELECT *, len(list_filter(post_run_checks, lambda x: x.status = 'failed')) AS failed,
        epoch_us(created_at::TIMESTAMP) AS c, epoch_us(started_at::TIMESTAMP) AS s, epoch_us(ended_at::TIMESTAMP) AS e
    FROM read_json(?, format = 'newline_delimited', columns = {
        id: 'VARCHAR', workflow_id: 'VARCHAR', machine_id: 'VARCHAR', status: 'VARCHAR', created_at: 'VARCHAR',
        started_at: 'VARCHAR', ended_at: 'VARCHAR', post_run_checks: 'STRUCT(status VARCHAR)[]',
        usage_metadata: 'STRUCT(total_agentic_steps BIGINT, total_cached_steps BIGINT)'})
)
SELECT id, c, s, e, {key} AS key,
    CASE WHEN status IN ('success', 'cancelled') THEN status
        WHEN status IN ('scheduling', 'running', 'running_checks') THEN 'live'
        WHEN status IN ('task_failed', 'error') AND failed > 0 THEN 'check_failed'
        WHEN status = 'task_failed' THEN status
        WHEN status = 'error' THEN 'infra_error' END AS outcome,
    CASE WHEN s >= c THEN (s - c) / 1e6 END AS wait, CASE WHEN e >= s THEN (e - s) / 1e6 END AS duration,
    usage_metadata.total_agentic_steps AS agentic, usage_metadata.total_cached_steps AS cached,
    cost.total_cost_usd AS cost, cost.has_unpriced AS unpriced, id IN (SELECT unnest(?)) AS retried
FROM raw LEFT JOIN read_json(?, format = 'newline_delimited', columns = {
    run_id: 'VARCHAR', total_cost_usd: 'DOUBLE', has_unpriced: 'BOOLEAN'}) AS cost ON cost.run_id = id
"""
_DONE = "outcome IN ('success', 'task_failed', 'infra_error', 'check_failed')"
_COUNTS = ("success", "task_failed", "infra_error", "check_failed", "cancelled", "live")
_MEASURES = ", ".join(
    [
        "count(id) AS n",
        *(f"count(*) FILTER (outcome = '{name}') AS {name}" for name in _COUNTS),
        "count(id) FILTER (outcome IS NULL) AS unknown",
        f"count(*) FILTER ({_DONE}) AS ended",
        "count(*) FILTER (retried) AS retried",
        f"count(*) FILTER ({_DONE} OR retried) AS first_ended",
        "count(*) FILTER (outcome = 'success' AND NOT retried) AS first_success",
        *(f"quantile_cont(wait, {share}) AS queue_wait_{name}_s" for name, share in QUANTILES.items()),
        *(f"quantile_cont(duration, {share}) AS duration_{name}_s" for name, share in QUANTILES.items()),
        "count(*) FILTER (agentic IS NOT NULL AND cached IS NOT NULL) AS steps_known",
        "coalesce(sum(agentic), 0) AS steps_agentic",
        "coalesce(sum(cached), 0) AS steps_cached",
        "sum(cost) AS cost_usd",
        "count(*) FILTER (cost IS NOT NULL AND NOT unpriced) AS cost_priced",
        "count(*) FILTER (cost IS NOT NULL AND unpriced) AS cost_partly_priced",
        "count(id) FILTER (cost IS NULL) AS cost_unpriced",
        "avg(cost) FILTER (NOT unpriced) AS cost_mean_usd",
        "list({'c': c, 's': s, 'e': e, 'outcome': outcome, 'wait': wait, 'duration': duration}) FILTER (id IS NOT NULL)"
        " AS spans",
    ]
)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Raw records of a fleet made by chance, and which of its runs are known to be retried."""

    runs: list[Record]
    costs: list[Record]
    retried: list[str]


def random_fleet(seed: int) -> Fleet:
    """Make up to 120 runs of all kinds: equal times, missing times, unknown states, nights and changes of clocks."""
    dice = np.random.default_rng(seed)
    size = int(dice.choice([0, 1, 2, 5, 20, 60, 120]))
    first = datetime(2026, *dice.choice([(3, 27), (10, 30), (7, 1)]).tolist(), tzinfo=UTC)
    runs = [_run(dice, number, first) for number in range(size)]
    known = [run["id"] for run in runs if dice.random() < 0.8]
    costs = [
        {
            "run_id": run_id,
            "workflow_id": "w",
            "created_at": "2026-11-01T00:00:00Z",
            "total_cost_usd": None if dice.random() < 0.2 else round(float(dice.random()), 6),
            "has_unpriced": bool(dice.random() < 0.3),
        }
        for run_id in known
    ]
    return Fleet(runs, costs, [run["id"] for run in runs if dice.random() < 0.1])


def _run(dice: np.random.Generator, number: int, first: datetime) -> Record:
    status = str(dice.choice(_STATUSES, p=_WEIGHTS))
    created = first + timedelta(seconds=round(float(dice.uniform(0, 5 * 86_400)), int(dice.choice([-3, 0, 6]))))
    started = created + timedelta(seconds=float(dice.choice([0, 1, 30, -5, *dice.exponential(100, 4).round(6)])))
    ended = started + timedelta(seconds=float(dice.choice([0, 60, 60, -1, *dice.exponential(9000, 4).round(6)])))
    is_over = status in {"success", "task_failed", "error", "cancelled"}
    began = status != "scheduling" and dice.random() < 0.9
    steps = dice.integers(0, 40, 2).tolist()
    return {
        "id": f"r-{number}",
        "workflow_id": str(dice.choice(["w-1", "w-2"])),
        "machine_id": str(dice.choice(["a", "b", "c"])) if dice.random() < 0.85 else None,
        "status": status,
        "created_at": _text(created) if dice.random() < 0.98 else None,
        "started_at": _text(started) if began else None,
        "ended_at": _text(ended) if is_over and dice.random() < 0.97 else None,
        "post_run_checks": [{"status": str(dice.choice(["passed", "failed"]))}] if dice.random() < 0.1 else None,
        "usage_metadata": dict(zip(("total_agentic_steps", "total_cached_steps"), steps, strict=True))
        if dice.random() < 0.9
        else None,
    }


def _text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def sql_kpis(fleet: Fleet, folder: Path, key: str, tz: str | None) -> list[Record]:
    """Give the figures of each group and, with a time zone, of each of its days; in no order.

    Parameters
    ----------
    key
        What to group by, in SQL.
    tz
        Zone of the days; None takes all time together.
    """
    database = duckdb.connect()
    files = [_written(rows, folder / name) for rows, name in ((fleet.runs, "runs.json"), (fleet.costs, "costs.json"))]
    database.execute(_RUNS_SQL.replace("{key}", key), [files[0], fleet.retried, files[1]])
    ends: Any = database.execute("SELECT min(c), greatest(max(c), max(s), max(e)), max(c) FROM runs").fetchone() or ()
    spans = [(None, None)] if tz is None else _days(ends[0], ends[2], tz)
    database.execute("CREATE TABLE spans (place INT, a BIGINT, b BIGINT)")
    for place, (a, b) in enumerate(spans):
        database.execute("INSERT INTO spans VALUES (?, ?, ?)", [place, a, b])
    if tz is not None:
        database.execute("INSERT INTO spans VALUES (-1, NULL, NULL)")
    query = f"""SELECT * EXCLUDE (rank) FROM (
        SELECT keys.key, place, spans.a, spans.b, 0 AS rank, {_MEASURES}
        FROM (SELECT DISTINCT key FROM runs) AS keys CROSS JOIN spans LEFT JOIN runs
        ON runs.key IS NOT DISTINCT FROM keys.key
            AND (CASE WHEN {tz is None} THEN true WHEN place = -1 THEN c IS NULL ELSE c >= a AND c < b END)
        GROUP BY ALL) WHERE place >= 0 OR n > 0"""  # noqa: S608 - the parts are this file's own
    found = database.execute(query)
    names = [one[0] for one in found.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    clock = database.execute("SELECT key, outcome, s, e FROM runs").fetchall()
    return [row | _km(row, ends[1]) | _clock(row, clock, ends, tz) for row in rows]


def _written(rows: list[Record], path: Path) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def _days(first: int | None, last: int | None, tz: str) -> list[tuple[int, int]]:
    """Give where each local day begins and ends."""
    if first is None or last is None:
        return []
    zone = ZoneInfo(tz)
    day, until = (datetime.fromtimestamp(time / US, zone).date() for time in (first, last))
    found: list[tuple[int, int]] = []
    while day <= until:
        found.append((_midnight(day, zone), _midnight(day + timedelta(days=1), zone)))
        day += timedelta(days=1)
    return found


def _midnight(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * US


def _km(row: Record, until: int | None) -> Record:
    """Estimate quantiles of waits and durations with those that go on, by the definition, in exact fractions."""
    found: Record = {}
    for stem, value, begin, end in (("queue_wait", "wait", "c", "s"), ("duration", "duration", "s", "e")):
        known: list[tuple[float, bool]] = []
        for run in row["spans"] or ():
            over = run[end] if run[end] is not None or stem == "duration" else run["e"]
            is_live = run["outcome"] in {"live", None}
            seen = over if over is not None or not is_live else until
            if run[value] is not None:
                known.append((run[value], True))
            elif run[end] is None and run[begin] is not None and seen is not None and seen >= run[begin]:
                known.append(((seen - run[begin]) / US, False))
        found[f"{stem}_going_on"] = sum(not ended for _, ended in known)
        found |= {f"{stem}_km_{name}_s": _km_quantile(known, Fraction(share)) for name, share in QUANTILES.items()}
    return found


def _km_quantile(known: list[tuple[float, bool]], share: Fraction) -> float | None:
    survival = Fraction(1)
    for time in sorted({time for time, ended in known if ended}):
        at_risk = sum(other >= time for other, _ in known)
        survival *= 1 - Fraction(known.count((time, True)), at_risk)
        if survival <= 1 - share:
            return time
    return None


def _clock(row: Record, runs: list[tuple[Any, ...]], ends: tuple[Any, ...], tz: str | None) -> Record:
    """Count ends and runs at once in the row's time, instant by instant."""
    a, b = (ends[0], ends[1]) if tz is None else (row["a"], row["b"])
    if row["place"] == -1 or None in ends or ends[0] == ends[1] or max(a, ends[0]) >= min(b, ends[1]):
        return dict.fromkeys(("observed_h", "throughput_per_h", "concurrency_max", "concurrency_mean"))
    a, b = max(a, ends[0]), min(b, ends[1])
    mine = [run for run in runs if run[0] == row["key"]]
    held = [(s, e if e is not None else ends[1]) for _, o, s, e in mine if s is not None and (e or o in {"live", None})]
    held = [(max(s, a), min(e, b)) for s, e in held if min(e, b) > max(s, a)]
    done = sum(o in _COUNTS[:4] and e is not None and a <= e and (e < b or e == b == ends[1]) for _, o, _, e in mine)
    hours = (b - a) / US / 3600
    return {
        "observed_h": hours,
        "throughput_per_h": done / hours,
        "concurrency_max": max((sum(s <= at < e for s, e in held) for at, _ in held), default=0),
        "concurrency_mean": sum(e - s for s, e in held) / (b - a),
    }
