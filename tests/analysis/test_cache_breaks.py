"""Replays that fell back to the agent are counted where they broke, and what broke ranks before what never fitted."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

import cyberdesk_nb as cd
from cyberdesk_nb.analysis.recordings.cache_breaks import cache_breaks
from cyberdesk_nb.analysis.statistics.onsets import find_onset
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import messages_frame, runs_frame, trajectories_frame
from cyberdesk_nb.simulator import Simulator
from tests.analysis.extent import some

START = datetime(2026, 11, 1, tzinfo=UTC)


def run(calls: str, *, number: int = 0, trajectory: str = "t", workflow: str = "w", day: float = 0) -> dict[str, Any]:
    """Return a run: of its calls c was replayed, a is the agent's, l a focused action and x an extraction."""
    inputs = {"c": {"action": "wait"}, "a": {"action": "left_click", "coordinate": [1, 2]}}
    inputs |= {"l": {"action": "focused_action"}, "x": {"action": "screenshot", "extract_prompt": "Read it"}}
    messages: list[dict[str, Any]] = [{"role": "user", "content": [{"type": "text", "text": "Go"}]}]
    for index, kind in enumerate(calls):
        use = {"type": "tool_use", "tool_use_id": str(index), "tool_name": "computer", "tool_input": inputs[kind]}
        origin = {"trajectory_id": trajectory, "trajectory_label": f"label {trajectory}", "step_index": index}
        at = START + timedelta(days=day, seconds=5 * index)
        messages.append(
            {"role": "assistant", "content": [use], "timestamp": at.isoformat()} | (origin if kind == "c" else {})
        )
    return {"id": f"r-{number}", "workflow_id": workflow, "run_message_history": messages}


def broken(*specs: Any, lengths: dict[str, int] | None = None) -> pd.DataFrame:
    """Return the breaks of these runs."""
    runs = [spec if isinstance(spec, dict) else run(spec, number=n, day=n) for n, spec in enumerate(specs)]
    known = [{"id": name, "trajectory_data": [{}] * n} for name, n in (lengths or {}).items()]
    return cache_breaks(messages_frame(runs), trajectories_frame(known) if lengths else None)


def places(table: pd.DataFrame) -> list[tuple[int, int, int]]:
    """Return step, breaks and agentic steps of each row."""
    return [tuple(row) for row in table[["trajectory_step", "breaks", "steps_agentic"]].to_numpy().tolist()]


def test_a_break_is_the_first_agentic_call_after_replayed_ones() -> None:
    """A run that leaves its trajectory breaks once, at the step that came next, and costs what the agent did then."""
    table = broken("ccaaa", "ccc", "aaa", "ccaa")
    assert places(table) == [(2, 2, 5)]
    row = table.iloc[0]
    assert (row["reached"], row["share"]) == (3, 2 / 3)
    assert row["share_low"] < 2 / 3 < row["share_high"]
    assert (row["example_run_id"], row["example_step"], row["example_message"]) == ("r-3", 2, 3)
    assert (row["trajectory_label"], row["agent_action"]) == ("label t", "left_click")
    assert (row["first_at"], row["last_at"]) == tuple(START + timedelta(days=n, seconds=10) for n in (0, 3))
    assert table.attrs == {"replays": 3, "broken": 2, "ran_out": 0, "unknown_length": 1}


def test_a_replay_that_returns_breaks_again() -> None:
    """Each fallback of a run counts where it was, costs up to the next replayed call, and says that it returned."""
    table = broken("ccaacca")
    assert sorted(places(table)) == [(2, 1, 2), (6, 1, 1)]
    assert dict(zip(table["trajectory_step"], table["returned"], strict=True)) == {2: 1, 6: 0}


def test_calls_that_always_run_live_are_no_break() -> None:
    """Focused actions and extractions within a replay break nothing; what comes after one can."""
    assert broken("cclcxc").empty
    assert places(broken("cclaa")) == [(3, 1, 2)]
    assert places(broken("ccaxa")) == [(2, 1, 2)]


def test_an_agent_that_goes_on_after_the_last_step_has_not_fallen_back() -> None:
    """With the trajectory's length known, what comes after its end is counted aside; unknown, it counts as a break."""
    known = broken("cccaa", "cca", lengths={"t": 3})
    assert places(known) == [(2, 1, 1)]
    assert known.attrs["ran_out"] == 1
    assert known.attrs["unknown_length"] == 0
    assert len(broken("cccaa", "cca", lengths={"other": 3})) == 2


def test_places_are_apart_by_workflow_and_trajectory() -> None:
    """Equal step numbers of two trajectories, or of one trajectory in two workflows, are different places."""
    table = broken(run("ca", number=1), run("ca", number=2, trajectory="u"), run("ca", number=3, workflow="v"))
    assert sorted(map(tuple, table[["workflow_id", "trajectory_id"]].to_numpy().tolist())) == [
        ("v", "t"),
        ("w", "t"),
        ("w", "u"),
    ]


def test_what_broke_ranks_before_what_never_fitted() -> None:
    """A step that replayed until a day and then broke comes before one that always costs more."""
    rng = random.Random(4)
    specs = [
        "c" + "a" * 9 if rng.random() < 0.5 else "cccccc" if n < 60 or rng.random() < 0.3 else "cccca"
        for n in range(120)
    ]
    table = broken(*specs)
    assert table["trajectory_step"].tolist()[0] == 4
    assert table["steps_agentic"].iloc[0] < table["steps_agentic"].iloc[1]
    assert abs(table["since"].iloc[0] - (START + timedelta(days=60))) < timedelta(days=6)
    assert table["share_before"].iloc[0] == 0
    assert table["share_since"].iloc[0] > 0.5
    assert table["since"].iloc[1:].isna().all()
    assert (table["steps_excess"].iloc[1:] == 0).all()


def test_a_steady_break_ranks_by_what_it_costs() -> None:
    """Without any change in time the costliest place comes first."""
    rng = random.Random(5)
    table = broken(*(rng.choice(("ca", "ccc" + "a" * 7, "cccccccc")) for _ in range(90)))
    assert table["trajectory_step"].tolist() == [3, 1]


@pytest.mark.parametrize(("rate", "most"), [(0.1, 3), (0.5, 3), (0.9, 3)])
def test_a_steady_rate_seldom_looks_like_an_onset(rate: float, most: int) -> None:
    """Of 500 sequences of one rate, of 15 to 200 trials, hardly any shows a change."""
    rng = random.Random(6)
    found = [find_onset([rng.random() < rate for _ in range(rng.randint(15, 200))]) for _ in range(500)]
    assert sum(each is not None for each in found) <= most


def test_what_got_better_is_no_onset() -> None:
    """A place that broke often and no longer does has not begun to break."""
    assert find_onset([1] * 30 + [0] * 29 + [1]) is None
    assert find_onset([0] * 30 + [1] * 30) is not None


def test_several_frames_are_one_and_a_run_counts_once() -> None:
    """Frames fetched one by one, or runs, give the same as one frame; a run in two of them is counted once."""
    one, two, again = (messages_frame([run(c, number=n)]) for n, c in ((1, "cca"), (2, "ccc"), (1, "ccaaa")))
    table = cache_breaks([one, two, again])
    assert places(table) == [(2, 1, 3)]
    assert table.attrs["replays"] == 2
    records = [run(c, number=n) for n, c in enumerate(("cca", "ccc"))]
    for form in (records, iter(records), {"items": records}):
        assert places(cache_breaks(form)) == [(2, 1, 1)]


def test_nothing_gives_the_same_columns_and_a_wrong_frame_is_refused() -> None:
    """No messages, no replays and no breaks give the columns and dtypes of a full table; a runs frame is refused."""
    full = broken("cca")
    for table in (cache_breaks([]), cache_breaks(messages_frame([])), broken("aaa"), broken("ccc")):
        assert table.empty
        assert table.dtypes.equals(full.dtypes)
    with pytest.raises(RequestError, match="messages lacks the columns run_id"):
        cache_breaks(runs_frame([]))


@pytest.mark.parametrize("seed", some([3, 7]))
def test_the_planted_break_of_a_fleet_ranks_first(make_sim: Callable[..., Simulator], seed: int) -> None:
    """The replay break that a seeded fleet has is the first row, since when it was planted."""
    sim = make_sim(seed=seed, runs=800, trajectories=30, screens=False)
    with cd.connect(api_key=sim.api_key, base_url=sim.url) as ws:
        planted = sim.truth()["replay_break"]
        table = ws.cache_breaks()
    row = table.iloc[0]
    assert (row["workflow_id"], row["trajectory_step"]) == (planted["workflow_id"], planted["step_index"])
    assert abs(row["since"] - planted["since"]) < timedelta(days=4)
    assert set(table.loc[table["since"].notna(), "workflow_id"]) == {planted["workflow_id"]}
    assert table.attrs["unknown_length"] == 0
