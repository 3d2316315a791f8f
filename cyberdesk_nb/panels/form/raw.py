"""A field that holds any JSON value as text: for what has no control of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as w

from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form.controls import Control, marked
from cyberdesk_nb.panels.form.spec import Spec
from cyberdesk_nb.panels.form.values import MISSING, dumps, loads


class JsonField(Control):
    """JSON text; empty is not given."""

    def __init__(self, spec: Spec, edited: Callable[[], None], label: str | None = None) -> None:
        self._area = w.Textarea(
            description=f"{marked(spec)} (JSON)" if label is None else label, continuous_update=False, rows=2
        )
        parts.classed(self._area, "code")
        super().__init__(spec, edited, self._area)

    def fits(self, value: Any) -> bool:  # noqa: ARG002 - all of them
        """Whether the value can be shown: always."""
        return True

    def _shown(self, value: Any) -> str:
        text = "" if value is MISSING else dumps(value)
        self._area.rows = parts.lines_of(text)
        return text

    def _understood(self, shown: str) -> Any:
        return loads(shown) if shown.strip() else MISSING

    def _emptied(self) -> Any:
        return MISSING
