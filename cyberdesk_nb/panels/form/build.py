"""From a spec to its field."""

from __future__ import annotations

from collections.abc import Callable

from cyberdesk_nb.panels.form.arrays import ArrayField
from cyberdesk_nb.panels.form.controls import ChoiceField, DateField, NumberField, TextField, TimeField
from cyberdesk_nb.panels.form.field import Field
from cyberdesk_nb.panels.form.objects import ObjectField
from cyberdesk_nb.panels.form.raw import JsonField
from cyberdesk_nb.panels.form.slot import Slot
from cyberdesk_nb.panels.form.spec import Spec

_CONTROLS: dict[str, Callable[[Spec, Callable[[], None]], Field]] = {
    "text": TextField,
    "number": NumberField,
    "choice": ChoiceField,
    "date": DateField,
    "date-time": TimeField,
}


def build_field(spec: Spec, edited: Callable[[], None]) -> Field:
    """Build the field that shows `spec`; a value that it cannot show becomes JSON text in its place."""
    if spec.kind == "json":
        return JsonField(spec, edited)
    return Slot(spec, edited, _natural(spec, edited))


def _natural(spec: Spec, edited: Callable[[], None]) -> Field:
    if spec.kind == "object":
        return ObjectField(spec, edited, build_field)
    if spec.kind == "array":
        return ArrayField(spec, edited, build_field)
    return _CONTROLS[spec.kind](spec, edited)
