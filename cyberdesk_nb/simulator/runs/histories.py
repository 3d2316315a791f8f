"""The message history of a run as a reader sees it at a time: it grows while the run goes on."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from cyberdesk_nb.simulator.chance import mix
from cyberdesk_nb.simulator.engine.plans import count_cached, is_cached, step_spans_s
from cyberdesk_nb.simulator.engine.scripts import Line, Script
from cyberdesk_nb.simulator.runs.past_runs import from_us, to_us
from cyberdesk_nb.simulator.runs.runs import ERROR, RUNNING, Attempt, Run
from cyberdesk_nb.simulator.runs.timetable import Timetable, timetable

Message = dict[str, Any]
When = datetime | str
"""A time, or what stands for it."""
USE = 11
"""Tells the ids of calls from other chance of an attempt."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What a history is told from: the run, its script, the prompt, and where pictures come from.

    Parameters
    ----------
    picture
        PNG of the n-th screen; None where screens are off.
    event_types
        Whether messages say of which event they tell, where it is another than a step.
    """

    run: Run
    attempt: Attempt
    script: Script
    prompt: str
    org_id: str
    picture: Callable[[int], bytes] | None
    event_types: bool = False

    def use_id(self, index: int) -> str:
        """Return the id that ties a step's call to its answer."""
        return f"toolu_{mix(self.attempt.seed, index, USE):016x}"

    def loop_id(self) -> str:
        """Return the id of the loop that the steps with an iteration belong to."""
        text = f"{mix(self.attempt.seed, 12):016x}{mix(self.attempt.seed, 13):016x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def step_times(attempt: Attempt, script: Script) -> list[tuple[datetime, datetime]]:
    """Return, per step, when it was decided and when it was done."""
    decided, done = _timetable([(attempt, script)])
    return [(from_us(a), from_us(b)) for a, b in zip(decided[0].tolist(), done[0].tolist(), strict=True)]


def _timetable(playing: Sequence[tuple[Attempt, Script]]) -> Timetable:
    return timetable(
        np.array([attempt.seed for attempt, _ in playing], np.uint64),
        np.array([to_us(attempt.started_at) for attempt, _ in playing]),
        np.array([attempt.natural_s for attempt, _ in playing]),
        [step_spans_s(script, attempt.replay.steps if attempt.replay else 0) for attempt, script in playing],
    )


def screen_time(attempt: Attempt, script: Script, n: int) -> datetime:
    """Return when a run's n-th screen was seen."""
    return attempt.started_at if n == 0 else step_times(attempt, script)[n - 1][1]


def steps_decided(playing: Sequence[tuple[Attempt, Script]], now: datetime) -> list[int]:
    """Return how many steps the history of each attempt shows at `now`."""
    counts = [len(script.lines) for _, script in playing]
    partly = [n for n, (attempt, _) in enumerate(playing) if attempt.is_cut or now < attempt.work_ends_at]
    if partly:
        attempts = [playing[n][0] for n in partly]
        until = np.array([to_us(min(now, attempt.work_ends_at)) for attempt in attempts])
        decided, _ = _timetable([playing[n] for n in partly])
        seen = np.count_nonzero(decided <= until[:, None], axis=1).tolist()
        for n, count in zip(partly, seen, strict=True):
            counts[n] = min(counts[n], count)
    return counts


def count_steps(attempt: Attempt, script: Script, decided: int) -> tuple[int, int]:
    """Return how many of the first `decided` steps are agentic, and how many cached."""
    cached = count_cached(script, decided, attempt.replay.steps if attempt.replay else 0)
    return decided - cached, cached


def screens_seen(attempt: Attempt, script: Script, now: datetime) -> int:
    """Return how many screens the history shows at `now`, the first one included."""
    until = min(now, attempt.work_ends_at)
    return 1 + sum(done <= until for _, done in step_times(attempt, script))


def history(telling: Telling, now: datetime) -> list[Message]:
    """Return the messages so far: the prompt, then per step the call and its answer, then the summary."""
    attempt, script = telling.attempt, telling.script
    until = min(now, attempt.work_ends_at)
    live = telling.run.status(now) == RUNNING
    messages = [opening(telling, attempt.started_at)]
    shown = 1
    last_image = messages[0]["content"][1]
    for index, (line, (decided, done)) in enumerate(zip(script.lines, step_times(attempt, script), strict=True)):
        if decided > until:
            break
        messages.append(call(telling, index, line, decided))
        if done <= until:
            messages.append(answer(telling, index, line, done))
            last_image, shown = messages[-1]["content"][1], index + 2
        elif not live and attempt.final == ERROR:
            messages.append(broken_answer(telling, index, until))
    if live and telling.picture is not None:
        last_image["image_base64"] = base64.b64encode(telling.picture(shown - 1)).decode()
        del last_image["image_url"]
    if not live and not attempt.is_cut and attempt.final != ERROR:
        messages.append(summary(telling, attempt.work_ends_at))
    return messages


def whole_play(telling: Telling, at: Callable[[str], When]) -> list[Message]:
    """Return the messages of a script that is worked through and ends well; `at` gives the time of each by name."""
    messages = [opening(telling, at("start"))]
    for index, line in enumerate(telling.script.lines):
        messages.append(call(telling, index, line, at(f"call{index}")))
        messages.append(answer(telling, index, line, at(f"answer{index}")))
    return [*messages, summary(telling, at("end"))]


def image_url(org_id: str, run_id: str, n: int) -> str:
    """Return the storage reference of a run's n-th screen."""
    return f"supabase://run-images/{org_id}/{run_id}/{n}.png"


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _image(telling: Telling, n: int) -> dict[str, Any]:
    return {"type": "image", "image_url": image_url(telling.org_id, telling.run.id, n)}


def opening(telling: Telling, at: When) -> Message:
    """Return the first message: the prompt, and the screen as the agent found it."""
    content = [_text(telling.prompt), _image(telling, 0)]
    return {"role": "user", "content": content, "timestamp": at}


def call(telling: Telling, index: int, line: Line, at: When) -> Message:
    """Return what the agent decided in a step."""
    use = {
        "type": "tool_use",
        "tool_use_id": telling.use_id(index),
        "tool_name": "computer",
        "tool_input": line.tool_input,
        "step_signature_hash": line.signature,
    }
    content = [_text(line.thought), use]
    return {"role": "assistant", "content": content, "timestamp": at, **_origin(telling, index, line)}


def _origin(telling: Telling, index: int, line: Line) -> dict[str, Any]:
    """Say where a step came from (a trajectory's step, a loop's iteration); the agent's own steps say nothing."""
    origin: dict[str, Any] = {}
    replay = telling.attempt.replay
    if replay is not None and is_cached(line, index, replay.steps):
        place = telling.script.places[index]
        origin = {"trajectory_id": replay.trajectory_id, "trajectory_label": replay.label, "step_index": place}
    if line.iteration is not None:
        origin["loop_uuid"] = telling.loop_id()
        origin["iteration_index"] = line.iteration
    if replay is not None and index == replay.steps:
        origin |= _event(telling, "replay_ended")
    return origin


def _event(telling: Telling, name: str) -> dict[str, str]:
    return {"event_type": name} if telling.event_types else {}


def answer(telling: Telling, index: int, line: Line, at: When) -> Message:
    """Return what a step brought, and the screen after it."""
    result = {"type": "tool_result", "tool_use_id": telling.use_id(index), "tool_result": line.result}
    return {"role": "user", "content": [result, _image(telling, index + 1)], "timestamp": at}


def broken_answer(telling: Telling, index: int, at: When) -> Message:
    """Return the words of the failure that met a step."""
    words = (telling.attempt.errors or [telling.script.error or "The action failed"])[0]
    result = {"type": "tool_result", "tool_use_id": telling.use_id(index), "error": words}
    return {"role": "user", "content": [result], "timestamp": at}


def summary(telling: Telling, at: When) -> Message:
    """Return the agent's last words."""
    content = [_text(telling.script.summary)]
    return {"role": "assistant", "content": content, "timestamp": at, **_event(telling, "run_summary")}
