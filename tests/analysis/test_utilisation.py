"""What machines did with their time adds up, to the second."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyberdesk_nb.analysis.machines.utilisation import USES, utilisation
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import connections_frame, machines_frame, runs_frame
from tests.analysis.extent import examples

DAY = pd.Timestamp("2026-11-01", tz="UTC")
WINDOW: dict[str, Any] = {"since": DAY, "until": DAY + pd.Timedelta(hours=24)}


def at(hour: float | None) -> str | None:
    """Give the time so many hours into the day."""
    return None if hour is None else (DAY + pd.Timedelta(hours=hour)).isoformat()


def run(start: float | None, end: float | None, status: str = "success", **more: Any) -> dict[str, Any]:
    """Give a run by the hours of its day."""
    times = {"created_at": at(0 if start is None else start), "started_at": at(start), "ended_at": at(end)}
    return {"id": f"{start}-{end}-{status}", "workflow_id": "w", "machine_id": "m", "status": status} | times | more


def up(start: float, end: float | None, status: str = "disconnected", machine: str = "m") -> dict[str, Any]:
    """Give a connection by the hours of its day; one without an end is up."""
    return {
        "id": f"c-{start}", "machine_id": machine, "websocket_id": "w",
        "status": "connected" if end is None else status,
        "connected_at": at(start), "disconnected_at": at(end), "last_ping": at(24 if end is None else end),
    }  # fmt: skip


def hours(
    runs: list[dict[str, Any]],
    connections: list[dict[str, Any]] | None = None,
    machines: list[dict[str, Any]] | None = None,
) -> dict[str, float]:
    """Give the hours of each use of the one machine; those of none are left out."""
    table = utilisation(
        runs_frame(runs),
        None if connections is None else connections_frame(connections),
        None if machines is None else machines_frame(machines),
        **WINDOW,
    )
    (row,) = table.to_dict("records")
    assert sum(row[f"{use}_s"] for use in USES) == 86_400
    assert sum(row[f"{use}_share"] for use in USES) == pytest.approx(1)
    named = {name.removesuffix("_s"): row[name] / 3600 for name in table.columns if name.endswith("_s")}
    return {name: value for name, value in named.items() if value}


IN_SESSION: dict[str, Any] = {"session_id": "s"}
UP = [up(-1, None)]


@pytest.mark.parametrize(
    ("runs", "connections", "expected"),
    [
        ([run(2, 5), run(8, 10)], UP, {"busy": 5, "idle": 19}),
        ([run(2, 5)], None, {"busy": 3, "unknown": 21}),
        ([run(-3, 2), run(22, 30)], UP, {"busy": 4, "idle": 20}),
        ([run(20, None, "running")], UP, {"busy": 4, "idle": 20}),
        ([run(20, None, "running_checks")], UP, {"busy": 4, "idle": 20}),
        ([run(2, 8), run(4, 6), run(5, 9)], UP, {"busy": 7, "idle": 17, "double_booked": 4}),
        ([run(2, 5)], [up(3, 12, "error")], {"busy": 3, "unknown": 2, "idle": 7, "offline": 12}),
        ([run(10, 16)], [up(0, 12), up(14, None)], {"busy": 6, "idle": 18, "busy_offline": 2}),
        ([run(None, None, "scheduling")], UP, {"idle": 24}),
        ([run(None, 3, "cancelled")], UP, {"idle": 24}),
        ([run(2, 4, **IN_SESSION), run(6, 8, **IN_SESSION, release_session_after=True)], UP,
         {"busy": 4, "reserved": 2, "idle": 18}),
        ([run(2, 4, **IN_SESSION, release_session_after=True), run(6, 8, **IN_SESSION)], UP, {"busy": 4, "idle": 20}),
        ([run(2, 4, **IN_SESSION), run(6, 8, **IN_SESSION)], [up(-1, 5), up(5.5, None)],
         {"busy": 4, "reserved": 1.5, "offline": 0.5, "idle": 18}),
        ([run(2, 4, **IN_SESSION), run(6, 8, **IN_SESSION)], None, {"busy": 4, "reserved": 2, "unknown": 18}),
        ([run(-9, -8, **IN_SESSION), run(6, 8, **IN_SESSION)], UP, {"busy": 2, "reserved": 6, "idle": 16}),
        ([run(2, 4, **IN_SESSION), run(None, None, "scheduling", machine_id=None, **IN_SESSION)], UP,
         {"busy": 2, "reserved": 20, "idle": 2}),
        ([run(2, 4, **IN_SESSION), run(6, 8, session_id="t"), run(10, 12, **IN_SESSION)], UP,
         {"busy": 6, "reserved": 4, "idle": 14}),
    ],
    ids=[
        "apart", "no connections", "over the ends", "live", "checking", "overlapping", "partly offline", "busy offline",
        "waiting", "never began", "session", "released before", "session offline", "session unknown",
        "session from before", "session goes on", "other run within",
    ],
)  # fmt: skip
def test_each_hour_has_one_use(
    runs: list[dict[str, Any]], connections: list[dict[str, Any]] | None, expected: dict[str, float]
) -> None:
    """The uses of a day are those worked by hand, and add up to it."""
    assert hours(runs, connections) == pytest.approx(expected)
    assert hours(runs[::-1], connections) == pytest.approx(expected)


def test_a_hold_lasts_as_long_as_the_machine_says() -> None:
    """After a session's last run its machine is reserved when it says so; where nothing tells, that is stated."""
    runs = [run(2, 4, **IN_SESSION, release_session_after=True)]
    held = machines_frame([{"id": "m", "reserved_session_id": "s"}])
    free = machines_frame([{"id": "m", "reserved_session_id": None}])
    assert hours(runs, UP, [{"id": "m", "reserved_session_id": "s"}]) == {"busy": 2, "reserved": 20, "idle": 2}
    assert hours(runs, UP, [{"id": "m", "reserved_session_id": "t"}]) == {"busy": 2, "idle": 22}
    unreleased = runs_frame([run(2, 4, **IN_SESSION)])
    told = [utilisation(unreleased, machines=machines, **WINDOW).attrs for machines in (None, free, held)]
    assert [attrs["sessions_without_end"] for attrs in told] == [1, 1, 0]
    chain = runs_frame([run(2, 4, **IN_SESSION), run(None, 4, "cancelled", **IN_SESSION, release_session_after=True)])
    assert utilisation(chain, **WINDOW).attrs["sessions_without_end"] == 0


def test_machines_without_a_run_are_rows() -> None:
    """A machine that only the list of machines or the connections know is a row, under its own name."""
    table = utilisation(
        runs_frame([run(2, 5)]),
        connections_frame([up(0, None, machine="c")]),
        machines_frame([{"id": "b", "name": "Ann"}, {"id": "m", "name": "Zoe"}]),
        **WINDOW,
    )
    assert table[["machine_id", "runs"]].to_numpy().tolist() == [["b", 0], ["m", 1], ["c", 0]]
    assert table["machine_name"].fillna("-").tolist() == ["Ann", "Zoe", "-"]
    assert table["idle_s"].tolist() == [0, 0, 86_400]
    assert table["unknown_s"].tolist() == [86_400, 21 * 3600, 0]


def test_only_runs_of_the_window_are_counted() -> None:
    """`runs` counts those that were on the machine in the window, not those before or after it."""
    runs = runs_frame([run(-5, -3), run(-1, 1), run(3, 4), run(25, 26), run(None, None, "scheduling")])
    assert utilisation(runs, **WINDOW)["runs"].tolist() == [2]


def test_runs_that_cannot_be_placed_are_stated() -> None:
    """A run on a deleted machine, one without an end and one that ended before it began are counted apart."""
    rows = [run(2, 4, machine_id=None), run(3, None), run(8, 7), run(30, 31, machine_id=None), run(9, None, "paused")]
    table = utilisation(runs_frame(rows, completeness={"complete": False}), **WINDOW)
    assert table["busy_s"].tolist() == [0]
    assert table.attrs["runs_without_machine"] == 1
    assert table.attrs["runs_without_times"] == 3
    assert table.attrs["completeness"] == {"complete": False}


def test_nothing_gives_the_same_columns() -> None:
    """Without runs there is no row, with the same columns and dtypes."""
    none = utilisation(runs_frame([]), connections_frame([]), machines_frame([]), **WINDOW)
    assert none.empty
    pd.testing.assert_series_equal(none.dtypes, utilisation(runs_frame([run(2, 5)]), **WINDOW).dtypes)


def test_bad_input_is_refused() -> None:
    """Columns that are missing are named, and a window that cannot be told is an error."""
    with pytest.raises(RequestError, match="session_id"):
        utilisation(runs_frame([], columns=["timing", "outcome"]), **WINDOW)
    with pytest.raises(RequestError, match="last_ping"):
        utilisation(runs_frame([]), pd.DataFrame({"machine_id": []}), **WINDOW)
    with pytest.raises(RequestError, match="no time in the data"):
        utilisation(runs_frame([]))


WIDTH = 50
RUNS = st.lists(
    st.tuples(
        st.integers(-20, 60),
        st.integers(0, 40),
        st.sampled_from(["success", "running", "error"]),
        st.sampled_from([None, "s", "t"]),
        st.booleans(),
        st.sampled_from("ab"),
    ),
    max_size=8,
)
CONNECTIONS = st.lists(st.tuples(st.integers(-20, 60), st.integers(0, 40), st.sampled_from("ab")), max_size=5)


@settings(max_examples=examples(60), deadline=None)
@given(RUNS, CONNECTIONS)
def test_uses_are_those_of_every_second(runs: list[Any], connections: list[Any]) -> None:
    """However runs, sessions and connections overlap, the sums equal what counting second by second gives."""

    def moment(second: int) -> str:
        return (DAY + pd.Timedelta(seconds=second)).isoformat()

    # One session is one machine's: the API never moves one.
    rows = [
        {
            "id": str(number), "workflow_id": "w", "machine_id": machine, "status": status, "created_at": moment(start),
            "started_at": moment(start), "ended_at": None if status == "running" else moment(start + length),
            "session_id": None if session is None else session + machine, "release_session_after": released,
        }
        for number, (start, length, status, session, released, machine) in enumerate(runs)
    ]  # fmt: skip
    links = [
        {
            "id": str(number), "machine_id": machine, "websocket_id": "w", "status": "disconnected",
            "connected_at": moment(start), "disconnected_at": moment(start + length), "last_ping": moment(start),
        }
        for number, (start, length, machine) in enumerate(connections)
    ]  # fmt: skip
    table = utilisation(runs_frame(rows), connections_frame(links), since=DAY, until=DAY + pd.Timedelta(seconds=WIDTH))
    for row in table.to_dict("records"):
        machine = row["machine_id"]
        of_machine = [
            (start, max(start, WIDTH) if status == "running" else start + length, session, released, status)
            for start, length, status, session, released, owner in runs
            if owner == machine
        ]
        mine = sorted(of_machine, key=lambda one: one[:2])
        ups = [(start, start + length) for start, length, owner in connections if owner == machine]
        counts = dict.fromkeys([*USES, "double_booked", "busy_offline"], 0)
        for second in range(WIDTH):
            depth = sum(start <= second < end for start, end, *_ in mine)
            is_up = any(start <= second < end for start, end in ups)
            is_down = not is_up and any(start <= second for start, _ in ups)
            use = "busy" if depth else "offline" if is_down else "idle" if is_up else "unknown"
            if use in {"idle", "unknown"} and any(_holds(mine, second, session) for session in "st"):
                use = "reserved"
            counts[use] += 1
            counts["double_booked"] += depth > 1
            counts["busy_offline"] += bool(depth) and is_down
        assert {name: row[f"{name}_s"] for name in counts} == counts


def _holds(mine: list[Any], second: int, session: str) -> bool:
    """Tell whether a session holds the machine: its latest run has begun, and one more comes."""
    own = [one for one in mine if one[2] == session]
    begun = [one for one in own if one[0] <= second]
    if not begun or len(begun) == len(own):
        return False
    latest = begun[-1]
    return not (latest[3] and latest[4] != "running")


def test_a_hundred_thousand_runs_add_up() -> None:
    """Many runs on many machines keep their total."""
    size = 100_000
    rng = np.random.default_rng(3)
    start = pd.Series(DAY + pd.to_timedelta(rng.integers(0, 80_000, size), unit="s")).astype("datetime64[us, UTC]")
    length = rng.integers(1, 5_000, size)
    runs = pd.DataFrame(
        {
            "id": np.arange(size).astype(str), "machine_id": rng.integers(0, 60, size).astype(str),
            "outcome": "success", "started_at": start, "ended_at": start + pd.to_timedelta(length, unit="s"),
            "session_id": None, "release_session_after": pd.array([None] * size, dtype="boolean"),
        }
    )  # fmt: skip
    table = utilisation(runs, **WINDOW)
    assert len(table) == 60
    assert table["runs"].sum() == size
    assert (table[[f"{use}_s" for use in USES]].sum(axis=1) == 86_400).all()
