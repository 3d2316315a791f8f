"""The part of a launch panel that is filled in from Python."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.models import (
    FileInput,
    MachineResponse,
    ModelConfigurationResponse,
    PoolResponse,
    WorkflowResponse,
)
from cyberdesk_nb.panels.form import FieldError
from cyberdesk_nb.panels.launch.draft import Draft
from cyberdesk_nb.panels.launch.files import FileSource
from cyberdesk_nb.panels.launch.launches import Request
from cyberdesk_nb.panels.launch.preview import request_code
from cyberdesk_nb.panels.launch.step import Step
from cyberdesk_nb.panels.naming import Named, find

_MODEL = "main_agent_model_id"


class Filled:
    """What can be chosen and filled in, from Python as on the page: it shows in the panel, and is checked the same."""

    _draft: Draft
    _records: tuple[list[WorkflowResponse], list[MachineResponse], list[PoolResponse], list[ModelConfigurationResponse]]

    @property
    def workflow(self) -> WorkflowResponse | None:
        """The workflow chosen, of a chain that of the first step; set it by id or name."""
        return self._draft.steps.first.workflow

    @workflow.setter
    def workflow(self, wanted: str | WorkflowResponse) -> None:
        self._draft.steps.first.workflow = wanted

    @property
    def inputs(self) -> dict[str, Any]:
        """The plain inputs, of a chain those of the first step; setting replaces them all, defaults included."""
        return self._draft.steps.first.inputs

    @inputs.setter
    def inputs(self, inputs: Mapping[str, Any]) -> None:
        self._draft.steps.first.inputs = inputs

    def _fill_secrets(self, secrets: Mapping[str, object]) -> None:
        self._draft.steps.first.secrets = secrets

    secrets = property(None, _fill_secrets, doc="Secret inputs by name; can be set, not read, and are gone once sent.")

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps, one where this is no chain. Set them to workflows by id or name; steps in place stay filled in."""
        return self._draft.steps.all

    @steps.setter
    def steps(self, workflows: Sequence[str | WorkflowResponse]) -> None:
        if not workflows or isinstance(workflows, str):
            raise RequestError("A launch needs a list of workflows.", hint='panel.steps = ["Look up", "Enter"]')
        found = [find(self._records[0], _id_or_name(one), "workflow") for one in workflows]
        while len(self.steps) > len(found):
            self._draft.steps.remove(self.steps[-1])
        for index, workflow in enumerate(found):
            step = self.steps[index] if index < len(self.steps) else self._draft.steps.add()
            if step.workflow is not workflow:
                step.workflow = workflow

    @property
    def shared_inputs(self) -> dict[str, Any]:
        """Inputs that reach each step of a chain whose workflow declares them; what a step has itself wins."""
        return self._draft.steps.shared.inputs

    @shared_inputs.setter
    def shared_inputs(self, inputs: Mapping[str, Any]) -> None:
        self._draft.steps.shared.inputs = inputs

    def _fill_shared_secrets(self, secrets: Mapping[str, object]) -> None:
        self._draft.steps.shared.secrets.fill(secrets)

    shared_secrets = property(None, _fill_shared_secrets, doc="Secrets that several steps ask for; set, not read.")

    @property
    def machine(self) -> MachineResponse | None:
        """The one machine to run on; set it by id or name, None for any."""
        return self._draft.placement.machine

    @machine.setter
    def machine(self, wanted: str | MachineResponse | None) -> None:
        found = None if wanted is None else find(self._records[1], _id_or_name(wanted), "machine")
        self._draft.placement.machine = found

    @property
    def pools(self) -> list[PoolResponse]:
        """The pools that the machine must be in, all of them; set them by ids or names."""
        return self._draft.placement.pools

    @pools.setter
    def pools(self, wanted: Iterable[str | PoolResponse]) -> None:
        self._draft.placement.pools = [find(self._records[2], _id_or_name(one), "pool") for one in wanted]

    @property
    def model(self) -> ModelConfigurationResponse | None:
        """The model that drives this launch; set it by id or name, None for the workflow's own."""
        chosen = self._draft.options.value.get(_MODEL)
        return next((model for model in self._records[3] if model.id == chosen), None)

    @model.setter
    def model(self, wanted: str | ModelConfigurationResponse | None) -> None:
        found = None if wanted is None else find(self._records[3], _id_or_name(wanted), "model")
        if found is not None and (found.is_archived or not found.is_computer_use_model):
            why = "it is archived" if found.is_archived else "it is not made for using computers"
            raise RequestError(f"The model {found.name!r} cannot drive a run: {why}.")
        self.options = self.options | {_MODEL: found.id if found else None}

    @property
    def options(self) -> dict[str, Any]:
        """The other settings by the API's names, such as ``is_priority`` and ``session_id``; setting replaces all."""
        return self._draft.options.value

    @options.setter
    def options(self, options: Mapping[str, Any]) -> None:
        self._draft.options.value = options
        self._changed()

    @property
    def count(self) -> int:
        """How many equal runs to launch, 1 to 1000."""
        return self._draft.count.value

    @count.setter
    def count(self, count: int) -> None:
        self._draft.count.value = count
        self._changed()

    @property
    def files(self) -> list[FileInput]:
        """The files to place on the machine; set them to paths on this computer, or to `FileInput`s."""
        return self._draft.files.value

    @files.setter
    def files(self, sources: Iterable[FileSource]) -> None:
        self._draft.files.value = sources
        self._changed()

    @property
    def request(self) -> Request:
        """What a launch would send now: `RunCreate`, for a count `RunBulkCreate`, for a chain `WorkflowChainCreate`.

        Secrets show as ``***``. Raises `RequestError` where something needed is not chosen.
        """
        return self._draft.request()

    def to_code(self) -> str:
        """Write the cell that launches the same and waits for it; it asks for secrets when it is run."""
        return request_code(self.request)

    def check(self) -> list[FieldError]:
        """Say what keeps this from being launched; empty when nothing does."""
        return self._draft.check()

    def _changed(self) -> None:
        """Do what an edit on the page does."""
        raise NotImplementedError


def _id_or_name(wanted: str | Named) -> str:
    return wanted if isinstance(wanted, str) else wanted.id
