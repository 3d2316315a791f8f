"""Records whose every text is written by somebody who means harm."""

from __future__ import annotations

from typing import Any

from tests.player.pictures import inline, picture

HOSTILE = (
    '<img src=x onerror="window.hacked=1"></script><script>window.hacked=1</script><!-- <svg onload=hacked=1> '
    "\u202egnp.exe\u2066 {$a<b>} {{constructor}} [x](javascript:hacked=1) \x1b[31m\x00 \u2028 ]]> &lt;"
)
LONG = HOSTILE + "long " * 200_000 + HOSTILE


def hostile_trajectory(text: str) -> dict[str, Any]:
    """Return a trajectory with a text in every field that may hold one."""
    snapshot = {
        "screenshot": inline(picture(size=(1024, 768))),
        "last_agent_thought": text,
        "custom_cache_detection_instructions": text,
    }
    around = {"pre_check_snapshot": snapshot, "result": text, "error": text, "step_signature_hash": text}
    calls = [
        {"func_name": "computer", "kwargs": {"action": "type", "text": text}},
        {"func_name": "computer", "kwargs": {"action": "key", "text": text}},
        {"func_name": "computer", "kwargs": {"action": "scroll", "coordinate": [9, 9], "scroll_direction": text}},
        {"func_name": "computer", "kwargs": {"action": text, "coordinate": [9, 9], text: text}},
        {"func_name": text, "args": [text, {text: [text]}], "kwargs": {text: text}},
    ]
    steps: list[Any] = [call | around for call in calls]
    steps += [{"func_name": "click", "args": [1, 2], "result": text, "pre_check_snapshot": {"screenshot": text}}, text]
    return {"id": text, "name": text, "trajectory_data": steps, "original_input_values": {text: text}}


def hostile_run(text: str) -> dict[str, Any]:
    """Return a run with a text in every field that may hold one."""
    call = {"type": "tool_use", "tool_use_id": text, "tool_name": text, "tool_input": {"action": text, text: text}}
    origin = {"trajectory_id": text, "trajectory_label": text, "step_index": text, "iteration_index": text}
    history: list[dict[str, Any]] = [
        {"role": "user", "content": [{"type": "text", "text": text}, {"type": "image", "image_url": text}]},
        {"role": "assistant", "content": [{"type": "text", "text": text}, call], "timestamp": text} | origin,
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": text, "tool_result": text, "error": text}]},
        {"role": text, "content": [{"type": text, "text": text}]},
        {"role": "assistant", "content": [{"type": "text", "text": text}]},
    ]
    workflow = {"name": text}
    return {"id": text, "status": text, "error": [text] * 3, "workflow": workflow, "run_message_history": history}
