"""Key figures count every run once and say how sure a rate is."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from cyberdesk_nb.analysis import kpis
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import runs_frame

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
