"""What ties a step to the others of its chain: the name it is referred to by, and what it takes from earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TypeAlias

import ipywidgets as w

from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form import FieldError
from cyberdesk_nb.panels.form.reducing import Schema
from cyberdesk_nb.panels.launch.references import MOST_OFFERED, Output, Producer, fits, named_parts

_ALIAS = "session_alias"
InputPath: TypeAlias = tuple[str, ...]


class Linking:
    """The step's name, and a line that fills in one of its inputs with an output of an earlier step.

    Parameters
    ----------
    alias
        The name to begin with.
    link
        Called with the path of an input and the reference to put there.
    edited
        Called when the name was changed.

    """

    def __init__(self, alias: str, link: Callable[[InputPath, str], None], edited: Callable[[], None]) -> None:
        self._link = link
        self._types: dict[InputPath, str] = {}
        self._outputs: list[Output] = []
        self._alias = w.Text(value=alias, description="Name of this step", continuous_update=False)
        self._error = parts.words("", "error")
        self._key = w.Dropdown(description="Take input")
        self._output = w.Dropdown(description="from")
        button = parts.button("Take", self._take, tooltip="Fill in this input from the earlier step")
        for control in (self._alias, self._key, self._output):
            parts.classed(control, "field")
        self._line = parts.column(parts.row(self._key, self._output, looks=("pair",)), button, looks=("inner",))
        self.widget = parts.column(self._alias, self._error, self._line)
        parts.observe(self._alias, lambda _: edited())
        parts.observe(self._key, lambda _: self._offer_outputs())
        self.arrange({}, (), is_chain=False)

    @property
    def alias(self) -> str:
        """What later steps call this one."""
        return parts.value_of(self._alias).strip()

    @alias.setter
    def alias(self, alias: str) -> None:
        self._alias.value = alias

    def arrange(self, form: Schema, earlier: Sequence[Producer], *, is_chain: bool) -> None:
        """Show the name in a chain, and the line where there are inputs and earlier steps."""
        self._outputs = [output for producer in earlier for output in producer.outputs()]
        self._types = dict(islice(named_parts(form, form), MOST_OFFERED)) if is_chain else {}
        _offer(self._key, [(parts.one_line(".".join(path), 80), path) for path in self._types])
        self._offer_outputs()
        parts.visible(self.widget, shown=is_chain)
        parts.visible(self._line, shown=bool(self._types and self._outputs))

    def show_errors(self, errors: Iterable[FieldError]) -> list[FieldError]:
        """Show the errors of the name; returns the others."""
        found = list(errors)
        parts.say(self._error, " ".join(error.message for error in found if error.path == (_ALIAS,)))
        return [error for error in found if error.path != (_ALIAS,)]

    def _offer_outputs(self) -> None:
        """Offer the outputs that can stand where the chosen input is wanted."""
        wanted = self._types.get(parts.value_of(self._key), "")
        options = [
            (parts.one_line(f"{reference} ({kind})" if kind else reference, 160), reference)
            for reference, kind in self._outputs
            if fits(kind, wanted)
        ]
        _offer(self._output, options)

    def _take(self) -> None:
        path, reference = parts.value_of(self._key), parts.value_of(self._output)
        if path is not None and reference is not None:
            self._link(path, reference)


def _offer(menu: w.Dropdown, options: Sequence[tuple[str, object]]) -> None:
    """Offer these; what was chosen stays, where it is still offered, else the first is."""
    if list(menu.options) == list(options):
        return
    chosen = parts.value_of(menu)
    values = [value for _, value in options]
    menu.options = options
    menu.value = chosen if chosen in values else next(iter(values), None)
