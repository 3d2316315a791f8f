"""What the table of runs computes from a run."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from cyberdesk_nb.frames import error_signature, runs_frame
from cyberdesk_nb.models import RunStatus
from tests.frames.test_build import run


def one(**fields: Any) -> pd.Series:
    """Give the row of one run."""
    return runs_frame([run(**fields)]).iloc[0]


@pytest.mark.parametrize(
    ("status", "checks", "outcome", "is_terminal"),
    [
        ("scheduling", None, "live", False),
        ("running", None, "live", False),
        ("running_checks", [{"status": "failed"}], "live", False),
        ("success", [{"status": "success"}], "success", True),
        ("task_failed", None, "task_failed", True),
        ("task_failed", [{"status": "failed"}], "check_failed", True),
        ("error", [{"status": "infra_error"}], "infra_error", True),
        ("error", [{"status": "failed"}], "check_failed", True),
        ("cancelled", [{"status": "failed"}], "cancelled", True),
    ],
)
def test_outcome_names_who_failed(status: str, checks: Any, outcome: str, *, is_terminal: bool) -> None:
    """The outcome tells the agent's verdict from the platform's failure and from a failed check."""
    row = one(status=status, post_run_checks=checks)
    assert (row["outcome"], row["is_terminal"]) == (outcome, is_terminal)


def test_every_known_status_has_an_outcome() -> None:
    """No status of the API is left without an outcome or outside the declared categories."""
    frame = runs_frame([run(status=str(status)) for status in RunStatus])
    assert frame["outcome"].notna().all()
    assert set(frame["status"].cat.categories) == set(map(str, RunStatus))


def test_waits_and_durations_are_seconds_between_times() -> None:
    """Waits and durations are exact to the microsecond and missing while an end is missing."""
    row = one(started_at="2026-11-01T00:00:01.5Z", ended_at="2026-11-01T01:00:01.500001Z")
    assert (row["queue_wait_s"], row["duration_s"]) == (1.5, 3600.000001)
    waiting = one(started_at=None, ended_at=None)
    assert waiting[["queue_wait_s", "duration_s"]].isna().all()


def test_a_run_that_ended_before_it_started_has_no_duration() -> None:
    """A negative span is missing and stated, not a number that lowers a mean."""
    frame = runs_frame([run(started_at="2026-10-31T23:59:59Z", ended_at="2026-10-31T23:59:00Z"), run(id="r-2")])
    assert frame[["queue_wait_s", "duration_s"]].isna().all(axis=None)
    assert frame.attrs["problems_by_column"] == {"queue_wait_s": 1, "duration_s": 1}
    assert "ended_at is before started_at" in frame.attrs["problems"][1]["reason"]


@pytest.mark.parametrize(
    ("usage", "total", "share"),
    [
        ({"total_agentic_steps": 1, "total_cached_steps": 3}, 4, 0.75),
        ({"total_agentic_steps": 0, "total_cached_steps": 0}, 0, None),
        ({"total_agentic_steps": 1}, None, None),
        (None, None, None),
    ],
)
def test_cached_share_is_missing_without_steps(usage: Any, total: int | None, share: float | None) -> None:
    """The share of cached steps divides by all steps, and is missing where there are none or they are not told."""
    row = one(usage_metadata=usage)
    assert (None if pd.isna(row["steps_total"]) else row["steps_total"]) == total
    assert (None if pd.isna(row["cached_share"]) else row["cached_share"]) == share


@pytest.mark.parametrize(
    ("usage", "total", "problem"),
    [
        ({"total_agentic_steps": 2**63 - 1, "total_cached_steps": 1}, None, "steps_total"),
        ({"total_agentic_steps": -3, "total_cached_steps": 3}, 0, "cached_share"),
        ({"total_agentic_steps": 3, "total_cached_steps": -1}, 2, "cached_share"),
    ],
)
def test_counts_that_cannot_be_put_together_give_no_number(usage: Any, total: int | None, problem: str) -> None:
    """A sum beyond 64 bits does not wrap around, and no share is below 0, above 1 or infinite; either is stated."""
    frame = runs_frame([run(usage_metadata=usage), run(id="r-2")])
    assert (None if pd.isna(frame["steps_total"][0]) else frame["steps_total"][0]) == total
    assert frame["cached_share"].isna().all()
    assert [(each["row_id"], each["column"]) for each in frame.attrs["problems"]] == [("r-1", problem)]


@pytest.mark.parametrize("checks", [{"status": "failed"}, "failed", 5])
def test_checks_that_are_no_list_are_not_counted_as_passed(checks: Any) -> None:
    """How many checks failed is missing and stated where it cannot be told; the status still gives the outcome."""
    frame = runs_frame([run(post_run_checks=checks), run(id="r-2", post_run_checks=[])])
    assert frame["checks_failed"].isna().tolist() == [True, False]
    assert frame["outcome"].tolist() == ["success", "success"]
    assert frame.attrs["problems_by_column"] == {"checks_failed": 1}


@pytest.mark.parametrize(
    ("first", "second", "signature"),
    [
        ("Timeout after 30.5 s", "Timeout after 9 s", "Timeout after <n> s"),
        (
            "machine 0b8f6a52-5a3c-4c39-9d0e-0f6f3c1d2e4a lost at 2026-11-20T09:00:00.123Z",
            "machine 1C8F6A52-5a3c-4c39-9d0e-0f6f3c1d2e4a lost at 2026-01-02 10:11:12+02:00",
            "machine <id> lost at <time>",
        ),
        (r"cannot write C:\Users\ada\out 1.pdf", r"cannot write D:\x 7.pdf", "cannot write <path> <n>.pdf"),
        ("open /home/ada/a.txt failed", "open /var/tmp/b failed", "open <path> failed"),
        ("GET https://a.example/x?id=1 gave 502", "GET https://b.example/y gave 503", "GET <url> gave <n>"),
        ("handle 0xDEADBEEF at 09:14:02", "handle 0x1 at 23:59", "handle <id> at <time>"),
        ("commit 9f86d081884c7d65", "commit 2c26b46b68ffc68f", "commit <id>"),
        ("order 12345678 failed", "order 1,234.5 failed", "order <n> failed"),
        ("VM-0012 is  down\n", "VM-7 is down", "VM-<n> is down"),
    ],
)
def test_equal_failures_share_a_signature(first: str, second: str, signature: str) -> None:
    """Texts that differ by ids, numbers, times, paths or addresses only have one signature."""
    assert error_signature(first) == error_signature(second) == signature


def test_different_failures_keep_different_signatures() -> None:
    """Masking does not go so far that words disappear."""
    texts = ["no window", "no field", "defaced facade", "either/or", "1 of 2"]
    assert [error_signature(text) for text in texts] == [
        "no window",
        "no field",
        "defaced facade",
        "either/or",
        "<n> of <n>",
    ]
