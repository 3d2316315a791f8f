"""Key figures count every run once and say how sure a rate is."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from cyberdesk_nb.analysis import kpis
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import llm_costs_frame, run_costs_frame, runs_frame

COUNTS = ["success", "task_failed", "infra_error", "check_failed", "cancelled", "live", "unknown"]


def run(number: int, status: str, created_at: str = "2026-11-01T12:00:00Z", **more: Any) -> dict[str, Any]:
    """Give one run."""
    return {
        "id": f"r-{number}",
        "workflow_id": "w",
        "status": status,
        "created_at": created_at,
        "machine_id": None,
    } | more


@pytest.fixture
def fleet() -> pd.DataFrame:
    """Ten runs with every outcome, on two machines and none, over three days of which the second is quiet."""
    seconds: dict[str, Any] = {"started_at": "2026-11-01T12:00:10Z", "ended_at": "2026-11-01T12:01:50Z"}
    used: dict[str, Any] = {"usage_metadata": {"total_agentic_steps": 2, "total_cached_steps": 6}}
    return runs_frame(
        [
            run(0, "success", machine_id="a", **seconds, **used),
            run(1, "success", machine_id="a", **seconds, **used),
            run(2, "success", machine_id="b"),
            run(3, "error", machine_id="b"),
            run(4, "task_failed", machine_id="b"),
            run(5, "error", post_run_checks=[{"status": "failed"}], machine_id="b"),
            run(6, "cancelled", created_at="2026-11-03T23:30:00Z"),
            run(7, "running", created_at="2026-11-03T23:30:00Z"),
            run(8, "scheduling", created_at="2026-11-03T23:30:00Z"),
            run(9, "paused", created_at="2026-11-03T23:30:00Z"),
        ]
    )


def test_each_run_is_counted_once(fleet: pd.DataFrame) -> None:
    """The outcomes add up to all runs, however they are grouped, those without a machine too."""
    for table in (kpis(fleet), kpis(fleet, "machine_id"), kpis(fleet, freq="D"), kpis(fleet, ["machine_id"], "h")):
        assert table["n"].sum() == len(fleet)
        assert table[COUNTS].sum(axis=1).tolist() == table["n"].tolist()
    assert kpis(fleet)[COUNTS].iloc[0].tolist() == [3, 1, 1, 1, 1, 2, 1]
    by_machine = kpis(fleet, "machine_id")
    assert by_machine["machine_id"].fillna("-").tolist() == ["a", "b", "-"]
    assert by_machine["n"].tolist() == [2, 4, 4]


def test_success_rate_is_over_ended_runs_with_its_interval(fleet: pd.DataFrame) -> None:
    """Live, cancelled and unknown runs are in no rate; the interval is Wilson's."""
    row = kpis(fleet).iloc[0]
    assert (row["ended"], row["success_rate"]) == (6, 0.5)
    # Wilson's interval of 3 in 6 at 95 %, from the published formula worked by hand.
    assert row["success_low"] == pytest.approx(0.187616, abs=1e-6)
    assert row["success_high"] == pytest.approx(0.812384, abs=1e-6)
    assert (
        kpis(fleet, "machine_id").iloc[2][["success_rate", "success_low", "success_high"]].isna().tolist() == [True] * 3
    )


def test_spans_and_steps_come_from_the_runs_that_have_them(fleet: pd.DataFrame) -> None:
    """Quantiles and the cached share skip runs without a value."""
    row = kpis(fleet).iloc[0]
    assert row[["queue_wait_p50_s", "queue_wait_p95_s", "duration_p50_s", "duration_p95_s"]].tolist() == [
        10,
        10,
        100,
        100,
    ]
    assert row[["steps_agentic", "steps_cached", "cached_share"]].tolist() == [4, 12, 0.75]


def test_quiet_periods_are_rows(fleet: pd.DataFrame) -> None:
    """A day on which nothing ran is a row with zero runs, not a gap, in each group."""
    days = kpis(fleet, freq="D")
    assert days["n"].tolist() == [6, 0, 4]
    assert days["period"].tolist() == list(pd.date_range("2026-11-01", periods=3, tz="UTC"))
    assert len(kpis(fleet, "machine_id", "D")) == 9


def test_days_are_those_of_the_readers_zone(fleet: pd.DataFrame) -> None:
    """A run late in the evening in UTC belongs to the next day further east."""
    days = kpis(fleet, freq="D", tz="Asia/Tokyo")
    assert days["n"].tolist() == [6, 0, 0, 4]
    assert str(days["period"].dt.tz) == "Asia/Tokyo"


def test_days_of_23_and_25_hours_are_single_days() -> None:
    """The change of clocks neither splits a day nor moves its runs."""
    times = ["2026-03-29T00:30:00Z", "2026-03-29T21:30:00Z", "2026-03-29T22:30:00Z", "2026-10-25T00:30:00Z"]
    frame = runs_frame([run(number, "success", created_at=time) for number, time in enumerate(times)])
    days = kpis(frame, freq="D", tz="Europe/Berlin").set_index("period")["n"]
    assert days[pd.Timestamp("2026-03-29", tz="Europe/Berlin")] == 2
    assert days[pd.Timestamp("2026-03-30", tz="Europe/Berlin")] == 1
    assert days[pd.Timestamp("2026-10-25", tz="Europe/Berlin")] == 1


@pytest.mark.parametrize(
    ("tz", "day", "hours"),
    [
        ("Asia/Beirut", "2026-03-29", 23),
        ("Africa/Cairo", "2026-04-24", 23),
        ("America/Havana", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
    ],
)
def test_days_whose_midnight_the_clocks_take_or_give_twice(tz: str, day: str, hours: float) -> None:
    """Where clocks change at midnight, or by half an hour, a day is one row with the hours that it has."""
    noon = pd.Timestamp(f"{day}T12:00", tz=tz).tz_convert("UTC")
    times = [noon + pd.Timedelta(days=days) for days in (-1, 0, 1)]
    frame = runs_frame([run(n, "success", created_at=time.isoformat()) for n, time in enumerate(times)])
    days = kpis(frame, freq="D", tz=tz)
    assert days["n"].tolist() == [1, 1, 1]
    assert days["observed_h"][1] == hours
    assert kpis(frame, freq="W", tz=tz)["n"].sum() == kpis(frame, freq="MS", tz=tz)["n"].sum() == 3


def test_a_run_across_midnight_counts_where_it_is() -> None:
    """It is asked for on one day, busy on both, and ends on the other."""
    over = run(0, "success", "2026-11-01T22:00:00Z", started_at="2026-11-01T22:00:00Z", ended_at="2026-11-02T06:00:00Z")
    days = kpis(runs_frame([over, run(1, "live", "2026-11-02T12:00:00Z")]), freq="D", until="2026-11-03")
    assert days["n"].tolist() == [1, 1]
    assert days["observed_h"].tolist() == [2, 24]
    assert days["concurrency_mean"].tolist() == [1, 0.25]
    assert days["throughput_per_h"].tolist() == [0, 1 / 24]


def test_runs_at_once_are_counted_from_start_to_end() -> None:
    """A run that begins as another ends is not at once with it; one still going is there until now."""
    spans = [("12:00", "12:10"), ("12:10", "12:20"), ("12:15", None)]
    frame = runs_frame(
        [
            run(n, "success" if end else "running", started_at=f"2026-11-01T{start}:00Z",
                ended_at=f"2026-11-01T{end}:00Z" if end else None) for n, (start, end) in enumerate(spans)
        ]
    )  # fmt: skip
    row = kpis(frame, until="2026-11-01T12:40Z").iloc[0]
    assert (row["concurrency_max"], row["concurrency_mean"]) == (2, (10 + 10 + 25) / 40)
    assert (row["observed_h"], row["throughput_per_h"]) == (40 / 60, 3)
    assert (row["duration_going_on"], row["duration_p99_s"], row["duration_km_p50_s"]) == (1, 600, 600)
    assert pd.isna(row["duration_km_p90_s"])


def test_a_success_that_was_retried_is_none_at_first(fleet: pd.DataFrame) -> None:
    """The first-attempt rate leaves out successes known to be retried, and is missing when nobody looked."""
    assert kpis(fleet)[["retried", "first_attempt_rate"]].iloc[0].isna().all()
    row = kpis(fleet, attempts=pd.DataFrame({"run_id": ["r-0", "r-0", "r-7", "elsewhere"]})).iloc[0]
    assert row["retried"] == 2
    # Of six that ended and one that waits again, two succeeded at once.
    assert row["first_attempt_rate"] == 2 / 7
    assert row["first_attempt_rate"] < row["success_rate"]


def test_an_unknown_price_is_no_zero(fleet: pd.DataFrame) -> None:
    """Runs are told apart by what is known of their cost, and the mean is over those that are known whole."""
    assert kpis(fleet)[["cost_usd", "cost_unpriced", "cost_mean_usd"]].iloc[0].isna().all()
    known = [("r-0", 2.0, False), ("r-1", 1.0, True), ("r-2", None, True)]
    totals = run_costs_frame(
        [{"run_id": i, "workflow_id": "w", "total_cost_usd": c, "has_unpriced": u} for i, c, u in known]
    )
    names = ["cost_usd", "cost_priced", "cost_partly_priced", "cost_unpriced", "cost_mean_usd"]
    assert kpis(fleet, costs=totals)[names].iloc[0].tolist() == [3.0, 1, 1, 8, 2.0]
    parts = llm_costs_frame(
        [
            {"run_id": i, "total_cost_usd": c, "has_unpriced": u, "rows": [{"role": "a"}, {"role": "b"}]}
            for i, c, u in known
        ]
    )
    assert kpis(fleet, costs=parts)[names].iloc[0].tolist() == [3.0, 1, 1, 8, 2.0]
    # Where nobody says whether a part has no price, the cost is not known whole.
    unsaid = totals.assign(has_unpriced=pd.array([None, True, True], dtype="boolean"))
    assert kpis(fleet, costs=unsaid)[names[:4]].iloc[0].tolist() == [3.0, 0, 2, 8]
    with pytest.raises(RequestError, match="frame of costs lacks"):
        kpis(fleet, costs=fleet)


@pytest.mark.parametrize("status", ["running", "error", "success", "paused"])
@pytest.mark.parametrize("size", [1, 3])
def test_one_sided_fleets_claim_nothing(status: str, size: int) -> None:
    """All live, all failed, all well, one run or some on one machine: no exception, no rate without an end."""
    frame = runs_frame([run(n, status, machine_id="m", started_at="2026-11-01T12:00:01Z") for n in range(size)])
    for by, freq in ((None, None), ("machine_id", "D"), ("machine_id", None)):
        row = kpis(frame, by, freq).iloc[0]
        assert row["n"] == size
        assert pd.isna(row["success_rate"]) == (status in {"running", "paused"})
        if status == "error":
            assert row["success_rate"] == row["success_low"] == 0 < row["success_high"] < 1
        assert pd.isna(row["cached_share"])
        assert pd.isna(row["duration_p50_s"])


def test_bad_questions_are_refused(fleet: pd.DataFrame) -> None:
    """Periods, zones, times and confidences that are none are refused in words."""
    options: list[tuple[dict[str, Any], str]] = [
        ({"freq": "fortnight"}, "freq"),
        ({"freq": "-1D"}, "freq"),
        ({"freq": "us"}, "too many periods"),
        ({"freq": "s", "by": "id"}, "too many rows"),
        ({"freq": "bh"}, "does not cover"),
        ({"tz": "Mars/Olympus"}, "tz"),
        ({"by": "cached_share"}, "is what a result is called"),
        ({"by": "names"}, "cannot be grouped by"),
        ({"freq": "D", "tz": "Mars/Olympus"}, "tz"),
        ({"confidence": 95}, "confidence"),
        ({"since": "soon"}, "since"),
        ({"since": "2026-12-01", "until": "2026-11-01"}, "no length"),
    ]
    for option, words in options:
        with pytest.raises(RequestError, match=words):
            kpis(fleet.assign(names=pd.Series([["a"]] * len(fleet))), **option)


def test_runs_without_a_date_are_a_row_of_their_own() -> None:
    """A run whose creation time could not be read is counted under no period rather than lost."""
    frame = runs_frame([run(0, "success"), run(1, "error", created_at="?")])
    days = kpis(frame, freq="D")
    assert days["n"].tolist() == [1, 1]
    assert days["period"].isna().tolist() == [False, True]


def test_nothing_gives_the_same_columns() -> None:
    """Empty input gives no row when grouped, one row of zeros when not, and always the same columns and dtypes."""
    full, none = runs_frame([run(0, "success")]), runs_frame([])
    assert kpis(none)[["n", *COUNTS]].iloc[0].tolist() == [0] * 8
    for by, freq in ((None, None), ("workflow_id", None), (None, "W"), (["workflow_id", "status"], "MS")):
        empty = kpis(none, by, freq)
        pd.testing.assert_series_equal(empty.dtypes, kpis(full, by, freq).dtypes)
        assert len(empty) == (by is None and freq is None)


def test_a_frame_of_something_else_is_refused() -> None:
    """The error names the columns that are missing."""
    with pytest.raises(RequestError, match="outcome, created_at"):
        kpis(pd.DataFrame({"id": ["r"]}))
    with pytest.raises(RequestError, match="colour"):
        kpis(runs_frame([]), by="colour")
