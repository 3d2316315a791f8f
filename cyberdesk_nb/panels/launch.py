"""The launch panel: choose a workflow, fill in its inputs, launch, watch the run until it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from time import monotonic
from typing import Any, cast

import ipywidgets as w

from cyberdesk_nb.errors import ClientClosedError, RequestError, WaitTimeoutError
from cyberdesk_nb.models import MachineResponse, PoolResponse, RunCreate, RunResponse, WorkflowResponse
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.checking import check_inputs
from cyberdesk_nb.panels.choosing import WorkflowChooser
from cyberdesk_nb.panels.following import Following
from cyberdesk_nb.panels.form import FieldError, SchemaForm
from cyberdesk_nb.panels.inputs import Inputs, inputs_of
from cyberdesk_nb.panels.naming import distinct_names, find, name_of
from cyberdesk_nb.panels.options import Options
from cyberdesk_nb.panels.placement import Placement
from cyberdesk_nb.panels.preview import Preview, request_code
from cyberdesk_nb.panels.refusals import field_errors, refusal_words
from cyberdesk_nb.panels.secrets import SecretFields
from cyberdesk_nb.panels.sending import Launch, Sender
from cyberdesk_nb.panels.watching import Every, Poll

_SEE_FIELDS = "Not launched: see the fields."


class LaunchPanel(w.VBox):
    """Launch one workflow and watch its run; works with the mouse, with the keyboard and from Python.

    The panel knows no client: it is given records and functions. Inputs are checked before anything is sent, in the
    same way for a click as for `submit`; what the server refuses is shown at the field that it names.

    Parameters
    ----------
    workflows, machines, pools
        What can be chosen. Machines that carry their pools let the panel say how many remain.
    launch
        Sends a request under an idempotency key (`POST /v1/runs`); returns a future of the queued run.
    poll
        Reads a run by its id (`GET /v1/runs/{run_id}`), best with its machine included.
    every
        Calls a function every so many seconds, on any thread, until the function that it returns is called.
    replay
        Shows the steps of a run, by its id; what it returns is shown below the run when it is a widget.
    workflow
        Id or name of the workflow to begin with; None leaves the choice open.

    Examples
    --------
    >>> panel.workflow = "Invoice entry"                    # doctest: +SKIP
    >>> panel.inputs = {"vendor": "Acme", "amount": 12.5}   # doctest: +SKIP
    >>> panel.submit()                                      # doctest: +SKIP
    >>> panel.wait(timeout_s=120).output_data               # doctest: +SKIP

    """

    # Until it stands: a widget that fails to build is closed, too, when it is collected.
    _is_closed = True

    def __init__(
        self,
        workflows: Sequence[WorkflowResponse],
        machines: Sequence[MachineResponse],
        pools: Sequence[PoolResponse],
        *,
        launch: Launch,
        poll: Poll,
        every: Every,
        replay: Callable[[str], object] | None = None,
        workflow: str | None = None,
    ) -> None:
        self._records = (list(workflows), list(machines), list(pools))
        begin = None if workflow is None else find(self._records[0], workflow, "workflow")
        self._sender = Sender(launch, self._launched)
        self._has_tried = False
        self._inputs = Inputs({})
        self._form = SchemaForm({})
        self._secrets = self._sent_secrets = SecretFields(())
        self._chooser = WorkflowChooser(self._records[0], self._workflow_chosen)
        self._placement = Placement(self._records[1], self._records[2], self._edited)
        self._options = Options(self._edited)
        self._preview = Preview(lambda: self.request)
        self._button = parts.button("Launch", self._clicked, "primary", tooltip="Launch the workflow")
        self._message = parts.words("", "error")
        names = dict(zip((one.id for one in self._records[1]), distinct_names(self._records[1]), strict=True))
        self._following = Following(names, poll=poll, every=every, replay=replay, again=self._rearm)
        self._fields = parts.column()
        action = parts.row(self._button, self._message, looks=("action",))
        shown = (self._chooser, self._placement, self._options, self._preview, self._following)
        chooser, *below, run = (one.widget for one in shown)
        cast("Any", super()).__init__([parts.Frame(), chooser, self._fields, *below, action, run])
        parts.classed(self, "panel")
        self._is_closed = False
        self._chooser.workflow = begin

    def __repr__(self) -> str:
        chosen = name_of(self.workflow) if self.workflow else None
        status = str(self.run.status) if self.run else None
        return f"LaunchPanel(workflow={chosen!r}, run={self.run.id if self.run else None!r}, status={status!r})"

    # What can be chosen and filled in, from Python as on the page.

    @property
    def workflow(self) -> WorkflowResponse | None:
        """The workflow chosen; set it by id or name."""
        return self._chooser.workflow

    @workflow.setter
    def workflow(self, wanted: str | WorkflowResponse) -> None:
        self._chooser.workflow = find(self._records[0], _id_or_name(wanted), "workflow")

    @property
    def inputs(self) -> dict[str, Any]:
        """The plain inputs; setting replaces them all, defaults included."""
        return self._form.value

    @inputs.setter
    def inputs(self, inputs: Mapping[str, Any]) -> None:
        secret = [name for name in inputs if name.startswith("$")]
        if secret:
            raise RequestError(f"{secret[0]} is a secret.", hint="Set it with panel.secrets = {...}.")
        self._form.value = dict(inputs)
        self._edited()

    def _fill_secrets(self, secrets: Mapping[str, object]) -> None:
        self._secrets.fill(secrets)

    secrets = property(None, _fill_secrets, doc="Secret inputs by name; can be set, not read, and are gone once sent.")

    @property
    def machine(self) -> MachineResponse | None:
        """The one machine to run on; set it by id or name, None for any."""
        return self._placement.machine

    @machine.setter
    def machine(self, wanted: str | MachineResponse | None) -> None:
        self._placement.machine = None if wanted is None else find(self._records[1], _id_or_name(wanted), "machine")

    @property
    def pools(self) -> list[PoolResponse]:
        """The pools that the machine must be in, all of them; set them by ids or names."""
        return self._placement.pools

    @pools.setter
    def pools(self, wanted: Iterable[str | PoolResponse]) -> None:
        self._placement.pools = [find(self._records[2], _id_or_name(one), "pool") for one in wanted]

    @property
    def request(self) -> RunCreate:
        """What a launch would send now; secrets show as ``***``. Raises `RequestError` where no workflow is chosen."""
        if self.workflow is None:
            raise RequestError("No workflow is chosen.", hint="Choose one in the list.")
        if not isinstance(self._form.value, dict):
            raise RequestError("Inputs must be a JSON object.")
        body: dict[str, Any] = {"workflow_id": self.workflow.id, **self._options.request_fields()}
        inputs, secrets = self.inputs, self._secrets.read()
        body |= {"input_values": inputs} if inputs else {}
        body |= {"sensitive_input_values": secrets} if secrets else {}
        body |= {"machine_id": self.machine.id} if self.machine else {}
        body |= {"pool_ids": [pool.id for pool in self.pools]} if self.pools else {}
        return RunCreate(**body)

    def to_code(self) -> str:
        """Write the cell that launches the same and waits for it; it asks for secrets when it is run."""
        return request_code(self.request)

    def check(self) -> list[FieldError]:
        """Say what keeps the inputs from being launched; empty when nothing does."""
        problems = self._form.problems()
        if not isinstance(self._form.value, dict):
            return problems
        unread = {problem.path for problem in problems}
        found = check_inputs(self._inputs, self.inputs, self._secrets.read(), self._placement.supply())
        placed = [FieldError((), self._placement.problem)] if self._placement.problem else []
        return problems + [error for error in found if error.path not in unread] + placed

    # Launching and watching.

    def submit(self) -> Future[RunResponse]:
        """Check, then launch (`POST /v1/runs`); returns a future of the queued run.

        While a launch is on its way, its future is returned and nothing is sent. Raises `RequestError` where the
        inputs do not fit; nothing is sent then.
        """
        if self._is_closed:
            raise ClientClosedError("This panel is closed.", hint="Make a new one.")
        self._has_tried = True
        errors = self.check()
        self._show_errors(errors)
        if errors:
            raise RequestError(f"Not launched: {'; '.join(map(str, errors[:5]))}")
        request = self.request
        self._button.disabled = True
        self._sent_secrets = self._secrets
        parts.say(self._message, "")
        return self._sender.send(request)

    @property
    def run(self) -> RunResponse | None:
        """The run launched last, as it was last seen."""
        return self._following.run

    @property
    def run_ended(self) -> Future[RunResponse]:
        """A future of the run launched last, once it has ended. Raises `RequestError` where none was launched."""
        ended = self._following.ended
        if ended is None:
            raise RequestError("No run was launched here.", hint="Call panel.submit(), and wait for its result.")
        return ended

    def wait(self, timeout_s: float | None = None) -> RunResponse:
        """Wait until the run launched last has ended, and return it.

        `timeout_s` is in seconds, None waits without end. Raises `WaitTimeoutError` when it is over, and the error
        of the launch where that failed.
        """
        until = None if timeout_s is None else monotonic() + timeout_s
        flight = self._sender.flight
        try:
            if flight is not None:
                flight.result(_left(until))
            return self.run_ended.result(_left(until))
        except TimeoutError:
            last = self.run
            status = last.status if last else "not launched yet"
            raise WaitTimeoutError(f"The run had not ended after {timeout_s} s: {status}.", run=last) from None
        except CancelledError:
            raise ClientClosedError("The panel was closed, or launched another run, before this run ended.") from None

    def close(self) -> None:
        """Stop watching and close all widgets; the run itself goes on."""
        if self._is_closed:
            return
        self._is_closed = True
        self._following.stop()
        for secrets in (self._secrets, self._sent_secrets):
            secrets.forget()
        self._form.close()
        parts.close_inside(self)
        super().close()

    def _clicked(self) -> None:
        # A second press of a double click may arrive before the page shows the button as disabled.
        if self._button.disabled:
            return
        try:
            self.submit()
        except RequestError as error:
            parts.say(self._message, _SEE_FIELDS if self.workflow else refusal_words(error))

    def _launched(self, reply: Future[RunResponse]) -> None:
        if self._is_closed:
            return
        error = None if reply.cancelled() else reply.exception()
        if reply.cancelled() or error is not None:
            self._refused(error or ClientClosedError("The launch was cut off."))
            return
        self._sent_secrets.forget()
        self._has_tried = False
        self._show_errors([])
        self._following.follow(reply.result())

    def _refused(self, error: BaseException) -> None:
        redact = self._secrets.redact
        self._show_errors([FieldError(one.path, redact(one.message)) for one in field_errors(error)])
        lost = " It may have been launched all the same; pressing Launch again will not start it twice."
        parts.say(self._message, redact(refusal_words(error)) + (lost if self._sender.is_unsettled else ""))
        self._button.disabled = False

    def _rearm(self) -> None:
        """Make the button ready again: only something else than a second press on it does so."""
        self._button.disabled = self._sender.flight is not None

    def _edited(self) -> None:
        self._rearm()
        self._preview.refresh()
        if not self._has_tried:
            return
        errors = self.check()
        self._show_errors(errors)
        parts.say(self._message, _SEE_FIELDS if errors else "")

    def _show_errors(self, errors: Iterable[FieldError]) -> None:
        self._form.show_errors(self._secrets.show_errors(errors))

    def _workflow_chosen(self) -> None:
        for old in parts.children_of(self._fields):
            parts.close_all(old)
        self._form.close()
        parts.close_all(self._secrets.widget)
        workflow = self.workflow
        self._has_tried = False
        self._inputs = inputs_of(workflow) if workflow else Inputs({})
        self._form = SchemaForm(self._inputs.form, self._edited)
        self._secrets = SecretFields(self._inputs.secrets, self._preview.refresh)
        parts.say(self._message, "")
        parts.put(self._fields)
        if workflow is not None:
            heading = parts.words(name_of(workflow), "heading")
            asks = "This workflow names no inputs." if self._inputs.is_empty else ""
            note = parts.words(self._inputs.note or asks, "help")
            parts.put(self._fields, heading, note, self._form.widget, self._secrets.widget)
        self._rearm()
        self._preview.refresh()


def _id_or_name(wanted: str | WorkflowResponse | MachineResponse | PoolResponse) -> str:
    return wanted if isinstance(wanted, str) else wanted.id


def _left(until: float | None) -> float | None:
    return None if until is None else max(0.0, until - monotonic())
