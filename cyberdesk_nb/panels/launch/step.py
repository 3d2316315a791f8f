"""One workflow to run: which, with what inputs and secrets; a step where there are several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from cyberdesk_nb.models import WorkflowResponse
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form import FieldError, SchemaForm
from cyberdesk_nb.panels.form.reducing import Schema
from cyberdesk_nb.panels.launch.checking import Supply, check_inputs
from cyberdesk_nb.panels.launch.choosing import WorkflowChooser
from cyberdesk_nb.panels.launch.inputs import Inputs, inputs_of
from cyberdesk_nb.panels.launch.linking import Linking
from cyberdesk_nb.panels.launch.references import (
    Producer,
    is_reference,
    output_schema,
    reference_errors,
    references,
    without_postponed,
)
from cyberdesk_nb.panels.launch.secrets import SecretFields, without_secrets
from cyberdesk_nb.panels.naming import find, name_of

_UNCHOSEN = "No workflow is chosen. Choose one in the list."


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds a step when it is checked.

    `supply` is what machine and pools fill in; `joins_session` says whether references may lead to runs that were
    launched before.
    """

    supply: Supply
    joins_session: bool = False


class Step:
    """A workflow, its form and its secrets. Set `workflow`, `inputs`, `secrets` and `alias` from Python as on the page.

    Parameters
    ----------
    workflows
        What can be chosen.
    alias
        What later steps call it.
    edited
        Called after each edit.
    secret_typed
        Called when a secret was typed, or forgotten.
    chosen
        Called when another workflow was chosen.
    remove
        Called when the user takes the step out.

    """

    def __init__(
        self,
        workflows: Sequence[WorkflowResponse],
        alias: str,
        *,
        edited: Callable[[], None],
        secret_typed: Callable[[], None],
        chosen: Callable[[], None],
        remove: Callable[[Step], None],
    ) -> None:
        self._workflows = workflows
        self._edited, self._secret_typed, self._chosen = edited, secret_typed, chosen
        self.asks = Inputs({})
        self._form = SchemaForm({})
        self._secrets = SecretFields(())
        self._output: Schema | None = None
        self._linking = Linking(alias, self._link, edited)
        self._chooser = WorkflowChooser(workflows, self._workflow_chosen)
        self._unchosen = parts.words("", "error")
        self._fields = parts.column()
        self._heading = parts.words("", "heading")
        self._head = parts.row(self._heading, parts.button("Remove step", lambda: remove(self), "quiet"))
        shown = (self._head, self._chooser.widget, self._unchosen, self._fields, self._linking.widget)
        self.widget = parts.column(*shown, looks=("step",))
        parts.visible(self._head, shown=False)

    def __repr__(self) -> str:
        return f"Step(workflow={name_of(self.workflow) if self.workflow else None!r}, alias={self.alias!r})"

    @property
    def workflow(self) -> WorkflowResponse | None:
        """The workflow chosen; set it by id or name."""
        return self._chooser.workflow

    @workflow.setter
    def workflow(self, wanted: str | WorkflowResponse) -> None:
        key = wanted if isinstance(wanted, str) else wanted.id
        self._chooser.workflow = find(self._workflows, key, "workflow")

    @property
    def inputs(self) -> dict[str, Any]:
        """The plain inputs; setting replaces them all, defaults included."""
        return self._form.value

    @inputs.setter
    def inputs(self, inputs: Mapping[str, Any]) -> None:
        hint = "Set it with panel.secrets = {...}, or .secrets of its step."
        self._form.value = without_secrets(inputs, hint=hint)
        self._edited()

    def _fill_secrets(self, secrets: Mapping[str, object]) -> None:
        self._secrets.fill(secrets)

    secrets = property(None, _fill_secrets, doc="Secret inputs by name; can be set, not read, and are gone once sent.")

    @property
    def alias(self) -> str:
        """What later steps call this one."""
        return self._linking.alias

    @alias.setter
    def alias(self, alias: str) -> None:
        self._linking.alias = alias

    @property
    def held_secrets(self) -> SecretFields:
        """The secrets typed here. Do not log or show what they hold."""
        return self._secrets

    @property
    def producer(self) -> Producer:
        """What this step gives to later ones."""
        return Producer(self.alias, self._output)

    @property
    def declared(self) -> set[str]:
        """The inputs that the workflow knows, secrets as `$name`."""
        return {*self.asks.form.get("properties", {}), *(f"${secret.name}" for secret in self.asks.secrets)}

    def own_inputs(self, shared: Mapping[str, Any]) -> dict[str, Any]:
        """Give the inputs to send beside shared ones: an empty object or list gives way to what is shared."""
        # The form shows a required object or list as an empty one, which nobody gave.
        return {key: value for key, value in self.inputs.items() if key not in shared or value not in ({}, [])}

    def arrange(self, number: int, earlier: Sequence[Producer], *, is_chain: bool) -> None:
        """Show what this step is in its chain: its number, its name, and what it can take from earlier ones."""
        parts.say(self._heading, f"Step {number}")
        parts.visible(self._head, shown=is_chain)
        (parts.classed if is_chain else parts.unclassed)(self.widget, "set-off")
        self._linking.arrange(self.asks.form, earlier, is_chain=is_chain)

    def check(
        self,
        context: Context,
        earlier: Sequence[Producer] = (),
        shared: Mapping[str, Any] | None = None,
        shared_secrets: Mapping[str, Any] | None = None,
    ) -> list[FieldError]:
        """Say what is wrong, at the paths of the fields; what is shared stands behind what is given here."""
        if self.workflow is None:
            return [FieldError((), _UNCHOSEN)]
        problems = self._form.problems()
        values = self._form.value
        if not isinstance(values, dict):
            return problems
        unread = {problem.path for problem in problems}
        secrets = {**(shared_secrets or {}), **self._secrets.read()}
        shared = shared or {}
        found = check_inputs(self.asks, {**shared, **self.own_inputs(shared)}, secrets, context.supply)
        refers = [path for path, _ in references(self.inputs)] if earlier or context.joins_session else []
        found = without_postponed(found, refers)
        if refers and not context.joins_session:
            found += reference_errors(self.inputs, self.asks.form, earlier)
        return problems + [error for error in found if error.path not in unread]

    def show_errors(self, errors: Iterable[FieldError]) -> None:
        """Show these errors at their fields, and no others."""
        found = list(errors)
        is_unchosen = self.workflow is None
        parts.say(self._unchosen, " ".join(error.message for error in found if is_unchosen and not error.path))
        self._form.show_errors(self._linking.show_errors(self._secrets.show_errors(found)))

    def close(self) -> None:
        """Close all widgets and drop the secrets."""
        self._secrets.forget()
        self._form.close()
        parts.close_all(self.widget)

    def _link(self, path: tuple[str, ...], reference: str) -> None:
        value: object = self._form.value
        self.inputs = _with(cast("dict[str, Any]", value) if isinstance(value, dict) else {}, path, reference)

    def _workflow_chosen(self) -> None:
        for old in parts.children_of(self._fields):
            parts.close_all(old)
        self._form.close()
        parts.close_all(self._secrets.widget)
        workflow = self.workflow
        self.asks = inputs_of(workflow) if workflow else Inputs({})
        self._output = output_schema(workflow) if workflow else None
        self._form = SchemaForm(self.asks.form, self._edited)
        self._secrets = SecretFields(self.asks.secrets, self._secret_typed)
        parts.put(self._fields)
        if workflow is not None:
            heading = parts.words(name_of(workflow), "heading")
            asks = "This workflow names no inputs." if self.asks.is_empty else ""
            note = parts.words(self.asks.note or asks, "help")
            parts.put(self._fields, heading, note, self._form.widget, self._secrets.widget)
        self._chosen()


def _with(inputs: Mapping[str, Any], path: tuple[str, ...], reference: str) -> dict[str, Any]:
    """Put a reference at a path; what stood there, or is no object on the way, gives way."""
    key, *rest = path
    inner: object = inputs.get(key)
    is_object = isinstance(inner, dict) and not is_reference(cast("object", inner))
    within = cast("dict[str, Any]", inner) if is_object else dict[str, Any]()
    return {**inputs, key: _with(within, tuple(rest), reference) if rest else {"$ref": reference}}
