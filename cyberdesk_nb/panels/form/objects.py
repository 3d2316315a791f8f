"""The field of an object: one field per property, and JSON for what the schema does not name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias, cast

from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form.box import Box
from cyberdesk_nb.panels.form.field import Field, FieldError, Key
from cyberdesk_nb.panels.form.raw import JsonField
from cyberdesk_nb.panels.form.spec import Spec
from cyberdesk_nb.panels.form.values import MISSING

Build: TypeAlias = Callable[[Spec, Callable[[], None]], Field]


class ObjectField(Box):
    """An object with named properties."""

    def __init__(self, spec: Spec, edited: Callable[[], None], build: Build) -> None:
        super().__init__(spec, edited)
        self._fields = {key: build(one, edited) for key, one in spec.property_specs().items()}
        others = replace(spec, name="Other values", schema={}, required=False, nullable=False, in_list=False)
        self._others = JsonField(others, edited)
        parts.visible(self._others.widget, shown=False)
        self._assemble(*(field.widget for field in self._fields.values()), self._others.widget)

    def fits(self, value: Any) -> bool:
        """Whether it is an object, or a null that may be."""
        return isinstance(value, dict) or (value is None and self.spec.nullable)

    def child(self, key: Key) -> Field | None:
        """Return the field of a property."""
        return self._fields.get(key) if isinstance(key, str) else None

    def children(self) -> Iterable[Field]:
        """Return the fields of all properties."""
        return (*self._fields.values(), self._others)

    def reset(self) -> None:
        """Go back to the schema's default; where it has none, to those of the properties, or to being left out."""
        default = self.spec.schema.get("default", MISSING)
        self.value = {} if default is MISSING and (self.spec.required or self.spec.in_list) else default
        if default is MISSING:
            self._begin()

    def _content(self) -> dict[str, Any]:
        values = {key: field.value for key, field in self._fields.items()}
        others = self._others.value
        extra = cast("dict[str, Any]", others) if isinstance(others, dict) else dict[str, Any]()
        return {key: value for key, value in values.items() if value is not MISSING} | extra

    def _fill(self, content: Any) -> None:
        given = cast("Mapping[str, Any]", content or {})
        for key, field in self._fields.items():
            field.value = given.get(key, MISSING)
        others = {key: value for key, value in given.items() if key not in self._fields}
        self._others.value = others or MISSING
        parts.visible(self._others.widget, shown=bool(others))

    def _begin(self) -> None:
        for field in self._fields.values():
            if self._state == "given" and field.value is MISSING:
                field.reset()

    def _inner_problems(self) -> Iterator[FieldError]:
        for key, field in self._fields.items():
            yield from (FieldError((key, *problem.path), problem.message) for problem in field.problems())
        yield from self._others.problems()
        if self._others.value is not MISSING and not isinstance(self._others.value, dict):
            yield FieldError((), "Other values must be a JSON object.")
