"""Failures of the same kind are counted together."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from cyberdesk_nb.analysis.figures.failures import failures
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import runs_frame
from tests.analysis.oracles import random_fleet


def run(
    number: int, status: str, error: str | None, hour: int, machine: str | None = "a", **more: Any
) -> dict[str, Any]:
    """Give a run that ended in an hour of the day."""
    return {
        "id": f"r-{number}",
        "workflow_id": f"w-{number % 2}",
        "machine_id": machine,
        "status": status,
        "created_at": "2026-11-01T00:00:00Z",
        "started_at": "2026-11-01T00:00:01Z",
        "ended_at": f"2026-11-01T{hour:02}:00:00Z",
        "error": None if error is None else [error],
    } | more


def test_kinds_are_ranked_and_told_apart() -> None:
    """Equal texts but for numbers are one kind, outcomes are not mixed, and the latest run is the example."""
    table = failures(
        runs_frame(
            [
                run(0, "error", "Timeout after 3 s", 5, "a"),
                run(1, "error", "Timeout after 9 s", 4, "b"),
                run(2, "task_failed", "Timeout after 1 s", 3, None),
                run(3, "error", None, 6),
                run(4, "success", None, 7),
                run(5, "cancelled", "stopped", 7),
                run(6, "error", "Timeout after 8 s", 2, post_run_checks=[{"status": "failed"}]),
                run(7, "running", None, 7, ended_at=None),
            ]
        )
    )
    top = table.iloc[0]
    assert (top["error_signature"], top["outcome"], top["n"], top["share"]) == (
        "Timeout after <n> s",
        "infra_error",
        2,
        0.4,
    )
    assert (top["machines"], top["workflows"]) == (2, 2)
    assert (top["example_run_id"], top["example_error"]) == ("r-0", "Timeout after 3 s")
    assert [top["first_seen"].hour, top["last_seen"].hour] == [4, 5]
    # Equally frequent kinds: the latest first; a failure without a word is a kind, too.
    assert table["outcome"].tolist() == ["infra_error", "infra_error", "task_failed", "check_failed"]
    assert table["error_signature"].isna().tolist() == [False, True, False, False]
    assert table["machines"].tolist() == [2, 1, 0, 1]
    assert table.attrs == {"failed": 5, "ended": 6}


def test_every_failed_run_is_counted_once() -> None:
    """On 12 fleets made by chance the kinds add up to the failed runs, and each example is one of its kind."""
    for seed in range(5, 17):
        runs = runs_frame(random_fleet(seed).runs)
        table = failures(runs)
        failed = runs[runs["outcome"].isin(["task_failed", "infra_error", "check_failed"])]
        assert table["n"].sum() == len(failed) == table.attrs["failed"]
        assert table["share"].sum() == pytest.approx(1 if len(failed) else 0)
        assert table["n"].is_monotonic_decreasing
        for row in table.to_dict("records"):
            example = failed[failed["id"] == row["example_run_id"]].iloc[0]
            assert example["outcome"] == row["outcome"]
            assert pd.isna(row["last_seen"]) or row["last_seen"] in {example["ended_at"], example["created_at"]}


def test_nothing_failed_gives_the_same_columns() -> None:
    """Without failures there is no row, and the columns and dtypes stay."""
    some, none = failures(runs_frame([run(0, "error", "x", 1)])), failures(runs_frame([run(0, "success", None, 1)]))
    pd.testing.assert_series_equal(some.dtypes, none.dtypes)
    assert none.empty
    assert failures(runs_frame([])).empty
    with pytest.raises(RequestError, match="error_signature"):
        failures(pd.DataFrame({"id": ["r"]}))
