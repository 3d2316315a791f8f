"""Machine time against SQL over the raw JSON, on fifty random fleets."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from cyberdesk_nb.analysis import availability, utilisation
from cyberdesk_nb.frames import connections_frame, runs_frame
from tests.analysis.extent import examples

SINCE, UNTIL = datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 4, 10, tzinfo=UTC)
FLEETS = examples(50)

ISLANDS = """
with cut as (
  select machine_id,
    greatest(epoch_us(first::timestamptz), epoch_us(timestamptz '{since}')) as s,
    least(epoch_us(last::timestamptz), epoch_us(timestamptz '{until}')) as e
  from read_json('{path}', columns={{machine_id: 'varchar', first: 'varchar', last: 'varchar'}})
), marked as (
  select *, s > max(e) over (
    partition by machine_id order by s, e rows between unbounded preceding and 1 preceding
  ) as is_new
  from cut where e > s
), islands as (
  select *, sum(coalesce(is_new, true)::int) over (
    partition by machine_id order by s, e rows unbounded preceding
  ) as island
  from marked
)
select machine_id, sum(long) / 1e6, sum(total) / 1e6 from (
  select machine_id, max(e) - min(s) as long, sum(e - s) as total from islands group by machine_id, island
) group by machine_id
"""


def moment(rng: random.Random) -> datetime:
    """Give a time that may lie outside of the window."""
    return SINCE + timedelta(seconds=round(rng.uniform(-3e5, 2.1e6), 6))


def stretches(rng: random.Random, prefix: str, machines: int, count: int, mean_s: float) -> list[tuple[str, str, str]]:
    """Give stretches of time on machines, overlapping as chance has it."""
    found: list[tuple[str, str, str]] = []
    for _ in range(count):
        start = moment(rng)
        end = start + timedelta(seconds=round(rng.expovariate(1 / mean_s), 6))
        found.append((f"{prefix}{rng.randrange(machines)}", start.isoformat(), end.isoformat()))
    return found


def told_by_sql(path: Path, rows: list[tuple[str, str, str]]) -> dict[str, tuple[float, float]]:
    """Give for each machine the seconds that are covered, and the sum of all stretches."""
    names = ("machine_id", "first", "last")
    path.write_text(json.dumps([dict(zip(names, row, strict=True)) for row in rows]))
    found = duckdb.sql(ISLANDS.format(since=SINCE.isoformat(), until=UNTIL.isoformat(), path=path)).fetchall()
    return {machine: (covered, total) for machine, covered, total in found}


def test_machine_time_is_that_of_sql_over_raw_json(tmp_path: Path) -> None:
    """Connected and busy time of every machine of random fleets equal what DuckDB adds up from the JSON."""
    rng = random.Random(8)
    links, stays = [], []
    for fleet in range(FLEETS):
        machines = rng.randint(1, 9)
        links += stretches(rng, f"{fleet}/", machines, rng.randint(1, 60), 40_000)
        stays += stretches(rng, f"{fleet}/", machines, rng.randint(1, 120), 4_000)
    connections = connections_frame([
        {"id": str(n), "machine_id": machine, "websocket_id": "w", "status": "error",
         "connected_at": first, "disconnected_at": last, "last_ping": last}
        for n, (machine, first, last) in enumerate(links)
    ])  # fmt: skip
    runs = runs_frame([
        {"id": str(n), "workflow_id": "w", "machine_id": machine, "status": "success",
         "created_at": first, "started_at": first, "ended_at": last}
        for n, (machine, first, last) in enumerate(stays)
    ])  # fmt: skip
    window: dict[str, Any] = {"since": SINCE, "until": UNTIL}
    ours: dict[str, dict[str, float]] = {"connected_s": {}, "busy_s": {}}
    for fleet in range(FLEETS):
        known, ran = (frame[frame["machine_id"].str.startswith(f"{fleet}/")] for frame in (connections, runs))
        for name, table in zip(ours, (availability(known, **window), utilisation(ran, known, **window)), strict=True):
            ours[name] |= dict(zip(table["machine_id"], table[name], strict=True))
    for name, raw in (("connected_s", links), ("busy_s", stays)):
        theirs = told_by_sql(tmp_path / f"{name}.json", raw)
        assert set(theirs) <= set(ours[name])
        for machine, told in ours[name].items():
            assert told == pytest.approx(theirs.get(machine, (0.0, 0.0))[0], rel=1e-9, abs=1e-6)
        # The stretches do overlap, or their plain sum would do.
        assert any(total > covered for covered, total in theirs.values())
