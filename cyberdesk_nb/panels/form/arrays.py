"""The field of a list: a row per item, to add and to remove."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import ipywidgets as w

from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form.box import Box
from cyberdesk_nb.panels.form.field import Field, FieldError, Key
from cyberdesk_nb.panels.form.objects import Build
from cyberdesk_nb.panels.form.spec import Spec
from cyberdesk_nb.panels.form.values import MISSING

MAX_ROWS = 200
"""Longer lists are shown as JSON."""


class ArrayField(Box):
    """A list whose items all follow one schema."""

    _open_when_out = True

    def __init__(self, spec: Spec, edited: Callable[[], None], build: Build) -> None:
        super().__init__(spec, edited)
        self._build = build
        self._rows: list[tuple[Field, w.HBox]] = []
        self._list = parts.column()
        self._add = parts.button(f"Add to {spec.label}", self._add_row, "quiet")
        self._assemble(self._list, self._add)

    def fits(self, value: Any) -> bool:
        """Whether it is a list of a length that can be shown, or a null that may be."""
        if isinstance(value, list):
            return len(cast("list[Any]", value)) <= MAX_ROWS
        return value is None and self.spec.nullable

    def child(self, key: Key) -> Field | None:
        """Return the field of a row."""
        return self._rows[key][0] if isinstance(key, int) and 0 <= key < len(self._rows) else None

    def children(self) -> Iterable[Field]:
        """Return the fields of all rows."""
        return [field for field, _ in self._rows]

    def reset(self) -> None:
        """Go back to the schema's default, to no rows, or to being left out."""
        empty: Any = [] if self.spec.required or self.spec.in_list else MISSING
        self.value = self.spec.schema.get("default", empty)

    def close(self) -> None:
        """Close the rows, also what they do not show now."""
        self._fill(None)
        super().close()

    def _begin(self) -> None:
        """Start without rows."""

    def _content(self) -> list[Any]:
        return [field.value for field, _ in self._rows if field.value is not MISSING]

    def _fill(self, content: Any) -> None:
        for field, line in self._rows:
            field.close()
            parts.close_all(line)
        self._rows = []
        for item in cast("list[Any]", content or []):
            self._append().value = item
        self._arrange()

    def _inner_problems(self) -> Iterator[FieldError]:
        for index, (field, _) in enumerate(self._rows):
            yield from (FieldError((index, *problem.path), problem.message) for problem in field.problems())

    def _append(self) -> Field:
        field = self._build(self.spec.item_spec(len(self._rows)), self._edited)
        remove = parts.button("Remove", lambda: self._remove_row(field), "quiet", tooltip="Remove this row")
        self._rows.append((field, parts.row(field.widget, remove, looks=("item",))))
        return field

    def _add_row(self) -> None:
        if self._state != "given":
            self._enter("given")
        self._append().reset()
        self._arrange()
        self._edited()

    def _remove_row(self, field: Field) -> None:
        line = next(line for one, line in self._rows if one is field)
        self._rows = [(one, other) for one, other in self._rows if one is not field]
        self._arrange()
        field.close()
        parts.close_all(line)
        self._add.focus()
        if not self._rows and not (self.spec.required or self.spec.in_list):
            self._enter("out")
        self._edited()

    def _arrange(self) -> None:
        for index, (field, _) in enumerate(self._rows):
            title = field.spec.schema.get("title") and field.spec.label
            field.rename(f"{title} {index + 1}" if title else str(index + 1))
        parts.put(self._list, *(line for _, line in self._rows))
