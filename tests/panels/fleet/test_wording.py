"""How long, when and how many, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cyberdesk_nb.panels.fleet.wording import (
    failure_words,
    moment_words,
    queue_words,
    span_words,
    uptime_words,
)
from tests.panels.fleet.fleets import AT, ago


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "less than a minute"),
        (float("nan"), "less than a minute"),
        (59.9, "less than a minute"),
        (60, "1 min"),
        (80, "1 min"),
        (3599.9, "59 min"),
        (7500, "2 h 5 min"),
        (86400, "1 d"),
        (97200, "1 d 3 h"),
    ],
)
def test_how_long(seconds: float, words: str) -> None:
    """Where seconds do not matter, whole minutes that are over are counted, in two units at most."""
    assert span_words(seconds) == words


def test_when() -> None:
    """Today's time of day, the weekday within a week, the date before that, the year where it is another."""
    here = AT.astimezone().replace(hour=12, minute=30)
    assert moment_words(here, here) == "12:30"
    assert moment_words(here - timedelta(days=1), here) == "Fri 12:30"
    assert moment_words(here - timedelta(days=7), here) == "14 Nov 12:30"
    assert moment_words(here - timedelta(days=400), here) == "17 Oct 2025 12:30"
    assert moment_words(here + timedelta(days=1), here) == "22 Nov 12:30"
    assert moment_words(datetime.min.replace(tzinfo=UTC), AT) in {"1-01-01 UTC", "0001-01-01 UTC", "1 Jan 1 00:00"}
    assert moment_words(datetime.max.replace(tzinfo=UTC), AT).split()[0] in {"9999-12-31", "31"}
    assert moment_words(ago(), AT) == f"{AT.astimezone():%H:%M}"


@pytest.mark.parametrize(
    ("waiting", "alone", "words"),
    [
        (0, 0, ""),
        (1, 1, "1 run waits for this machine"),
        (3, 0, "3 runs wait that it could take"),
        (1200, 2, "1,200 runs wait that it could take, 2 of them for this machine"),
    ],
)
def test_what_waits(waiting: int, alone: int, words: str) -> None:
    """Runs that wait for this machine only are told apart."""
    assert queue_words({"waiting": waiting, "waiting_alone": alone}) == words


@pytest.mark.parametrize(
    ("ended", "failed", "in_a_row", "words"),
    [
        (0, 0, 0, "no run ended here"),
        (1, 0, 0, "its only run did not fail"),
        (1, 1, 1, "its only run failed"),
        (5, 0, 0, "none of 5 runs failed"),
        (5, 2, 0, "2 of 5 runs failed"),
        (5, 2, 1, "2 of 5 runs failed, the last one"),
        (5, 4, 3, "4 of 5 runs failed, the last 3 in a row"),
    ],
)
def test_failures(ended: int, failed: int, in_a_row: int, words: str) -> None:
    """A streak that goes on is said to."""
    assert failure_words({"ended": ended, "failed": failed, "failed_in_a_row": in_a_row}) == words


@pytest.mark.parametrize(
    ("share", "unknown_s", "words"),
    [
        (1.0, 0, "connected 100 % of the time, 1 gap"),
        (0.99999, 59, "connected 99.9 % of the time, 1 gap"),
        (0.0, 86400, "connected 0.0 % of the 3 h that are known, 1 gap"),
        (float("nan"), 86400, "no connection on record"),
    ],
)
def test_uptime(share: float, unknown_s: float, words: str) -> None:
    """All of the time is said only where it was all of it, and how much is known where that is not the window."""
    row = {"uptime_share": share, "connected_s": 7200, "down_s": 3600, "unknown_s": unknown_s, "gaps": 1}
    assert uptime_words(row) == words
