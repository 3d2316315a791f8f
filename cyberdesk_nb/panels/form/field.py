"""What all fields of a form have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import ipywidgets as w

from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form.spec import Spec
from cyberdesk_nb.panels.form.values import MISSING

Key: TypeAlias = str | int
Path: TypeAlias = tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with the value at `path` (keys and positions from the root), in words for a person."""

    path: Path
    message: str

    def __str__(self) -> str:
        where = ".".join(map(str, self.path))
        return f"{where}: {self.message}" if where else self.message


class Field(ABC):
    """A part of a form: a control, a help text below it, and room for an error.

    A value that was set is given back as it is until the user edits the field, even where the control shows less.

    Parameters
    ----------
    spec
        What to show.
    edited
        Called after each edit of the user; not when a value is set.

    """

    def __init__(self, spec: Spec, edited: Callable[[], None]) -> None:
        self.spec = spec
        self._edited = edited

    @property
    @abstractmethod
    def widget(self) -> w.DOMWidget:
        """What to show."""

    @property
    @abstractmethod
    def value(self) -> Any:
        """The JSON value, or `MISSING`."""

    @value.setter
    @abstractmethod
    def value(self, value: Any) -> None: ...

    @abstractmethod
    def fits(self, value: Any) -> bool:
        """Whether the control can show `value`; it need not be valid."""

    @abstractmethod
    def problems(self) -> Iterator[FieldError]:
        """Yield what the user typed that stands for no value, with paths from here."""

    @abstractmethod
    def rename(self, label: str) -> None:
        """Change the label: rows are numbered anew when one is removed."""

    def child(self, key: Key) -> Field | None:  # noqa: ARG002 - most fields have none
        """Return the field of a property or row."""
        return None

    def children(self) -> Iterable[Field]:
        """Return all fields right inside this one."""
        return ()

    def reset(self) -> None:
        """Go back to the schema's default, or to nothing."""
        self.value = self.spec.schema.get("default", MISSING)

    @abstractmethod
    def say(self, message: str) -> None:
        """Show an error under the control, after those shown already."""

    def hush(self) -> None:
        """Take away the errors of this field and all inside it."""
        for child in self.children():
            child.hush()

    def close(self) -> None:
        """Close the widgets."""
        for child in self.children():
            child.close()
        parts.close_all(self.widget)


class Framed(Field):
    """A field with a frame of its own: what it shows, a help text and, when there is one, an error.

    Subclasses call `_frame` once what they show stands.
    """

    def _frame(self, *shown: w.DOMWidget, looks: tuple[str, ...] = ()) -> None:
        self._widget = parts.column(*shown, looks=looks)
        self._error: w.Label | None = None

    @property
    def widget(self) -> w.DOMWidget:
        """What to show."""
        return self._widget

    def say(self, message: str) -> None:
        """Show an error under the control, after those shown already."""
        if self._error is None:
            self._error = parts.words("", "error")
            parts.append(self._widget, self._error)
        shown = self._error.value
        parts.say(self._error, f"{shown} {message}" if shown else message)

    def hush(self) -> None:
        """Take away the errors of this field and all inside it."""
        if self._error is not None:
            parts.say(self._error, "")
        super().hush()

    def _helped(self, *shown: w.DOMWidget) -> tuple[w.DOMWidget, ...]:
        """Put the help text, where there is one, after what is shown."""
        return (*shown, parts.words(self.spec.help, "help")) if self.spec.help else shown


def show_error(field: Field, error: FieldError) -> None:
    """Show an error at the innermost field that its path leads to; what is left of the path stands before it."""
    path = error.path
    while path and (inner := field.child(path[0])) is not None:
        field, path = inner, path[1:]
    field.say(str(FieldError(path, error.message)))
