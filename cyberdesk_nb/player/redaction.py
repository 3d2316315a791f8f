"""What is left out of an exported recording: chosen inputs, typed text, parts of the screen, whole screens."""

from __future__ import annotations

import html
import io
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, quote_plus

from PIL import Image, ImageDraw

from cyberdesk_nb.errors import ConfigurationError
from cyberdesk_nb.player.images import NoPicture, Picture, read_picture
from cyberdesk_nb.player.recordings import Recording

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cyberdesk_nb.frames.actions import Action
    from cyberdesk_nb.frames.steps import Step

MASK = "\N{BLACK SQUARE}" * 3
"""What stands for a text that was left out."""

_SECRET = re.compile(r"\{\$[^{}]+\}")

# Shorter values are masked as whole words only: the input "1" is not to black out every digit.
_WHOLE_WORD_BELOW = 4

# Longer texts are looked for as they are: a pattern of a pasted document would take minutes.
_LONG = 400


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
        chosen = [value for name in redaction.inputs for value in _texts(recording.inputs[name])]
        self._redaction = redaction
        self._recording = recording
        spellings = _spelt({*redaction.values, *chosen, *typed})
        self._long = [spelling for spelling in spellings if len(spelling) > _LONG]
        self._pattern = _pattern([spelling for spelling in spellings if len(spelling) <= _LONG])

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
        if text is None:
            return None
        for spelling in self._long:
            text = text.replace(spelling, MASK)
        return text if self._pattern is None else self._pattern.sub(MASK, text)

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


def _texts(value: object) -> Iterable[str]:
    """Yield every leaf of a JSON value as the text that it shows as."""
    if isinstance(value, Mapping):
        for item in cast("Mapping[str, object]", value).values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in cast("list[object]", value):
            yield from _texts(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
        if isinstance(value, float):
            yield f"{value:g}"


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


def _spelt(values: set[str]) -> list[str]:
    """Return every spelling of every value, the longest first."""
    # Secrets stand in recordings by name only, `{$name}`: the name is worth reading.
    wanted = {value.strip() for value in values if not _SECRET.fullmatch(value.strip())} - {""}
    return sorted({spelling for value in wanted for spelling in _spellings(value)}, key=len, reverse=True)


def _pattern(spellings: list[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(_part, spellings)), re.IGNORECASE) if spellings else None


def _spellings(value: str) -> Iterable[str]:
    """Yield a value as it stands in plain text, and inside JSON, HTML and addresses."""
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, value)
        yield text
        yield json.dumps(text)[1:-1]
        yield json.dumps(text, ensure_ascii=False)[1:-1]
        yield html.escape(text)
        yield quote(text, safe="")
        yield quote_plus(text)


def _part(value: str) -> str:
    # Texts are wrapped and indented on their way, so that any white space stands for any other.
    words = r"\s+".join(map(re.escape, value.split()))
    return rf"(?<!\w){words}(?!\w)" if len(value) < _WHOLE_WORD_BELOW else words


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
