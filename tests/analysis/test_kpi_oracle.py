"""Key figures agree with SQL over the raw JSON, and their intervals hold what they promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from cyberdesk_nb.analysis import kpis
from cyberdesk_nb.frames import run_costs_frame, runs_frame
from tests.analysis.extent import examples
from tests.analysis.oracles import random_fleet, sql_kpis
from tests.simulator.worlds import default_runs

if TYPE_CHECKING:
    from pathlib import Path

FLEETS = examples(50)
ENDED = ("success", "task_failed", "infra_error", "check_failed")
GROUPS = {
    "'all'": [],
    "machine_id": ["machine_id"],
    "workflow_id || '|' || coalesce(machine_id, '')": ["workflow_id", "machine_id"],
}
ZONES = (None, "UTC", "Europe/Berlin", "Asia/Beirut", "America/Havana", "Asia/Kathmandu")


@pytest.mark.parametrize("seed", range(FLEETS))
def test_each_figure_is_that_of_sql(seed: int, tmp_path: Path) -> None:
    """Every column of every row is what an independent computation over the raw records gives, to 1e-9."""
    fleet = random_fleet(seed)
    key, by = list(GROUPS.items())[seed % len(GROUPS)]
    tz = ZONES[seed % len(ZONES)]
    table = kpis(
        runs_frame(fleet.runs),
        by,
        None if tz is None else "D",
        tz=tz or "UTC",
        confidence=0.9,
        attempts=pd.DataFrame({"run_id": fleet.retried}, dtype="str"),
        costs=run_costs_frame(fleet.costs),
    )
    expected = {(_key(row["key"]), row["a"]): row for row in sql_kpis(fleet, tmp_path, key, tz)}
    if not fleet.runs and not by and tz is None:
        assert table["n"].tolist() == [0]
        return
    assert len(table) == len(expected)
    for row in table.to_dict("records"):
        own = "|".join("" if pd.isna(row[name]) else row[name] for name in by) if by else "all"
        start = row.get("period", pd.NaT)
        against = expected.pop((own, None if pd.isna(start) else start.value // 1000))
        for name in set(table.columns) - {*by, "period"}:
            assert_same(row[name], _figure(against, name), f"{name} of {own} at {start}")
    assert not expected


def _key(key: str | None) -> str:
    return key or ""


def _figure(row: dict[str, Any], name: str) -> Any:
    """Take a figure from the oracle's row, or work it out from its counts."""
    if name == "cached_share":
        steps = row["steps_agentic"] + row["steps_cached"]
        return row["steps_cached"] / steps if steps else None
    stem, _, what = name.rpartition("_")
    if what in {"rate", "low", "high"}:
        hits, trials = row.get(stem, row["first_success"]), row["first_ended" if stem == "first_attempt" else "ended"]
        if not trials:
            return None
        ends = proportion_confint(hits, trials, alpha=0.1, method="wilson")
        return hits / trials if what == "rate" else ends[what == "high"]
    return row[name]


def assert_same(value: Any, expected: Any, what: str) -> None:
    """Compare two figures, missing ones too."""
    if expected is None:
        assert pd.isna(value), what
    else:
        assert value == pytest.approx(expected, rel=1e-9, abs=1e-9), what


@pytest.mark.parametrize(("outcome", "size"), [("success", 150), ("task_failed", 250), ("infra_error", 250)])
def test_intervals_cover_the_true_rate(outcome: str, size: int) -> None:
    """Of 1,000 fleets drawn from the simulator's runs, 93 to 97 of 100 intervals hold the rate of all its runs."""
    runs = runs_frame(default_runs(), columns=["outcome", "timing", "usage"])
    ended = runs[runs["outcome"].isin(ENDED)]
    drawn = ended.sample(1000 * size, replace=True, random_state=11, ignore_index=True)
    table = kpis(drawn.assign(draw=np.arange(len(drawn)) // size), "draw")
    true_rate = (ended["outcome"] == outcome).mean()
    assert table["n"].tolist() == [size] * 1000
    assert 0.93 <= table[f"{outcome}_low"].le(true_rate).mul(table[f"{outcome}_high"].ge(true_rate)).mean() <= 0.97
