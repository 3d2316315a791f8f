"""Choose a workflow: a search by name, tag or id over the list."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets as w

from cyberdesk_nb.models import WorkflowResponse
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.naming import distinct_names

_ROWS = 6


class WorkflowChooser:
    """A search field and a list; `chosen` is called when another workflow is chosen, by a click or from Python."""

    def __init__(self, workflows: Sequence[WorkflowResponse], chosen: Callable[[], None]) -> None:
        names = distinct_names(workflows)
        self._options = [
            (_titled(name, one), index) for index, (name, one) in enumerate(zip(names, workflows, strict=True))
        ]
        self._workflows = workflows
        self._haystacks = [_searched(one) for one in workflows]
        self._workflow: WorkflowResponse | None = None
        self._chosen = chosen
        self._filtering = False
        self._search = w.Text(description="Search workflows", placeholder="name, tag or id", continuous_update=True)
        self._list = w.Select(
            description="Workflow", options=self._options, value=None, rows=min(_ROWS, max(2, len(workflows)))
        )
        self._count = parts.words("", "help")
        for control in (self._search, self._list):
            parts.classed(control, "field")
        parts.observe(self._search, self._filter)
        parts.observe(self._list, self._picked)
        self.widget = parts.column(self._search, self._list, self._count)
        self._filter("")

    @property
    def workflow(self) -> WorkflowResponse | None:
        """The workflow chosen; one that the search does not find stays chosen, and in the list."""
        return self._workflow

    @workflow.setter
    def workflow(self, workflow: WorkflowResponse | None) -> None:
        self._workflow = workflow
        self._filter(parts.value_of(self._search))
        self._chosen()

    def _filter(self, wanted: str) -> None:
        needles = wanted.casefold().split()
        found = {index for _, index in self._options if all(one in self._haystacks[index] for one in needles)}
        chosen = self._workflows.index(self._workflow) if self._workflow is not None else None
        self._filtering = True
        try:
            # The one chosen stays in the list: from a list without a selection, arrow keys lead nowhere in Chromium.
            self._list.options = [(title, index) for title, index in self._options if index in found or index == chosen]
            self._list.value = chosen
        finally:
            self._filtering = False
        parts.say(self._count, self._count_words(len(found)))

    def _count_words(self, found: int) -> str:
        if not self._workflows:
            return "This organization has no workflow yet."
        return "" if found == len(self._workflows) else f"{found} of {len(self._workflows)} workflows found"

    def _picked(self, index: int | None) -> None:
        if self._filtering or index is None or self._workflows[index] is self._workflow:
            return
        self._workflow = self._workflows[index]
        self._chosen()


def _searched(workflow: WorkflowResponse) -> str:
    tags = (tag.name for tag in workflow.tags or ())
    return "\n".join([workflow.name or "", *tags, workflow.id]).casefold()


def _titled(name: str, workflow: WorkflowResponse) -> str:
    tags = ", ".join(parts.one_line(tag.name, 30) for tag in workflow.tags or ())
    return f"{name}  ·  {tags}" if tags else name
