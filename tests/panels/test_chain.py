"""Several steps: what each gives, what they share, what they take from each other, and whose error it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import ipywidgets as w
import pytest
from ipywidgets import embed
from ipywidgets.widgets.widget import _instances  # pyright: ignore[reportAttributeAccessIssue]

from cyberdesk_nb.errors import RequestError, UnprocessableEntityError
from cyberdesk_nb.models import RunResponse, RunStatus, WorkflowChainCreate, WorkflowChainResponse
from cyberdesk_nb.panels import LaunchPanel
from cyberdesk_nb.panels.launch.launches import Launched, Request
from tests.panels.records import AT, SENTINEL, Ticks, control, labels, run, settled, texts, tree, workflow

LOOKUP = workflow(
    "Look up",
    {
        "type": "object",
        "required": ["patient", "$password"],
        "properties": {
            "patient": {"type": "string", "minLength": 2},
            "site": {"type": "string", "default": "A"},
            "kin": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
            "$password": {"type": "string"},
        },
    },
    key=1,
).model_copy(update={"output_schema": '{"mrn": "string", "age": "integer", "kin": {"phone": "string"}}'})
BOOK = workflow(
    "Book",
    {
        "type": "object",
        "required": ["mrn", "kin"],
        "properties": {
            "mrn": {"type": "string", "pattern": "^[0-9]+$"},
            "site": {"type": "string"},
            "kin": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
            "$password": {"type": "string"},
        },
    },
    key=2,
)
PLAIN = workflow("Plain", None, "Do it.", key=3)
CLOSED = workflow("Closed", {"type": "object", "properties": {}, "additionalProperties": False}, "Do it.", key=4)
REF = {"$ref": "step1.outputs.mrn"}


class Fleet:
    """What the panel is given; replies and runs come from the test."""

    def __init__(self) -> None:
        self.ticks = Ticks()
        self.sent: list[tuple[Request, str]] = []
        self.reply: Callable[[], Future[Any]] = lambda: settled(
            WorkflowChainResponse(session_id="s-1", run_ids=["run-1", "run-2"])
        )
        self.runs: list[RunResponse] = []
        self.looks: list[Launched] = []
        self.panel = LaunchPanel(
            [LOOKUP, BOOK, PLAIN, CLOSED], [], [], launch=self.launch, poll=self.poll, every=self.ticks.every
        )

    def launch(self, request: Request, key: str) -> Future[Any]:
        """Take a launch and answer it."""
        self.sent.append((request, key))
        return self.reply()

    def poll(self, launched: Launched) -> Future[list[RunResponse]]:
        """Give the runs as the test has them."""
        self.looks.append(launched)
        return settled(list(self.runs))

    def chain(self) -> LaunchPanel:
        """Fill in two steps that can be launched."""
        self.panel.steps = ["Look up", "Book"]
        first, second = self.panel.steps
        first.inputs = {"patient": "Doe"}
        first.secrets = {"password": SENTINEL}
        second.inputs = {"mrn": REF, "kin": {"name": "Roe"}}
        return self.panel


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    """Give a fleet whose panel is closed in the end."""
    made = Fleet()
    yield made
    made.panel.close()


def errors(panel: LaunchPanel) -> list[str]:
    """Give all that keeps the panel from launching."""
    return [str(error) for error in panel.check()]


def frame(panel: LaunchPanel, step: int) -> Any:
    """Find the frame of a step, as a user sees it."""
    return panel.steps[step].widget


def test_two_steps_are_sent_as_a_chain(fleet: Fleet) -> None:
    """Each step carries its workflow, name, inputs and secrets; a reference is sent as it is."""
    panel = fleet.chain()
    assert errors(panel) == []
    panel.submit()
    assert fleet.sent[0][0].to_wire() == {
        "steps": [
            {
                "workflow_id": LOOKUP.id,
                "session_alias": "step1",
                "inputs": {"patient": "Doe"},
                "sensitive_inputs": {"password": SENTINEL},
            },
            {"workflow_id": BOOK.id, "session_alias": "step2", "inputs": {"mrn": REF, "kin": {"name": "Roe"}}},
        ]
    }


def test_steps_are_added_and_removed_on_the_page(fleet: Fleet) -> None:
    """A second step brings names and numbers; without it the panel is that of one run again."""
    panel = fleet.panel
    panel.workflow = "Plain"
    assert "Name of this step" not in labels(panel)
    control(panel, "Add a step").click()
    assert {"Step 1", "Step 2"} <= set(texts(panel))
    panel.steps[1].workflow = "Plain"
    assert isinstance(panel.request, WorkflowChainCreate)
    control(frame(panel, 0), "Remove step").click()
    assert "Step 1" not in texts(panel)
    assert panel.request.to_wire() == {"workflow_id": PLAIN.id}
    with pytest.raises(RequestError, match="at least one step"):
        panel._draft.steps.remove(panel.steps[0])  # pyright: ignore[reportPrivateUsage]


def test_steps_set_from_python_keep_what_is_filled_in(fleet: Fleet) -> None:
    """Setting the list changes only the steps that differ; an unknown name or no list is an error."""
    panel = fleet.chain()
    panel.steps = [LOOKUP, "Plain", "Book"]
    assert panel.steps[0].inputs == {"patient": "Doe"}
    assert [step.alias for step in panel.steps] == ["step1", "step2", "step3"]
    for wrong in ([], "Book"):
        with pytest.raises(RequestError, match="list of workflows"):
            panel.steps = wrong
    with pytest.raises(RequestError, match="Did you mean 'Book'"):
        panel.steps = ["Boook"]
    assert len(panel.steps) == 3


def test_names_of_new_steps_are_free_ones(fleet: Fleet) -> None:
    """A step added after another was removed or renamed gets a name that no step has."""
    panel = fleet.chain()
    panel.steps[0].alias = "step3"
    control(panel, "Add a step").click()
    assert [step.alias for step in panel.steps] == ["step3", "step2", "step4"]


def test_an_error_stands_in_its_own_step(fleet: Fleet) -> None:
    """Fields of one name in two steps are told apart, in the check, on the page and in what submit raises."""
    panel = fleet.chain()
    panel.steps[0].inputs = {"patient": "D"}
    panel.steps[1].inputs = {"mrn": "x", "kin": {}}
    assert errors(panel) == [
        "steps.0.patient: Needs 2 characters or more.",
        "steps.1.mrn: Must match the pattern ^[0-9]+$",
        "steps.1.kin.name: Fill this in.",
    ]
    control(panel, "Launch").click()
    assert "Needs 2 characters or more." in texts(frame(panel, 0))
    assert "Needs 2 characters or more." not in texts(frame(panel, 1))
    assert "Fill this in." in texts(frame(panel, 1))
    assert "Fill this in." not in texts(frame(panel, 0))
    assert fleet.sent == []


def test_errors_of_a_launch_go_when_the_steps_change(fleet: Fleet) -> None:
    """After another workflow was chosen, or a step added, nothing is marked until the next launch."""
    panel = fleet.chain()
    panel.steps[0].inputs = {"patient": "D"}
    panel.count = 3
    for change in (lambda: control(panel, "Add a step").click(), lambda: setattr(panel.steps[2], "workflow", "Plain")):
        control(panel, "Launch").click()
        assert "Needs 2 characters or more." in texts(panel)
        change()
        assert "Needs 2 characters or more." not in texts(panel)
        assert not any("A chain is launched once" in text for text in texts(panel))


def test_a_step_without_a_workflow_says_so(fleet: Fleet) -> None:
    """A step that was added and not filled in keeps the chain from launching, in words at it."""
    panel = fleet.chain()
    control(panel, "Add a step").click()
    with pytest.raises(RequestError, match=r"steps\.2: No workflow is chosen"):
        panel.submit()
    assert any("No workflow is chosen" in text for text in texts(frame(panel, 2)))
    with pytest.raises(RequestError, match="No workflow"):
        panel.to_code()


def test_an_input_can_be_taken_from_an_earlier_step(fleet: Fleet) -> None:
    """The menus offer the outputs that fit the chosen input, also inside objects; taking one fills it in."""
    panel = fleet.chain()
    second = frame(panel, 1)
    control(second, "Take input").value = ("mrn",)
    offered = [value for _, value in control(second, "from").options]
    assert offered == ["step1.outputs.mrn", "step1.outputs.kin.phone"]
    assert control(second, "from").value == offered[0]
    control(second, "Take input").value = ("kin", "name")
    control(second, "from").value = "step1.outputs.kin.phone"
    control(second, "Take").click()
    assert panel.steps[1].inputs == {"mrn": REF, "kin": {"name": {"$ref": "step1.outputs.kin.phone"}}}
    assert errors(panel) == []
    assert "Take" not in labels(frame(panel, 0))


def test_references_follow_no_renamed_or_later_step(fleet: Fleet) -> None:
    """A reference to a name that no earlier step has, or that two have, is an error at its place."""
    panel = fleet.chain()
    panel.steps[0].alias = "found"
    assert errors(panel) == ["steps.1.mrn: No earlier step is called 'step1'. Earlier steps: found."]
    panel.steps[1].alias = "found"
    assert [error for error in errors(panel) if "session_alias" in error] == [
        f"steps.{index}.session_alias: Another step has this name: references could not tell them apart."
        for index in (0, 1)
    ]
    control(panel, "Launch").click()
    assert any("Another step has this name" in text for text in texts(frame(panel, 1)))
    panel.steps[0].alias, panel.steps[1].alias = "step1", "b"
    assert errors(panel) == []


def test_a_step_without_a_name_gives_nothing_to_others(fleet: Fleet) -> None:
    """A name that was emptied is not sent, nothing is offered of that step, and a reference to it is refused."""
    panel = fleet.chain()
    panel.steps[0].alias = " "
    assert "Take" not in labels(frame(panel, 1))
    assert errors(panel) == ["steps.1.mrn: Must be text."]
    panel.steps[1].inputs = {"mrn": "1", "kin": {"name": "Roe"}}
    assert "session_alias" not in panel.request.to_wire()["steps"][0]


def test_a_joined_session_may_know_other_names(fleet: Fleet) -> None:
    """Where a session is joined, a reference may lead to a run from before, also of a single run."""
    panel = fleet.chain()
    panel.steps[1].inputs = {"mrn": {"$ref": "earlier.outputs.x"}, "kin": {"name": "Roe"}}
    assert len(errors(panel)) == 1
    panel.options = {"session_id": "s-0"}
    assert errors(panel) == []
    panel.steps = ["Book"]
    panel.inputs = {"mrn": {"$ref": "earlier.outputs.x"}, "kin": {"name": "Roe"}}
    assert errors(panel) == []
    panel.options = {}
    assert errors(panel) == ["mrn: Must be text."]


def test_what_steps_share_is_given_once(fleet: Fleet) -> None:
    """Shared inputs and secrets reach the steps that declare them; what a step gives itself wins."""
    panel = fleet.chain()
    panel.steps[0].secrets = {"password": ""}
    panel.steps[0].inputs = {"patient": "Doe", "site": "own"}
    panel.steps[1].inputs = {"mrn": REF, "kin": {}}
    assert len(errors(panel)) == 2
    panel.shared_inputs = {"site": "B", "kin": {"name": "Roe"}}
    panel.shared_secrets = {"password": SENTINEL}
    assert errors(panel) == []
    wire = panel.request.to_wire()
    assert wire["shared_inputs"] == {"site": "B", "kin": {"name": "Roe"}}
    assert wire["shared_sensitive_inputs"] == {"password": SENTINEL}
    assert [step.get("inputs") for step in wire["steps"]] == [{"patient": "Doe", "site": "own"}, {"mrn": REF}]


def test_what_is_shared_does_not_reach_other_steps(fleet: Fleet) -> None:
    """A step that does not declare a shared input is not checked with it."""
    panel = fleet.chain()
    panel.steps = ["Look up", "Book", "Closed"]
    panel.shared_inputs = {"site": "B"}
    assert errors(panel) == []


def test_a_shared_value_that_does_not_fit_is_an_error_where_it_was_given(fleet: Fleet) -> None:
    """The error of a shared input stands at the shared field; one that no step takes is not dropped in silence."""
    panel = fleet.chain()
    panel.shared_inputs = {"site": 3, "nobody": 1}
    found = errors(panel)
    assert "shared_inputs.nobody: No step takes this input." in found
    assert "shared_inputs.site: Must be text." in found
    control(panel, "Launch").click()
    assert "Must be text." in texts(panel._draft.steps.shared.widget)  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(RequestError, match="shared_secrets"):
        panel.shared_inputs = {"$password": SENTINEL}


def test_what_is_shared_stays_when_steps_change(fleet: Fleet) -> None:
    """Adding a step keeps what was filled in for all, the secret too."""
    panel = fleet.chain()
    panel.shared_inputs = {"site": "B"}
    panel.shared_secrets = {"password": SENTINEL}
    panel.steps = ["Look up", "Book", "Look up", "Plain"]
    wire = panel.request.to_wire()
    assert (wire["shared_inputs"], wire["shared_sensitive_inputs"]) == ({"site": "B"}, {"password": SENTINEL})


def test_what_a_chain_cannot_carry_is_said_at_its_field(fleet: Fleet) -> None:
    """A prompt, an own alias or a count set before is not dropped: it keeps the chain from launching, in words."""
    panel = fleet.chain()
    panel.options = {"main_prompt": "x", "is_priority": True, "keep_session_after_completion": True}
    panel.count = 3
    assert errors(panel) == [
        "count: A chain is launched once: write 1.",
        "main_prompt: A chain takes no such setting: clear it.",
    ]
    control(panel, "Launch").click()
    assert {"A chain is launched once: write 1.", "A chain takes no such setting: clear it."} <= set(texts(panel))
    with pytest.raises(RequestError, match="main_prompt"):
        panel.to_code()
    panel.options = {"is_priority": True, "keep_session_after_completion": True}
    panel.count = 1
    wire = panel.request.to_wire()
    assert (wire["is_priority"], wire["keep_session_after_completion"]) == (True, True)


@pytest.mark.parametrize(
    ("details", "step"),
    [
        ([{"loc": ["body", "steps", 1, "inputs", "kin", "name"], "msg": "Odd."}], 1),
        ({"errors": [{"path": "steps[0].inputs.kin.name", "message": "Odd."}]}, 0),
        ({"errors": [{"path": "/steps/1/sensitive_inputs/password", "message": "Odd."}]}, 1),
        ({"errors": [{"path": "mrn", "message": "Odd."}]}, 1),
        ({"errors": {"patient": ["Odd."]}}, 0),
        ([{"loc": ["body", "steps", 1, "session_alias"], "msg": "Odd."}], 1),
    ],
)
def test_a_refusal_stands_in_the_step_it_means(fleet: Fleet, details: Any, step: int) -> None:
    """The server's 422 is shown in the step that it names, or that alone knows the field."""
    fleet.reply = lambda: settled(UnprocessableEntityError("No.", status=422, details=details))
    panel = fleet.chain()
    for one in panel.steps:
        one.inputs = one.inputs | {"kin": {"name": "Roe"}}
    control(panel, "Launch").click()

    def said(index: int) -> bool:
        secrets = [one for one in tree(frame(panel, index)) if type(one).__name__ == "SecretField"]
        return "Odd." in texts(frame(panel, index)) or any(one.error == "Odd." for one in secrets)  # pyright: ignore[reportAttributeAccessIssue]

    assert [said(0), said(1)] == [step == 0, step == 1]


def test_a_refusal_that_could_mean_several_steps_is_said_whole(fleet: Fleet) -> None:
    """A field that two steps have, without a word on which, is told beside the button with its name."""
    details = {"errors": [{"path": "site", "message": f"Odd {SENTINEL}."}]}
    fleet.reply = lambda: settled(UnprocessableEntityError("No.", status=422, details=details))
    panel = fleet.chain()
    control(panel, "Launch").click()
    assert any("No. site: Odd ***." in text for text in texts(panel))


def test_the_steps_are_watched_together(fleet: Fleet) -> None:
    """One look per tick shows where each step stands, under its name; the last one's end is the launch's."""
    panel = fleet.chain()
    panel.submit()
    assert panel.runs == []
    assert "0 of 2 runs have ended: 2 not seen yet" in texts(panel)
    fleet.runs = [run(RunStatus.SUCCESS, run_id="run-1", output_data={"a": 1}, ended_at=AT.replace(minute=1))]
    fleet.ticks.tick()
    listed = control(panel, "Runs")
    assert [label for label, _ in listed.options] == ["step1 · Look up · success", "step2 · Book · not seen yet"]
    assert json.loads(control(panel, "Output").value) == {"a": 1}
    error = run(RunStatus.ERROR, run_id="run-2", error=["Gone."], ended_at=AT.replace(minute=2))
    fleet.runs = [error, run(run_id="stranger")]
    fleet.ticks.tick(9)
    assert (fleet.ticks.running, len(fleet.looks)) == (0, 2)
    assert fleet.looks[0].session_id == "s-1"
    assert "2 of 2 runs have ended: 1 success, 1 error" in texts(panel)
    assert panel.wait(0) is panel.run
    assert [one.id for one in panel.runs] == ["run-1", "run-2"]
    listed.value = "run-2"
    assert control(panel, "Error").value == "Gone."


def test_secrets_of_all_steps_are_nowhere_and_gone_after_the_launch(fleet: Fleet) -> None:
    """Neither state, repr, preview nor code holds a step's or a shared secret; the launch takes them all along."""
    panel = fleet.chain()
    panel.shared_secrets = {"password": SENTINEL}
    control(panel, "What will be sent").value = True
    seen = [w.Widget.get_manager_state(), embed.dependency_state([panel]), repr(panel.request), repr(panel.steps)]
    assert SENTINEL not in json.dumps([*seen, panel.to_code()], default=repr)
    panel.submit()
    fields = [one for one in tree(panel) if type(one).__name__ == "SecretField"]
    assert len(fields) == 3
    assert not any(one.is_set for one in fields)  # pyright: ignore[reportAttributeAccessIssue]


def test_closing_a_chain_leaves_nothing_behind() -> None:
    """A closed panel of several steps, some removed again, leaves no widget and no timer."""
    before = set(_instances)
    fleet = Fleet()
    panel = fleet.chain()
    panel.steps = ["Look up", "Book", "Look up"]
    panel.shared_inputs = {"site": "B"}
    panel.steps = ["Look up", "Book"]
    panel.steps[0].secrets = {"password": "x" * 8}
    panel.submit()
    panel.steps[1].secrets = {"password": "x" * 8}
    steps = panel.steps
    panel.close()
    assert [step.held_secrets.read() for step in steps] == [{}, {}]
    assert set(_instances) == before
    assert fleet.ticks.running == 0
