"""Runs still going count as lasting longer than until now, as other implementations count them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from cyberdesk_nb.analysis.figures.survival import duration_survival, known_spans
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import runs_frame
from tests.analysis.oracles import random_fleet

START = pd.Timestamp("2026-11-01T12:00Z")


def run(
    number: int, wait_s: float | None, takes_s: float | None, status: str = "success", **more: Any
) -> dict[str, Any]:
    """Give a run by how long it waited and took; None where it has not begun or ended."""
    began = None if wait_s is None else START + pd.Timedelta(seconds=wait_s)
    over = None if began is None or takes_s is None else began + pd.Timedelta(seconds=takes_s)
    return {
        "id": f"r-{number}",
        "workflow_id": "w",
        "machine_id": "m",
        "status": status,
        "created_at": START.isoformat(),
        "started_at": began.isoformat() if began else None,
        "ended_at": over.isoformat() if over else None,
    } | more


@pytest.mark.parametrize("value", ["duration_s", "queue_wait_s"])
def test_curves_are_those_of_statsmodels(value: Any) -> None:
    """On 16 fleets made by chance, times, shares and numbers at risk are the same to 1e-9, group by group."""
    compared = 0
    for seed in range(16):
        runs = runs_frame(random_fleet(seed).runs)
        table = duration_survival(runs, value, "machine_id", as_of="2026-12-01")
        spans = known_spans(runs, value, pd.Timestamp("2026-12-01", tz="UTC")).dropna()
        for machine, part in spans.groupby(runs["machine_id"].fillna("-")):
            curve = table[table["machine_id"].fillna("-") == machine]
            ends = curve[curve["events"] > 0]
            assert curve["events"].sum() == part["is_event"].sum()
            assert (curve["events"] + curve["censored"]).sum() == len(part)
            if not part["is_event"].any():
                assert (curve["survival"] == 1).all()
                continue
            other = SurvfuncRight(part["time_s"], part["is_event"].astype(int))
            np.testing.assert_allclose(ends["time_s"], other.surv_times, rtol=0, atol=1e-9)
            np.testing.assert_allclose(ends["survival"], other.surv_prob, rtol=0, atol=1e-9)
            np.testing.assert_allclose(ends["at_risk"], other.n_risk)
            compared += 1
    assert compared > 25


def test_the_curve_by_hand() -> None:
    """Of five runs with ends at 10, 20 and 20 s, one going on for 20 s falls after the ends at the same time."""
    runs = [
        run(0, 0, 10),
        run(1, 0, 20),
        run(2, 0, 20, "error"),
        run(3, 0, None, "running"),
        run(4, 5, None, "running"),
    ]
    table = duration_survival(runs_frame(runs), as_of=START + pd.Timedelta(seconds=20))
    assert table["time_s"].tolist() == [10, 15, 20]
    assert table["survival"].tolist() == pytest.approx([0.8, 0.8, 0.8 / 3])
    assert table[["at_risk", "events", "censored"]].to_numpy().tolist() == [[5, 1, 0], [4, 0, 1], [3, 2, 1]]
    assert table.attrs == {"as_of": "2026-11-01T12:00:20+00:00", "censored": 2, "left_out": 0}
    assert ((table["low"] <= table["survival"]) & (table["survival"] <= table["high"])).all()


def test_waits_that_never_came_to_a_start_are_kept() -> None:
    """One cancelled after 30 s of waiting waited at least 30 s, one still waiting at least until now."""
    cancelled = run(1, None, None, "cancelled", ended_at=(START + pd.Timedelta(seconds=30)).isoformat())
    runs = [run(0, 10, 5), cancelled, run(2, None, None, "scheduling"), run(3, None, None, "error")]
    table = duration_survival(runs_frame(runs), "queue_wait_s", as_of=START + pd.Timedelta(seconds=50))
    assert table["time_s"].tolist() == [10, 30, 50]
    assert table["survival"].tolist() == pytest.approx([2 / 3] * 3)
    # When the one that broke before it began did so is not told.
    assert table.attrs["left_out"] == 1


def test_small_and_one_sided_fleets() -> None:
    """No runs, one run, and runs that all go on give the same columns, and no interval out of thin air."""
    none = duration_survival(runs_frame([]), by="machine_id")
    one = duration_survival(runs_frame([run(0, 0, 10)]), by="machine_id")
    pd.testing.assert_series_equal(none.dtypes, one.dtypes)
    assert none.empty
    assert none.attrs == {"as_of": None, "censored": 0, "left_out": 0}
    assert one[["time_s", "survival", "low", "high"]].to_numpy().tolist() == [[10, 0, 0, 1]]
    live = duration_survival(
        runs_frame([run(n, n, None, "running") for n in range(3)]), as_of=START + pd.Timedelta("9s")
    )
    assert live["survival"].tolist() == [1, 1, 1]
    assert live["low"].tolist() == [0, 0, 0]


def test_bad_questions_are_refused() -> None:
    """Another value, a confidence that is none, and frames without the columns are refused in words."""
    runs = runs_frame([])
    with pytest.raises(RequestError, match="no value 'cached_share'"):
        duration_survival(runs, "cached_share")  # pyright: ignore[reportArgumentType]  # a user's slip
    with pytest.raises(RequestError, match="confidence"):
        duration_survival(runs, confidence=95)
    with pytest.raises(RequestError, match="lacks the columns colour"):
        duration_survival(runs, by="colour")
