"""Steps of trajectories and of run histories come out in one shape."""

from datetime import UTC, datetime
from typing import Any

from cyberdesk_nb.frames.actions import Action
from cyberdesk_nb.frames.steps import Step, history_steps, trajectory_steps

RUN: dict[str, Any] = {
    "id": "run-1",
    "run_message_history": [
        {
            "role": "user",
            "timestamp": "2026-11-20T09:00:00Z",
            "content": [{"type": "text", "text": "the prompt"}, {"type": "image", "image_url": "supabase://a/0.png"}],
        },
        {
            "role": "assistant",
            "timestamp": "2026-11-20T09:00:05Z",
            "trajectory_id": "traj-9",
            "trajectory_label": "happy path",
            "step_index": 4,
            "loop_uuid": "loop-3",
            "iteration_index": 2,
            "content": [
                {"type": "text", "text": "open the menu"},
                {
                    "type": "tool_use",
                    "tool_use_id": "t1",
                    "tool_name": "computer",
                    "tool_input": {"action": "left_click", "coordinate": [10, 20]},
                    "step_signature_hash": 2**53 + 1,
                },
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t1", "tool_result": "clicked"},
                {"type": "image", "image_base64": "QUJD", "image_url": None},
            ],
        },
        {
            "role": "assistant",
            "timestamp": "2026-11-20T10:00:09+01:00",
            "content": [
                {"type": "text", "text": "type it"},
                {
                    "type": "tool_use",
                    "tool_use_id": "t2",
                    "tool_name": "computer",
                    "tool_input": {"action": "type", "text": "圆"},
                },
                {"type": "tool_use", "tool_use_id": "t3", "tool_name": "mystery", "tool_input": None},
            ],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t2", "error": "no focus"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "summary"}]},
    ],
}


def test_a_history_gives_one_step_per_tool_use() -> None:
    """Thought, picture, answer, time and origin of each tool use land in its own step and in no other."""
    cached, typed, unknown = history_steps(RUN)
    assert cached == Step(
        index=0,
        source="run",
        source_id="run-1",
        action=Action("left_click", x=10, y=20, count=1),
        func_name="computer",
        args=[],
        kwargs={"action": "left_click", "coordinate": [10, 20]},
        thought="open the menu",
        result="clicked",
        image="supabase://a/0.png",
        at=datetime(2026, 11, 20, 9, 0, 5, tzinfo=UTC),
        is_cached=True,
        trajectory_id="traj-9",
        trajectory_label="happy path",
        trajectory_step=4,
        signature_hash=2**53 + 1,
        loop_uuid="loop-3",
        iteration_index=2,
    )
    assert (typed.action.text, typed.error, typed.result, typed.image) == ("圆", "no focus", None, "QUJD")
    assert (typed.is_cached, typed.trajectory_id) == (False, None)
    assert typed.at == datetime(2026, 11, 20, 9, 0, 9, tzinfo=UTC)
    assert (unknown.action.name, unknown.action.known, unknown.thought, unknown.image) == ("mystery", False, None, None)


def call(name: str | None, answer: str | None) -> list[dict[str, Any]]:
    """Give the messages of one call, with its result unless `answer` is None."""
    use = {"type": "tool_use", "tool_use_id": name, "tool_name": "wait", "tool_input": {}}
    result = {"type": "tool_result", "tool_use_id": name, "tool_result": answer}
    return [
        {"role": "assistant", "content": [use]},
        *([] if answer is None else [{"role": "user", "content": [result]}]),
    ]


def test_an_id_that_comes_again_does_not_mix_results_up() -> None:
    """In a loop that repeats its ids, or without ids, each call has the result that follows it, or none."""
    history = [*call("a", "1"), *call("a", None), *call("a", "3"), *call(None, "4"), *call(None, "5")]
    steps = history_steps({"id": "r", "run_message_history": history})
    assert [step.result for step in steps] == ["1", None, "3", "4", "5"]


def test_calls_of_one_message_take_their_results_in_order() -> None:
    """Two calls of one turn with the same id are answered first come, first served; the last word of several counts."""
    (use, first), (_, second) = call("a", "1"), call("a", "2")
    both = {**use, "content": use["content"] * 2}, {**first, "content": first["content"] + second["content"]}
    turns = [call("b", "0")[1], *both]
    history = [*turns, *call("b", None), *call("c", "3"), call("c", "4")[1]]
    steps = history_steps({"id": "r", "run_message_history": history})
    assert [step.result for step in steps] == ["1", "2", "0", "4"]


def test_a_trajectory_gives_one_step_per_element() -> None:
    """Each element of the recording is a step, with the snapshot's fields beside the call."""
    steps = trajectory_steps(
        {
            "id": "traj-1",
            "trajectory_data": [
                {
                    "func_name": "click",
                    "args": [850, 450],
                    "kwargs": {},
                    "pre_check_snapshot": {
                        "screenshot": "QUJD",
                        "last_agent_thought": "thought",
                        "custom_cache_detection_instructions": "ignore the clock",
                    },
                    "result": "need_retry: 请选择",
                },
                {
                    "func_name": "computer",
                    "kwargs": {"action": "wait", "duration": 1},
                    "pre_check_snapshot": {"screenshot": None, "last_agent_thought": ""},
                    "result": "",
                },
                "what is this",
            ],
        }
    )
    assert steps[0] == Step(
        index=0,
        source="trajectory",
        source_id="traj-1",
        action=Action("left_click", x=850, y=450, count=1),
        func_name="click",
        args=[850, 450],
        kwargs={},
        thought="thought",
        result="need_retry: 请选择",
        cache_instructions="ignore the clock",
        image="QUJD",
    )
    assert (steps[1].image, steps[1].thought, steps[1].action.duration_s) == (None, "", 1)
    assert (steps[2].action.known, steps[2].args) == (False, ["what is this"])


def test_records_without_steps_give_none() -> None:
    """Null, absent and ill-typed step lists are empty, not an error."""
    for nothing in (None, {}, "text", 7):
        assert history_steps({"id": "r", "run_message_history": nothing}) == []
        assert trajectory_steps({"id": "t", "trajectory_data": nothing}) == []
    assert history_steps({"id": "r", "run_message_history": [None, {"content": "text"}, {"content": [None]}]}) == []
