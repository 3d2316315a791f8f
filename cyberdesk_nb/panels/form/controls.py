"""Fields with one control: text, number, choice, date, time."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any, cast

import ipywidgets as w

from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form.field import FieldError, Framed
from cyberdesk_nb.panels.form.spec import Spec
from cyberdesk_nb.panels.form.values import MISSING, UnreadableError, dumps, is_sendable, loads, same
from cyberdesk_nb.panels.parts import one_line

_LONG_TEXT = 120


class Control(Framed):
    """One control whose `value` trait stands for the field's value."""

    def __init__(self, spec: Spec, edited: Callable[[], None], control: w.DOMWidget) -> None:
        super().__init__(spec, edited)
        self._held: Any = MISSING
        self._problem = ""
        self._setting = False
        self._control = control
        parts.classed(control, "field")
        self._frame(*self._helped(control))
        parts.observe(control, self._read_control)

    @property
    def value(self) -> Any:
        """The JSON value, or `MISSING`."""
        return self._held

    @value.setter
    def value(self, value: Any) -> None:
        self._held, self._problem = value, ""
        self._setting = True
        try:
            cast("Any", self._control).value = self._shown(value)
        finally:
            self._setting = False

    def problems(self) -> Iterator[FieldError]:
        """Yield what the user typed that stands for no value."""
        if self._problem:
            yield FieldError((), self._problem)
        elif self.spec.in_list and self._held is MISSING:
            yield FieldError((), "Fill in this row, or remove it.")

    def rename(self, label: str) -> None:
        """Change the label."""
        cast("Any", self._control).description = label

    @abstractmethod
    def _shown(self, value: Any) -> Any:
        """Give the control's trait for a value that fits, or for `MISSING`."""

    @abstractmethod
    def _understood(self, shown: Any) -> Any:
        """Give the value for what the user entered; `MISSING` for nothing. Raises `UnreadableError`."""

    def _read_control(self, shown: Any) -> None:
        if self._setting:
            return
        self._problem = ""
        try:
            value = self._understood(shown)
        except UnreadableError as error:
            self._held, self._problem = shown, str(error)
        else:
            self._held = self._emptied() if value is MISSING else value
        self._edited()

    def _emptied(self) -> Any:
        # What must be there and may be null can only mean null when it is empty.
        return None if self.spec.nullable and (self.spec.required or self.spec.in_list) else MISSING

    def _is_empty(self, value: Any) -> bool:
        return value is MISSING or (value is None and self.spec.nullable)


class TextField(Control):
    """A string; of several lines where the schema leaves room for them. An empty one is not given."""

    def __init__(self, spec: Spec, edited: Callable[[], None]) -> None:
        default = spec.schema.get("default")
        many = spec.schema.get("maxLength", 0) > _LONG_TEXT or (isinstance(default, str) and "\n" in default)
        kind = w.Textarea if many else w.Text
        control = kind(description=marked(spec), placeholder=_placeholder(spec), continuous_update=False)
        self._breaks = "\n\t" if many else ""
        super().__init__(spec, edited, control)

    def fits(self, value: Any) -> bool:
        """Whether the control can show the string without changing it."""
        if not isinstance(value, str):
            return self._is_empty(value)
        return is_sendable(value) and all(char.isprintable() or char in self._breaks for char in value)

    def _shown(self, value: Any) -> str:
        return value if isinstance(value, str) else ""

    def _understood(self, shown: str) -> Any:
        return shown or ("" if self.spec.in_list and not self.spec.nullable else MISSING)


class NumberField(Control):
    """A number as text: it can be empty, and keeps every digit."""

    def __init__(self, spec: Spec, edited: Callable[[], None]) -> None:
        control = w.Text(description=marked(spec), placeholder=_range(spec), continuous_update=False)
        super().__init__(spec, edited, control)

    def fits(self, value: Any) -> bool:
        """Whether it is a number that can be written out."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self._is_empty(value)
        return isinstance(value, int) or math.isfinite(value)

    def _shown(self, value: Any) -> str:
        return "" if self._is_empty(value) else dumps(value)

    def _understood(self, shown: str) -> Any:
        text = shown.strip()
        if not text:
            return MISSING
        whole = self.spec.schema.get("type") == "integer"
        try:
            value = loads(text)
        except UnreadableError:
            value = text
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UnreadableError("Write a whole number, such as 12." if whole else "Write a number, such as 12.5.")
        return value


class ChoiceField(Control):
    """One of some values: an enum, a constant, yes or no."""

    def __init__(self, spec: Spec, edited: Callable[[], None]) -> None:
        self._choices = spec.choices
        blank = "—" if spec.required else "— not given —"
        options = [(blank, -1), *((label, index) for index, label in enumerate(_labels(self._choices)))]
        super().__init__(spec, edited, w.Dropdown(description=marked(spec), options=options, value=-1))

    def fits(self, value: Any) -> bool:
        """Whether it is one of the choices."""
        return self._is_empty(value) or self._position(value) >= 0

    def _shown(self, value: Any) -> int:
        return -1 if value is MISSING else self._position(value)

    def _understood(self, shown: int) -> Any:
        return MISSING if shown < 0 else self._choices[shown]

    def _position(self, value: Any) -> int:
        return next((index for index, choice in enumerate(self._choices) if same(choice, value)), -1)


class DateField(Control):
    """A day, as YYYY-MM-DD."""

    def __init__(self, spec: Spec, edited: Callable[[], None]) -> None:
        super().__init__(spec, edited, w.DatePicker(description=marked(spec)))

    def fits(self, value: Any) -> bool:
        """Whether the picker can show the day and would write it the same."""
        if not isinstance(value, str):
            return self._is_empty(value)
        try:
            return date.fromisoformat(value).isoformat() == value
        except ValueError:
            return False

    def _shown(self, value: Any) -> date | None:
        return None if self._is_empty(value) else date.fromisoformat(value)

    def _understood(self, shown: date | None) -> Any:
        return MISSING if shown is None else shown.isoformat()


class TimeField(Control):
    """A moment, entered in the browser's time zone and sent as UTC."""

    def __init__(self, spec: Spec, edited: Callable[[], None]) -> None:
        super().__init__(spec, edited, w.DatetimePicker(description=marked(spec)))

    def fits(self, value: Any) -> bool:
        """Whether it is a moment with a time zone."""
        if not isinstance(value, str):
            return self._is_empty(value)
        moment = _moment(value)
        return moment is not None and moment.tzinfo is not None

    def _shown(self, value: Any) -> datetime | None:
        return None if self._is_empty(value) else _moment(value)

    def _understood(self, shown: datetime | None) -> Any:
        return MISSING if shown is None else shown.astimezone(UTC).isoformat().replace("+00:00", "Z")


def marked(spec: Spec) -> str:
    """Give the field's label, with a star where it must be filled in."""
    return f"{spec.label} *" if spec.required and spec.depth and not (spec.in_list or spec.nullable) else spec.label


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if _has_offset(text) else None
    except (ValueError, OverflowError):
        return None


def _has_offset(text: str) -> bool:
    return datetime.fromisoformat(text).tzinfo is not None


def _labels(choices: list[Any]) -> list[str]:
    """Write each choice as `_label` does, and as JSON where another would look the same."""
    labels = [_label(choice) for choice in choices]
    return [
        label if labels.count(label) == 1 else dumps(choice, indent=None)
        for label, choice in zip(labels, choices, strict=True)
    ]


def _label(choice: Any) -> str:
    if isinstance(choice, bool):
        return "yes" if choice else "no"
    shown_bare = isinstance(choice, str) and choice and choice.isprintable()
    return choice if shown_bare else dumps(choice, indent=None)


def _placeholder(spec: Spec) -> str:
    examples = spec.schema.get("examples")
    first = cast("list[Any]", examples)[0] if isinstance(examples, list) and examples else None
    return f"for example {one_line(first, 60)}" if isinstance(first, str) else ""


def _range(spec: Spec) -> str:
    low, high = spec.schema.get("minimum"), spec.schema.get("maximum")
    kind = "whole number" if spec.schema.get("type") == "integer" else "number"
    if low is None and high is None:
        return kind
    if high is None:
        return f"{kind}, at least {low}"
    return f"{kind}, at most {high}" if low is None else f"{kind} from {low} to {high}"
