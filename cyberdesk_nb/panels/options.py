"""What else a run can be given: priority, a session, another prompt for this run only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as w

from cyberdesk_nb.panels import parts


class Options:
    """Seldom used choices behind a button; `request_fields` gives those that were made."""

    def __init__(self, edited: Callable[[], None]) -> None:
        self.priority = w.Checkbox(description="Priority: before other runs that wait", indent=False)
        self.start_session = w.Checkbox(description="Start a session: keep the machine afterwards", indent=False)
        self.session_id = w.Text(description="Join session", placeholder="id of a session", continuous_update=False)
        self.prompt = w.Textarea(
            description="Prompt for this run", placeholder="the workflow's own prompt", continuous_update=False, rows=4
        )
        controls = (self.priority, self.start_session, self.session_id, self.prompt)
        for control in (self.session_id, self.prompt):
            parts.classed(control, "field")
        for control in controls:
            parts.observe(control, lambda _: edited())
        self._more = w.ToggleButton(description="More options", tooltip="Priority, session, prompt")
        parts.classed(self._more, "button", "quiet")
        self._box = parts.column(*controls, looks=("inner",))
        parts.visible(self._box, shown=False)
        parts.observe(self._more, lambda on: parts.visible(self._box, shown=on))
        self.widget = parts.column(self._more, self._box)

    def request_fields(self) -> dict[str, Any]:
        """Give the fields of `RunCreate` that were chosen here."""
        fields = {
            "is_priority": parts.value_of(self.priority),
            "start_session": parts.value_of(self.start_session),
            "session_id": parts.value_of(self.session_id).strip(),
            "main_prompt": parts.value_of(self.prompt).strip(),
        }
        return {name: value for name, value in fields.items() if value}
