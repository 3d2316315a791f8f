"""The steps of a launch: usually one; more of them are a chain, which runs in one session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.models import WorkflowResponse
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form import FieldError
from cyberdesk_nb.panels.launch.references import Producer
from cyberdesk_nb.panels.launch.secrets import SecretFields
from cyberdesk_nb.panels.launch.shared import Shared
from cyberdesk_nb.panels.launch.step import Context, Step
from cyberdesk_nb.panels.naming import name_of

SHARED = ("shared_inputs", "shared_sensitive_inputs")


class Steps:
    """A list of steps that is never empty, and what they share.

    Parameters
    ----------
    workflows
        What can be chosen for a step.
    edited
        Called after each edit.
    secret_typed
        Called when a secret was typed, or forgotten.
    chosen
        Called when a step got another workflow, or steps came or went.

    """

    def __init__(
        self,
        workflows: Sequence[WorkflowResponse],
        *,
        edited: Callable[[], None],
        secret_typed: Callable[[], None],
        chosen: Callable[[], None],
    ) -> None:
        self._workflows = workflows
        self._edited_outside, self._secret_typed, self._chosen_outside = edited, secret_typed, chosen
        self.shared = Shared(edited, secret_typed)
        self._list = parts.column()
        self._steps: list[Step] = []
        self._add = parts.button(
            "Add a step", self._add_clicked, "quiet", tooltip="Run another workflow after this one"
        )
        self.widget = parts.column(self.shared.widget, self._list, self._add)
        self._append()
        self._arrange()

    @property
    def all(self) -> tuple[Step, ...]:
        """The steps in order."""
        return tuple(self._steps)

    @property
    def first(self) -> Step:
        """The first step; the only one where this is no chain."""
        return self._steps[0]

    @property
    def is_chain(self) -> bool:
        """Whether there are several."""
        return len(self._steps) > 1

    @property
    def labels(self) -> tuple[str, ...]:
        """What to call the run of each step of a chain."""
        named = ((step.alias, name_of(step.workflow) if step.workflow else "") for step in self._steps)
        return tuple(" · ".join(filter(None, one)) for one in named)

    @property
    def secrets(self) -> tuple[SecretFields, ...]:
        """All fields for secrets. Do not log or show what they hold."""
        return (*(step.held_secrets for step in self._steps), self.shared.secrets)

    def add(self) -> Step:
        """Add a step at the end, and give it."""
        step = self._append()
        self._chosen()
        return step

    def remove(self, step: Step) -> None:
        """Take a step out; the last one left stays."""
        if not self.is_chain or step not in self._steps:
            raise RequestError("This step cannot be removed.", hint="A launch has at least one step.")
        self._steps.remove(step)
        parts.put(self._list, *(one.widget for one in self._steps))
        step.close()
        self._chosen()

    def check(self, context: Context) -> list[FieldError]:
        """Say what is wrong: at the paths of the fields for one step, else under `steps` or `shared_inputs`."""
        if not self.is_chain:
            return self.first.check(context)
        every = {name for step in self._steps for name in step.declared}
        found = [FieldError((SHARED[0], *one.path), one.message) for one in self.shared.errors(every)]
        for index, step in enumerate(self._steps):
            found += self._check_step(index, step, context)
        # What is shared may be wrong for several steps in the same way.
        return list(dict.fromkeys([*found, *self._alias_errors()]))

    def show_errors(self, errors: Iterable[FieldError]) -> list[FieldError]:
        """Show these errors at the fields of their steps, and no others; returns those that name no step of several."""
        if not self.is_chain:
            self.first.show_errors(errors)
            self.shared.show_errors(())
            return []
        at_step: list[list[FieldError]] = [[] for _ in self._steps]
        at_shared: list[FieldError] = []
        rest: list[FieldError] = []
        for error in errors:
            match error.path:
                case ("steps", int(index), *inner) if index < len(at_step):
                    at_step[index].append(FieldError(tuple(inner), error.message))
                case (("shared_inputs" | "shared_sensitive_inputs"), *inner):
                    at_shared.append(FieldError(tuple(inner), error.message))
                case _:
                    self._place(error, at_step, at_shared, rest)
        for step, found in zip(self._steps, at_step, strict=True):
            step.show_errors(found)
        self.shared.show_errors(at_shared)
        return rest

    def close(self) -> None:
        """Close all widgets and drop the secrets."""
        for step in self._steps:
            step.close()
        self.shared.close()
        parts.close_all(self.widget)

    def _check_step(self, index: int, step: Step, context: Context) -> list[FieldError]:
        shared = self.shared.for_step(step.declared)
        secrets = self.shared.secrets_for(step.declared)
        earlier = [one.producer for one in self._steps[:index] if one.alias]
        return [
            FieldError(_path_of(index, step, error, shared), error.message)
            for error in step.check(context, earlier, shared, secrets)
        ]

    def _alias_errors(self) -> list[FieldError]:
        counts = Counter(step.alias for step in self._steps)
        twice = "Another step has this name: references could not tell them apart."
        return [
            FieldError(("steps", index, "session_alias"), twice)
            for index, step in enumerate(self._steps)
            if step.alias and counts[step.alias] > 1
        ]

    def _place(
        self, error: FieldError, at_step: list[list[FieldError]], at_shared: list[FieldError], rest: list[FieldError]
    ) -> None:
        """Find the step of an error that names a field only: the one step that knows it, else none."""
        name = error.path[0] if error.path else None
        knows = [index for index, step in enumerate(self._steps) if name in step.declared]
        if len(knows) == 1:
            at_step[knows[0]].append(error)
        elif knows and name in self.shared.inputs:
            at_shared.append(error)
        else:
            rest.append(error)

    def _append(self) -> Step:
        taken = {one.alias for one in self._steps}
        number = len(self._steps) + 1
        while f"step{number}" in taken:
            number += 1
        step = Step(
            self._workflows,
            f"step{number}",
            edited=self._edited,
            secret_typed=self._secret_typed,
            chosen=self._chosen,
            remove=self._remove_clicked,
        )
        self._steps.append(step)
        parts.put(self._list, *(one.widget for one in self._steps))
        return step

    def _add_clicked(self) -> None:
        self.add()

    def _remove_clicked(self, step: Step) -> None:
        self.remove(step)
        # The button that had the focus is gone.
        self._add.focus()

    def _edited(self) -> None:
        self._arrange()
        self._edited_outside()

    def _chosen(self) -> None:
        self._arrange()
        self._chosen_outside()

    def _arrange(self) -> None:
        asks = [step.asks for step in self._steps] if self.is_chain else []
        self.shared.follow(asks)
        self.shared.arrange(is_chain=self.is_chain)
        earlier: list[Producer] = []
        for number, step in enumerate(self._steps, 1):
            step.arrange(number, earlier, is_chain=self.is_chain)
            earlier += [step.producer] if step.alias else []


def _path_of(index: int, step: Step, error: FieldError, shared: dict[str, Any]) -> tuple[str | int, ...]:
    root = error.path[0] if error.path else None
    is_shared = root in shared and root not in step.own_inputs(shared)
    return (SHARED[0], *error.path) if is_shared else ("steps", index, *error.path)
