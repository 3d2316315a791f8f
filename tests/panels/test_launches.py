"""The three kinds of launch, and what each of them started."""

from __future__ import annotations

import pytest

from cyberdesk_nb.models import (
    RunBulkCreate,
    RunBulkCreateResponse,
    RunCreate,
    WorkflowChainCreate,
    WorkflowChainResponse,
)
from cyberdesk_nb.panels.launch.launches import Kind, cannot_carry, kind_of, launched
from tests.panels.records import run


@pytest.mark.parametrize(
    ("steps", "count", "kind"),
    [(1, 1, RunCreate), (1, 2, RunBulkCreate), (1, "abc", RunBulkCreate), (2, 1, WorkflowChainCreate)],
)
def test_steps_and_count_decide_the_kind(steps: int, count: object, kind: Kind) -> None:
    """One step once is a run, more often a bulk launch; several steps are a chain."""
    assert kind_of(steps, count) is kind


@pytest.mark.parametrize(
    ("kind", "refused"),
    [
        (RunCreate, {"keep_session_after_completion"}),
        (
            RunBulkCreate,
            {
                "keep_session_after_completion",
                "main_prompt",
                "main_agent_model_id",
                "session_alias",
                "release_session_after",
            },
        ),
        (
            WorkflowChainCreate,
            {"main_prompt", "main_agent_model_id", "session_alias", "release_session_after", "start_session"},
        ),
    ],
)
def test_what_a_kind_cannot_carry_is_what_its_request_does_not_have(kind: Kind, refused: set[str]) -> None:
    """Each kind refuses exactly the settings that the API gives it no field for, in words."""
    settings = [
        "is_priority",
        "main_prompt",
        "main_agent_model_id",
        "session_id",
        "start_session",
        "session_alias",
        "release_session_after",
        "keep_session_after_completion",
    ]
    assert {name for name in settings if cannot_carry(kind, name)} == refused


def test_a_reply_says_what_was_started() -> None:
    """Each reply gives the ids in order, the runs where it tells them, and in words what could not be queued."""
    one = launched(run(run_id="a"))
    assert (one.run_ids, one.runs[0].id, one.labels) == (("a",), "a", ())
    reply = RunBulkCreateResponse(created_runs=[run(run_id="a"), run(run_id="b")], failed_count=3, errors=["Full."] * 3)
    many = launched(reply)
    assert (many.run_ids, many.labels, many.session_id) == (("a", "b"), ("Run 1", "Run 2"), None)
    assert many.failed == "3 of 5 runs were not queued. Full."
    assert launched(RunBulkCreateResponse(created_runs=[run()])).failed == ""
    chain = launched(WorkflowChainResponse(session_id="s", run_ids=["b", "a"]), ("x", "y"))
    assert (chain.run_ids, chain.session_id, chain.labels) == (("b", "a"), "s", ("x", "y"))
