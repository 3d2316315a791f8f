"""Steps of a trajectory and of a run's message history, in one shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cyberdesk_nb.frames._json import field_of, list_of, mapping_of, text_of, time_of
from cyberdesk_nb.frames.actions import Action, parse_action

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cyberdesk_nb.frames._problems import ProblemLog
    from cyberdesk_nb.models import RunResponse, TrajectoryResponse

# fmt: off
_STEP_FIELDS = frozenset({
    "func_name", "args", "kwargs", "pre_check_snapshot", "result", "error", "step_signature_hash", "func_hash",
    "loop_uuid", "iteration_index",
})
_SNAPSHOT_FIELDS = frozenset({"screenshot", "last_agent_thought", "custom_cache_detection_instructions"})
_BLOCK_FIELDS = frozenset({
    "type", "text", "image_url", "image_base64", "tool_use_id", "tool_name", "tool_input", "tool_result", "error",
    "trajectory_id", "trajectory_label", "step_index", "step_signature_hash",
})
# fmt: on


@dataclass(frozen=True, slots=True)
class Step:
    """One action with what was seen, thought and answered around it.

    Attributes
    ----------
    index
        Position in its trajectory or run, from 0.
    source, source_id
        Whether it stands in a trajectory or in a run's history, and the id of that record.
    action
        The action, the same in both dialects.
    func_name, args, kwargs
        The call as it was recorded.
    thought, result, error
        What the agent said before it, and what came back.
    cache_instructions
        Extra rule for comparing the screen on replay.
    image
        Reference of the picture that arrived before this action and after the previous one: base64 (bare or as a data
        URI) or a storage address. None when no new picture was taken; the last one before it still shows the screen.
    at
        Time of the message, aware UTC; None in trajectories, which carry no times.
    is_cached
        True when replayed from a trajectory, False when the agent decided, None where it is not told.
    trajectory_id, trajectory_label, trajectory_step
        Where a replayed step came from.
    signature_hash
        Hash by which the replay matches steps.
    loop_uuid, iteration_index
        Loop that the step belongs to, and its iteration from the server's count.
    extra
        Fields of the step, its snapshot or its block that this version does not know; no picture is in them.
    """

    index: int
    source: Literal["trajectory", "run"]
    source_id: str
    action: Action
    func_name: str
    args: list[Any]
    kwargs: dict[str, Any]
    thought: str | None = None
    result: str | None = None
    error: str | None = None
    cache_instructions: str | None = None
    image: str | None = None
    at: datetime | None = None
    is_cached: bool | None = None
    trajectory_id: str | None = None
    trajectory_label: str | None = None
    trajectory_step: int | None = None
    signature_hash: int | str | None = None
    loop_uuid: str | None = None
    iteration_index: int | None = None
    extra: dict[str, Any] | None = None


def trajectory_steps(trajectory: TrajectoryResponse | Mapping[str, Any]) -> list[Step]:
    """Read the steps of a trajectory (`GET /v1/trajectories/{id}`).

    Parameters
    ----------
    trajectory
        A model or a dict of the same shape; ``trajectory_data`` may be missing or null.

    Returns
    -------
    list of Step
        One for each element of ``trajectory_data``, in order. An element that is no object is kept as an unknown
        action with the element as its argument.
    """
    source_id = text_of(field_of(trajectory, "id")) or ""
    data = list_of(field_of(trajectory, "trajectory_data"))
    return [_trajectory_step(index, source_id, raw) for index, raw in enumerate(data)]


def history_steps(run: RunResponse | Mapping[str, Any]) -> list[Step]:
    """Read the steps of a run out of its ``run_message_history`` (`GET /v1/runs/{id}`).

    Parameters
    ----------
    run
        A model or a dict of the same shape; the history may be missing or null.

    Returns
    -------
    list of Step
        One for each ``tool_use`` block, in order, joined with the ``tool_result`` of the same ``tool_use_id``: where
        an id comes again, as in a loop, with the one that follows. A step
        counts as cached when its block or message names a trajectory.
    """
    source_id = text_of(field_of(run, "id")) or ""
    messages = [mapping_of(message) for message in list_of(field_of(run, "run_message_history"))]
    answers = _answers(messages)
    steps: list[Step] = []
    thoughts: list[str] = []
    image: str | None = None
    for message, block in _blocks(messages):
        image = _image(block) or image
        if _is(block, "text") and message.get("role") == "assistant" and isinstance(block.get("text"), str):
            thoughts.append(block["text"])
        if not _is(block, "tool_use"):
            continue
        answer = answers.get(len(steps), {})
        thought = "\n".join(thoughts) or None
        steps.append(_history_step(len(steps), source_id, message, block, answer, thought=thought, image=image))
        thoughts, image = [], None
    return steps


def state_misfits(record: Mapping[str, Any], log: ProblemLog) -> None:
    """Note what stands in a record where steps or messages should, and cannot be read as such."""
    row_id = record.get("id")

    def expect(column: str, value: object, *kinds: type[Any]) -> None:
        if value is not None and not isinstance(value, kinds):
            log.add(
                row_id if isinstance(row_id, str) else None,
                column,
                value,
                "expected a list" if list in kinds else "expected an object",
            )

    expect("trajectory_data", record.get("trajectory_data"), list, tuple)
    for step in map(mapping_of, list_of(record.get("trajectory_data"))):
        expect("args", step.get("args"), list, tuple)
        expect("kwargs", step.get("kwargs"), Mapping)
    expect("run_message_history", record.get("run_message_history"), list, tuple)
    for message in map(mapping_of, list_of(record.get("run_message_history"))):
        expect("content", message.get("content"), list, tuple, str)
        for block in map(mapping_of, blocks_of(message)):
            expect("tool_input", block.get("tool_input"), Mapping)


def _trajectory_step(index: int, source_id: str, raw: object) -> Step:
    """Read one element of ``trajectory_data``."""
    step = mapping_of(raw)
    if not step:
        return Step(index, "trajectory", source_id, Action(name="", known=False), "", [raw], {})
    snapshot = mapping_of(step.get("pre_check_snapshot"))
    func_name = text_of(step.get("func_name")) or ""
    return Step(
        index=index,
        source="trajectory",
        source_id=source_id,
        action=parse_action(func_name, step.get("args"), step.get("kwargs")),
        func_name=func_name,
        args=list_of(step.get("args")),
        kwargs=mapping_of(step.get("kwargs")),
        thought=text_of(snapshot.get("last_agent_thought")),
        result=text_of(step.get("result")),
        error=text_of(step.get("error")),
        cache_instructions=text_of(snapshot.get("custom_cache_detection_instructions")),
        image=_image_text(snapshot.get("screenshot")),
        signature_hash=_hash(step.get("step_signature_hash", step.get("func_hash"))),
        loop_uuid=text_of(step.get("loop_uuid")),
        iteration_index=_integer(step.get("iteration_index")),
        extra=_unknown(step, snapshot),
    )


def _unknown(step: dict[str, Any], snapshot: dict[str, Any]) -> dict[str, Any] | None:
    """Give the fields of a recorded step and of its snapshot that this version does not know."""
    extra = {name: value for name, value in step.items() if name not in _STEP_FIELDS}
    extra["pre_check_snapshot"] = {name: value for name, value in snapshot.items() if name not in _SNAPSHOT_FIELDS}
    shown = {name: _without_picture(value) for name, value in extra.items()}
    return {name: value for name, value in shown.items() if value or name != "pre_check_snapshot"} or None


def _without_picture(value: object) -> object:
    snapshot = mapping_of(value)
    return {name: item for name, item in snapshot.items() if name != "screenshot"} if snapshot else value


def _history_step(
    index: int,
    source_id: str,
    message: dict[str, Any],
    block: dict[str, Any],
    answer: dict[str, Any],
    *,
    thought: str | None,
    image: str | None,
) -> Step:
    """Read one ``tool_use`` block; what the block does not say of its origin, its message may."""
    func_name = text_of(block.get("tool_name")) or ""
    kwargs = mapping_of(block.get("tool_input"))
    origin = {key: value for source in (message, block) for key, value in source.items() if value is not None}
    trajectory_id = text_of(origin.get("trajectory_id"))
    return Step(
        index=index,
        source="run",
        source_id=source_id,
        action=parse_action(func_name, (), kwargs),
        func_name=func_name,
        args=[],
        kwargs=kwargs,
        thought=thought,
        result=text_of(answer.get("tool_result")),
        error=text_of(answer.get("error")) or text_of(block.get("error")),
        image=image,
        at=time_of(message.get("timestamp")),
        is_cached=trajectory_id is not None,
        trajectory_id=trajectory_id,
        trajectory_label=text_of(origin.get("trajectory_label")),
        trajectory_step=_integer(origin.get("step_index")),
        signature_hash=_hash(block.get("step_signature_hash")),
        loop_uuid=text_of(message.get("loop_uuid")),
        iteration_index=_integer(message.get("iteration_index")),
        extra={name: value for name, value in block.items() if name not in _BLOCK_FIELDS} or None,
    )


def blocks_of(message: dict[str, Any]) -> list[Any]:
    """Give the content blocks of a message; a text that stands in their place is one text block."""
    content = message.get("content")
    return [{"type": "text", "text": content}] if isinstance(content, str) else list_of(content)


def _blocks(messages: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Walk the content blocks in order, each beside its message."""
    for message in messages:
        for block in blocks_of(message):
            yield message, mapping_of(block)


def _answers(messages: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Give the ``tool_result`` of each call by the call's number.

    A result belongs to the first call with its id in the last message that has one without a result. One more for the
    same call takes the place of the one before; one that came before its call is taken when nothing else did.
    """
    answers: dict[int, dict[str, Any]] = {}
    early: dict[str, dict[str, Any]] = {}
    calls: dict[str, list[tuple[int, int]]] = {}
    count = 0
    for number, message in enumerate(messages):
        for block in map(mapping_of, blocks_of(message)):
            name = str(block.get("tool_use_id"))
            if _is(block, "tool_use"):
                calls.setdefault(name, []).append((number, count))
                count += 1
            elif _is(block, "tool_result") and name in calls:
                answers[_asked_by(calls[name], answers)] = block
            elif _is(block, "tool_result"):
                early[name] = block
    for name, block in early.items():
        for _, call in calls.get(name, [])[:1]:
            answers.setdefault(call, block)
    return answers


def _asked_by(calls: list[tuple[int, int]], answers: dict[int, dict[str, Any]]) -> int:
    """Give the call that a result belongs to, of those before it with its id."""
    waiting = [(number, call) for number, call in calls if call not in answers]
    return next((call for number, call in waiting if number == waiting[-1][0]), calls[-1][1])


def _is(block: dict[str, Any], kind: str) -> bool:
    return block.get("type") == kind


def _image(block: dict[str, Any]) -> str | None:
    """Return the picture of a block: inline while the run is live, a storage address later."""
    return _image_text(block.get("image_base64")) or _image_text(block.get("image_url"))


def _image_text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _hash(value: object) -> int | str | None:
    return _integer(value) if not isinstance(value, str) else value
