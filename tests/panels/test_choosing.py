"""Choosing a workflow."""

from __future__ import annotations

from typing import Any

import pytest

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.panels.launch.choosing import WorkflowChooser
from cyberdesk_nb.panels.naming import distinct_names, find
from tests.panels.records import control, texts, tree, workflow

WORKFLOWS = [
    workflow("Invoice", key=1, tags=("erp",)),
    workflow("Invoice", key=2),
    workflow("Report", key=3, tags=("ERP",)),
    workflow("Other", key=4),
]


def listed(chooser: WorkflowChooser) -> Any:
    """Find the list of workflows."""
    return next(one for one in tree(chooser.widget) if type(one).__name__ == "Select")


def test_the_search_narrows_by_name_and_tag() -> None:
    """Typing narrows the list, whatever the case; a workflow chosen stays chosen, and in the list."""
    calls: list[int] = []
    chooser = WorkflowChooser(WORKFLOWS, lambda: calls.append(1))
    listed(chooser).value = 3
    search = control(chooser.widget, "Search workflows")
    search.value = "erp"
    assert [index for _, index in listed(chooser).options] == [0, 2, 3]
    assert texts(chooser.widget) == ["2 of 4 workflows found"]
    assert chooser.workflow is WORKFLOWS[3]
    search.value = ""
    assert [index for _, index in listed(chooser).options] == [0, 1, 2, 3]
    assert listed(chooser).value == 3
    assert calls == [1]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("REPORT", [2]),
        ("erp inv", [0]),
        ("inv erp", [0]),
        (WORKFLOWS[3].id[-4:], [3]),
        ("x" * 60 + "z", [0]),
        ("no", []),
    ],
)
def test_every_word_is_looked_for_in_name_tags_and_id(typed: str, found: list[int]) -> None:
    """All words must occur, in whatever order, in the name, a tag or the id, also behind what the list shows."""
    long = workflow("Invoice", key=1, tags=("erp", "x" * 60 + "z"))
    chooser = WorkflowChooser([long, *WORKFLOWS[1:]], lambda: None)
    control(chooser.widget, "Search workflows").value = typed
    assert [index for _, index in listed(chooser).options] == found


def test_names_that_are_not_unique_carry_their_id() -> None:
    """Two workflows of one name can be told apart."""
    assert distinct_names(WORKFLOWS) == [
        f"Invoice ({WORKFLOWS[0].id})",
        f"Invoice ({WORKFLOWS[1].id})",
        "Report",
        "Other",
    ]


def test_a_workflow_is_found_by_id_or_unique_name() -> None:
    """A wrong name says which come close; a shared one says to use an id."""
    assert find(WORKFLOWS, WORKFLOWS[1].id, "workflow") is WORKFLOWS[1]
    assert find(WORKFLOWS, "Report", "workflow") is WORKFLOWS[2]
    with pytest.raises(RequestError, match="Did you mean 'Report'"):
        find(WORKFLOWS, "Reprot", "workflow")
    with pytest.raises(RequestError, match=r"2 workflows are called.*Use the id"):
        find(WORKFLOWS, "Invoice", "workflow")


def test_an_organization_without_workflows_says_so() -> None:
    """An empty list is a sentence."""
    assert texts(WorkflowChooser([], lambda: None).widget) == ["This organization has no workflow yet."]
