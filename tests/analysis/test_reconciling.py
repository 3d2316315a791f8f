"""Our steps and the server's agree to the step, or each gap is listed with what may be its reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from cyberdesk_nb.analysis.causes.reconciling import reconcile_usage
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import runs_frame, usage_frame
from tests.analysis.extent import some
from tests.analysis.fleets import START, run, runs_of, seeded, usage_of

END = START + timedelta(hours=100)


def used(agentic: int, cached: int, outcome: str = "success") -> dict[str, Any]:
    """Give the usage of a run, of which half is billed."""
    steps: dict[str, Any] = {"total_agentic_steps": agentic, "total_cached_steps": cached, "billing_outcome": outcome}
    return steps | {"total_agentic_steps_billed": agentic // 2, "total_cached_steps_billed": cached // 2}


def sums(runs: int, agentic: int, cached: int, mode: str = "simulated", end: datetime = END) -> pd.DataFrame:
    """Give the server's answer."""
    return usage_frame(
        [{"period_start": START, "period_end": end, "mode": mode, "runs_counted": runs,
          "total_agentic_steps": agentic, "total_cached_steps": cached}]
    )  # fmt: skip


@pytest.fixture
def runs() -> pd.DataFrame:
    """Five runs: one failed by the platform, one live, one without usage, one at the very end of the period."""
    return runs_of(
        run(0, usage_metadata=used(10, 4)),
        run(1, "infra_error", usage_metadata=used(6, 0, "infra_failure")),
        run(2, "live", usage_metadata=used(3, 1)),
        run(3),
        run(100, usage_metadata=used(8, 8)),
        completeness={"complete": True},
    )


@pytest.mark.parametrize("seed", some([1, 2]))
@pytest.mark.parametrize("planted", [True, False])
def test_a_seeded_fleet_balances_to_the_step(seed: int, planted: bool) -> None:
    """Day by day and in both modes the runs of a fleet give the server's own sums."""
    world, runs, _ = seeded(seed, planted=planted, runs=300)
    first = runs["created_at"].min().floor("D").to_pydatetime()
    usage = pd.concat(
        usage_of(world, first + timedelta(days=day), first + timedelta(days=day + 1), "simulated", "billed")
        for day in range(0, 31, 3)
    )
    table = reconcile_usage(runs, usage)
    assert len(table) == 3 * len(usage) == 66
    assert table["gap"].tolist() == [0] * 66
    assert table["usage"].sum() > 1000
    assert (table.attrs["balanced"], set(table["reason"])) == (True, {"Balanced."})


def test_each_mode_counts_as_the_api_says(runs: pd.DataFrame) -> None:
    """Simulated leaves platform failures out, billed counts every run with usage but only its billed steps."""
    assert reconcile_usage(runs, sums(2, 13, 5))["gap"].tolist() == [0, 0, 0]
    assert reconcile_usage(runs, sums(3, 9, 2, "billed"))["gap"].tolist() == [0, 0, 0]


def test_a_gap_is_listed_with_its_size_and_what_may_be_its_reason(runs: pd.DataFrame) -> None:
    """What the server counts more or less stands with its sign; sums that agree are balanced beside it."""
    table = reconcile_usage(runs, sums(3, 33, 5))
    assert table["gap"].tolist() == [1, 20, 0]
    assert table["is_balanced"].tolist() == [False, False, True]
    assert "retry overwrote" in table["reason"].iloc[1]
    assert "1 run still going" in table["reason"].iloc[1]
    assert "1 run without usage" in table["reason"].iloc[1]
    assert "not all runs" not in table["reason"].iloc[1]
    assert table.attrs["balanced"] is False
    assert "1 run still going, whose steps grew" in reconcile_usage(runs, sums(2, 33, 5))["reason"].iloc[1]
    assert "count less" in reconcile_usage(runs, sums(2, 12, 5))["reason"].iloc[1]


@pytest.mark.parametrize(
    ("usage", "closed_by"),
    [
        ((3, 19, 5), "with runs that the platform failed"),
        ((1, 10, 4), "by ended_at or without live runs"),
        ((3, 21, 13), "with the end of the period"),
        ((3, 13, 5), "with runs that used nothing"),
    ],
)
def test_another_reckoning_that_closes_all_gaps_is_named(
    runs: pd.DataFrame, usage: tuple[int, int, int], closed_by: str
) -> None:
    """When all three sums agree under another reckoning, that is the reason."""
    table = reconcile_usage(runs, sums(*usage))
    gaps = table[table["gap"] != 0]
    assert set(gaps["closed_by"]) == {closed_by}
    assert gaps["reason"].str.contains(closed_by).all()
    assert table.loc[table["gap"] == 0, "closed_by"].isna().all()


def test_sums_by_another_time_stamp_are_recognised() -> None:
    """A server that counts by the end of runs is told from one that lost some."""
    runs = runs_of(*[run(n, duration_s=7200, usage_metadata=used(n, 2 * n)) for n in range(1, 9)])
    end = START + timedelta(hours=5)
    table = reconcile_usage(runs, sums(2, 3, 6, end=end))
    assert set(table["closed_by"]) == {"by ended_at"}
    assert table["gap"].tolist() == [-2, -7, -14]


def test_a_missing_sum_is_no_balance(runs: pd.DataFrame) -> None:
    """What the server did not say is neither zero nor in balance."""
    usage = sums(2, 13, 5).assign(steps_agentic=pd.array([pd.NA], dtype="Int64"))
    table = reconcile_usage(runs, usage)
    assert table["is_balanced"].tolist()[::2] == [True, True]
    assert pd.isna(table["is_balanced"].iloc[1])
    assert table.attrs["balanced"] is False


def test_doubt_about_the_rows_is_said(runs: pd.DataFrame) -> None:
    """Runs that are not known to be all make every gap doubtful."""
    partial = runs.copy()
    partial.attrs["completeness"] = {"complete": False}
    assert "not all runs may be here" in reconcile_usage(partial, sums(9, 9, 9))["reason"].iloc[0]


def test_nothing_against_nothing_balances() -> None:
    """Without periods there is no row; a period without runs balances at zero; a missing column is named."""
    assert reconcile_usage(runs_frame([]), usage_frame([])).empty
    assert reconcile_usage(runs_frame([]), sums(0, 0, 0))["is_balanced"].tolist() == [True] * 3
    with pytest.raises(RequestError, match="steps_agentic_billed"):
        reconcile_usage(runs_frame([]).drop(columns="steps_agentic_billed"), sums(0, 0, 0, "billed"))
    with pytest.raises(RequestError, match="mode"):
        reconcile_usage(runs_frame([]), sums(0, 0, 0).drop(columns="mode"))
