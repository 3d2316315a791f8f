"""No schema makes a check hang; what it still says is what `jsonschema` says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from cyberdesk_nb.panels.launch.bounded import errors_in
from cyberdesk_nb.panels.launch.checking import FORMATS
from cyberdesk_nb.panels.launch.inputs import inputs_of
from tests.panels.records import workflow

LONG = "a" * 4000 + "!"
EVIL = r"^(a|a)*$"
"""Takes two to the power of the text's length."""


def broken(schema: dict[str, Any], value: Any) -> list[str]:
    """Give the keywords that a value breaks."""
    return [str(error.validator) for error in errors_in(value, schema, FORMATS)]


@pytest.mark.parametrize(
    "part",
    [
        {"pattern": EVIL},
        {"pattern": EVIL, "$schema": "http://json-schema.org/draft-07/schema#"},
        {"pattern": "(((a{100}){100}){100}){100}"},
        {"pattern": "(" * 5000 + ")" * 5000},
        {"pattern": "("},
        {"anyOf": [{"pattern": EVIL}, {"type": "integer"}]},
        {"$ref": "#/$defs/evil"},
    ],
)
def test_a_hostile_pattern_is_left_to_the_server(part: dict[str, Any]) -> None:
    """A pattern that takes too long, too much room or is none neither hangs nor fails, and what else is wrong shows."""
    schema = {
        "properties": {"a": part, "b": {"maxLength": 1}},
        "$defs": {"evil": {"pattern": EVIL}},
        "required": ["c"],
    }
    assert sorted(broken(schema, {"a": LONG, "b": "xx"})) == ["maxLength", "required"]


@pytest.mark.parametrize(
    "schema",
    [
        {"patternProperties": {EVIL: {"type": "integer"}}},
        {"patternProperties": {EVIL: {}}, "additionalProperties": False},
        {"patternProperties": {EVIL: {}}, "unevaluatedProperties": False},
        {"propertyNames": {"pattern": EVIL}},
    ],
)
def test_a_hostile_pattern_for_keys_is_left_to_the_server(schema: dict[str, Any]) -> None:
    """Keys are searched in time, too."""
    assert broken(schema | {"required": ["c"]}, {LONG: "x"}) == ["required"]


def test_references_that_multiply_end_in_time() -> None:
    """A schema that asks the same thing two to the power of sixty times ends with what was found before."""
    doubled = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(60)}
    schema = {"type": "string", "allOf": [{"$ref": "#/$defs/d0"}], "$defs": doubled | {"d60": {"$schema": "x"}}}
    assert broken(schema, 1) == ["type"]


def test_a_pattern_that_python_cannot_read_loses_no_form() -> None:
    """A Unicode class, which JavaScript and many servers know, is checked; one that nobody knows is left to them."""
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": r"^\p{Lu}"}, "b": {"pattern": r"\c"}}}
    inputs = inputs_of(workflow(schema=schema))
    assert not inputs.note
    assert list(inputs.form["properties"]) == ["a", "b"]
    assert broken(dict(inputs.check), {"a": "ł", "b": "x"}) == ["pattern"]
    assert broken(dict(inputs.check), {"a": "Ł", "b": "x"}) == []


PATTERNS = st.sampled_from(
    ["^a", "b$", "^[0-9]{2,3}$", "a|b", "^(?!x)", r"\d", r"^\w*$", "", "x{0,2}y", r"\bq", "(ab)+"]
)
KEYS = st.text(alphabet="abxyq01 ٣é", max_size=4)
SCHEMAS = st.fixed_dictionaries(
    {},
    optional={
        "properties": st.dictionaries(KEYS, st.fixed_dictionaries({"pattern": PATTERNS}), max_size=2),
        "patternProperties": st.dictionaries(
            PATTERNS.filter(bool), st.sampled_from([{}, {"type": "string"}, False]), max_size=2
        ),
        "additionalProperties": st.sampled_from([True, False, {"pattern": "a"}]),
        "propertyNames": st.fixed_dictionaries({"pattern": PATTERNS}),
        "required": st.lists(KEYS, max_size=1),
        "$schema": st.sampled_from(["http://json-schema.org/draft-07/schema#", "x"]),
    },
)


@settings(deadline=None)
@given(SCHEMAS, st.dictionaries(KEYS, st.one_of(KEYS, st.integers()), max_size=4))
def test_patterns_mean_what_they_mean_to_jsonschema(schema: dict[str, Any], value: dict[str, Any]) -> None:
    """For patterns that Python reads, the same keywords are broken at the same places.

    (But for one empty pattern among `patternProperties`, which matches everything here and nothing in jsonschema.)
    """
    stock = validator_for(schema, default=Draft202012Validator)(schema, format_checker=FORMATS)

    def told(errors: Any) -> list[tuple[str, str]]:
        return sorted((str(list(one.absolute_path)), str(one.validator)) for one in errors)

    assert told(errors_in(value, schema, FORMATS)) == told(stock.iter_errors(value))
