"""What is wrong is named at its size, and a healthy fleet is left in peace."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cyberdesk_nb.analysis.causes.findings import findings
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import connections_frame, machines_frame, runs_frame, workflows_frame
from tests.analysis.extent import SEEDS
from tests.analysis.fleets import START, connection, run, runs_of, seeded, usage_of


def of_kind(table: pd.DataFrame, kind: str) -> Any:
    """Give the one finding of a kind."""
    rows = table[table["kind"] == kind]
    assert len(rows) == 1, (kind, table["headline"].tolist())
    return rows.iloc[0]


def ids(row: Any) -> set[str]:
    """Give the runs of a finding."""
    return set(json.loads(row["run_ids"]))


@pytest.mark.parametrize("seed", range(1, 1 + SEEDS))
def test_planted_causes_are_named_at_their_size(seed: int) -> None:
    """Each planted cause is found once, at its machine or workflow, its time, its runs and its size."""
    world, runs, tables = seeded(seed)
    table, truth = findings(runs, **tables), world.truth()
    machine, planted = of_kind(table, "bad_machine"), truth["bad_machine"]
    assert (machine["subject_id"], machine["subject_name"]) == (planted["machine_id"], planted["machine_name"])
    more = planted["failure_rate"] - planted["failure_rate_elsewhere"]
    assert machine["effect_low"] <= more <= machine["effect_high"]
    assert machine["effect"] == pytest.approx(more, abs=0.05)
    slow, planted = of_kind(table, "slow_version"), truth["slow_version"]
    assert (slow["subject_id"], slow["since"]) == (planted["workflow_id"], planted["since"])
    assert f"before (n={planted['runs_before']})" in slow["detail"]
    assert slow["effect_low"] <= planted["ratio"] <= slow["effect_high"] * 1.05
    assert slow["effect"] == pytest.approx(planted["ratio"], rel=0.15)
    gap, planted = of_kind(table, "connection_gap"), truth["connection_gap"]
    assert (gap["since"], ids(gap)) == (planted["from"], set(planted["run_ids"]))
    assert gap["until"] >= planted["until"]
    assert gap["headline"].startswith(f"{len(planted['machine_ids'])} machines lost")
    retried = of_kind(table, "hidden_retry")
    assert ids(retried) == {one["run_id"] for one in truth["hidden_retries"]}
    queue, planted = of_kind(table, "queue_at_hour"), truth["nightly_queue"]
    assert queue["subject_id"] == planted["workflow_id"]
    assert f"from {planted['hour_utc']}:00" in queue["headline"]
    assert queue["effect"] == pytest.approx(planted["median_wait_s"] - planted["median_wait_s_otherwise"], rel=0.02)
    assert set(table["kind"]) - {"cached_share_fell"} == {
        *("bad_machine", "slow_version", "connection_gap", "hidden_retry", "queue_at_hour")
    }


def test_a_healthy_fleet_is_left_in_peace() -> None:
    """Of fleets without planted causes, at least 95 in 100 have no finding."""
    claims = {seed: findings(runs, **tables) for seed, runs, tables in _healthy(range(1, 1 + SEEDS))}
    wrong = {seed: table["headline"].tolist() for seed, table in claims.items() if len(table)}
    assert len(wrong) <= SEEDS // 20, wrong
    assert min(table.attrs["tests"] for table in claims.values()) > 50


def _healthy(seeds: Iterable[int]) -> Iterable[tuple[int, pd.DataFrame, dict[str, Any]]]:
    for seed in seeds:
        _, runs, tables = seeded(seed, planted=False)
        yield seed, runs, tables


def test_shuffled_labels_show_nothing() -> None:
    """Where outcomes, durations and waits are dealt anew among the runs, nothing and nobody is blamed."""
    _, runs, tables = seeded(1)
    dice = np.random.default_rng(3)
    rounds = 5 * SEEDS
    wrong = 0
    for _ in range(rounds):
        mixed, order = runs.copy(), dice.permutation(len(runs))
        for name in ("outcome", "duration_s", "queue_wait_s", "steps_agentic", "steps_cached", "cached_share"):
            mixed[name] = runs[name].to_numpy()[order] if name != "outcome" else runs[name].iloc[order].to_numpy()
        table = findings(mixed.drop(columns=["ended_at"]), workflows=tables["workflows"])
        wrong += len(table) > 0
    assert wrong <= max(1, rounds // 10)


def test_the_costliest_comes_first_and_each_row_is_whole() -> None:
    """Lost runs go before lost hours; texts are there, adjusted values are never below the raw ones."""
    _, runs, tables = seeded(1)
    table = findings(runs, **tables)
    cost = list(zip(table["runs_lost"], table["hours_lost"], strict=True))
    assert cost == sorted(cost, reverse=True)
    assert table[["kind", "subject_kind", "headline", "detail", "effect_unit"]].notna().all(axis=None)
    tested = table.dropna(subset="p_value")
    assert (tested["p_adjusted"] >= tested["p_value"]).all()
    assert (tested["p_adjusted"] <= 0.05).all()
    assert table.loc[table["p_value"].isna(), "kind"].tolist() == ["hidden_retry"]
    assert table.attrs["tests"] > 50
    assert table.attrs["n"] == len(runs)


def test_order_and_copies_of_rows_change_nothing() -> None:
    """Shuffled rows, and rows that come twice, give the same findings."""
    _, runs, tables = seeded(2)
    expected = findings(runs, **tables)
    twice = pd.concat([runs, runs.head(100)]).sample(frac=1, random_state=1)
    found = findings(twice, **{name: frame.sample(frac=1, random_state=2) for name, frame in tables.items()})
    assert found[["kind", "headline", "detail"]].equals(expected[["kind", "headline", "detail"]])


def _by_turns(count: int = 400) -> list[dict[str, Any]]:
    """Give runs of four workflows on five machines, one an hour, of which one in 37 fails."""
    return [
        run(n, "infra_error" if n % 37 == 36 else "success", workflow_id=f"w-{n % 4}", machine_id=f"m-{n % 5}")
        for n in range(count)
    ]


def test_a_machine_with_the_easier_work_is_not_excused() -> None:
    """A machine that fails more than others do on the same easy work is named, though others fail more on hard work."""
    records = [run(n, "success", workflow_id="w-easy", machine_id="m-bad") for n in range(500)]
    records += [run(500 + n, "success", workflow_id="w-easy", machine_id=f"m-{n % 3}") for n in range(500)]
    records += [run(1000 + n, "success", workflow_id="w-hard", machine_id=f"m-{n % 3}") for n in range(500)]
    for n, record in enumerate(records):
        if (n < 500 and n % 20 == 0) or (n >= 1000 and n % 5 == 0):
            record["status"] = "error"
    row = of_kind(findings(runs_of(*records)), "bad_machine")
    assert (row["subject_id"], row["effect"] > 0.03, row["effect_low"] > 0) == ("m-bad", True, True)


def test_a_day_that_begins_at_one_is_a_day() -> None:
    """Where clocks are put forward at midnight, that day is looked at like any other."""
    hours = (pd.Timestamp("2025-09-07", tz="UTC") - START) / pd.Timedelta("1h")
    records = [run(n, hours=hours + n) for n in range(24)]
    assert "queue_at_hour" in findings(runs_of(*records), tz="America/Santiago").attrs["checked"]


def test_a_machine_with_the_harder_work_is_not_blamed() -> None:
    """A machine that only runs the workflow that fails everywhere is no bad machine."""
    records = _by_turns()
    for n, record in enumerate(records):
        if n % 5 == 0 or n % 3 == 0:
            record |= {"workflow_id": "w-9", "status": "error" if n // 15 % 2 else "success"}
    assert findings(runs_of(*records))["kind"].tolist() == ["bad_workflow"]


def test_machines_that_restart_together_every_morning_are_no_gap() -> None:
    """Connections that end on all machines at the same time each day are routine, also when a run dies of one."""
    links = [
        connection(f"m-{n}", 24 * day - 20 + n / 900, 24 * day + 3 + n / 900, "disconnected")
        for n in range(5)
        for day in range(1, 15)
    ]
    records = _by_turns(330)
    records[75] |= {"started_at": START + pd.Timedelta(hours=74.99), "status": "error", "machine_id": "m-0"}
    records[75]["ended_at"] = START + pd.Timedelta(hours=75.002)
    table = findings(runs_of(*records), connections=connections_frame(links))
    assert table["kind"].tolist() == []
    links = [link for link in links if int(link["id"].split("-")[3].split(".")[0]) != 52]
    links += [connection(f"m-{n}", 52 + n / 900, 60.5 + n / 3600, "error") for n in range(5)]
    records[60] |= {"status": "error", "ended_at": START + pd.Timedelta(hours=60.502), "machine_id": "m-0"}
    table = findings(runs_of(*records), connections=connections_frame(links))
    assert table["kind"].tolist() == ["connection_gap"]
    assert ids(table.iloc[0]) == {"r-60"}


def test_a_workflow_that_replays_less_is_said_once() -> None:
    """A replay that broke is named with its workflow and time, and not again as a slower version."""
    records = _by_turns()
    for n, record in enumerate(records):
        broke = record["workflow_id"] == "w-1" and n >= 240
        cached = 3 + n % 3 if broke else 9 + n % 2
        record["usage_metadata"] = {"total_agentic_steps": 11 - cached, "total_cached_steps": cached}
        record["ended_at"] += pd.Timedelta(seconds=(90 if broke else 0) + n % 7)
    row = of_kind(findings(runs_of(*records)), "cached_share_fell")
    assert (row["subject_id"], row["since"]) == ("w-1", records[241]["started_at"])
    assert row["effect"] == pytest.approx(-0.545, abs=0.01)
    assert findings(runs_of(*records))["kind"].tolist() == ["cached_share_fell"]
    assert "times as long" in row["detail"]


def test_a_broken_replay_is_not_told_again_as_a_slower_version() -> None:
    """Runs that fall back to the agent since a day take longer than those that ever replayed as little."""
    records: list[dict[str, Any]] = []
    for n in range(300):
        cached = 6 if n >= 150 or n % 2 else 9
        used = {"total_agentic_steps": 10 - cached, "total_cached_steps": cached}
        records.append(run(n, duration_s=60 + n * 7 % 20 + (90 if n >= 150 else 0), usage_metadata=used))
    assert findings(runs_of(*records))["kind"].tolist() == ["cached_share_fell"]


def test_more_work_where_nothing_is_replayed_is_no_slower_version() -> None:
    """Runs that move to a machine on which no trajectory fits take longer, and the workflow is not blamed for it."""
    records: list[dict[str, Any]] = []
    for n in range(300):
        is_live = n % 4 == 0 if n < 150 else n % 4 != 0
        used = {"total_agentic_steps": 10 if is_live else 1, "total_cached_steps": 0 if is_live else 9}
        seconds = (150 if is_live else 50) + n * 7 % 20
        records.append(run(n, machine_id=f"m-{int(is_live)}", duration_s=seconds, usage_metadata=used))
    assert findings(runs_of(*records)).empty


def test_more_failures_since_a_time_are_named_with_it() -> None:
    """A fleet that fails more often since some run gives that time and both rates."""
    records = _by_turns()
    for record in records[300::4]:
        record["status"] = "task_failed"
    table = findings(runs_of(*records))
    row = table[(table["kind"] == "failures_rose")].iloc[0]
    assert abs((row["since"] - records[300]["created_at"]).total_seconds()) <= 6 * 3600
    assert row["effect"] == pytest.approx(0.25, abs=0.03)
    assert row["runs_lost"] == pytest.approx(25, abs=3)


def test_waits_at_an_hour_are_told_in_the_readers_time() -> None:
    """The hour of a daily queue is one of the time zone that was asked for, through a change of clocks."""
    records = [
        run(100 * day + n, hours=24 * day + (12 if day < -1 else 13), wait_s=90.0 * (n // 2 + 1))
        for day in range(-14, 14)
        for n in range(6)
    ]
    # The clocks of New York go back on 1 November 2026; until then 8:00 there is 12:00 UTC.
    records += [run(5000 + n, hours=n * 3.1 - 336, workflow_id="w-1") for n in range(200)]
    row = of_kind(findings(runs_of(*records), tz="America/New_York"), "queue_at_hour")
    assert "from 8:00 to 9:00 (America/New_York)" in row["headline"]
    assert row["hours_lost"] == pytest.approx(28 * 2 * (89 + 179 + 269) / 3600, rel=0.001)


@pytest.mark.parametrize("outcome", ["live", "infra_error", "task_failed", "cancelled", "success"])
@pytest.mark.parametrize("count", [0, 1, 60])
def test_fleets_of_one_outcome_have_no_finding(count: int, outcome: str) -> None:
    """Empty, one run, all live, all failed, all well: nothing is claimed, nothing fails."""
    records = [run(n, outcome, machine_id=f"m-{n % 3}", workflow_id=f"w-{n % 2}") for n in range(count)]
    links = [connection(f"m-{n}", -1, None) for n in range(3)]
    table = findings(
        runs_of(*records),
        connections=connections_frame(links),
        machines=machines_frame([]),
        workflows=workflows_frame([]),
    )
    assert table.empty
    assert set(table.attrs["checked"]) >= {"bad_machine", "slow_version", "connection_gap", "hidden_retry"}
    assert list(table.columns) == list(findings(runs_frame([])).columns)


def test_one_machine_cannot_be_compared_and_that_is_said() -> None:
    """With one machine no machine is blamed, whatever it does, and the words say why."""
    table = findings(runs_of(*[run(n, "infra_error" if n % 2 else "success") for n in range(80)]))
    assert "bad_machine" not in set(table["kind"])
    assert "two machines" in table.attrs["checked"]["bad_machine"]


def test_what_is_missing_is_said_and_the_rest_is_looked_for() -> None:
    """Without columns or tables each kind says what it lacks; the others are found all the same."""
    runs = seeded(2)[1]
    table = findings(runs.drop(columns=["duration_s", "session_id"]))
    said = table.attrs["checked"]
    assert "lack duration_s" in said["slow_version"]
    assert "lack session_id" in said["hidden_retry"]
    assert "no connections" in said["connection_gap"]
    assert "no usage" in said["usage"]
    assert {"bad_machine", "queue_at_hour"} <= set(table["kind"])
    with pytest.raises(RequestError, match="created_at"):
        findings(runs.drop(columns="created_at"))
    links = connections_frame([connection("m-0", -1, None)]).drop(columns="last_ping")
    assert "lacks the columns last_ping" in findings(runs, connections=links).attrs["checked"]["connection_gap"]


@pytest.mark.parametrize("wrong", [{"tz": "Mars/Olympus"}, {"confidence": 95}, {"confidence": 0.0}, {"since": "soon"}])
def test_what_cannot_be_read_is_refused_in_words(wrong: dict[str, Any]) -> None:
    """A time zone, a confidence or a time that is none is named."""
    with pytest.raises(RequestError, match=r"no time|not between"):
        findings(runs_of(run(0)), **wrong)


def test_runs_of_one_workflow_do_not_make_machines_look_idle() -> None:
    """A list narrowed to a workflow lacks what kept its machines busy: a wait is then no sign of a retry."""
    records = [run(n, wait_s=3000 if n == 30 else 1) for n in range(60)]
    links = connections_frame([connection("m-0", -5, None)])
    narrowed = {"complete": True, "filters": {"workflow_id": "w-0"}}
    cut = {"complete": True, "filters": {}, "rows": 61}
    whole = cut | {"rows": 60}
    retried = of_kind(findings(runs_of(*records, completeness=whole), connections=links), "hidden_retry")
    assert ids(retried) == {"r-30"}
    assert retried["headline"].startswith(
        "1 run had failed and was retried, judging by its wait alone; it now counts as"
    )
    for told in (narrowed, cut):
        assert findings(runs_of(*records, completeness=told), connections=links).empty


def test_a_change_of_the_workflow_is_believed_where_its_runs_may_have_changed_then() -> None:
    """Four slow runs before a change do not make it another's: since, n and sizes are those of the change."""
    slow = [50.0 + n % 10 if n < 54 else 65.0 if n < 58 else 90.0 + n % 10 for n in range(100)]
    changed = START + timedelta(hours=57.5)
    known = workflows_frame({"id": "w-0", "name": "Intake", "created_at": START, "updated_at": changed})
    runs = runs_of(*[run(n, duration_s=duration_s) for n, duration_s in enumerate(slow)])
    found = of_kind(findings(runs, workflows=known), "slow_version")
    assert found["since"] == changed
    assert "when it was changed" in found["headline"]
    assert "before (n=58) and 95 s since (n=42)" in found["detail"]


def test_the_window_bounds_what_is_looked_at() -> None:
    """Runs outside of `since` and `until` do not count."""
    _, runs, tables = seeded(1)
    until = runs["created_at"].max() - pd.Timedelta(days=14)
    table = findings(runs, **tables, until=until)
    assert table.attrs["n"] == (runs["created_at"] <= until).sum()
    assert "slow_version" not in set(table["kind"])
    assert "connection_gap" not in set(table["kind"])


def test_usage_that_differs_is_said() -> None:
    """Whether the server counted the same steps stands beside what was checked."""
    world, runs, _ = seeded(6, runs=60)
    span = runs["created_at"].min().to_pydatetime(), runs["created_at"].max().to_pydatetime() + pd.Timedelta(seconds=1)
    usage = usage_of(world, *span, "simulated")
    assert findings(runs, usage=usage).attrs["checked"]["usage"] == "the server counted the same runs and steps"
    assert "counted otherwise" in findings(runs.iloc[20:], usage=usage).attrs["checked"]["usage"]


def test_hostile_names_stay_on_one_line() -> None:
    """Names with line breaks, control characters or of great length come as one short printable line."""
    records = _by_turns()
    for record in records:
        if record["machine_id"] == "m-2" and int(record["id"][2:]) % 3:
            record["status"] = "error"
    name = "<script>alert(1)</script>\r\n\x1b[31m" + "x" * 500
    machines = machines_frame([{"id": "m-2", "name": name}])
    row = of_kind(findings(runs_of(*records), machines=machines), "bad_machine")
    assert row["headline"].isprintable()
    assert len(row["headline"]) < 300
    assert row["subject_name"].startswith("<script>")
