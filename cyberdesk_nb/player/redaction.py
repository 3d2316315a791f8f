"""What is left out of an exported recording: chosen inputs, typed text, parts of the screen, whole screens."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from PIL import Image, ImageDraw

from cyberdesk_nb.errors import ConfigurationError
from cyberdesk_nb.frames.masking import MASK, TextMask, leaves
from cyberdesk_nb.player.images import NoPicture, Picture, read_picture
from cyberdesk_nb.player.recordings import Recording

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cyberdesk_nb.frames.actions import Action
    from cyberdesk_nb.frames.steps import Step


@dataclass(frozen=True, slots=True)
class Redaction:
    """What an export leaves out.

    Attributes
    ----------
    inputs
        Names of inputs of the recording whose values are masked in every text (``("patient_name",)``); of an object
        or array every value in it.
    values
        Further texts to mask wherever they occur, in any case.
    typed_text
        Whether everything that was typed is masked, wherever it occurs; of an action outside the vocabulary, which may
        type as well, every text.
    rectangles
        Parts of the screen that are painted over on every picture: (left, top, right, bottom) in pixels of the
        picture.
    pictures
        Whether all pictures are left out.

    Notes
    -----
    A value is masked as it is written in the recording, in any case; another spelling of it (a date in another order)
    is another value. Masking texts does not change pictures: what a screen shows stays readable unless a rectangle
    covers it or the pictures are left out.
    """

    inputs: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    typed_text: bool = False
    rectangles: tuple[tuple[int, int, int, int], ...] = ()
    pictures: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.inputs, str) or isinstance(self.values, str):
            raise ConfigurationError("inputs and values of a Redaction are tuples of texts, not one text.")
        if any(len(rectangle) != 4 for rectangle in self.rectangles):
            raise ConfigurationError("A rectangle of a Redaction is (left, top, right, bottom).")


class Redactor:
    """Applies a `Redaction` to one recording.

    Parameters
    ----------
    redaction
        What to leave out.
    recording
        Whose inputs and typed texts are meant.

    Raises
    ------
    ConfigurationError
        When `redaction` names an input that the recording does not have: a misspelt name must not leave it readable.
    """

    def __init__(self, redaction: Redaction, recording: Recording) -> None:
        unknown = sorted(set(redaction.inputs) - set(recording.inputs))
        if unknown:
            known = ", ".join(sorted(recording.inputs)) or "none"
            raise ConfigurationError(f"The recording has no input {unknown[0]!r}.", hint=f"It has: {known}.")
        actions = [step.action for step in recording.steps if redaction.typed_text]
        typed = [line for action in actions if _may_type(action) for line in re.split(r"[\t\r\n]+", action.text or "")]
        chosen = [value for name in redaction.inputs for value in leaves(recording.inputs[name])]
        self._redaction = redaction
        self._recording = recording
        self._mask = TextMask({*redaction.values, *chosen, *typed})

    def recording(self) -> Recording:
        """Return the recording with every text masked; pictures are left to `picture`."""
        ending = self._recording.ending
        errors = tuple(self._text(error) or "" for error in ending.errors)
        return Recording(
            steps=tuple(self._step(step) for step in self._recording.steps),
            title=self._text(self._recording.title) or "",
            dimensions=self._recording.dimensions,
            ending=replace(ending, errors=errors, message=self._text(ending.message)),
        )

    def picture(self, picture: Picture | NoPicture) -> Picture | NoPicture:
        """Paint over the rectangles, or leave the picture out."""
        if self._redaction.pictures:
            return NoPicture("The pictures were left out of this file.")
        if not self._redaction.rectangles or isinstance(picture, NoPicture):
            return picture
        return _painted(picture, self._redaction.rectangles)

    def _text(self, text: str | None) -> str | None:
        return None if text is None else self._mask(text)

    def _step(self, step: Step) -> Step:
        action = step.action
        if self._redaction.typed_text and (_is_typed_key(action) or not action.known):
            step = replace(
                step, action=_emptied(action), args=_emptied_value(step.args), kwargs=_emptied_value(step.kwargs)
            )
        return replace(
            step,
            action=self._action(step.action),
            func_name=self._text(step.func_name) or "",
            # Bare numbers of an action with a place are its coordinates, which are drawn and must stay.
            args=self._value(step.args, "" if action.x is None else "coordinate"),
            kwargs=self._value(step.kwargs),
            thought=self._text(step.thought),
            result=self._text(step.result),
            error=self._text(step.error),
            cache_instructions=self._text(step.cache_instructions),
            trajectory_label=self._text(step.trajectory_label),
        )

    def _action(self, action: Action) -> Action:
        masked = {name: self._text(getattr(action, name)) for name in ("text", "keys", "direction")}
        return replace(action, name=self._text(action.name) or "", **masked)

    def _value(self, value: Any, name: str = "") -> Any:
        """Mask a JSON value; a number is masked when it is one of the values, but for coordinates."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            items = cast("dict[Any, Any]", value).items()
            return {self._text(str(key)): self._value(item, str(key)) for key, item in items}
        if isinstance(value, list):
            return [self._value(item, name) for item in cast("list[Any]", value)]
        if isinstance(value, bool) or not isinstance(value, int | float) or name.endswith("coordinate"):
            return value
        return MASK if self._text(str(value)) == MASK else value


def _may_type(action: Action) -> bool:
    return action.name == "type" or not action.known


def _is_typed_key(action: Action) -> bool:
    """Whether a key press enters one character: text can be typed key by key."""
    return action.name == "key" and len((action.keys or "").removeprefix("shift+")) == 1


def _emptied(action: Action) -> Action:
    masked = {name: MASK for name in ("text", "keys") if getattr(action, name)}
    return replace(action, **masked)


def _emptied_value(value: Any) -> Any:
    """Mask every text of a JSON value but the name of the action."""
    if isinstance(value, str):
        return MASK
    if isinstance(value, list):
        return [_emptied_value(item) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {key: item if key == "action" else _emptied_value(item) for key, item in items}
    return value


def _painted(picture: Picture, rectangles: Iterable[tuple[int, int, int, int]]) -> Picture | NoPicture:
    try:
        with Image.open(io.BytesIO(picture.data)) as image:
            painted = image.convert("RGB")
    except Exception:  # noqa: BLE001 - a picture that cannot be painted over must not be shown at all
        return NoPicture("The picture is broken: it could not be painted over, so it was left out.")
    draw = ImageDraw.Draw(painted)
    for left, top, right, bottom in rectangles:
        draw.rectangle((min(left, right), min(top, bottom), max(left, right), max(top, bottom)), fill="black")
    out = io.BytesIO()
    painted.save(out, "PNG")
    return read_picture(out.getvalue())
