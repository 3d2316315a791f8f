"""A 422 in any of its forms is read into fields."""

from __future__ import annotations

from typing import Any

import pytest

from cyberdesk_nb.errors import ConflictError, UnprocessableEntityError
from cyberdesk_nb.panels.launch.launches import Setting
from cyberdesk_nb.panels.launch.refusals import field_errors
from cyberdesk_nb.panels.wording import refusal_words


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ([{"loc": ["body", "input_values", "a", 0], "msg": "Bad."}], ["a.0: Bad."]),
        ([{"loc": ["body", "machine_id"], "msg": "Bad."}], ["machine_id: Bad."]),
        ([{"loc": ["body", "sensitive_input_values", "pin"], "msg": "Bad."}], ["$pin: Bad."]),
        ([{"loc": ["body", "input_values"], "msg": "Bad."}], ["Bad."]),
        ([{"loc": ["body", "input_values", "inputs", "a"], "msg": "Bad."}], ["inputs.a: Bad."]),
        ([{"loc": ["body", "steps", 0, "inputs", "a"], "msg": "Bad."}], ["steps.0.a: Bad."]),
        ([{"loc": ["body", "steps", 0, "workflow_id"], "msg": "Bad."}], ["steps.0.workflow_id: Bad."]),
        ({"errors": [{"path": "steps[1].sensitive_inputs.pin", "message": "Bad."}]}, ["steps.1.$pin: Bad."]),
        ({"errors": [{"path": "/shared_inputs/a/0", "message": "Bad."}]}, ["shared_inputs.a.0: Bad."]),
        ({"errors": [{"path": "shared_sensitive_inputs.pin", "message": "Bad."}]}, ["shared_inputs.$pin: Bad."]),
        (
            {"errors": [{"path": "a.b[2]", "message": "Bad."}, {"path": "$pin", "message": "Bad."}]},
            ["a.b.2: Bad.", "$pin: Bad."],
        ),
        ({"errors": [{"path": "/a/b/0", "message": "Bad."}]}, ["a.b.0: Bad."]),
        ({"errors": [{"path": ["a", "b"], "message": "Bad."}]}, ["a.b: Bad."]),
        ({"errors": [{"path": "$.a.b", "message": "Bad."}]}, ["a.b: Bad."]),
        ({"errors": {"a": ["Bad.", "Worse."]}}, ["a: Bad.", "a: Worse."]),
        ({"detail": "Only words.", "errors": {"a": ["Bad."]}}, ["a: Bad."]),
        ({"errors": [{"path": "", "message": "Bad."}]}, ["Bad."]),
        (None, []),
        ("text", []),
        ([1, {"loc": 5}, {"msg": "no path"}], []),
    ],
)
def test_each_form_names_its_fields(details: Any, expected: list[str]) -> None:
    """Lists of problems, path texts and maps by field all end as errors at fields; other things as none."""
    error = UnprocessableEntityError("Not valid.", status=422, details=details)
    assert [str(one) for one in field_errors(error)] == expected


@pytest.mark.parametrize(
    ("path", "is_setting"),
    [
        (["body", "count"], True),
        (["body", "file_inputs", 0, "content"], True),
        (["body", "input_values", "count"], False),
        (["body", "steps", 0, "inputs", "count"], False),
        (["count"], False),
        ("count", False),
    ],
)
def test_a_field_of_the_request_is_told_from_an_input_of_its_name(path: Any, is_setting: bool) -> None:
    """What stands right in the body is no input, whatever inputs are called; where nothing says so, it may be one."""
    details = {"errors": [{"path": path, "message": "Bad."}]}
    (found,) = field_errors(UnprocessableEntityError("Not valid.", status=422, details=details))
    assert isinstance(found.path[0], Setting) is is_setting


def test_only_a_422_names_fields() -> None:
    """Details of another status are not taken for field errors."""
    assert field_errors(ConflictError("Busy.", status=409, details={"errors": {"a": ["Bad."]}})) == []


def test_words_are_one_safe_line() -> None:
    """Whatever failed is told in one line, without control characters."""
    assert refusal_words(ConflictError("Busy.\n\x1b[31m", status=409, hint="Wait.")) == "Busy. \\x1b[31m Wait."
    assert refusal_words(ValueError("x")) == "ValueError: x"
