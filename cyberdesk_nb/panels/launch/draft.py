"""What the next launch is made of: steps, place, options, files; what is wrong with it, and the request it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.models import (
    ChainStep,
    MachineResponse,
    ModelConfigurationResponse,
    PoolResponse,
    RunBulkCreate,
    RunCreate,
    WorkflowChainCreate,
    WorkflowResponse,
)
from cyberdesk_nb.panels.form import FieldError
from cyberdesk_nb.panels.launch.files import Files
from cyberdesk_nb.panels.launch.launches import Kind, Request, Setting, kind_of
from cyberdesk_nb.panels.launch.options import Count, Options
from cyberdesk_nb.panels.launch.placement import Placement
from cyberdesk_nb.panels.launch.step import Context, Step
from cyberdesk_nb.panels.launch.steps import SHARED, Steps


class Draft:
    """The parts of a panel that a launch is made from.

    Parameters
    ----------
    workflows, machines, pools, models
        What can be chosen.
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
        machines: Sequence[MachineResponse],
        pools: Sequence[PoolResponse],
        models: Sequence[ModelConfigurationResponse],
        *,
        edited: Callable[[], None],
        secret_typed: Callable[[], None],
        chosen: Callable[[], None],
    ) -> None:
        self.steps = Steps(workflows, edited=edited, secret_typed=secret_typed, chosen=chosen)
        self.placement = Placement(machines, pools, edited)
        self.files = Files(edited)
        self.options = Options(models, edited)
        self.count = Count(edited)
        shown = (self.steps, self.placement, self.files, self.options, self.count)
        self.widgets = [one.widget for one in shown]

    @property
    def kind(self) -> Kind:
        """Which kind of launch this is."""
        return kind_of(len(self.steps.all), self.count.value)

    def arrange(self) -> None:
        """Show the options that this kind of launch can carry."""
        self.options.arrange(self.kind)

    def request(self) -> Request:
        """Give what a launch would send now; secrets show as ``***``. Raises `RequestError` where it cannot be made."""
        for step in self.steps.all:
            if step.workflow is None:
                raise RequestError("No workflow is chosen.", hint="Choose one in the list.")
            _refuse_other_than_object(step.inputs)
        if self.count.problem(1):
            raise RequestError(f"How many runs: {self.count.problem(1)}")
        kind = self.kind
        for error in self.options.errors(kind):
            raise RequestError(str(error))
        if kind is WorkflowChainCreate:
            _refuse_other_than_object(self.steps.shared.inputs)
            return WorkflowChainCreate(**self._chain())
        body = _workflow_of(self.steps.first) | _given(
            input_values=self.steps.first.inputs,
            sensitive_input_values=self.steps.first.held_secrets.read(),
            file_inputs=self.files.value,
        )
        body |= self._common()
        return RunBulkCreate(count=self.count.value, **body) if kind is RunBulkCreate else RunCreate(**body)

    def check(self) -> list[FieldError]:
        """Say what keeps this from being launched; empty when nothing does."""
        joins_session = bool(self.options.value.get("session_id"))
        found = self.steps.check(Context(self.placement.supply(), joins_session))
        found += [FieldError((Setting("machine_id"),), self.placement.problem)] if self.placement.problem else []
        problem = self.count.problem(len(self.steps.all))
        found += [FieldError((Setting("count"),), problem)] if problem else []
        return found + self.options.errors(self.kind) + self.files.errors()

    def show_errors(self, errors: Iterable[FieldError]) -> list[FieldError]:
        """Show these errors at their fields, and no others; returns those for which there is no field."""
        mine, outside = self._split(errors)
        rest = self.files.show_errors(self.options.show_errors(self.placement.show_errors(outside)))
        self.count.say(" ".join(error.message for error in rest if error.path[:1] == ("count",)))
        rest = [error for error in rest if error.path[:1] != ("count",)]
        return self.steps.show_errors([*mine, *rest])

    def _split(self, errors: Iterable[FieldError]) -> tuple[list[FieldError], list[FieldError]]:
        """Part errors at steps and inputs from those at the other fields of the request."""
        inputs: set[str | int] = {"steps", *SHARED}
        inputs |= {name for step in self.steps.all for name in step.declared}
        mine: list[FieldError] = []
        outside: list[FieldError] = []
        for error in errors:
            is_input = bool(error.path) and error.path[0] in inputs and not isinstance(error.path[0], Setting)
            (mine if is_input else outside).append(error)
        return mine, outside

    def _common(self) -> dict[str, Any]:
        machine, pools = self.placement.machine, self.placement.pools
        place = _given(machine_id=machine.id if machine else None, pool_ids=[pool.id for pool in pools])
        return place | self.options.value

    def _chain(self) -> dict[str, Any]:
        shared = self.steps.shared
        steps = [
            ChainStep(
                **_workflow_of(step),
                **_given(
                    session_alias=step.alias,
                    inputs=step.own_inputs(shared.inputs),
                    sensitive_inputs=step.held_secrets.read(),
                ),
            )
            for step in self.steps.all
        ]
        return (
            {"steps": steps}
            | self._common()
            | _given(
                shared_inputs=shared.inputs,
                shared_sensitive_inputs=shared.secrets.read(),
                shared_file_inputs=self.files.value,
            )
        )


def _workflow_of(step: Step) -> dict[str, Any]:
    return {"workflow_id": step.workflow.id if step.workflow else ""}


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _refuse_other_than_object(inputs: object) -> None:
    if not isinstance(inputs, dict):
        raise RequestError("Inputs must be a JSON object.")
