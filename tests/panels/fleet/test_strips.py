"""Connections over time as a strip of marks."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyberdesk_nb.panels.fleet.strips import SLOTS, strip_of
from cyberdesk_nb.panels.fleet.survey import history_of
from tests.panels.fleet.fleets import AT, SINCE, ago, wire
from tests.panels.records import machine

VM = machine("VM")
SLOT = (AT - SINCE) / SLOTS


def marks(*wires: tuple[float, float | None, str]) -> list[tuple[str, float, str]]:
    """Draw connections, given as days ago from, to, and status."""
    made = [wire(VM, ago(days=begun), None if end is None else ago(days=end), status) for begun, end, status in wires]
    spans = history_of([VM], made, since=SINCE, until=AT).spans
    return [(mark.state, mark.share, mark.words) for mark in strip_of(spans, AT)]


def test_parts_are_as_wide_as_they_lasted() -> None:
    """Unknown before the first connection, then connected, broken, and connected up to now."""
    drawn = marks((3.5, 1.75, "error"), (0.875, None, ""))
    assert [(state, pytest.approx(share)) for state, share, _ in drawn] == [
        ("unknown", 0.5),
        ("connected", 0.25),
        ("error", 0.125),
        ("connected", 0.125),
    ]
    assert "(3 d 12 h)" in drawn[0][2]
    assert drawn[0][2].startswith("not known ")
    assert drawn[2][2].startswith("connection broken ")


def test_a_gap_of_seconds_is_still_seen() -> None:
    """It takes one slot, and the words tell how long it truly was."""
    gone = timedelta(seconds=40) / timedelta(days=1)
    drawn = marks((7, 3, "disconnected"), (3 - gone, None, ""))
    assert [state for state, _, _ in drawn] == ["connected", "disconnected", "connected"]
    assert drawn[1][1] == pytest.approx(1 / SLOTS)
    assert "(40 s)" in drawn[1][2]


def test_gaps_that_share_a_mark_are_counted() -> None:
    """Words of a mark that stands for several gaps say how many, and how long in all."""
    minute = 1 / (24 * 60)
    drawn = marks((7, 3, "disconnected"), (3 - minute, 3 - 2 * minute, "disconnected"), (3 - 4 * minute, None, ""))
    assert "disconnected 2 times between" in drawn[1][2]
    assert "3 min in all" in drawn[1][2]


def test_a_machine_without_connections_is_not_known() -> None:
    """All of the window is unknown."""
    assert [(state, share) for state, share, _ in marks()] == [("unknown", 1.0)]


_STRETCH = st.tuples(
    st.sampled_from(["connected", "disconnected", "error", "unknown"]), st.floats(0.01, 1e6, allow_nan=False)
)


@settings(deadline=None)
@given(st.lists(_STRETCH, min_size=1, max_size=400))
def test_any_spans(stretches: list[tuple[str, float]]) -> None:
    """Shares add up to one, neighbours differ, marks are bounded, and no trouble is drawn over by anything milder."""
    rows: list[dict[str, Any]] = []
    start = SINCE
    for state, long in stretches:
        rows.append({"state": state, "start": start, "end": start + timedelta(seconds=long)})
        start = rows[-1]["end"]
    drawn = strip_of(pd.DataFrame(rows), start)
    assert sum(mark.share for mark in drawn) == pytest.approx(1)
    assert all(one.state != after.state for one, after in pairwise(drawn))
    assert len(drawn) <= SLOTS
    worst = max((row["state"] for row in rows), key=["connected", "unknown", "disconnected", "error"].index)
    assert worst in {mark.state for mark in drawn}
    slot = (start - SINCE) / SLOTS
    long_down = sum((row["end"] - row["start"]) / slot // 1 for row in rows if row["state"] == worst)
    assert sum(mark.share for mark in drawn if mark.state == worst) * SLOTS >= long_down - 1e-6
