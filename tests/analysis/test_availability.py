"""What connections say about when machines could be reached, to the second."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyberdesk_nb.analysis.machines.availability import availability, connection_spans
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import connections_frame, machines_frame
from cyberdesk_nb.simulator import simulator
from cyberdesk_nb.workspace import connect
from tests.analysis.extent import examples

DAY = pd.Timestamp("2026-11-01", tz="UTC")
WINDOW: dict[str, Any] = {"since": DAY, "until": DAY + pd.Timedelta(hours=24)}


def at(hour: float) -> str:
    """Give the time so many hours into the day."""
    return (DAY + pd.Timedelta(hours=hour)).isoformat()


def connection(
    start: float | None,
    end: float | None,
    status: str = "disconnected",
    *,
    ping: float | None = None,
    machine: str = "m",
) -> dict[str, Any]:
    """Give a connection by the hours of its day."""
    heard = ping if ping is not None else end if end is not None else start
    return {
        "id": f"{machine}-{start}-{end}",
        "machine_id": machine,
        "websocket_id": "w",
        "status": status,
        "connected_at": None if start is None else at(start),
        "disconnected_at": None if end is None else at(end),
        "last_ping": None if heard is None else at(heard),
    }


def spans(*rows: dict[str, Any], **options: Any) -> list[tuple[str, float, float]]:
    """Give the states of the one machine with the hours from and to."""
    frame = connection_spans(connections_frame(list(rows)), **(WINDOW | options))
    hours = [(frame[name] - DAY) / pd.Timedelta(hours=1) for name in ("start", "end")]
    return list(zip(frame["state"].astype(str), *hours, strict=True))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [connection(-5, 6), connection(8, None, "connected", ping=24)],
            [("connected", 0, 6), ("disconnected", 6, 8), ("connected", 8, 24)],
        ),
        ([connection(2, 6, "error")], [("unknown", 0, 2), ("connected", 2, 6), ("error", 6, 24)]),
        ([connection(0, 12), connection(6, 24)], [("connected", 0, 24)]),
        ([connection(0, 20), connection(6, 8, "error")], [("connected", 0, 20), ("disconnected", 20, 24)]),
        ([connection(0, 12), connection(12, 24)], [("connected", 0, 24)]),
        ([connection(0, 6), connection(9, 9), connection(12, 24)], [
            ("connected", 0, 6), ("disconnected", 6, 12), ("connected", 12, 24)]),
        ([connection(0, 6), connection(9, 9, "error")], [
            ("connected", 0, 6), ("disconnected", 6, 9), ("error", 9, 24)]),
        ([connection(0, None, "connected", ping=10)], [("connected", 0, 10), ("unknown", 10, 24)]),
        ([connection(0, None, "connected", ping=10), connection(20, 24)], [
            ("connected", 0, 10), ("unknown", 10, 20), ("connected", 20, 24)]),
        ([connection(0, None, "connected", ping=23.99)], [("connected", 0, 24)]),
        ([connection(0, None, "error", ping=10)], [("connected", 0, 10), ("error", 10, 24)]),
        ([connection(0, None, "disconnected", ping=10)], [("connected", 0, 10), ("disconnected", 10, 24)]),
        ([connection(0, None, "dozing", ping=24)], [("connected", 0, 24)]),
        ([connection(0, None, "dozing", ping=23.99)], [("connected", 0, 23.99), ("unknown", 23.99, 24)]),
        ([connection(0, 12, "connected")], [("connected", 0, 12), ("disconnected", 12, 24)]),
        ([connection(10, 8, ping=12)], [("unknown", 0, 10), ("connected", 10, 12), ("unknown", 12, 24)]),
        ([connection(10, None, "connected", ping=8)], [("unknown", 0, 24)]),
        ([connection(0, 6, "error"), connection(0, 6)], [("connected", 0, 6), ("error", 6, 24)]),
        ([connection(30, 40)], [("unknown", 0, 24)]),
        ([connection(-9, -7, "error")], [("error", 0, 24)]),
        ([connection(-9, None, "connected", ping=90)], [("connected", 0, 24)]),
    ],
    ids=[
        "two", "broke", "overlapping", "one within another", "touching", "no length", "no length, broke", "silent",
        "silent, then another", "just heard", "broke without an end", "closed without an end", "unknown status, heard",
        "unknown status, silent", "ended while connected", "ended before it began", "pinged before it began",
        "twice", "after the window", "before the window", "over the whole window",
    ],
)  # fmt: skip
def test_state_of_each_hour(rows: list[dict[str, Any]], expected: list[tuple[str, float, float]]) -> None:
    """Each odd record gives the state that can be told, and unknown where none can."""
    assert spans(*rows) == [(state, pytest.approx(start), pytest.approx(end)) for state, start, end in expected]
    assert spans(*reversed(rows)) == spans(*rows)


def test_silence_that_still_counts_can_be_chosen() -> None:
    """An open connection that is silent for longer than the caller grants is unknown from its last ping on."""
    row = connection(0, None, "connected", ping=22)
    assert spans(row, stale_after_s=2 * 3600) == [("connected", 0, 24)]
    assert spans(row, stale_after_s=2 * 3600 - 1) == [("connected", 0, 22), ("unknown", 22, 24)]


def test_machines_keep_apart_and_those_that_never_connected_are_unknown() -> None:
    """Each machine has its own gapless row of spans; one known from the list of machines alone is all unknown."""
    frame = connections_frame([connection(0, 24, machine="a"), connection(0, 12, machine="b")])
    machines = machines_frame([{"id": "c", "name": "Ann"}, {"id": "a", "name": "Zoe"}])
    table = connection_spans(frame, machines=machines, **WINDOW)
    assert table[["machine_id", "state"]].to_numpy().tolist() == [
        ["c", "unknown"], ["a", "connected"], ["b", "connected"], ["b", "disconnected"],
    ]  # fmt: skip
    assert table["machine_name"].fillna("-").tolist() == ["Ann", "Zoe", "-", "-"]
    assert table.groupby("machine_id")["duration_s"].sum().tolist() == [86_400.0] * 3


def test_what_cannot_be_placed_is_stated() -> None:
    """A connection without a machine or a beginning is counted as left out, one that ended too early as doubtful."""
    rows = [connection(0, 24), connection(None, 12), connection(3, 2), {**connection(0, 1), "machine_id": None}]
    frame = connections_frame(rows, completeness={"complete": False, "why": "cut"})
    for table in (connection_spans(frame, **WINDOW), availability(frame, **WINDOW)):
        assert {name: table.attrs[name] for name in ("left_out", "doubtful")} == {"left_out": 2, "doubtful": 1}
        assert table.attrs["completeness"]["complete"] is False
        assert table.attrs["since"] == "2026-11-01T00:00:00+00:00"


def test_golden_availability() -> None:
    """Every figure of a day with two gaps, one begun before it and one still open, is the one worked by hand."""
    rows = [connection(-10, -2, "error"), connection(4, 10), connection(12, 22, "error")]
    row = availability(connections_frame(rows), **WINDOW).iloc[0]
    hours = {name: row[name] / 3600 for name in row.index if name.endswith("_s")}
    assert hours == pytest.approx(
        # The exact limits of a count of 2 are 0.2422 and 7.2247 in published tables.
        {
            "connected_s": 16,
            "down_s": 8,
            "error_s": 6,
            "unknown_s": 0,
            "longest_gap_s": 4,
            "mtbf_s": 8,
            "mtbf_low_s": 16 / 7.224687667,
            "mtbf_high_s": 16 / 0.242209279,
            "mttr_s": (6 + 2) / 2,
        },
        rel=1e-8,
    )
    assert row[["machines", "gaps", "gaps_begun", "gaps_error", "gaps_open"]].tolist() == [1, 3, 2, 1, 1]
    assert row[["uptime_share", "uptime_least", "uptime_most"]].tolist() == pytest.approx([2 / 3] * 3)


def test_a_gap_that_is_lost_sight_of_was_not_repaired() -> None:
    """A gap after which nothing is known has an end, but no time to repair."""
    rows = [connection(0, 6), connection(10, None, "connected", ping=10)]
    row = availability(connections_frame(rows), **WINDOW).iloc[0]
    assert row[["gaps", "gaps_open", "down_s"]].tolist() == [1, 0, 4 * 3600]
    assert np.isnan(row["mttr_s"])


def test_unknown_time_is_in_no_share_but_in_its_limits() -> None:
    """The share is over known time; its limits take unknown time as all down and as all connected."""
    row = availability(connections_frame([connection(12, 18)]), **WINDOW).iloc[0]
    assert row[["uptime_share", "uptime_least", "uptime_most"]].tolist() == [0.5, 0.25, 0.75]
    assert row["unknown_s"] == 12 * 3600


def test_without_a_gap_there_is_a_lower_limit_only() -> None:
    """A machine that never failed has no mean time between failures, only one that it exceeds."""
    row = availability(connections_frame([connection(0, 24)]), **WINDOW).iloc[0]
    assert np.isnan(row["mtbf_s"])
    assert np.isnan(row["mttr_s"])
    assert row["mtbf_low_s"] == pytest.approx(86_400 / -np.log(0.025))
    assert row["mtbf_high_s"] == np.inf
    bare = availability(connections_frame([connection(0, 24)]), **WINDOW, confidence=None).iloc[0]
    assert bare[["mtbf_low_s", "mtbf_high_s"]].isna().all()


def test_machines_add_up_by_any_column() -> None:
    """Groups add up the time and the gaps of their machines; a machine without a value is in a group of its own."""
    frame = connections_frame([connection(0, 12, machine="a"), connection(0, 24, machine="b")])
    machines = machines_frame(
        [{"id": "a", "name": "A", "version": "1"}, {"id": "b", "name": "B", "version": "1"}, {"id": "c", "name": "C"}]
    )
    table = availability(frame, **WINDOW, by="version", machines=machines)
    assert table["version"].fillna("-").tolist() == ["1", "-"]
    assert table["machines"].tolist() == [2, 1]
    assert table["connected_s"].tolist() == [36 * 3600, 0]
    whole = availability(frame, **WINDOW, by=None, machines=machines)
    assert whole[["machines", "gaps", "unknown_s"]].to_numpy().tolist() == [[3, 1, 86_400]]


def test_nothing_gives_the_same_columns() -> None:
    """Without connections there is no row, with the same columns and dtypes; the whole fleet is one row of nothing."""
    none, full = connections_frame([]), connections_frame([connection(0, 12)])
    for make in (connection_spans, availability):
        assert make(none, **WINDOW).empty
        pd.testing.assert_series_equal(make(none, **WINDOW).dtypes, make(full, **WINDOW).dtypes)
    fleet = availability(none, **WINDOW, by=None)
    assert fleet["machines"].tolist() == [0]
    assert fleet["uptime_share"].isna().all()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"since": DAY, "until": DAY}, "no length"),
        ({"since": "tomorrow", "until": DAY}, "since = 'tomorrow' is no time"),
        ({"since": DAY, "until": "7d"}, "until = '7d' is no time"),
        ({"since": DAY, "until": pd.NaT}, "no time|no length"),
        ({**WINDOW, "stale_after_s": -1}, "below zero"),
        ({**WINDOW, "confidence": 95}, "between 0 and 1"),
        ({**WINDOW, "by": "colour"}, "colour"),
    ],
)
def test_bad_input_is_refused(options: dict[str, Any], words: str) -> None:
    """What is no window, no column or no confidence is an error that says so."""
    with pytest.raises(RequestError, match=words):
        availability(connections_frame([connection(0, 1)]), **options)


def test_a_frame_of_something_else_is_refused() -> None:
    """The error names the columns that are missing."""
    with pytest.raises(RequestError, match="disconnected_at"):
        connection_spans(pd.DataFrame({"machine_id": ["m"]}), **WINDOW)
    with pytest.raises(RequestError, match="no time in the data"):
        connection_spans(connections_frame([]))


def test_the_window_is_told_in_many_ways() -> None:
    """A span back from the end, text without a zone, and the times of the data themselves make the window."""
    frame = connections_frame([connection(0, 12), connection(13, 24)])
    whole = connection_spans(frame)
    assert (whole["start"].min(), whole["end"].max()) == (DAY, WINDOW["until"])
    pd.testing.assert_frame_equal(connection_spans(frame, since="1d", until="2026-11-02"), whole)
    pd.testing.assert_frame_equal(connection_spans(frame, since=DAY.tz_convert("Asia/Tokyo")), whole)


def test_a_single_moment_is_a_window() -> None:
    """A frame that tells but one time is no error: the window is the second that begins with it."""
    assert connection_spans(connections_frame([connection(5, 5, "error")]))["duration_s"].tolist() == [1.0]


STATUSES = ["connected", "disconnected", "error", "dozing"]
RECORDS = st.lists(
    st.tuples(
        st.integers(-40, 90),
        st.none() | st.integers(-40, 110),
        st.integers(-40, 110),
        st.sampled_from(STATUSES),
        st.sampled_from("ab"),
    ),
    max_size=9,
)
WIDTH, STALE = 60, 7


def told(records: list[tuple[int, int | None, int, str, str]], machine: str) -> list[str]:
    """Work out the state of each second from the words of the definition, one second at a time."""
    ends: list[tuple[int, int, int, str]] = []
    for start, end, ping, status, owner in records:
        if owner != machine:
            continue
        heard = max(start, ping)
        if end is not None and end >= start:
            stop, after = end, "error" if status == "error" else "disconnected"
        elif end is None and status in {"error", "disconnected"}:
            stop, after = heard, status
        elif end is None and status == "connected" and WIDTH - heard <= STALE:
            stop, after = 10_000, "unknown"
        else:
            stop, after = heard, "unknown"
        ends.append((stop, start, ["unknown", "disconnected", "error"].index(after), after))
    states: list[str] = []
    for second in range(-200, 200):
        if any(start <= second < stop for stop, start, _, _ in ends):
            states.append("connected")
        else:
            over = [one for one in ends if one[0] <= second]
            states.append(max(over)[3] if over else "unknown")
    return states


@settings(max_examples=examples(150), deadline=None)
@given(RECORDS)
def test_spans_and_figures_are_those_of_every_second(records: list[tuple[int, int | None, int, str, str]]) -> None:
    """However connections overlap, spans and sums equal what counting second by second gives."""

    def moment(second: int | None) -> str | None:
        return None if second is None else (DAY + pd.Timedelta(seconds=second)).isoformat()

    rows = [
        {
            "id": str(number), "machine_id": owner, "websocket_id": "w", "status": status,
            "connected_at": moment(start), "disconnected_at": moment(end), "last_ping": moment(ping),
        }
        for number, (start, end, ping, status, owner) in enumerate(records)
    ]  # fmt: skip
    frame = connections_frame(rows)
    options: dict[str, Any] = {"since": DAY, "until": DAY + pd.Timedelta(seconds=WIDTH), "stale_after_s": STALE}
    table, summary = connection_spans(frame, **options), availability(frame, **options).set_index("machine_id")
    assert set(table["machine_id"]) == {record[4] for record in records} == set(summary.index)
    for machine, mine in table.groupby("machine_id"):
        everything = told(records, str(machine))
        states = everything[200 : 200 + WIDTH]
        runs = [(state, len(list(same))) for state, same in groupby(states)]
        assert list(zip(mine["state"].astype(str), mine["duration_s"], strict=True)) == runs
        assert (mine["start"].iloc[1:].to_numpy() == mine["end"].iloc[:-1].to_numpy()).all()
        row: dict[Any, Any] = summary.loc[[str(machine)]].to_dict("records")[0]
        is_down = [state in {"disconnected", "error"} for state in states]
        assert row["connected_s"] == states.count("connected")
        assert row["error_s"] == states.count("error")
        assert row["down_s"] == sum(is_down)
        assert row["unknown_s"] == states.count("unknown")
        assert row["gaps"] == sum(flag for flag, _ in groupby(is_down))
        began = [
            second for second in range(200, 200 + WIDTH)
            if is_down[second - 200] and everything[second - 1] not in {"disconnected", "error"}
        ]  # fmt: skip
        assert row["gaps_begun"] == len(began)
        assert row["gaps_error"] == sum(everything[second] == "error" for second in began)


def test_the_planted_gap_is_found_at_its_size() -> None:
    """On the simulated fleet each machine of the planted gap is down for exactly that long, and no other is."""
    with simulator(seed=11, speed=0, runs=60, machines=8) as sim, connect(sim.api_key, sim.url) as ws:
        gap = sim.truth()["connection_gap"]
        table = connection_spans(ws.connections(), since=gap["from"], until=gap["until"], machines=ws.machines())
    whole = (gap["until"] - gap["from"]).total_seconds()
    down = table[table["state"].isin(["disconnected", "error"]) & (table["duration_s"] == whole)]
    assert set(gap["machine_ids"]) <= set(down["machine_id"])
    assert len(down) < table["machine_id"].nunique()
