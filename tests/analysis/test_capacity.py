"""Replayed queues wait as the past did, and as queueing theory says."""

from __future__ import annotations

import heapq
from functools import cache
from math import factorial
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cyberdesk_nb.analysis.planning.capacity import capacity
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import connections_frame, machine_pools_frame, runs_frame
from tests.analysis.extent import some
from tests.analysis.fleets import seeded

START = pd.Timestamp("2026-11-02", tz="UTC")


def at(seconds: float | None) -> str | None:
    """Give the time so many seconds into the day."""
    return None if seconds is None else (START + pd.Timedelta(seconds=seconds)).isoformat()


def run(number: int, asked: float, began: float | None, over: float | None, machine: str | None, **more: Any) -> Any:
    """Give a run by the seconds of its day."""
    return {
        "id": f"r-{number}",
        "workflow_id": "w",
        "machine_id": machine,
        "status": "success" if over is not None else "running" if began is not None else "scheduling",
        "created_at": at(asked),
        "started_at": at(began),
        "ended_at": at(over),
    } | more


def erlang_wait_s(arrivals_per_s: float, mean_s: float, machines: int) -> float:
    """Give the mean wait of a queue with random arrivals and durations, by Erlang's formula."""
    load = arrivals_per_s * mean_s
    waiting = load**machines / factorial(machines) * machines / (machines - load)
    share = waiting / (sum(load**k / factorial(k) for k in range(machines)) + waiting)
    return share * mean_s / (machines - load)


def wait_by_recursion_s(runs: pd.DataFrame, machines: int) -> float:
    """Give the mean wait of runs that take the machine that is free first, one after another."""
    asked = (runs["created_at"] - START).dt.total_seconds().tolist()
    free, waited = [0.0] * machines, 0.0
    for at_s, takes_s in zip(asked, runs["duration_s"].tolist(), strict=True):
        begins = max(heapq.heappop(free), at_s)
        waited += begins - at_s
        heapq.heappush(free, begins + takes_s)
    return waited / len(runs)


@cache
def poisson_runs(seed: int, arrivals_per_s: float, mean_s: float, size: int) -> pd.DataFrame:
    """Make runs asked for at random, each begun at once on no machine that is told."""
    dice = np.random.default_rng(seed)
    asked = START + pd.to_timedelta(dice.exponential(1 / arrivals_per_s, size).cumsum(), unit="s")
    over = asked + pd.to_timedelta(dice.exponential(mean_s, size), unit="s")
    frame = runs_frame([run(0, 0, 0, 0, None)]).iloc[np.zeros(size, int)].reset_index(drop=True)
    times = {"created_at": asked.round("us"), "started_at": asked.round("us"), "ended_at": over.round("us")}
    frame = frame.assign(id=[str(number) for number in range(size)], **times)
    return frame.assign(duration_s=(frame["ended_at"] - frame["started_at"]).dt.total_seconds())


@pytest.mark.parametrize(("machines", "load"), some([(2, 0.6), (10, 0.75), (1, 0.5), (4, 0.65)], 2))
def test_random_arrivals_wait_as_the_formula_says(machines: int, load: float) -> None:
    """The mean wait of random arrivals is that of Erlang's formula to 5 %, and that of the recursion to the instant."""
    runs = poisson_runs(6, load * machines / 60, 60.0, 100_000)
    row = capacity(runs, machines).iloc[0]
    assert row["wait_mean_s"] == pytest.approx(wait_by_recursion_s(runs, machines), abs=1e-6)
    assert row["wait_mean_s"] == pytest.approx(erlang_wait_s(load * machines / 60, 60.0, machines), rel=0.05)
    assert row["utilisation"] == pytest.approx(load, rel=0.02)
    assert row["n"] == 100_000


@pytest.mark.parametrize(
    ("seed", "runs", "machines", "planted"),
    some(
        [
            (2, 800, 12, True),
            (103, 800, 24, False),
            (82470, 150, 3, True),
            (50630, 100, 5, True),
            (12576, 300, 10, True),
            (27, 600, 1, True),
            (26, 2000, 12, False),
            (23, 2000, 6, True),
            (25, 1500, 20, True),
            (22, 800, 12, False),
            (28514, 5000, 3, False),
        ],
        6,
    ),
)
def test_the_past_is_given_back(seed: int, runs: int, machines: int, planted: bool) -> None:
    """With the machines observed, 95 % of a fleet's runs wait less than they did, to 10 %, with connections or not."""
    _, frame, tables = seeded(seed, runs=runs, machines=machines, planted=planted)
    for known in (tables["connections"], None):
        row = capacity(frame, connections=known).iloc[0]
        assert row["wait_p95_s"] == row["wait_p95_s_replayed"]
        assert row["wait_p95_s_replayed"] == pytest.approx(row["wait_p95_s_observed"], rel=0.1)
        assert row["wait_p95_s_observed"] == pytest.approx(
            frame.dropna(subset="started_at")["queue_wait_s"].quantile(0.95)
        )


def test_more_machines_wait_less() -> None:
    """Waits fall with every machine added, and busy time is spread over more."""
    _, frame, tables = seeded(1)
    table = capacity(frame, [12, 16, 24, 48], connections=tables["connections"])
    assert table["machines"].tolist() == [12, 16, 24, 48]
    assert table["wait_mean_s"].is_monotonic_decreasing
    assert table["utilisation"].is_monotonic_decreasing
    assert table["wait_p95_s"].iloc[-1] < table["wait_p95_s"].iloc[0] / 2


def waits(records: list[Any], machines: int | None = None, **options: Any) -> dict[Any, Any]:
    """Replay few runs and give the figures."""
    return capacity(runs_frame(records), machines, **options).iloc[0].to_dict()


def quiet(*machines: str) -> list[Any]:
    """Give runs that found their machine free: they show that starting takes no time."""
    return [run(1000 + n, 200_000 + 100 * n, 200_000 + 100 * n, 200_010 + 100 * n, machines[n % 2]) for n in range(20)]


def test_one_machine_less_makes_the_second_run_wait() -> None:
    """Two runs at once on two machines wait for each other on one, by hand: 0 s and 60 s."""
    records = [run(0, 0, 0, 60, "a"), run(1, 0, 0, 60, "b")]
    two, one = waits(records), waits(records, 1)
    assert (two["wait_max_s"], two["waited_share"], two["utilisation"]) == (0, 0, 1)
    assert (one["wait_max_s"], one["waited_share"], one["wait_p50_s"], one["utilisation"]) == (60, 0.5, 30, 1)


def test_priority_goes_first() -> None:
    """Of the runs that wait the one with priority gets the machine, though it was asked for last."""
    short, urgent = run(1, 1, 60, 70, "a"), run(2, 2, 70, 90, "a", is_priority=True)
    table = waits([run(0, 0, 0, 60, "a"), short, urgent])
    # It begins at 60 instead of 70, and the other one at 80 instead of 60.
    assert (table["wait_max_s"], table["wait_mean_s"]) == (79, pytest.approx((0 + 58 + 79) / 3))


def test_a_session_keeps_its_machine() -> None:
    """A run asked for between two of a session waits for the end of the second, on the only machine."""
    records = [
        run(0, 0, 0, 60, "a", session_id="s"),
        run(1, 30, 100, 130, "a"),
        run(2, 70, 70, 100, "a", session_id="s"),
    ]
    table, alone = (capacity(runs_frame(some)) for some in (records, [{**one, "session_id": None} for one in records]))
    assert (table["wait_max_s"][0], table.attrs["unexplained"]) == (70, 0)
    # Nothing but the session tells why it did not begin as soon as the machine was free.
    assert (alone["wait_max_s"][0], alone.attrs["unexplained"]) == (30, 0)


def test_a_session_that_is_held_stays_in_turn() -> None:
    """When the first run of a session stood beside its free machine, the later ones wait for it."""
    others = [run(n, 7200 * n, 7200 * n + 1 + n % 3, 7200 * n + 300, "ab"[n % 2]) for n in range(40)]
    turns = [(3600, 3900), (3902, 4200), (4202, 4500)]
    chain = [
        run(100 + n, 288_000, 288_000 + began, 288_000 + over, "a", session_id="s")
        for n, (began, over) in enumerate(turns)
    ]
    table = capacity(runs_frame([*others, *chain]), 2)
    assert table["wait_max_s"][0] == pytest.approx(4202, abs=5)


def test_the_time_between_two_runs_does_not_make_a_queue_unexplained() -> None:
    """Where machines rest between runs, few waits are taken for such that no machine shortens."""
    dice, free, records = np.random.default_rng(1), [(0.0, "a"), (0.0, "b"), (0.0, "c")], list[Any]()
    for number, asked in enumerate(dice.exponential(130, 600).cumsum().round(3).tolist()):
        since, machine = heapq.heappop(free)
        began = round(max(asked, since) + dice.uniform(1, 3), 3)
        over = round(began + dice.uniform(180, 420), 3)
        heapq.heappush(free, (over + 10, machine))
        records.append(run(number, asked, began, over, machine))
    table = capacity(runs_frame(records), [3, 6])
    assert table.attrs["unexplained"] + table.attrs["pinned"] < 30
    assert table["wait_p95_s"][1] < 10


def test_pools_bind_runs_to_their_machines() -> None:
    """A run with pools waits for a machine that is in all of them, as told or as seen; without such a one, forever."""
    pooled = [run(0, 0, 0, 60, "a", pool_ids=["p"]), run(1, 5, 60, 90, "a", pool_ids=["p"])]
    records = [*pooled, run(2, 6, 6, 61, "b"), *quiet("b", "b")]
    assert waits(records)["wait_max_s"] == 55
    assert (waits(records, 3)["wait_max_s"], waits(records, 4)["wait_max_s"]) == (55, 0)
    told = machine_pools_frame({"id": "b", "pools": [{"id": "p"}]})
    assert waits(records, machine_pools=told)["wait_max_s"] == 29
    # The one machine that is left is not in the pool.
    none = waits(records, 1)
    assert (none["never_started"], none["wait_max_s"], none["wait_p50_s"]) == (2, np.inf, 0)


def test_machines_take_no_runs_while_they_are_away() -> None:
    """A run asked for while the only machine is not connected waits until it is again."""
    records = [run(0, 0, 0, 10, "a"), run(1, 100, 250, 260, "a"), run(2, 300, 300, 310, "a"), *quiet("a", "a")]
    spans = [
        {"id": str(start), "machine_id": "a", "websocket_id": "w", "status": "disconnected", "connected_at": at(start),
         "disconnected_at": at(end), "last_ping": at(end)} for start, end in ((-10, 50), (250, 300_000))
    ]  # fmt: skip
    assert waits(records, connections=connections_frame(spans))["wait_max_s"] == 150
    without = capacity(runs_frame(records))
    assert (without["wait_max_s"][0], without.attrs["unexplained"]) == (150, 1)


def test_the_delay_of_starting_is_no_queue() -> None:
    """What every run waits even for a free machine stays, however many machines there are."""
    records = [run(n, 100 * n, 100 * n + 2 + n % 3, 100 * n + 50, "a") for n in range(30)]
    for machines in (1, 5):
        table = waits(records, machines)
        assert (table["wait_p50_s"], table["wait_max_s"], table["waited_share"]) == (3, 4, 0)


def test_a_wait_beside_a_free_machine_is_for_the_machine_itself() -> None:
    """A run that waited while another machine was free was asked for on its own, and more machines do not help it."""
    pinned = [run(0, 0, 0, 600, "a"), run(1, 10, 600, 700, "a"), run(2, 0, 0, 5, "b"), run(3, 900, 900, 905, "b")]
    table = capacity(runs_frame([*pinned, *quiet("a", "b")]), [2, 9])
    assert table["wait_max_s"].tolist() == [590, 590]
    assert table.attrs["pinned"] == 1


def test_a_short_wait_beside_a_free_machine_is_for_the_machine_itself() -> None:
    """A run begun just after its own machine came free, while another was free, was asked for on its own."""
    quick = [run(n, 1000 * n, 1000 * n + 3, 1000 * n + 20, "ab"[n % 2]) for n in range(20)]
    pinned = [run(100, 30_000, 30_003, 30_060, "a"), run(101, 30_057, 30_063, 30_160, "a")]
    after = [run(102, 30_058, 30_163, 30_170, "a"), run(103, 30_059, 30_173, 30_180, "a")]
    table = capacity(runs_frame([*quick, *pinned, *after]), [2, 6])
    assert table.attrs["pinned"] == 3
    assert table["wait_max_s"].tolist() == [114, 114]


def test_a_wait_for_a_machine_that_is_away_is_for_the_machine_itself() -> None:
    """A run begun when its own machine came back, while another was free, was asked for on its own."""
    records = [run(0, 0, 0, 10, "a"), run(1, 100, 250, 260, "a"), run(2, 0, 0, 5, "b"), *quiet("a", "b")]
    spans = [
        {"id": f"{name}{start}", "machine_id": name, "websocket_id": "w", "status": "disconnected",
         "connected_at": at(start), "disconnected_at": at(end), "last_ping": at(end)}
        for name, start, end in (("a", -10, 50), ("a", 250, 300_000), ("b", -10, 300_000))
    ]  # fmt: skip
    table = capacity(runs_frame(records), connections=connections_frame(spans))
    assert (table["wait_max_s"][0], table.attrs["pinned"], table.attrs["unexplained"]) == (150, 1, 0)


def test_a_wait_beside_its_own_free_machine_stays() -> None:
    """A run that waited while its machine stood free waits as long on any number of machines, and is counted."""
    retried = [run(0, 0, 2400, 2460, "a"), run(1, 300, 300, 400, "a"), run(2, 2430, 2460, 2500, "a")]
    table = capacity(runs_frame([*retried, *quiet("a", "b")]), [1, 2, 9])
    assert table["wait_max_s"].tolist() == [2400, 2400, 2400]
    # The run after it waits for its machine only then: 2400 s and 30 s of 23 runs.
    assert table["wait_mean_s"].tolist() == pytest.approx([2430 / 23] * 3)
    assert (table.attrs["unexplained"], table.attrs["pinned"]) == (1, 1)


def test_who_was_held_stays_behind_whom_it_made_way_for() -> None:
    """A run that stood back beside its free machine, and then waited for another's end there, begins after that one."""
    usual = [run(n, 10_000 * n, 10_000 * n + 2 + n % 3, 10_000 * n + 20, "a") for n in range(1, 30)]
    held = [run(50, 0, 603, 650, "a"), run(51, 500, 503, 600, "a")]
    assert waits([*usual, *held])["wait_max_s"] == 603


def test_who_was_held_may_wait_for_its_own_machine_after_that() -> None:
    """A run that stood beside its free machine, and then waited for it while another was free, is bound to it."""
    records = [run(0, 0, 100, 400, "a"), run(1, 50, 400, 450, "a"), run(2, 0, 0, 20, "b"), *quiet("a", "b")]
    table = capacity(runs_frame([*records, run(3, 100, 450, 500, "a")]), [2, 9])
    assert table["wait_max_s"].tolist() == [350, 350]
    assert (table.attrs["unexplained"], table.attrs["pinned"]) == (2, 2)


def test_the_wait_observed_is_no_surer_than_its_ranks() -> None:
    """Beside the 95 % wait of the past stand those whose ranks bound it, by the binomial distribution."""
    table = waits([run(n, 1000 * n, 1000 * n + n, 1000 * n + n + 10, "a") for n in range(1, 101)])
    assert (table["wait_p95_s_observed_low"], table["wait_p95_s_observed_high"]) == (90, 100)
    few = waits([run(n, 1000 * n, 1000 * n + n, 1000 * n + n + 10, "a") for n in range(1, 31)])
    assert (few["wait_p95_s_observed_low"], pd.isna(few["wait_p95_s_observed_high"])) == (26, True)


def test_what_is_left_out_is_counted() -> None:
    """Runs that never took a machine and those with odd times are counted apart; live ones take theirs until now."""
    records = [
        run(0, 0, 0, 60, "a"),
        run(1, 0, None, None, None),
        run(2, 0, None, 30, None, status="cancelled"),
        run(3, 50, 10, 70, "a"),
        run(4, 100, 100, None, "a"),
        run(5, 110, 100_000, 100_010, "a"),
    ]
    table = capacity(runs_frame(records), as_of="2026-11-03T06:00Z")
    assert table["n"][0] == 3
    assert table.attrs["left_out"] == {"never took a machine": 2, "times missing or odd": 1}
    assert table.attrs["going_on"] == 1
    assert table["wait_max_s"][0] == pytest.approx(30 * 3600 - 110)


def test_nothing_to_replay_is_no_error() -> None:
    """Without runs there are no figures; a number that is none, and runs without any machine, are refused in words."""
    none = runs_frame([])
    assert capacity(none).empty
    assert capacity(none, [1, 2])["wait_p95_s"].isna().all()
    assert capacity(none).dtypes.tolist() == capacity(runs_frame([run(0, 0, 0, 60, "a")])).dtypes.tolist()
    waiting = runs_frame([run(0, 0, None, None, None)])
    assert capacity(waiting).empty
    with pytest.raises(RequestError, match="1 or more"):
        capacity(none, 0)
    with pytest.raises(RequestError, match="No run names its machine"):
        capacity(runs_frame([run(0, 0, 0, 60, None)]))
    with pytest.raises(RequestError, match="lacks the columns"):
        capacity(none.drop(columns="pool_ids"), 1)
