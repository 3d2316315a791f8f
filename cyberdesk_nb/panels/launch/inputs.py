"""What a workflow asks for: its inputs as a schema for the form, its secrets, and the schema to check them against."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from cyberdesk_nb.models import WorkflowResponse
from cyberdesk_nb.panels.form.reducing import Schema, is_schema
from cyberdesk_nb.panels.form.spec import read_spec

# {name} and {$name} with any .key, [0] or ["odd key"] after; {{name}} is a runtime value and not asked for.
_VARIABLE = re.compile(r"(?<!\{)\{(\$?)([^\W\d][\w-]*)((?:\.[\w-]+|\[[^\[\]{}]*\])*)\}(?!\})")


@dataclass(frozen=True, slots=True)
class SecretSpec:
    """One secret to ask for: `$name` in the schema or the prompt.

    `is_text` is False where the schema wants something else than a string; it is then typed as JSON.
    """

    name: str
    label: str
    help: str = ""
    required: bool = True
    is_text: bool = True


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a workflow asks for.

    Attributes
    ----------
    form
        Schema of the plain inputs, for the form.
    secrets
        The secrets, in order.
    check
        Schema of the whole payload, secrets under `$name`; what the server checks against.
    note
        Why inputs cannot be checked here; empty where they can.

    """

    form: Schema
    secrets: tuple[SecretSpec, ...] = ()
    check: Schema = field(default_factory=dict[str, Any])
    note: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether the workflow names no input at all."""
        return not self.form.get("properties") and not self.secrets and not self.check


def inputs_of(workflow: WorkflowResponse) -> Inputs:
    """Read what a workflow asks for from its `input_schema`, and from the variables of its prompt."""
    schema, note = _read_schema(workflow.input_schema)
    plain = dict(read_spec(schema, "", root=schema).schema)
    properties = cast("dict[str, Any]", plain.get("properties", {}))
    required: list[str] = list(plain.get("required", ()))
    variables = list(_variables(workflow.main_prompt))
    asked = dict.fromkeys(
        (*(key for key in properties if key.startswith("$")), *(v for v, _ in variables if v[0] == "$"))
    )
    # Without a schema nothing but the prompt says what is needed; with one, the schema decides.
    needed = required if schema else [name for name, _ in variables]
    fields = {name: part for name, part in properties.items() if name not in asked}
    fields |= {name: part for name, part in variables if name not in fields and name not in asked}
    secrets = tuple(
        _secret(name, properties.get(name), schema, required=name in needed, has_twin=name[1:] in fields)
        for name in asked
    )
    form = plain | {"properties": fields, "required": [name for name in needed if name not in asked]}
    if fields:
        form["type"] = "object"
    return Inputs(form, secrets, schema or _needs(needed), note)


def _read_schema(text: str | None) -> tuple[dict[str, Any], str]:
    if text is None or not text.strip():
        return {}, ""
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError):
        return {}, "The workflow's input schema is not JSON, so inputs are checked by the server only."
    if not isinstance(schema, dict) or not is_schema(cast("Schema", schema)):
        return {}, "The workflow's input schema is not a valid JSON Schema, so inputs are checked by the server only."
    return cast("dict[str, Any]", schema), ""


def _variables(prompt: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each variable once, as its key and a schema: text where it is used whole, anything where parts are used."""
    parts_used: dict[str, bool] = {}
    for dollar, name, path in _VARIABLE.findall(prompt):
        parts_used[dollar + name] = parts_used.get(dollar + name, False) or bool(path)
    for key, has_parts in parts_used.items():
        yield key, {} if has_parts else {"type": "string"}


def _secret(name: str, schema: object, root: Schema, *, required: bool, has_twin: bool) -> SecretSpec:
    # Nobody should write a secret into the plain field of the same name.
    shown = name if has_twin else name[1:]
    spec = read_spec(schema if schema is not None else {"type": "string"}, shown, root=root, required=required)
    return SecretSpec(name[1:], spec.label, spec.help, required, spec.schema.get("type", "string") == "string")


def _needs(names: list[str]) -> dict[str, Any]:
    return {"type": "object", "required": names} if names else {}
