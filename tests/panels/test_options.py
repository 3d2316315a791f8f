"""The other settings of a launch."""

from __future__ import annotations

from typing import Any

import pytest

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.models import ModelConfigurationResponse, RunBulkCreate, RunCreate, WorkflowChainCreate
from cyberdesk_nb.panels.form import FieldError
from cyberdesk_nb.panels.launch.options import Count, Options
from tests.panels.records import AT, below, control, labels

MANY = ["Priority: before other runs that wait", "Start a session: keep the machine afterwards", "Join session"]


def model(name: str, *, drives: bool = True, archived: bool = False) -> ModelConfigurationResponse:
    """Make a model configuration."""
    return ModelConfigurationResponse(
        id=f"model-{name}",
        name=name,
        provider="p",
        model="m",
        is_system_default=False,
        created_at=AT,
        updated_at=AT,
        is_computer_use_model=drives,
        is_archived=archived,
    )


MODELS = [model("Fast"), model("Reader", drives=False), model("Old", archived=True)]


def options() -> Options:
    """Make the settings, opened."""
    made = Options(MODELS, lambda: None)
    control(made.widget, "More options").value = True
    return made


def test_what_is_set_is_given_by_the_names_of_the_api() -> None:
    """Each control stands for one field of the request; one that is emptied or unticked is left out again."""
    made = options()
    assert made.value == {}
    control(made.widget, MANY[0]).value = True
    control(made.widget, "Join session").value = " s-1 "
    control(made.widget, "Name in the session").value = "lookup"
    control(made.widget, "Release the session after this run").value = True
    control(made.widget, "Model").value = "model-Fast"
    assert made.value == {
        "is_priority": True,
        "session_id": "s-1",
        "session_alias": "lookup",
        "release_session_after": True,
        "main_agent_model_id": "model-Fast",
    }
    control(made.widget, MANY[0]).value = False
    control(made.widget, "Join session").value = "  "
    control(made.widget, "Model").value = ""
    assert set(made.value) == {"session_alias", "release_session_after"}


def test_only_models_that_can_drive_a_run_are_offered() -> None:
    """Models that are archived, or not made for using computers, are left out."""
    assert [label for label, _ in control(options().widget, "Model").options] == ["the workflow's own", "Fast"]


def test_options_are_replaced_from_python() -> None:
    """Setting replaces all; None and False are not given; nothing changes where one of them is wrong."""
    made = options()
    made.value = {"is_priority": True, "main_prompt": "Do it.", "start_session": False, "session_id": None}
    assert made.value == {"is_priority": True, "main_prompt": "Do it."}
    for wrong, words in [
        ({"is_prioriti": True}, "Did you mean 'is_priority'"),
        ({"is_priority": "yes"}, "is_priority cannot be 'yes'"),
        ({"main_agent_model_id": "model-Old"}, "cannot be 'model-Old'"),
        ({"zzz": 1}, "There are: is_priority"),
    ]:
        with pytest.raises(RequestError, match=words):
            made.value = wrong
    assert made.value == {"is_priority": True, "main_prompt": "Do it."}
    made.value = {}
    assert made.value == {}


def test_what_a_kind_cannot_carry_is_out_of_view_unless_it_was_set() -> None:
    """Fields that the request would not have are not shown; one filled in before stays, with an error at it."""
    made = options()
    made.arrange(RunBulkCreate)
    assert [label for label in labels(made.widget) if label != "More options"] == MANY
    made.value = {"main_prompt": "x"}
    made.arrange(RunBulkCreate)
    assert "Prompt for this run" in labels(made.widget)
    (error,) = made.errors(RunBulkCreate)
    assert made.show_errors([error, FieldError(("other",), "Elsewhere.")]) == [FieldError(("other",), "Elsewhere.")]
    assert any("clear it" in text for text in below(made.widget, "Prompt for this run"))
    assert made.errors(RunCreate) == []
    made.value = {"keep_session_after_completion": True}
    assert made.errors(WorkflowChainCreate) == []
    assert len(made.errors(RunCreate)) == 1


@pytest.mark.parametrize("typed", ["0", "1001", "1.5", "", "many", "-3"])
def test_a_number_of_runs_that_cannot_be_is_said(typed: str) -> None:
    """Nothing is rounded or cut to fit: what is no number from 1 to 1000 is a problem."""
    count = Count(lambda: None)
    assert not count.problem(1)
    control(count.widget, "How many runs").value = typed
    assert "1 to 1000" in count.problem(1)


def test_a_number_of_runs_is_read_and_set() -> None:
    """A whole number from 1 to 1000 is taken from the page and from Python; a chain runs once."""
    count = Count(lambda: None)
    control(count.widget, "How many runs").value = "1000"
    assert (count.value, count.problem(1)) == (1000, "")
    assert "A chain" in count.problem(2)
    count.value = 3
    assert control(count.widget, "How many runs").value == "3"
    wrong: list[Any] = [0, 1001, True, 1.0, "3"]
    for one in wrong:
        with pytest.raises(RequestError, match="no number of runs"):
            count.value = one
    assert count.value == 3
