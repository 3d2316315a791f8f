"""A place for a field that never loses a value: what its control cannot show is shown as JSON text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import ipywidgets as w

from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form.field import Field, FieldError, Key
from cyberdesk_nb.panels.form.raw import JsonField
from cyberdesk_nb.panels.form.spec import Spec
from cyberdesk_nb.panels.form.values import MISSING


class Slot(Field):
    """The schema's own control, or a JSON field while the value does not fit that control."""

    def __init__(self, spec: Spec, edited: Callable[[], None], natural: Field) -> None:
        super().__init__(spec, edited)
        self._natural = natural
        self._json: JsonField | None = None
        self._box = parts.column(natural.widget)

    @property
    def widget(self) -> w.DOMWidget:
        """What to show."""
        return self._box

    @property
    def value(self) -> Any:
        """The JSON value, or `MISSING`."""
        return self._now.value

    @value.setter
    def value(self, value: Any) -> None:
        if value is MISSING or self._natural.fits(value):
            self._show_natural()
            self._natural.value = value
        else:
            self._show_json().value = value

    @property
    def _now(self) -> Field:
        return self._json or self._natural

    def fits(self, value: Any) -> bool:  # noqa: ARG002 - all of them
        """Whether the value can be shown: always."""
        return True

    def problems(self) -> Iterator[FieldError]:
        """Return what the user typed that stands for no value."""
        return self._now.problems()

    def rename(self, label: str) -> None:
        """Change the label."""
        self._natural.rename(label)
        if self._json is not None:
            self._json.rename(label)

    def child(self, key: Key) -> Field | None:
        """Return the field of a property or row."""
        return self._now.child(key)

    def children(self) -> Iterable[Field]:
        """Return the field shown now."""
        return (self._now,)

    def say(self, message: str) -> None:
        """Show an error under the field shown now."""
        self._now.say(message)

    def reset(self) -> None:
        """Go back to the schema's default, or to nothing."""
        default = self.spec.schema.get("default", MISSING)
        if default is not MISSING and not self._natural.fits(default):
            self.value = default
            return
        self._show_natural()
        self._natural.reset()

    def close(self) -> None:
        """Close the widgets, also those not shown now."""
        self._show_natural()
        self._natural.close()
        super().close()

    def _show_json(self) -> JsonField:
        if self._json is None:
            self._json = JsonField(self.spec, self._json_edited)
            parts.put(self._box, self._json.widget)
        return self._json

    def _show_natural(self) -> None:
        if self._json is not None:
            parts.put(self._box, self._natural.widget)
            self._json.close()
            self._json = None

    def _json_edited(self) -> None:
        """Go back to the control as soon as what was written fits it."""
        now = self._now
        if not list(now.problems()) and (now.value is MISSING or self._natural.fits(now.value)):
            self.value = now.value
        self._edited()
