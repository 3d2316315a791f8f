"""The whole form: fields and JSON text as two views of one value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets as w

from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form.build import build_field
from cyberdesk_nb.panels.form.field import FieldError, show_error
from cyberdesk_nb.panels.form.raw import JsonField
from cyberdesk_nb.panels.form.reducing import Schema
from cyberdesk_nb.panels.form.spec import Spec, read_spec
from cyberdesk_nb.panels.form.values import MISSING, as_json

FIELDS, JSON = "Fields", "JSON"


class SchemaForm:
    """A form for one JSON object.

    It shows and holds any value, valid or not; checking is the caller's, with `show_errors` to put words at fields.

    Parameters
    ----------
    schema
        A valid JSON Schema.
    edited
        Called after each edit of the user.

    """

    def __init__(self, schema: Schema, edited: Callable[[], None] = lambda: None) -> None:
        self._edited = edited
        self._field = build_field(read_spec(schema, "Inputs", root=schema), self._field_edited)
        self._json = JsonField(
            Spec("inputs", {}, "json", required=False), self._json_edited, label="All inputs as JSON"
        )
        self._view = w.ToggleButtons(options=[FIELDS, JSON], tooltips=["A field per input", "All inputs as JSON"])
        parts.classed(self._view, "views")
        parts.observe(self._view, lambda _: self._arrange())
        self.widget = parts.column(self._view, self._field.widget, self._json.widget, looks=("form",))
        self.reset()
        self._arrange()

    @property
    def value(self) -> Any:
        """The inputs. Setting replaces them all, defaults included; what the fields cannot show is kept as JSON."""
        value = self._field.value
        return {} if value is MISSING else value

    @value.setter
    def value(self, value: Any) -> None:
        self._field.value = as_json(value)
        self._mirror()

    def reset(self) -> None:
        """Go back to the schema's defaults."""
        self._field.reset()
        self._mirror()

    def problems(self) -> list[FieldError]:
        """Return what the user typed that stands for no value: no number, no JSON, an empty row."""
        unread = [FieldError((), f"The JSON view is not used: {problem.message}") for problem in self._json.problems()]
        whole = [] if isinstance(self.value, dict) else [FieldError((), "Inputs must be a JSON object.")]
        return unread + whole + list(self._field.problems())

    def show_errors(self, errors: Iterable[FieldError]) -> None:
        """Show these errors at their fields, and no others."""
        self._field.hush()
        self._json.hush()
        for error in errors:
            show_error(self._field, error)
            self._json.say(str(error))

    def close(self) -> None:
        """Close all widgets."""
        self._field.close()
        parts.close_all(self.widget)

    @property
    def _view_name(self) -> str:
        return parts.value_of(self._view)

    def _arrange(self) -> None:
        parts.visible(self._field.widget, shown=self._view_name == FIELDS)
        parts.visible(self._json.widget, shown=self._view_name == JSON)

    def _mirror(self) -> None:
        self._json.value = self.value

    def _field_edited(self) -> None:
        self._mirror()
        self._edited()

    def _json_edited(self) -> None:
        if not list(self._json.problems()):
            value = self._json.value
            self._field.value = {} if value is MISSING else value
        self._edited()
