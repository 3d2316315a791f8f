"""What the player's front end is told of a recording: one JSON object, without pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyberdesk_nb.errors import printable
from cyberdesk_nb.player.summary import detail, json_text, label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cyberdesk_nb.frames.steps import Step
    from cyberdesk_nb.player.recordings import Ending, Recording

TEXT_MAX = 20_000
"""Longest text of one field, in characters, that the front end is sent."""

STORY_MAX = 6_000_000
"""Most characters of all fields together; beyond it every long text is cut shorter."""


def build_story(recording: Recording) -> dict[str, Any]:
    """Describe a recording for the front end.

    Parameters
    ----------
    recording
        What is to be played.

    Returns
    -------
    dict
        JSON-able. ``steps[i]["picture"]`` is the position whose picture shows the screen before step i, and
        ``["after"]`` the next one that was taken, where position ``len(steps)`` is the ending's picture; None when
        there is none. Long texts are cut and say so.
    """
    steps, ending, dimensions = recording.steps, recording.ending, recording.dimensions
    arguments = [_arguments(step.args, step.kwargs) for step in steps]
    limit = _text_limit(steps, arguments)
    times = [step.at for step in steps]
    before, after = _pictures_before(steps), _pictures_after(steps, ending)
    rows = [_row(step, call, limit) for step, call in zip(steps, arguments, strict=True)]
    for index, row in enumerate(rows):
        row.update(picture=before[index], after=after[index], broke=_broke(steps, index))
        at, following = times[index], times[index + 1] if index + 1 < len(times) else None
        row["failed"] = failed(recording, index)
        row["took_s"] = max(0.0, (following - at).total_seconds()) if at and following else None
    return {
        "title": _cut(recording.title, 300),
        "status": None if ending.status is None else printable(ending.status, 60),
        "errors": [_cut(text, limit) for text in ending.errors],
        "message": _cut(ending.message, limit),
        "dimensions": {"width": dimensions[0], "height": dimensions[1]} if dimensions else None,
        "reach": {"x": _reach(steps, "x", "x2"), "y": _reach(steps, "y", "y2")},
        "steps": rows,
    }


def failed(recording: Recording, index: int) -> bool:
    """Whether a step went wrong: an error came back, the agent gave up, or the run ended badly after it."""
    step = recording.steps[index]
    gave_up = step.action.name == "declare_task_failed"
    ended_badly = index == len(recording.steps) - 1 and bool(recording.ending.errors)
    return bool(step.error) or gave_up or ended_badly


def _row(step: Step, arguments: str, limit: int) -> dict[str, Any]:
    action = step.action
    return {
        "label": label(action),
        "detail": detail(step),
        "action": {
            "name": action.name[:60],
            **{key: getattr(action, key) for key in ("x", "y", "x2", "y2", "amount", "count", "duration_s", "known")},
            **{key: _cut(getattr(action, key), 400) for key in ("text", "keys", "direction")},
        },
        "func_name": _cut(step.func_name, 200),
        "arguments": _cut(arguments, limit),
        "thought": _cut(step.thought, limit),
        "result": _cut(step.result, limit),
        "error": _cut(step.error, limit),
        "cache_instructions": _cut(step.cache_instructions, limit),
        "at": step.at.isoformat() if step.at else None,
        "origin": None if step.is_cached is None else "replayed" if step.is_cached else "agent",
        "trajectory": _cut(step.trajectory_label or step.trajectory_id, 200),
        "trajectory_step": step.trajectory_step,
        "iteration": step.iteration_index,
    }


def _arguments(args: list[Any], kwargs: Mapping[str, Any]) -> str:
    """Return the recorded arguments, one a line: the positional ones as JSON, then the named ones."""
    named = [f"{name}: {json_text(value)}" for name, value in kwargs.items()]
    return "\n".join([*(json_text(value) for value in args), *named])


def _pictures_before(steps: Sequence[Step]) -> list[int | None]:
    last: int | None = None
    found: list[int | None] = []
    for index, step in enumerate(steps):
        last = index if step.image else last
        found.append(last)
    return found


def _pictures_after(steps: Sequence[Step], ending: Ending) -> list[int | None]:
    following = len(steps) if ending.image else None
    found: list[int | None] = []
    for index in range(len(steps) - 1, -1, -1):
        found.append(following)
        following = index if steps[index].image else following
    return found[::-1]


def _broke(steps: Sequence[Step], index: int) -> bool:
    """Whether the replay stopped here: this step was decided by the agent, the one before came from a trajectory."""
    return index > 0 and steps[index].is_cached is False and steps[index - 1].is_cached is True


def _reach(steps: Sequence[Step], *names: str) -> float:
    """Return the largest coordinate of any action: what lies beyond a picture was not measured on it."""
    values = [getattr(step.action, name) for step in steps for name in names]
    return max((value for value in values if value is not None), default=0.0)


def _text_limit(steps: Sequence[Step], arguments: list[str]) -> int:
    """Halve the length that one text may have until all of them fit into `STORY_MAX`."""
    lengths = [
        len(text)
        for step, call in zip(steps, arguments, strict=True)
        for text in (step.thought, step.result, step.error, step.cache_instructions, call)
        if text
    ]
    limit = TEXT_MAX
    while limit > 200 and sum(min(length, limit) for length in lengths) > STORY_MAX:
        limit //= 2
    return limit


def _cut(text: str | None, limit: int) -> str | None:
    if text is None or len(text) <= limit:
        return text
    return f"{text[:limit]}\n[Cut here: {len(text):,} characters in all. The whole text is in player.frame.]"
