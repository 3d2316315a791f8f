"""What else a launch can be given: how often, priority, model, session, another prompt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, cast

import ipywidgets as w

from cyberdesk_nb.errors import RequestError, printable
from cyberdesk_nb.models import ModelConfigurationResponse
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form import Field, FieldError, Spec
from cyberdesk_nb.panels.form.controls import Control, NumberField, TextField
from cyberdesk_nb.panels.form.values import MISSING
from cyberdesk_nb.panels.launch.launches import MOST_RUNS, Kind, Setting, cannot_carry
from cyberdesk_nb.panels.naming import distinct_names

_TEXT = {"type": "string"}
_TEXTS: dict[str, tuple[str, dict[str, Any]]] = {
    "session_id": ("Join session", _TEXT | {"description": "The id of a session that holds a machine."}),
    "session_alias": (
        "Name in the session",
        _TEXT | {"description": "What later runs of the session call this one when they refer to its output."},
    ),
    "main_prompt": (
        "Prompt for this run",
        _TEXT | {"maxLength": 100_000, "description": "Takes the place of the workflow's own prompt, this once."},
    ),
}
_SWITCHES = {
    "is_priority": "Priority: before other runs that wait",
    "start_session": "Start a session: keep the machine afterwards",
    "release_session_after": "Release the session after this run",
    "keep_session_after_completion": "Keep the session after the last step",
}
_MODEL = "main_agent_model_id"


class Switch(Control):
    """Yes, or not given."""

    def __init__(self, spec: Spec, edited: Callable[[], None]) -> None:
        super().__init__(spec, edited, w.Checkbox(description=spec.label, indent=False))
        parts.unclassed(self._control, "field")

    def fits(self, value: Any) -> bool:
        """Whether it is yes, no, or not given."""
        return isinstance(value, bool) or value is MISSING

    def _shown(self, value: Any) -> bool:
        return value is True

    def _understood(self, shown: bool) -> Any:
        return True if shown else MISSING


class ModelField(Control):
    """One of the models that can drive a run, or that of the workflow."""

    def __init__(self, spec: Spec, edited: Callable[[], None], models: Sequence[ModelConfigurationResponse]) -> None:
        self._ids = [model.id for model in models]
        options = [("the workflow's own", ""), *zip(distinct_names(models), self._ids, strict=True)]
        super().__init__(spec, edited, w.Dropdown(description=spec.label, options=options, value=""))

    def fits(self, value: Any) -> bool:
        """Whether it is the id of one of them."""
        return value is MISSING or value in self._ids

    def _shown(self, value: Any) -> str:
        return "" if value is MISSING else value

    def _understood(self, shown: str) -> Any:
        return shown or MISSING


class Count:
    """How many equal runs to launch."""

    def __init__(self, edited: Callable[[], None]) -> None:
        schema = {"type": "integer", "minimum": 1, "maximum": MOST_RUNS}
        self._field = NumberField(_spec("How many runs", schema), edited)
        self._field.value = 1
        parts.classed(self._field.widget, "short")
        self.widget = self._field.widget

    @property
    def value(self) -> Any:
        """The number; what it holds while `problem` is not empty is no number of runs."""
        return self._field.value

    @value.setter
    def value(self, count: int) -> None:
        if not _is_count(count):
            raise RequestError(f"{printable(repr(count), 40)} is no number of runs.", hint=f"Give 1 to {MOST_RUNS}.")
        self._field.value = count

    def problem(self, steps: int) -> str:
        """Say why so many runs of so many steps cannot be launched; empty where they can."""
        if not _is_count(self.value):
            return f"Write a whole number from 1 to {MOST_RUNS}."
        return "A chain is launched once: write 1." if steps > 1 and self.value != 1 else ""

    def say(self, message: str) -> None:
        """Show an error; empty shows none."""
        self._field.hush()
        if message:
            self._field.say(message)


class Options:
    """Seldom used settings behind a button, by the names of the API's fields; those not given are left out."""

    def __init__(self, models: Sequence[ModelConfigurationResponse], edited: Callable[[], None]) -> None:
        usable = [model for model in models if model.is_computer_use_model and not model.is_archived]
        self._fields: dict[str, Field] = {name: Switch(_spec(label, {}), edited) for name, label in _SWITCHES.items()}
        self._fields |= {name: TextField(_spec(label, schema), edited) for name, (label, schema) in _TEXTS.items()}
        self._fields[_MODEL] = ModelField(_spec("Model", {}), edited, usable)
        self._more = w.ToggleButton(description="More options", tooltip="Priority, model, session, prompt")
        parts.classed(self._more, "button", "quiet")
        self._box = parts.column(*(field.widget for field in self._fields.values()), looks=("inner",))
        parts.visible(self._box, shown=False)
        parts.observe(self._more, lambda on: parts.visible(self._box, shown=on))
        self.widget = parts.column(self._more, self._box)

    @property
    def value(self) -> dict[str, Any]:
        """What is given."""
        given = {name: _stripped(field.value) for name, field in self._fields.items()}
        return {name: value for name, value in given.items() if value not in (MISSING, "")}

    @value.setter
    def value(self, options: Mapping[str, Any]) -> None:
        for name, value in options.items():
            self._refuse_misfit(name, value)
        for name, field in self._fields.items():
            value = options.get(name)
            field.value = MISSING if value is None or value is False else value
        if options:
            cast("Any", self._more).value = True

    def arrange(self, kind: Kind) -> None:
        """Show what this kind of launch can carry, and what was given although it cannot."""
        given = self.value
        for name, field in self._fields.items():
            parts.visible(field.widget, shown=name in given or not cannot_carry(kind, name))

    def errors(self, kind: Kind) -> list[FieldError]:
        """Say what was given and cannot be carried."""
        return [FieldError((Setting(name),), words) for name in self.value if (words := cannot_carry(kind, name))]

    def show_errors(self, errors: Iterable[FieldError]) -> list[FieldError]:
        """Show the errors whose path begins with a field here at that field; returns the others."""
        for field in self._fields.values():
            field.hush()
        rest: list[FieldError] = []
        for error in errors:
            field = self._fields.get(str(error.path[0])) if error.path else None
            if field is None:
                rest.append(error)
            else:
                field.say(error.message)
                cast("Any", self._more).value = True
        return rest

    def _refuse_misfit(self, name: str, value: Any) -> None:
        field = self._fields.get(name)
        if field is None:
            close = get_close_matches(str(name), self._fields, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(self._fields)}."
            raise RequestError(f"There is no option {printable(str(name), 80)!r}.", hint=hint)
        if value is not None and not field.fits(value):
            raise RequestError(f"The option {name} cannot be {printable(repr(value), 80)}.")


def _spec(label: str, schema: Mapping[str, Any]) -> Spec:
    return Spec(label, schema, "text", required=False, depth=1)


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_RUNS
