"""What is compared: the steps of one trajectory or run, read from any form that they come in."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import pandas as pd

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames.actions import parse_action
from cyberdesk_nb.frames.spaces import ASSUMED_SIZE, Size, spaces_of
from cyberdesk_nb.frames.steps import Step, history_steps, trajectory_steps
from cyberdesk_nb.models import ApiModel

_FORMS = "a trajectory, a run with its message history, a steps frame, or a list of steps"
_TEXTS = ("thought", "result", "error", "cache_instructions", "trajectory_id", "trajectory_label", "signature_hash")


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of one trajectory or run.

    Attributes
    ----------
    steps
        In their order.
    size
        Width and height of the screen that its coordinates count in; the most common one where pictures differ.
    """

    steps: tuple[Step, ...]
    size: Size

    @property
    def source_id(self) -> str | None:
        """Id of the trajectory or run; None when there is no step to tell it."""
        return self.steps[0].source_id if self.steps else None


def read_steps(record: object) -> Steps:
    """Read the steps of one trajectory or run.

    Parameters
    ----------
    record
        A trajectory or a run (a model or a dict), a frame as `steps_frame` gives it, or `Step` values.

    Raises
    ------
    RequestError
        When it is none of these, is a run that came without its history, or is a frame of several recordings.
    """
    if isinstance(record, pd.DataFrame):
        return _of_frame(record)
    if isinstance(record, Mapping | ApiModel):
        return _of_record(cast("Mapping[str, Any] | ApiModel", record))
    if isinstance(record, Sequence) and all(isinstance(item, Step) for item in cast("Sequence[object]", record)):
        return _sized(cast("Sequence[Step]", record), None)
    kind = type(cast("object", record)).__name__
    raise RequestError(f"Steps cannot be read from {kind}.", hint=f"Give {_FORMS}; ws.compare takes ids.")


def _of_record(record: Mapping[str, Any] | ApiModel) -> Steps:
    fields = (
        record if isinstance(record, Mapping) else {name: getattr(record, name) for name in record.model_fields_set}
    )
    if "trajectory_data" in fields:
        return _sized(trajectory_steps(fields), _dimensions(fields.get("dimensions")))
    if "run_message_history" in fields:
        return _sized(history_steps(fields), None)
    raise RequestError(
        "The record has neither trajectory_data nor run_message_history.",
        hint="Fetch it whole: ws.api.runs.get(id) or ws.api.trajectories.get(id).",
    )


def _dimensions(dimensions: object) -> Size | None:
    sides: Mapping[str, Any] = cast("Mapping[str, Any]", dimensions) if isinstance(dimensions, Mapping) else {}
    width, height = sides.get("width"), sides.get("height")
    if not isinstance(width, int | float) or not isinstance(height, int | float) or min(width, height) <= 0:
        return None
    return float(width), float(height)


def _sized(steps: Sequence[Step], dimensions: Size | None) -> Steps:
    return Steps(tuple(steps), _usual((space.width, space.height) for space in spaces_of(steps, dimensions)))


def _usual(sizes: Iterable[Size]) -> Size:
    return next((size for size, _ in Counter(sizes).most_common(1)), ASSUMED_SIZE)


def _of_frame(frame: pd.DataFrame) -> Steps:
    """Read a steps frame back; it holds no pictures."""
    missing = [name for name in ("source", "source_id", "step", "func_name", "args", "kwargs") if name not in frame]
    if missing:
        hint = "Take the frame from steps_frame or ws.steps."
        raise RequestError(f"The frame of steps lacks the columns {', '.join(missing)}.", hint=hint)
    sources = frame[["source", "source_id"]].drop_duplicates()
    if len(sources) > 1:
        hint = 'Take one: steps[steps["source_id"] == id].'
        raise RequestError(f"The frame holds the steps of {len(sources)} recordings.", hint=hint)
    rows = cast("list[dict[str, Any]]", frame.to_dict("records"))
    return Steps(tuple(_step_of(row) for row in rows), _usual(map(_size_of, rows)))


def _size_of(row: Mapping[str, Any]) -> Size:
    width, height = _known(row.get("space_width_px")), _known(row.get("space_height_px"))
    return (float(width), float(height)) if width and height else ASSUMED_SIZE


def _step_of(row: Mapping[str, Any]) -> Step:
    func_name, args, kwargs = _known(row["func_name"]) or "", _json(row["args"], []), _json(row["kwargs"], {})
    is_cached = _known(row.get("is_cached"))
    trajectory_step = _known(row.get("trajectory_step"))
    at = _known(row.get("at"))
    return Step(
        index=int(row["step"]),
        source=cast("Literal['trajectory', 'run']", str(row["source"])),
        source_id=_known(row["source_id"]) or "",
        action=parse_action(func_name, args, kwargs),
        func_name=func_name,
        args=args,
        kwargs=kwargs,
        at=None if at is None else at.to_pydatetime(),
        is_cached=None if is_cached is None else bool(is_cached),
        trajectory_step=None if trajectory_step is None else int(trajectory_step),
        **{name: _known(row.get(name)) for name in _TEXTS},
    )


def _json(text: Any, empty: Any) -> Any:
    return json.loads(text) if isinstance(text, str) else empty


def _known(value: Any) -> Any:
    """Return None for every kind of missing."""
    return None if value is None or value is pd.NaT or pd.isna(value) else value
