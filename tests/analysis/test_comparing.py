"""A difference is only called one when chance does not explain it, and its interval says how large it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from cyberdesk_nb.analysis.causes.comparing import METRICS, NO_DIFFERENCE, compare_periods, compare_versions
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import runs_frame, workflows_frame
from tests.analysis.extent import examples
from tests.analysis.fleets import START, run, runs_of, seeded

stats: Any = scipy.stats
SPLIT = START + pd.Timedelta(hours=100)


def two_times(seed: int = 1, *, slower: float = 1.0, failing: float = 0.1, count: int = 200) -> list[dict[str, Any]]:
    """Give runs before and after the split, the latter slower by a factor and failing with a rate."""
    dice = np.random.default_rng(seed)
    records: list[dict[str, Any]] = []
    for n in range(count):
        hours = 200 * n / count
        is_after = hours >= 100
        outcome = "infra_error" if dice.random() < (failing if is_after else 0.1) else "success"
        duration = float(dice.lognormal(4, 0.3)) * (slower if is_after else 1)
        used = {"total_agentic_steps": int(dice.integers(2, 9)), "total_cached_steps": int(dice.integers(0, 20))}
        records.append(run(n, outcome, hours=hours, duration_s=duration, wait_s=float(dice.exponential(3)),
                           usage_metadata=used, workflow_id=f"w-{n % 2}"))  # fmt: skip
    return records


def row_of(table: pd.DataFrame, metric: str) -> Any:
    """Give the row of a metric."""
    return table[table["metric"] == metric].iloc[0]


def test_each_metric_is_that_of_the_textbook() -> None:
    """Values, differences and p-values equal those computed by hand and by scipy."""
    runs = runs_of(*two_times(slower=1.3, failing=0.25))
    table = compare_periods(runs, SPLIT)
    before, after = runs[runs["created_at"] < SPLIT], runs[runs["created_at"] >= SPLIT]
    assert table["metric"].tolist() == list(METRICS)
    rate = row_of(table, "success_rate")
    counts = [[int((part["outcome"] == name).sum()) for name in ("success", "infra_error")] for part in (before, after)]
    assert (rate["n_before"], rate["n_after"]) == (len(before), len(after))
    assert rate["value_after"] == pytest.approx(counts[1][0] / len(after), abs=1e-12)
    assert rate["p_value"] == pytest.approx(stats.fisher_exact(counts).pvalue, abs=1e-12)
    sides = [part.loc[part["outcome"] == "success", "duration_s"] for part in (before, after)]
    long = row_of(table, "duration_s")
    assert (long["value_before"], long["value_after"]) == tuple(side.median() for side in sides)
    assert long["p_value"] == pytest.approx(stats.mannwhitneyu(*sides).pvalue, abs=1e-12)
    assert long["difference"] == pytest.approx(
        np.median(np.subtract.outer(sides[1].to_numpy(), sides[0].to_numpy())), abs=1e-9
    )
    assert long["difference_low"] < long["difference"] < long["difference_high"]
    share = row_of(table, "cached_share")
    good = after[after["outcome"] == "success"]
    assert share["value_after"] == pytest.approx(good["steps_cached"].sum() / good["steps_total"].sum(), abs=1e-12)


def test_better_and_worse_are_told_by_what_the_metric_means() -> None:
    """Longer is worse, more success is better, and what chance explains is no difference."""
    verdicts = compare_periods(runs_of(*two_times(slower=1.5, failing=0.6)), SPLIT).set_index("metric")["verdict"]
    assert verdicts[["duration_s", "success_rate", "infra_error_rate"]].tolist() == ["worse"] * 3
    assert verdicts["queue_wait_s"] == NO_DIFFERENCE
    turned = (((SPLIT, None), (None, SPLIT)),)
    verdicts = compare_periods(runs_of(*two_times(slower=1.5, failing=0.6)), *turned).set_index("metric")["verdict"]
    assert verdicts[["duration_s", "success_rate", "infra_error_rate"]].tolist() == ["better"] * 3


def test_noise_is_rarely_called_a_difference() -> None:
    """Where nothing changed, all verdicts of a call together are wrong in no more than 5 % of the cases."""
    wrong = [
        compare_periods(runs_of(*two_times(seed)), SPLIT, by="workflow_id")["verdict"].isin(["better", "worse"]).any()
        for seed in range(examples(25))
    ]
    assert sum(wrong) <= max(2, len(wrong) // 8)


def test_all_looks_of_a_call_are_corrected() -> None:
    """The number of comparisons is said, and corrected p-values are never below the raw ones; `none` leaves them."""
    runs = runs_of(*two_times(slower=1.2))
    table = compare_periods(runs, SPLIT, by="workflow_id")
    assert (len(table), table.attrs["comparisons"], table.attrs["correction"]) == (10, 10, "holm")
    assert (table["p_adjusted"] >= table["p_value"]).all()
    raw = compare_periods(runs, SPLIT, by="workflow_id", correction="none")
    assert raw["p_adjusted"].equals(raw["p_value"].rename("p_adjusted"))
    with pytest.raises(RequestError, match="correction"):
        compare_periods(runs, SPLIT, correction="bonferroni")  # pyright: ignore[reportArgumentType]


def test_windows_hold_their_start_and_not_their_end() -> None:
    """A run at the split is after; runs in neither window are counted as left out; windows that overlap are refused."""
    runs = runs_of(*[run(n) for n in range(10)])
    table = compare_periods(runs, START + pd.Timedelta(hours=4), metrics=["queue_wait_s"])
    assert table[["n_before", "n_after"]].iloc[0].tolist() == [4, 6]
    hours = [START + pd.Timedelta(hours=n) for n in range(10)]
    table = compare_periods(runs, ((hours[0], hours[2]), (hours[5], hours[8])), metrics=["queue_wait_s"])
    assert table[["n_before", "n_after"]].iloc[0].tolist() == [2, 3]
    assert table.attrs["left_out"] == 5
    with pytest.raises(RequestError, match="overlap"):
        compare_periods(runs, ((hours[0], hours[3]), (hours[2], hours[8])))


@pytest.mark.parametrize("outcome", ["live", "infra_error", "cancelled"])
@pytest.mark.parametrize("count", [0, 1, 4])
def test_too_few_runs_are_said_to_be(count: int, outcome: str) -> None:
    """What no number of differing runs could show has no p-value and no verdict but that."""
    table = compare_periods(runs_of(*[run(n, outcome) for n in range(count)]), START + pd.Timedelta(hours=2))
    shown = table[~table["metric"].eq("queue_wait_s")]
    assert set(shown["verdict"]) == {"too few runs"}
    assert shown["p_value"].isna().all()
    assert table["note"].str.contains("few runs").all()


def test_runs_still_going_are_counted_as_left_out() -> None:
    """Live runs have no outcome and no duration yet, and the note says how many."""
    records = [*two_times(), run(900, "live", hours=150), run(901, "live", hours=151)]
    table = compare_periods(runs_of(*records), SPLIT)
    assert row_of(table, "duration_s")["note"] == "2 runs still going left out"
    assert row_of(table, "queue_wait_s")["note"] == ""
    assert row_of(table, "queue_wait_s")["n_after"] == 102


def test_groups_that_miss_a_value_are_groups() -> None:
    """Runs without a machine are compared among each other."""
    records = [run(n, machine_id=None if n % 2 else "m") for n in range(60)]
    table = compare_periods(runs_of(*records), START + pd.Timedelta(hours=30), by="machine_id", metrics=["duration_s"])
    assert table["machine_id"].fillna("-").tolist() == ["m", "-"]
    assert table["n_before"].tolist() == [15, 15]


def test_a_new_version_is_compared_with_the_one_before() -> None:
    """Each change parts a workflow's runs; one that waited over a change belongs to no version and is counted."""
    runs = runs_of(*two_times(slower=1.6), run(950, hours=99.9, wait_s=3600, workflow_id="w-0"))
    workflows = workflows_frame(
        [{"id": key, "main_prompt": "", "created_at": START, "updated_at": at}
         for key, at in (("w-0", SPLIT), ("w-1", START - pd.Timedelta(days=9)))]
    )  # fmt: skip
    table = compare_versions(runs, workflows, metrics=["duration_s"])
    assert table[["workflow_id", "changed_at", "verdict"]].to_numpy().tolist() == [["w-0", SPLIT, "worse"]]
    assert (
        table[["n_before", "n_after"]].iloc[0].sum()
        == (runs["outcome"].eq("success") & runs["workflow_id"].eq("w-0")).sum() - 1
    )
    assert (table.attrs["left_out"], table.attrs["changes"]) == (1, 2)
    middle = START + pd.Timedelta(hours=50)
    table = compare_versions(
        runs, workflows, versions={"w-0": [{"updated_at": middle.isoformat()}]}, metrics=["duration_s"]
    )
    assert table["changed_at"].tolist() == [middle, SPLIT]
    assert table["verdict"].tolist() == [NO_DIFFERENCE, "worse"]
    assert table["n_after"].iloc[0] == table["n_before"].iloc[1]


def test_the_planted_version_is_worse_and_no_other() -> None:
    """Of a seeded fleet's workflows only the slower version is called worse, by its real size."""
    world, runs, tables = seeded(1)
    versions = {key: world.workflow_versions(key) for key in world.workflows}
    table = compare_versions(runs, tables["workflows"], versions=versions, metrics=["success_rate", "duration_s"])
    planted = world.truth()["slow_version"]
    shown = table[table["verdict"].isin(["better", "worse"])]
    assert shown[["workflow_id", "metric", "verdict"]].to_numpy().tolist() == [
        [planted["workflow_id"], "duration_s", "worse"]
    ]
    grown = planted["median_duration_s_after"] - planted["median_duration_s_before"]
    assert shown["difference_low"].iloc[0] <= grown <= shown["difference_high"].iloc[0]


def test_one_metric_goes_by_its_name() -> None:
    """A single metric need not be put into a list, in either comparison."""
    runs = runs_of(*[run(n) for n in range(10)])
    assert compare_periods(runs, SPLIT, metrics="duration_s")["metric"].tolist() == ["duration_s"]
    version = {"w-0": START + pd.Timedelta(hours=4)}
    assert compare_versions(runs, versions=version, metrics="duration_s")["metric"].tolist() == ["duration_s"]


def test_wrong_input_is_refused_in_words() -> None:
    """What is no time, no metric, no column or no version is named."""
    runs = runs_frame([])
    with pytest.raises(RequestError, match="no time"):
        compare_periods(runs, "soon")
    with pytest.raises(RequestError, match="no metric"):
        compare_periods(runs, SPLIT, metrics=["speed"])  # pyright: ignore[reportArgumentType]
    with pytest.raises(RequestError, match="lacks the columns team"):
        compare_periods(runs, SPLIT, by="team")
    with pytest.raises(RequestError, match="not known when"):
        compare_versions(runs)
    assert compare_versions(runs, versions={"w": SPLIT}).empty


def test_only_a_success_is_one() -> None:
    """A failed check is a failed task and no success; a cancelled run is in no rate."""
    outcomes = ["success", "success", "task_failed", "check_failed", "infra_error", "cancelled"]
    records = [run(n, outcome) for n, outcome in enumerate(outcomes * 2)]
    metrics = ["success_rate", "task_failure_rate", "infra_error_rate"]
    table = compare_periods(runs_of(*records), START + pd.Timedelta(hours=6), metrics=metrics)  # pyright: ignore[reportArgumentType]
    assert table["value_before"].tolist() == table["value_after"].tolist() == [0.4, 0.4, 0.2]
    assert table["n_before"].tolist() == [5, 5, 5]
