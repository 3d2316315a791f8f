"""What a workflow asks for, read from its schema and its prompt."""

from __future__ import annotations

import pytest

from cyberdesk_nb.panels.launch.inputs import inputs_of
from tests.panels.records import SCHEMA, workflow


def test_dollar_keys_of_the_schema_are_secrets_and_no_fields() -> None:
    """A root key `$name` becomes a secret; the form does not show it, the check still knows it."""
    inputs = inputs_of(workflow())
    (secret,) = inputs.secrets
    assert (secret.name, secret.label, secret.required, secret.is_text) == ("password", "EHR password", True, True)
    assert list(inputs.form["properties"]) == ["patient", "day", "count", "address"]
    assert inputs.form["required"] == ["patient", "day"]
    assert inputs.check == SCHEMA


def test_without_a_schema_the_prompt_says_what_is_needed() -> None:
    """Variables of the prompt become fields: text where used whole, JSON where parts are used; runtime ones do not."""
    prompt = (
        '<p>Enter {vendor} {lines[0].sku} {lines[1]["unit price"]} with {$pin}; then {{total}} and {vendor} {}.</p>'
    )
    inputs = inputs_of(workflow(schema=None, prompt=prompt))
    assert inputs.form["properties"] == {"vendor": {"type": "string"}, "lines": {}}
    assert inputs.form["required"] == ["vendor", "lines"]
    assert [secret.name for secret in inputs.secrets] == ["pin"]
    assert inputs.check == {"type": "object", "required": ["vendor", "lines", "$pin"]}


def test_with_a_schema_the_prompt_adds_what_the_schema_forgot() -> None:
    """A variable that only the prompt names can be filled in, and need not be: the schema decides."""
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    inputs = inputs_of(workflow(schema=schema, prompt="{a} {b} {$c}"))
    assert list(inputs.form["properties"]) == ["a", "b"]
    assert inputs.form["required"] == ["a"]
    assert [(secret.name, secret.required) for secret in inputs.secrets] == [("c", False)]


def test_a_secret_that_is_no_text_is_typed_as_json() -> None:
    """`$login` of type object is marked as not text."""
    schema = {"properties": {"$login": {"type": "object"}}}
    (secret,) = inputs_of(workflow(schema=schema)).secrets
    assert not secret.is_text


def test_a_secret_beside_a_plain_input_of_its_name_shows_which_it_is() -> None:
    """Where `password` and `$password` are both asked for, the secret is labelled with its dollar."""
    inputs = inputs_of(workflow(schema=None, prompt="{user} {password} {$password} {$pin}"))
    assert [secret.label for secret in inputs.secrets] == ["$password", "pin"]
    assert [secret.name for secret in inputs.secrets] == ["password", "pin"]


@pytest.mark.parametrize("text", ["{", "[]", "3", '{"type": 5}', "[" * 100_000, '{"properties": {"a": {"$ref": 1}}}'])
def test_a_broken_schema_falls_back_to_the_prompt_and_says_so(text: str) -> None:
    """A schema that is no JSON Schema is told, and the prompt's variables are asked for instead."""
    inputs = inputs_of(workflow(schema=text, prompt="{a}"))
    assert "checked by the server only" in inputs.note
    assert list(inputs.form["properties"]) == ["a"]


def test_a_schema_behind_a_root_reference_has_its_fields() -> None:
    """A root that is a `$ref` into its own definitions shows the fields it leads to."""
    schema = {"$ref": "#/$defs/In", "$defs": {"In": {"type": "object", "properties": {"x": {"type": "string"}}}}}
    assert list(inputs_of(workflow(schema=schema)).form["properties"]) == ["x"]


def test_a_workflow_without_inputs_is_empty() -> None:
    """No schema and no variables: nothing to ask."""
    assert inputs_of(workflow(schema=None)).is_empty
    assert not inputs_of(workflow()).is_empty
