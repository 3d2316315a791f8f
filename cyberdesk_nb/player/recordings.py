"""What is played: the steps of a trajectory or a run, with what its record says beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from cyberdesk_nb.frames.steps import history_steps, trajectory_steps

if TYPE_CHECKING:
    from cyberdesk_nb.frames.steps import Step


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run stands after its last step.

    Attributes
    ----------
    status
        The run's status, as the API spells it.
    errors
        The run's error texts.
    message
        The agent's last words after its last action.
    image
        Reference of the last picture, taken after the last action.
    """

    status: str | None = None
    errors: tuple[str, ...] = ()
    message: str | None = None
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """One trajectory or run, as it is played.

    Attributes
    ----------
    steps
        The steps in order.
    title
        Its name.
    dimensions
        Width and height of the display that was recorded; None when they are not told.
    ending
        How it ended.
    inputs
        Its input values by name.
    """

    steps: tuple[Step, ...]
    title: str = "recording"
    dimensions: tuple[int, int] | None = None
    ending: Ending = field(default_factory=Ending)
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def images(self) -> list[str | None]:
        """The reference of each step's picture, and the ending's."""
        return [*(step.image for step in self.steps), self.ending.image]


def recorded_trajectory(record: object) -> Recording:
    """Read a trajectory: a model or a dict of the same shape."""
    return Recording(
        steps=tuple(trajectory_steps(cast("Mapping[str, Any]", record))),
        title=_title(record, "trajectory"),
        dimensions=_dimensions(record),
        inputs=_mapping(_field(record, "original_input_values")),
    )


def recorded_run(record: object) -> Recording:
    """Read a run with its message history: a model or a dict of the same shape."""
    status = _field(record, "status")
    message, image = _after_last_action(record)
    errors = tuple(str(text) for text in _list(_field(record, "error")))
    return Recording(
        steps=tuple(history_steps(cast("Mapping[str, Any]", record))),
        title=_title(record, "run"),
        ending=Ending(None if status is None else str(status), errors, message, image),
        inputs=_mapping(_field(record, "input_values")),
    )


def _title(record: object, noun: str) -> str:
    """Name a record by its own name or its workflow's, and by its id."""
    name = _field(record, "name") or _field(_field(record, "workflow"), "name")
    record_name = f"{noun} {str(_field(record, 'id') or '')[:8]}".strip()
    return f"{name} ({record_name})" if name else record_name


def _dimensions(record: object) -> tuple[int, int] | None:
    dimensions = _field(record, "dimensions")
    width, height = _field(dimensions, "width"), _field(dimensions, "height")
    if not isinstance(width, int) or not isinstance(height, int) or min(width, height) <= 0:
        return None
    return width, height


def _after_last_action(run: object) -> tuple[str | None, str | None]:
    """Return the agent's words and the last picture that came after its last action."""
    words: list[str] = []
    image: str | None = None
    for message in reversed(_list(_field(run, "run_message_history"))):
        for block in reversed(_list(_field(message, "content"))):
            kind = _field(block, "type")
            if kind == "tool_use":
                return "\n".join(reversed(words)) or None, image
            if kind == "text" and _field(message, "role") == "assistant":
                words.append(str(_field(block, "text") or ""))
            image = image or _text(_field(block, "image_base64")) or _text(_field(block, "image_url"))
    return "\n".join(reversed(words)) or None, None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _field(record: object, name: str) -> Any:
    if isinstance(record, Mapping):
        return cast("Mapping[str, Any]", record).get(name)
    return getattr(record, name, None)
