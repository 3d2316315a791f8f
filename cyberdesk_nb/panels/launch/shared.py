"""What several steps of a chain ask for, filled in once for all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form import FieldError, SchemaForm
from cyberdesk_nb.panels.launch.inputs import Inputs, SecretSpec
from cyberdesk_nb.panels.launch.secrets import SecretFields, without_secrets


class Shared:
    """A form for the inputs, and fields for the secrets, that at least two steps declare.

    Parameters
    ----------
    edited
        Called after each edit of an input.
    secret_typed
        Called when a secret was typed, or forgotten.

    """

    def __init__(self, edited: Callable[[], None], secret_typed: Callable[[], None]) -> None:
        self._edited, self._secret_typed = edited, secret_typed
        self._schema: dict[str, Any] = {}
        self._specs: list[SecretSpec] = []
        self._form = SchemaForm({}, edited)
        self.secrets = SecretFields(())
        self.widget = parts.column(looks=("step", "set-off"))
        parts.visible(self.widget, shown=False)

    @property
    def inputs(self) -> dict[str, Any]:
        """The shared inputs; those that a step gives itself win over them."""
        return self._form.value

    @inputs.setter
    def inputs(self, inputs: Mapping[str, Any]) -> None:
        self._form.value = without_secrets(inputs, hint="Set it with panel.shared_secrets = {...}.")
        self.arrange(is_chain=True)
        self._edited()

    def follow(self, asks: Sequence[Inputs]) -> None:
        """Ask for what at least two steps declare; what is filled in already stays."""
        schema = _common(asks)
        specs = _common_secrets(asks)
        if schema == self._schema and specs == self._specs:
            return
        held, inputs = self.secrets.read(), self._form.value
        self.close()
        self._schema, self._specs = schema, specs
        self._form = SchemaForm(schema, self._edited)
        self._form.value = inputs
        self.secrets = SecretFields(specs, self._secret_typed)
        self.secrets.fill({spec.name: held[spec.name] for spec in specs if spec.name in held})
        heading = parts.words("For several steps", "heading")
        help_words = parts.words("What a step gives itself wins over what is given here.", "help")
        parts.put(self.widget, heading, help_words, self._form.widget, self.secrets.widget)

    def arrange(self, *, is_chain: bool) -> None:
        """Show the form where there is something to share, or something was given."""
        parts.visible(self.widget, shown=is_chain and bool(self._schema or self._specs or self._form.value))

    def for_step(self, declared: set[str]) -> dict[str, Any]:
        """Give the inputs that reach a step that declares these names."""
        values: object = self._form.value
        return {key: value for key, value in self.inputs.items() if key in declared} if isinstance(values, dict) else {}

    def secrets_for(self, declared: set[str]) -> dict[str, Any]:
        """Give the secrets that reach a step, in plain. Do not log or show them."""
        return {name: value for name, value in self.secrets.read().items() if f"${name}" in declared}

    def errors(self, declared: set[str]) -> list[FieldError]:
        """Say what was typed and stands for no value, and what no step takes."""
        problems = self._form.problems()
        values: object = self._form.value
        known = self.inputs if isinstance(values, dict) else {}
        return problems + [FieldError((key,), "No step takes this input.") for key in known if key not in declared]

    def show_errors(self, errors: Iterable[FieldError]) -> None:
        """Show these errors at their fields, and no others."""
        self._form.show_errors(self.secrets.show_errors(errors))

    def close(self) -> None:
        """Close the widgets inside and drop the secrets."""
        self.secrets.forget()
        self._form.close()
        for old in parts.children_of(self.widget):
            parts.close_all(old)
        parts.close_all(self.secrets.widget)


def _common(asks: Sequence[Inputs]) -> dict[str, Any]:
    """Write a schema of the inputs that at least two steps declare, each as the first does; none is required."""
    counts = Counter(key for one in asks for key in one.form.get("properties", {}))
    chosen: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for one in asks:
        rest = {name: part for name, part in one.form.items() if name in ("$defs", "definitions")} | rest
        parts_here: Mapping[str, Any] = one.form.get("properties", {})
        chosen |= {key: _bare(part) for key, part in parts_here.items() if counts[key] > 1 and key not in chosen}
    return {**rest, "type": "object", "properties": chosen} if chosen else {}


def _bare(part: Any) -> Any:
    # A default would be sent without anyone having chosen it, over that of the step's own schema.
    if not isinstance(part, dict):
        return part
    return {name: value for name, value in cast("dict[str, Any]", part).items() if name != "default"}


def _common_secrets(asks: Sequence[Inputs]) -> list[SecretSpec]:
    counts = Counter(spec.name for one in asks for spec in one.secrets)
    first = {spec.name: spec for one in reversed(asks) for spec in reversed(one.secrets) if counts[spec.name] > 1}
    return [
        SecretSpec(spec.name, spec.label, spec.help, required=False, is_text=spec.is_text) for spec in first.values()
    ]
