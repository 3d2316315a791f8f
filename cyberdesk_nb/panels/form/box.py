"""What objects and lists have in common: a heading, and three states: given, null, left out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Literal

import ipywidgets as w

from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form.controls import marked
from cyberdesk_nb.panels.form.field import FieldError, Framed
from cyberdesk_nb.panels.form.spec import Spec
from cyberdesk_nb.panels.form.values import MISSING

State = Literal["given", "null", "out"]
_WORDS: dict[State, str] = {"given": "filled in below", "null": "null", "out": "left out"}


class Box(Framed):
    """A field made of fields. Subclasses call `_assemble` once their parts stand."""

    _open_when_out: ClassVar[bool] = False
    """Whether the inside stays in view when left out, so that adding to it is what brings it back."""

    def __init__(self, spec: Spec, edited: Callable[[], None]) -> None:
        super().__init__(spec, edited)
        self._setting = False
        states: list[State] = ["given", "null", "out"] if spec.nullable else ["given", "out"]
        self._choice = w.Dropdown(
            description=f"{spec.label}: given or not",
            options=[(_WORDS[state], state) for state in states],
            value="given",
        )
        parts.classed(self._choice, "state")
        parts.observe(self._choice, self._chosen)

    def _assemble(self, *inner: w.DOMWidget) -> None:
        self._inner = parts.column(*inner, looks=("inner",))
        self._heading = parts.words(marked(self.spec), "heading")
        heading = parts.row(self._heading, self._choice)
        parts.visible(heading, shown=self.spec.depth > 0)
        self._frame(*self._helped(heading), self._inner, looks=("group",))
        self._arrange_state()

    @property
    def value(self) -> Any:
        """The JSON value, or `MISSING`."""
        match self._state:
            case "given":
                return self._content()
            case "null":
                return None
            case "out":
                return MISSING

    @value.setter
    def value(self, value: Any) -> None:
        self._enter("out" if value is MISSING else "null" if value is None else "given")
        self._fill(value if self._state == "given" else None)

    def problems(self) -> Iterator[FieldError]:
        """Yield what the user typed inside that stands for no value."""
        if self._state == "given":
            yield from self._inner_problems()

    def rename(self, label: str) -> None:
        """Change the heading."""
        parts.say(self._heading, label)

    @abstractmethod
    def _content(self) -> Any:
        """Give what the fields inside hold."""

    @abstractmethod
    def _fill(self, content: Any) -> None:
        """Set the fields inside; None empties them."""

    @abstractmethod
    def _begin(self) -> None:
        """Put the defaults into the fields inside, since the user wants to fill them in."""

    @abstractmethod
    def _inner_problems(self) -> Iterator[FieldError]:
        """Give the problems of the fields inside."""

    @property
    def _state(self) -> State:
        return parts.value_of(self._choice)

    def _enter(self, state: State) -> None:
        self._setting = True
        try:
            self._choice.value = state
        finally:
            self._setting = False
        self._arrange_state()

    def _chosen(self, state: Any) -> None:
        if self._setting:
            return
        if state == "given":
            self._begin()
        self._arrange_state()
        self._edited()

    def _arrange_state(self) -> None:
        optional = not (self.spec.required or self.spec.in_list or self._open_when_out)
        unusual = self._state != "given" and not self._open_when_out
        parts.visible(self._choice, shown=self.spec.nullable or optional or unusual)
        parts.visible(self._inner, shown=self._state == "given" or (self._state == "out" and self._open_when_out))
