"""Trajectories wait for approval in the order of what each would have saved the agent."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from cyberdesk_nb.analysis import approval_queue
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import runs_frame, steps_frame, trajectories_frame

CALLS: dict[str, dict[str, Any]] = {
    "a": {"action": "left_click", "coordinate": [100, 100]},
    "b": {"action": "left_click", "coordinate": [500, 500]},
    "c": {"action": "key", "text": "Tab"},
    "d": {"action": "key", "text": "Enter"},
    "l": {"action": "focused_action", "instruction": "Look"},
    "t": {"action": "type", "text": "Ada"},
    "u": {"action": "type", "text": "Grace"},
}


def trajectory(name: str, calls: str, *, workflow: str = "w", approved: bool = False) -> dict[str, Any]:
    """Return a trajectory of these calls."""
    steps = [{"func_name": "computer", "kwargs": CALLS[call]} for call in calls]
    record = {"id": name, "name": f"Name {name}", "workflow_id": workflow, "trajectory_data": steps}
    return record | {"is_approved": approved, "created_at": "2026-11-01T00:00:00Z"}


def run(number: int, calls: str, *, workflow: str = "w", replayed: int = 0, day: int = 1) -> dict[str, Any]:
    """Return a run of these calls, of which the first `replayed` ones came from an approved trajectory."""
    messages: list[dict[str, Any]] = []
    for index, call in enumerate(calls):
        use = {"type": "tool_use", "tool_name": "computer", "tool_input": CALLS[call]}
        origin = {"trajectory_id": "other", "step_index": index} if index < replayed else {}
        messages.append({"role": "assistant", "content": [use]} | origin)
    used = {"total_agentic_steps": len(calls) - replayed, "total_cached_steps": replayed}
    record = {"id": f"r-{number}", "workflow_id": workflow, "status": "success", "run_message_history": messages}
    return record | {"created_at": f"2026-11-{day:02d}T09:00:00Z", "usage_metadata": used}


def queue(trajectories: list[Any], runs: list[Any], **options: Any) -> pd.DataFrame:
    """Return the queue, by steps."""
    steps = steps_frame([*trajectories, *runs])
    return approval_queue(trajectories_frame(trajectories), runs_frame(runs), steps, **options)


def saved(table: pd.DataFrame) -> dict[str, int]:
    """Return what each trajectory saves."""
    return dict(zip(table["id"], table["steps_saved"].tolist(), strict=True))


def test_leading_steps_that_the_agent_decided_are_saved() -> None:
    """A run saves the agentic steps up to where it leaves the trajectory; replayed ones before them save nothing."""
    runs = [run(1, "abcd"), run(2, "abdc"), run(3, "abcd", replayed=2), run(4, "dabc"), run(5, "abcd", workflow="v")]
    table = queue([trajectory("x", "abcd"), trajectory("y", "ab"), trajectory("z", "abcd", approved=True)], runs)
    assert saved(table) == {"x": 4 + 2 + 2, "y": 2 + 2}
    first = table.iloc[0]
    assert (first["id"], first["runs"], first["runs_helped"], first["basis"]) == ("x", 4, 3, "steps")
    assert first["share_saved"] == 8 / 14


def test_places_may_differ_a_little_and_typed_text_may_differ() -> None:
    """A click a few pixels aside and another text are the same step; another key, or a click elsewhere, is not."""
    near = {"func_name": "click", "args": [110, 92]}
    far = {"func_name": "click", "args": [140, 100]}
    table = queue(
        [
            trajectory("near", "") | {"trajectory_data": [near]},
            trajectory("far", "") | {"trajectory_data": [far]},
            trajectory("typed", "u"),
            trajectory("key", "d"),
        ],
        [run(1, "a"), run(2, "t"), run(3, "c")],
    )
    assert saved(table) == {"near": 1, "far": 0, "typed": 1, "key": 0}


def test_signatures_decide_where_both_have_one() -> None:
    """Steps with equal signatures are the same wherever they point, and with different ones they are not."""
    step = {"func_name": "computer", "kwargs": CALLS["a"], "step_signature_hash": 7}
    elsewhere, here = run(1, "b"), run(2, "a")
    elsewhere["run_message_history"][0]["content"][0]["step_signature_hash"] = 7
    here["run_message_history"][0]["content"][0]["step_signature_hash"] = 8
    table = queue([trajectory("x", "") | {"trajectory_data": [step]}], [elsewhere, here])
    assert saved(table) == {"x": 1}


def test_steps_that_always_run_live_save_nothing() -> None:
    """A focused action keeps the run on the trajectory but is no saving."""
    assert saved(queue([trajectory("x", "alb")], [run(1, "alb")])) == {"x": 2}


def test_only_recent_runs_count_and_give_a_rate_a_week() -> None:
    """Runs before the last `days` are left out, and the saving is told per week of the time covered."""
    runs = [run(number, "ab", day=day) for number, day in enumerate((1, 10, 15, 22))]
    recent = queue([trajectory("x", "ab")], runs, days=14)
    assert recent["steps_saved"].tolist() == [6]
    assert recent["steps_saved_per_week"].tolist() == [3]
    assert queue([trajectory("x", "ab")], runs)["steps_saved_per_week"].tolist() == [8 * 7 / 21]


def test_without_steps_the_saving_is_an_upper_bound_and_says_so() -> None:
    """From counts alone a trajectory saves at most what each run spent, and at most its own length."""
    trajectories = [trajectory("x", "abc"), trajectory("y", "a")]
    runs = [run(1, "dddd"), run(2, "a")]
    table = approval_queue(trajectories_frame(trajectories), runs_frame(runs))
    assert saved(table) == {"x": 4, "y": 2}
    assert set(table["basis"]) == {"bound"}
    half = approval_queue(trajectories_frame(trajectories), runs_frame(runs), steps_frame([trajectories[1], *runs]))
    assert dict(zip(half["id"], half["basis"], strict=True)) == {"x": "bound", "y": "steps"}


def test_runs_without_their_steps_are_counted() -> None:
    """A recent run that came without history saves nothing, and the frame says how many there are."""
    bare = run(2, "ab") | {"run_message_history": None}
    table = queue([trajectory("x", "ab")], [run(1, "ab"), bare])
    assert table["steps_saved"].tolist() == [2]
    assert table.attrs["runs_without_steps"] == 1


def test_nothing_gives_the_same_columns_and_wrong_frames_are_refused() -> None:
    """Nothing to approve and no runs give the columns and dtypes of a full queue; other frames are refused."""
    full = queue([trajectory("x", "ab")], [run(1, "ab")])
    for empty in (queue([], []), queue([trajectory("x", "ab", approved=True)], [run(1, "a")])):
        assert empty.empty
        assert empty.dtypes.equals(full.dtypes)
    assert queue([trajectory("x", "ab")], [])["steps_saved"].tolist() == [0]
    with pytest.raises(RequestError, match="Without runs"):
        approval_queue(trajectories_frame([]))
    with pytest.raises(RequestError, match="trajectories lacks the columns is_approved"):
        approval_queue(runs_frame([]), runs_frame([]))
