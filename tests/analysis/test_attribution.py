"""Each failure is put down to what can be shown to have caused it, and to nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from cyberdesk_nb.analysis.causes.attribution import attribute_failures
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import connections_frame, runs_frame
from tests.analysis.extent import SEEDS
from tests.analysis.fleets import START, connection, run, runs_of, seeded


def causes(table: pd.DataFrame) -> dict[str, str]:
    """Give the cause of each failed run."""
    return dict(zip(table["run_id"], table["cause"].astype(object), strict=True))


def fleet(count: int = 400) -> list[dict[str, Any]]:
    """Give runs of four workflows on five machines, one an hour, of which one in 37 fails."""
    return [
        run(n, "infra_error" if n % 37 == 36 else "success", workflow_id=f"w-{n % 4}", machine_id=f"m-{n % 5}")
        for n in range(count)
    ]


@pytest.mark.parametrize("seed", range(1, 1 + SEEDS))
def test_planted_causes_are_put_down_to_whom_they_belong(seed: int) -> None:
    """The bad machine has the blame for its platform errors, the gap's runs that of their connection."""
    world, runs, tables = seeded(seed)
    truth = world.truth()
    table = attribute_failures(runs, tables["connections"])
    found = causes(table)
    assert len(found) == runs["outcome"].isin(["task_failed", "infra_error", "check_failed"]).sum()
    assert {found[run_id] for run_id in truth["connection_gap"]["run_ids"]} == {"connection"}
    blamed = table[table["cause"] == "machine"]
    assert set(blamed["subject_id"]) == {truth["bad_machine"]["machine_id"]}
    broke = runs[(runs["machine_id"] == truth["bad_machine"]["machine_id"]) & (runs["outcome"] == "infra_error")]
    assert set(blamed["run_id"]) == {run_id for run_id in broke["id"] if found[run_id] != "connection"}
    assert (blamed["attributable"] > 0.6).all()
    assert set(table["cause"]) == {"connection", "machine", "undecided"}
    assert table["evidence"].str.len().min() > 20
    assert table.attrs["causes"] == table["cause"].value_counts(sort=False).to_dict()


@pytest.mark.parametrize("seed", range(1, 1 + SEEDS))
def test_a_healthy_fleet_blames_no_machine_and_no_workflow(seed: int) -> None:
    """Without planted causes, failures are undecided but where a connection was lost."""
    _, runs, tables = seeded(seed, planted=False)
    assert set(causes(attribute_failures(runs, tables["connections"])).values()) <= {"connection", "undecided"}


def test_a_workflow_is_not_blamed_for_the_failures_of_a_machine() -> None:
    """Where a machine fails at one workflow, the workflow's few failures elsewhere are not put down to it."""
    records = [run(n, workflow_id=f"w-{n % 4}", machine_id=f"m-{n // 4 % 8}", hours=n / 4) for n in range(2048)]
    for one in records:
        is_bad = one["machine_id"] == "m-3" and one["workflow_id"] == "w-1"
        if int(one["id"][2:]) % 5 < 3 if is_bad else int(one["id"][2:]) % 37 == 36:
            one["status"] = "error"
    table = attribute_failures(runs_of(*records))
    assert set(table.loc[table["cause"] == "machine", "subject_id"]) == {"m-3"}
    assert set(table["cause"]) == {"machine", "undecided"}


def test_a_lost_connection_needs_its_time_and_its_words() -> None:
    """Only a platform error while the connection went, and that speaks of it or came at once, is put down to it."""
    links = [connection("m-0", -1, 50.01), connection("m-0", 51, None), connection("m-1", -1, None)]
    at = START + pd.Timedelta(hours=50)
    lost = START + pd.Timedelta(hours=50.01)
    words = ["Lost connection to the desktop"]

    def cause(**more: Any) -> str:
        broken = run(50, "infra_error", started_at=at, error=words, ended_at=lost + pd.Timedelta(seconds=20)) | more
        others = [run(n, machine_id=f"m-{n % 2}") for n in range(49)]
        return causes(attribute_failures(runs_of(broken, *others), connections_frame(links)))["r-50"]

    late = lost + pd.Timedelta(seconds=300)
    assert cause() == "connection"
    assert cause(ended_at=late) == "connection"
    assert cause(error=["Excel is frozen"]) == "connection"
    assert cause(error=["Excel is frozen"], ended_at=late) == "undecided"
    assert cause(ended_at=lost + pd.Timedelta(seconds=900)) == "undecided"
    assert cause(ended_at=lost - pd.Timedelta(seconds=90)) == "undecided"
    assert cause(machine_id="m-1") == "undecided"
    assert cause(started_at=lost + pd.Timedelta(seconds=120), ended_at=lost + pd.Timedelta(seconds=200)) == "undecided"
    assert cause(status="task_failed") == "undecided"


def test_others_that_went_off_too_are_counted() -> None:
    """The evidence says how many machines lost their connection at that time."""
    links = [connection(f"m-{n}", -1, 50.01 + n / 3600) for n in range(4)]
    broken = run(50, "infra_error", started_at=START + pd.Timedelta(hours=50), duration_s=50)
    table = attribute_failures(runs_of(broken), connections_frame([*links, connection("m-0", 60, None)]))
    assert "3 other machines lost theirs" in table["evidence"].iloc[0]


def test_a_workflow_that_fails_everywhere_has_the_blame_and_not_its_machines() -> None:
    """Failures of one workflow on all machines are its own, also on a machine that runs little else."""
    records = fleet()
    for n, record in enumerate(records):
        if n % 5 == 0 or n % 3 == 0:
            record |= {"workflow_id": "w-9", "status": "task_failed" if n // 15 % 2 else "success"}
    table = attribute_failures(runs_of(*records))
    mine = table[table["outcome"] == "task_failed"]
    assert set(mine["cause"]) == {"workflow"}
    assert set(mine["subject_id"]) == {"w-9"}
    assert set(table.loc[table["outcome"] == "infra_error", "cause"]) == {"undecided"}


def test_errors_on_many_machines_at_once_are_the_platforms() -> None:
    """A burst over machines and workflows is nobody's own; one on a single machine, or one workflow, is no such."""

    def burst(machines: int, workflows: int) -> set[str]:
        records = fleet()
        records += [
            run(1000 + n, "infra_error", hours=150.2 + n / 60, machine_id=f"m-{n % machines}",
                workflow_id=f"w-{n % workflows}") for n in range(8)
        ]  # fmt: skip
        found = causes(attribute_failures(runs_of(*records)))
        return {cause for run_id, cause in found.items() if run_id.startswith("r-100") and len(run_id) == 6}

    assert burst(4, 3) == {"platform"}
    assert "platform" not in burst(1, 3)
    assert "platform" not in burst(4, 1)


@pytest.mark.parametrize(("own", "is_platform"), [(4, True), (5, False)])
def test_a_burst_that_one_machine_has_the_most_of_is_not_the_platforms(own: int, is_platform: bool) -> None:
    """A burst with over half of its errors on one machine is no trouble of the platform; with half of them it is."""
    machines = [f"m-{1 + n % 3}" for n in range(8 - own)] + ["m-0"] * own
    burst = [
        run(1000 + n, "infra_error", hours=150.2 + n / 60, machine_id=machine, workflow_id=f"w-{n % 3}")
        for n, machine in enumerate(machines)
    ]
    found = causes(attribute_failures(runs_of(*fleet(), *burst)))
    assert [found[one["id"]] == "platform" for one in burst] == [is_platform] * 8


@pytest.mark.parametrize(("subject", "other"), [("machine", "workflow"), ("workflow", "machine")])
def test_failures_are_compared_with_the_same_work_elsewhere(subject: str, other: str) -> None:
    """Who has but the workflow, or machine, that fails as often for another one is not blamed for it."""
    work = [("s-0", "hard"), ("s-1", "hard"), ("s-2", "easy"), ("s-3", "easy"), ("s-4", "easy"), ("s-5", "easy")]
    records: list[dict[str, Any]] = []
    for number in range(360):
        who, what = work[number % 6]
        outcome = "infra_error" if what == "hard" and number // 6 % 2 else "success"
        records.append(run(number, outcome) | {f"{subject}_id": who, f"{other}_id": what})
    assert set(causes(attribute_failures(runs_of(*records))).values()) == {"undecided"}


def test_shuffled_outcomes_blame_nobody() -> None:
    """When outcomes are dealt anew among the runs, machine, workflow and platform are hardly ever named."""
    runs = seeded(1)[1]
    dice = np.random.default_rng(6)
    named = 0
    for _ in range(10):
        mixed = runs.assign(outcome=runs["outcome"].iloc[dice.permutation(len(runs))].to_numpy())
        named += set(causes(attribute_failures(mixed)).values()) != {"undecided"}
    assert named <= 2


@pytest.mark.parametrize("outcome", ["live", "success", "infra_error", "check_failed"])
@pytest.mark.parametrize("count", [0, 1, 30])
def test_what_cannot_be_compared_is_undecided(count: int, outcome: str) -> None:
    """One machine, one workflow, all failed, none failed: no exception, no blame."""
    table = attribute_failures(runs_of(*[run(n, outcome) for n in range(count)]), connections_frame([]))
    failed = count if outcome in {"infra_error", "check_failed"} else 0
    assert table["cause"].tolist() == ["undecided"] * failed
    assert table["p_value"].isna().all()


def test_what_was_not_looked_at_is_said() -> None:
    """Without connections the table says so; without a needed column it is refused."""
    table = attribute_failures(runs_of(run(0, "infra_error")))
    assert "not checked" in table.attrs["checked"]["connection"]
    assert "connections were not given" in table["evidence"].iloc[0]
    with pytest.raises(RequestError, match="machine_id"):
        attribute_failures(runs_frame([]).drop(columns="machine_id"))
