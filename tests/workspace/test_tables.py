"""Every table of the workspace over a real simulator: whole, filtered as the server filters, chosen by column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pandas as pd
import pytest

import cyberdesk_nb as cd
from cyberdesk_nb.errors import IncompleteError, RequestError
from cyberdesk_nb.frames import as_table, assert_complete, columns
from cyberdesk_nb.simulator import Simulator

EVERY = (
    "runs", "run_checks", "attachments", "trajectories", "workflows", "tags", "tag_groups", "workflow_tags",
    "machines", "machine_pools", "pools", "connections", "request_logs", "usage", "run_costs",
)  # fmt: skip


@pytest.fixture(scope="module")
def ws(sim: Simulator) -> Iterator[cd.Workspace]:
    """Give a workspace on the session's simulator, with a request log and tags in it."""
    with cd.connect(api_key=sim.api_key, base_url=sim.url) as workspace:
        api = workspace.api
        machine, workflow = api.machines.iter()[0].id, api.workflows.iter()[0].id
        api.request_logs.create(request_id="q-1", method="POST", path="/x", machine_id=machine, status_code=502)
        api.request_logs.create(request_id="q-2", method="GET", path="/y", machine_id=machine, status_code=200)
        group = api.workflow_tag_groups.create(name="tables: area")
        tag = api.workflow_tags.create(name="tables: billing", group_id=group.id)
        api.workflow_tags.archive(api.workflow_tags.create(name="tables: old").id)
        api.workflow_tags.add_to_workflow(workflow, tag_ids=[tag.id])
        yield workspace


def raw(sim: Simulator, path: str, **query: Any) -> Any:
    """Fetch an answer by hand."""
    headers = {"Authorization": f"Bearer {sim.api_key}"}
    return httpx.get(f"{sim.url}/v1/{path}", params=query, headers=headers, timeout=60).raise_for_status().json()


@pytest.mark.parametrize("table", EVERY)
def test_every_table_comes_whole_with_its_columns(ws: cd.Workspace, table: str) -> None:
    """Each call gives a frame with the declared columns and dtypes and some rows, complete and without a problem."""
    frame: pd.DataFrame = getattr(ws, table)(strict=True)
    documented = columns(table)
    assert list(frame.columns) == documented["column"][documented["comes"] != "on demand"].tolist()
    assert len(assert_complete(frame)) > 0
    pd.testing.assert_frame_equal(as_table(frame, table), frame)


@pytest.mark.parametrize("table", EVERY)
def test_every_table_takes_a_choice_of_columns(ws: cd.Workspace, table: str) -> None:
    """A choice gives the same rows with the identity and what was chosen; a wrong name is refused."""
    documented = columns(table).set_index("column")["comes"]
    chosen = documented.index[-1]
    whole, part = getattr(ws, table)(), getattr(ws, table)(columns=[chosen])
    names = [*documented.index[documented == "always"]]
    names += [] if chosen in names else [chosen]
    assert list(part.columns) == names
    if table != "usage":  # its last period ends now
        pd.testing.assert_frame_equal(part[list(part.columns.intersection(whole.columns))],
                                      whole[list(part.columns.intersection(whole.columns))])  # fmt: skip
    with pytest.raises(RequestError, match="no column and no group 'nope'"):
        getattr(ws, table)(columns=["nope"])


def test_the_server_is_asked_for_the_chosen_fields_only(ws: cd.Workspace, sim: Simulator) -> None:
    """`columns` becomes `fields=`, and gives what the whole table has in these columns."""
    frame = ws.runs(columns=["timing", "steps_total"])
    assert set(frame.attrs["completeness"]["filters"]["fields"].split(",")) == {
        "started_at",
        "ended_at",
        "usage_metadata",
    }
    assert frame.attrs["groups"] == ["identity", "timing"]
    assert "usage_metadata" not in frame
    pd.testing.assert_frame_equal(frame, ws.runs()[list(frame.columns)])
    bare = ws.runs(columns=[])
    assert bare.attrs["completeness"]["filters"]["fields"] == "machine_id"
    assert bare["id"].tolist() == frame["id"].tolist()


def test_checks_are_those_of_the_runs(ws: cd.Workspace, sim: Simulator) -> None:
    """One row for each check of each run, counted as the runs count them, with the run's workflow by name."""
    checks, runs = ws.run_checks(), ws.runs(columns=["checks"])
    by_hand = [check for run in raw(sim, "runs", limit=1000, fields="post_run_checks")["items"]
               for check in run["post_run_checks"] or []]  # fmt: skip
    assert sorted(checks["id"].fillna("")) == sorted(check.get("id") or "" for check in by_hand)
    failed = checks[checks["status"] == "failed"].groupby("run_id").size()
    counted = runs.set_index("id")["checks_failed"].dropna()
    assert failed.to_dict() == counted[counted > 0].to_dict()
    assert checks["workflow_name"].notna().all()
    one = ws.run_checks(workflow=checks["workflow_name"][0])
    assert set(one["workflow_name"]) == {checks["workflow_name"][0]}


def test_usage_by_day_adds_up_to_the_whole(ws: cd.Workspace) -> None:
    """The periods touch each other without gap or overlap, and their sums are the sum of the whole time."""
    until = pd.Timestamp.now("UTC").to_pydatetime()
    since = (pd.Timestamp(until) - pd.Timedelta("9D")).to_pydatetime()
    whole, days = ws.usage(since, until), ws.usage(since, until, freq="D")
    assert len(whole) == 1
    assert len(days) == 10
    assert days["period_start"][1:].tolist() == days["period_end"][:-1].tolist()
    assert (days["period_start"][1:].dt.hour == 0).all()
    for name in ("runs_counted", "steps_agentic", "steps_cached", "steps_total"):
        assert int(days[name].sum()) == int(whole[name].iloc[0]) > 0
    berlin = ws.usage(since, until, freq="D", tz="Europe/Berlin")
    assert set(berlin["period_start"][1:].dt.tz_convert("Europe/Berlin").dt.hour) == {0}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"since": "1d", "until": "2d"}, "empty"),
        ({"since": None}, "empty"),
        ({"freq": "s"}, "over 1,000 periods"),
        ({"freq": "us"}, "over 1,000 periods"),
        ({"freq": "fortnightly"}, "is no period"),
    ],
)
def test_a_time_that_cannot_be_cut_is_refused(ws: cd.Workspace, options: dict[str, Any], said: str) -> None:
    """An empty time, an unknown period and one that would make thousands of calls are refused in words."""
    with pytest.raises(RequestError, match=said):
        ws.usage(**options)


def test_costs_by_model_add_up_to_the_run(ws: cd.Workspace) -> None:
    """The rows of a run add up to its total, and runs come in the order of the ids that were given."""
    totals = ws.run_costs()
    ids = totals["run_id"].iloc[[5, 0, 3]].tolist()
    rows = ws.llm_costs(ids)
    assert rows["run_id"].drop_duplicates().tolist() == ids
    for run_id, of_run in rows.groupby("run_id"):
        total = totals.loc[totals["run_id"] == run_id, "total_cost_usd"].iloc[0]
        assert of_run["cost_usd"].sum() == pytest.approx(total)
        assert of_run["run_total_cost_usd"].unique().tolist() == [total]
    pd.testing.assert_frame_equal(ws.llm_costs(ids[0]), ws.llm_costs(pd.Series(ids[:1])))
    assert totals["workflow_name"].notna().all()


def test_request_logs_are_filtered_by_the_server(ws: cd.Workspace) -> None:
    """Machine, method and status narrow the list, and machines have their names."""
    logs = ws.request_logs()
    assert ws.request_logs(method="POST", status_code=502)["request_id"].tolist() == ["q-1"]
    name = logs["machine_name"].dropna().iloc[0]
    assert set(ws.request_logs(machine=name)["machine_name"]) == {name}


def test_tags_their_groups_and_their_workflows_agree(ws: cd.Workspace) -> None:
    """Tags name their group, archived ones come on demand, and links are those that the workflows embed."""
    tags, groups, links = ws.tags(archived=True), ws.tag_groups(), ws.workflow_tags()
    mine = tags[tags["name"] == "tables: billing"]
    assert mine["group_name"].tolist() == ["tables: area"]
    assert set(mine["group_id"]) <= set(groups["id"])
    assert "tables: old" in set(tags["name"]) - set(ws.tags()["name"])
    assert set(links["tag_id"]) <= set(tags["id"])
    tagged = ws.workflows(tags=["tables: billing"])
    assert tagged["id"].tolist() == links.loc[links["tag_name"] == "tables: billing", "workflow_id"].tolist()
    assert "tables: billing" in tagged["tag_names"][0]
    with pytest.raises(RequestError, match="Did you mean 'tables: billing'"):
        ws.workflows(tags="tables: biling")


def test_filters_of_machines_workflows_and_trajectories_reach_the_server(ws: cd.Workspace) -> None:
    """Names, times and flags keep exactly the rows that the whole table has for them."""
    machines, workflows, trajectories = ws.machines(), ws.workflows(), ws.trajectories()
    assert ws.machines(name=machines["name"][0])["id"].tolist() == [machines["id"][0]]
    middle = workflows["updated_at"].sort_values().iloc[len(workflows) // 2]
    kept = workflows.loc[workflows["updated_at"] >= middle, "id"]
    assert set(ws.workflows(updated_since=middle.to_pydatetime())["id"]) == set(kept)
    assert 0 < len(kept) < len(workflows)
    approved = trajectories[trajectories["is_approved"]]
    assert set(ws.trajectories(approved=True)["id"]) == set(approved["id"])
    run_id = trajectories["run_id"].dropna().iloc[0]
    assert set(ws.trajectories(run_id=run_id)["run_id"]) == {run_id}
    assert set(ws.attachments(attachment_type="output")["attachment_type"]) == {"output"}


def test_steps_and_messages_take_several_records(ws: cd.Workspace) -> None:
    """Several ids, a column of ids and fetched records give the rows of each, in their order."""
    runs = ws.runs(columns=["steps_total"])
    ids = runs.loc[runs["steps_total"] > 2, "id"].head(2)
    for fetch, key in ((ws.steps, "source_id"), (ws.messages, "run_id")):
        frame = fetch(ids)
        assert frame[key].drop_duplicates().tolist() == ids.tolist()
        single = [fetch(ws.api.runs.get(run_id, include=["workflow"])) for run_id in ids]
        pd.testing.assert_frame_equal(pd.concat(single, ignore_index=True), frame)
        assert list(fetch(ids, columns="loop").columns)[-2:] == ["loop_uuid", "iteration_index"]


def test_strict_refuses_what_the_fleet_cannot_say(make_sim: Any) -> None:
    """With `strict` a run that ended before it started is an error that names it; without, a stated problem."""
    sim = make_sim(runs=5)
    run = sim.world.list_runs(limit=1)[0][0]
    with cd.connect(api_key=sim.api_key, base_url=sim.url) as workspace:
        moved = {"started_at": "2026-03-02T00:00:00Z", "ended_at": "2026-03-01T00:00:00Z"}
        workspace.api.runs.update(run["id"], **moved)
        with pytest.warns(UserWarning, match="could not be read"):
            frame = workspace.runs()
        with pytest.raises(IncompleteError, match="duration_s"):
            assert_complete(frame)
        with pytest.raises(IncompleteError, match=run["id"]):
            workspace.runs(strict=True)
