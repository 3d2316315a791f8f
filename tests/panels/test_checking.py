"""Inputs are checked against the workflow's schema before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from cyberdesk_nb.panels.launch.checking import Supply, check_inputs, schema_errors
from cyberdesk_nb.panels.launch.inputs import Inputs, inputs_of
from tests.panels.records import INPUTS, SENTINEL, workflow


def check(values: dict[str, Any], secrets: dict[str, Any] | None = None, supply: Supply | None = None) -> list[str]:
    """Check against the sample workflow."""
    found = check_inputs(
        inputs_of(workflow()), values, {"password": "hunter22"} if secrets is None else secrets, supply
    )
    return [str(error) for error in found]


def test_good_inputs_pass() -> None:
    """What fits the schema has no errors."""
    assert check(INPUTS) == []


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"day": "2026-01-02"}, "patient: Fill this in."),
        (INPUTS | {"count": 0}, "count: Must be at least 1."),
        (INPUTS | {"count": "x"}, "count: Must be a whole number."),
        (INPUTS | {"day": "2026-02-30"}, "day: Must be a date such as 2026-01-31."),
        (INPUTS | {"address": {"zip": "1"}}, "address.zip: Must match the pattern ^[0-9]{5}$"),
        (INPUTS | {"$password": "x"}, "$password: A secret belongs in its own field, not among the inputs."),
    ],
)
def test_what_is_wrong_stands_at_its_path_in_words(values: dict[str, Any], error: str) -> None:
    """Each kind of error names its field and what would be right."""
    assert check(values) == [error]


def test_errors_never_repeat_a_value() -> None:
    """No error text holds the secret, whichever keyword it breaks, also those of the whole object."""
    schema = {
        "maxProperties": 0,
        "not": {},
        "additionalProperties": False,
        "properties": {
            "$a": {"const": 1},
            "$b": {"anyOf": [{"maxLength": 3}, {"enum": ["x"]}]},
            "$c": {"type": "object", "minProperties": 3, "maxProperties": 0},
            "$d": {
                "pattern": "^x$",
                "format": "date",
                "minLength": 99,
                "maxLength": 1,
                "type": "integer",
                "multipleOf": 2,
            },
        },
    }
    secrets = {"a": SENTINEL, "b": SENTINEL, "c": {"k": SENTINEL}, "d": SENTINEL, "e": SENTINEL}
    found = check_inputs(Inputs({}, check=schema), {}, secrets)
    assert {"$a", "$b", "$c", "$d"} <= {str(error.path[0]) for error in found if error.path}
    assert SENTINEL not in repr(found)


def test_a_chosen_machine_fills_in_what_is_missing_or_blank() -> None:
    """A required key that the machine supplies need not be given; what is given wins over it and is checked."""
    supply = Supply(known={"patient": "Roe"}, possible=frozenset({"$password"}))
    assert check({"day": "2026-01-02"}, {}, supply) == []
    assert check({"day": "2026-01-02", "patient": ""}, {}, supply) == []
    assert check({"day": "2026-01-02", "patient": "R"}, {}, supply) == ["patient: Needs 2 characters or more."]
    assert check({"day": "2026-01-02"}, {}, Supply(known={"patient": 3}, possible=frozenset({"$password"}))) == [
        "patient: Must be text."
    ]


def test_the_empty_sentinel_is_passed_over() -> None:
    """`__EMPTY__` satisfies a required key, and is left out of objects and lists before they are checked."""
    assert check(INPUTS | {"patient": "__EMPTY__", "count": "__EMPTY__", "address": {"zip": "__EMPTY__"}}) == []


def test_optional_null_or_blank_counts_as_not_given() -> None:
    """The API takes a null or blank root input as absent, so it is no type error; a required one is missing."""
    assert check(INPUTS | {"count": None}) == []
    assert check(INPUTS | {"patient": None}) == ["patient: Fill this in."]


def test_a_reference_to_elsewhere_is_not_followed() -> None:
    """A schema that refers to another address is not fetched: what depends on it is left to the server."""
    assert schema_errors({"properties": {"a": {"$ref": "http://127.0.0.1:9/x"}}}, {"a": 1}) == []


def test_an_alternative_that_almost_fits_says_what_is_missing() -> None:
    """For a nullable part written as anyOf, the error is that of the part, at its own path."""
    schema = {"properties": {"a": {"anyOf": [{"type": "object", "required": ["b"]}, {"type": "null"}]}}}
    assert [str(error) for error in schema_errors(schema, {"a": {}})] == ["a.b: Fill this in."]
