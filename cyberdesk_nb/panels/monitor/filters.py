"""Choose which runs are shown: by status, by workflow, by text."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import ipywidgets as w

from cyberdesk_nb.errors import RequestError, printable
from cyberdesk_nb.models import RunStatus
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.monitor.sheet import LIVE, Wanted

_ALL = ("all", "")
"""None would be no choice at all."""
_STATUSES: list[tuple[str, str]] = [
    _ALL,
    ("live: not ended", LIVE),
    *((str(status), str(status)) for status in RunStatus),
]


class Filters:
    """Three controls side by side; `changed` is called when one of them is."""

    def __init__(self, changed: Callable[[], object], status: str | None = None) -> None:
        self._changed = changed
        self._is_filling = False
        statuses = list(_STATUSES)
        if status is not None and status not in [value for _, value in statuses]:
            statuses.append((parts.one_line(status, 40), status))
        self.status = w.Dropdown(description="Status", options=statuses, value=status or "")
        self.workflow = w.Dropdown(description="Workflow", options=[_ALL], value="")
        self.text = w.Text(description="Search", placeholder="id, machine, error...", continuous_update=True)
        for control in (self.status, self.workflow, self.text):
            parts.classed(control, "field")
            parts.observe(control, self._tell)
        self.widget = parts.row(self.status, self.workflow, self.text, looks=("filters",))

    @property
    def wanted(self) -> Wanted:
        """What the controls say."""
        text = str(parts.value_of(self.text)).strip().casefold()
        return Wanted(parts.value_of(self.status) or None, parts.value_of(self.workflow) or None, text)

    def choose(self, status: str, workflow: str, text: str) -> None:
        """Set the controls; a workflow by id or name, empty ones let all pass. Raises `RequestError` for another."""
        status = self._value(self.status, status)
        workflow = self._value(self.workflow, workflow)
        self._is_filling = True
        try:
            self.status.value, self.workflow.value, self.text.value = status, workflow, text
        finally:
            self._is_filling = False
        self._changed()

    def _value(self, control: w.Dropdown, wanted: str) -> str:
        values = [value for title, value in control.options if wanted in (value, title)]
        if len(values) == 1:
            return str(values[0])
        noun, shown = str(control.description).lower(), printable(wanted, 80)
        if values:
            raise RequestError(f"{len(values)} {noun}s are called {shown!r}.", hint="Use the id.")
        raise RequestError(f"No run here has the {noun} {shown!r}.")

    def offer(self, workflows: Iterable[tuple[str, str]], statuses: Iterable[str]) -> None:
        """Offer workflows, as pairs of name and id, and statuses that this version does not know."""
        options = [_ALL, *sorted(workflows, key=lambda one: one[0].casefold())]
        self._fill(self.workflow, options)
        known = {value for _, value in self.status.options}
        strange = [(parts.one_line(one, 40), one) for one in statuses if one not in known]
        if strange:
            self._fill(self.status, [*self.status.options, *strange])

    def _fill(self, control: w.Dropdown, options: list[tuple[str, str]]) -> None:
        if list(control.options) == options:
            return
        value = parts.value_of(control)
        self._is_filling = True
        try:
            control.options = options
            control.value = value if value in [one for _, one in options] else ""
        finally:
            self._is_filling = False

    def _tell(self, _: object) -> None:
        if not self._is_filling:
            self._changed()
