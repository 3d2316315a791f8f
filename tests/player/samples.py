"""Recordings for tests: workflows of the simulator's catalogue, played on drawn desktops."""

from __future__ import annotations

import base64
import random
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cyberdesk_nb.simulator.catalog import KINDS

if TYPE_CHECKING:
    from cyberdesk_nb.simulator.catalog import Play

STARTED = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
ADDRESS = "supabase://run-images/org_test/run_test/"


def play(kind: int = 0, **trouble: Any) -> Play:
    """Play one workflow of the catalogue; `trouble` names a disturbance or a failure."""
    chosen = KINDS[kind]
    return chosen.play(chosen.sample_inputs(random.Random(5)), **trouble)


def trajectory(performance: Play, *, dimensions: tuple[int, int] = (1920, 1080)) -> dict[str, Any]:
    """Write a performance down as a trajectory with inline pictures."""
    steps = [
        {
            "func_name": "computer",
            "args": [],
            "kwargs": shot.move.tool_input,
            "pre_check_snapshot": {
                "screenshot": base64.b64encode(shot.before.render()).decode(),
                "last_agent_thought": shot.move.thought,
                "custom_cache_detection_instructions": "",
            },
            "result": shot.move.result,
        }
        for shot in performance.shots
    ]
    return {
        "id": "0b5d8c1e-1111-4222-8333-444455556666",
        "name": "Look up a patient",
        "dimensions": {"width": dimensions[0], "height": dimensions[1]},
        "trajectory_data": steps,
    }


def run(performance: Play, *, replayed: int = 0) -> dict[str, Any]:
    """Write a performance down as a run whose first `replayed` steps came from a trajectory."""
    messages: list[dict[str, Any]] = [_message("user", 0, [{"type": "text", "text": "Do it."}, _image(0)])]
    second = 0.0
    for index, shot in enumerate(performance.shots):
        second += 1.5 if index < replayed else 7.0
        tool_use = {"type": "tool_use", "tool_use_id": f"t{index}", "tool_name": "computer"}
        content = [{"type": "text", "text": shot.move.thought}, {**tool_use, "tool_input": shot.move.tool_input}]
        origin = {"trajectory_id": "a1b2", "trajectory_label": "calm day", "step_index": index}
        messages.append(_message("assistant", second, content) | (origin if index < replayed else {}))
        answer = {"type": "tool_result", "tool_use_id": f"t{index}", "tool_result": shot.move.result}
        messages.append(_message("user", second + 0.5, [answer, _image(index + 1)]))
    messages.append(_message("assistant", second + 3, [{"type": "text", "text": performance.summary}]))
    return {
        "id": "7f3a9d20-aaaa-4bbb-8ccc-ddddeeeeffff",
        "status": performance.status,
        "error": [performance.error] if performance.error else None,
        "run_message_history": messages,
    }


def fetcher(performance: Play) -> Any:
    """Return a function that fetches the pictures of `run(performance)`."""
    desktops = [*(shot.before for shot in performance.shots), performance.final]

    def fetch(reference: str) -> Future[bytes]:
        future: Future[bytes] = Future()
        number = int(reference.removeprefix(ADDRESS).removesuffix(".png"))
        future.set_result(desktops[number].render())
        return future

    return fetch


def _image(number: int) -> dict[str, Any]:
    return {"type": "image", "image_url": f"{ADDRESS}{number}.png"}


def _message(role: str, second: float, content: list[dict[str, Any]]) -> dict[str, Any]:
    return {"role": role, "content": content, "timestamp": (STARTED + timedelta(seconds=second)).isoformat()}
