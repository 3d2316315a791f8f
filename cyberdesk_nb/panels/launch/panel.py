"""The launch panel: choose workflows, fill in their inputs, launch, watch the runs until they end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import CancelledError, Future
from time import monotonic
from typing import Any, cast

import ipywidgets as w

from cyberdesk_nb.errors import ClientClosedError, RequestError, WaitTimeoutError
from cyberdesk_nb.models import (
    MachineResponse,
    ModelConfigurationResponse,
    PoolResponse,
    RunResponse,
    WorkflowResponse,
)
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form import FieldError
from cyberdesk_nb.panels.launch.draft import Draft
from cyberdesk_nb.panels.launch.filling import Filled
from cyberdesk_nb.panels.launch.following import Following, Poll
from cyberdesk_nb.panels.launch.launches import Reply, launched
from cyberdesk_nb.panels.launch.preview import Preview
from cyberdesk_nb.panels.launch.refusals import field_errors
from cyberdesk_nb.panels.launch.secrets import SecretFields
from cyberdesk_nb.panels.launch.sending import Launch, Sender
from cyberdesk_nb.panels.naming import distinct_names, find, name_of
from cyberdesk_nb.panels.watching import Every
from cyberdesk_nb.panels.wording import refusal_words

_SEE_FIELDS = "Not launched: see the fields."


class LaunchPanel(Filled, w.VBox):
    """Launch one workflow, many equal runs of it, or a chain, and watch; works with mouse, keyboard and from Python.

    The panel knows no client: it is given records and functions. Inputs are checked before anything is sent, in the
    same way for a click as for `submit`; what the server refuses is shown at the field that it names.

    Parameters
    ----------
    workflows, machines, pools, models
        What can be chosen. Machines that carry their pools let the panel say how many remain.
    launch
        Sends a request under an idempotency key (`POST /v1/runs`, `/v1/runs/bulk` or `/v1/runs/chain`, by its type);
        returns a future of the reply.
    poll
        Reads the runs of a launch, best with their machines included.
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

    Two workflows in one session, the second with an output of the first:

    >>> panel.steps = ["Patient lookup", "Appointment scheduling"]                          # doctest: +SKIP
    >>> panel.steps[0].inputs = {"last_name": "Doe"}                                        # doctest: +SKIP
    >>> panel.steps[1].inputs = {"patient": {"$ref": "step1.outputs.patient_id"}}           # doctest: +SKIP

    """

    # Until it stands: a widget that fails to build is closed, too, when it is collected.
    _is_closed = True

    def __init__(
        self,
        workflows: Sequence[WorkflowResponse],
        machines: Sequence[MachineResponse],
        pools: Sequence[PoolResponse],
        models: Sequence[ModelConfigurationResponse] = (),
        *,
        launch: Launch,
        poll: Poll,
        every: Every,
        replay: Callable[[str], object] | None = None,
        workflow: str | None = None,
    ) -> None:
        self._records = (list(workflows), list(machines), list(pools), list(models))
        begin = None if workflow is None else find(self._records[0], workflow, "workflow")
        self._sender = Sender(launch, self._answered)
        self._has_tried = False
        self._labels: tuple[str, ...] = ()
        self._sent: tuple[SecretFields, ...] = ()
        self._preview = Preview(lambda: self.request)
        self._draft = Draft(
            *self._records, edited=self._changed, secret_typed=self._preview.refresh, chosen=self._rechosen
        )
        self._button = parts.button("Launch", self._clicked, "primary", tooltip="Launch the workflow")
        self._sending = parts.words("", "help")
        self._message = parts.words("", "error")
        names = dict(zip((one.id for one in self._records[1]), distinct_names(self._records[1]), strict=True))
        frame = parts.Frame()
        self._following = Following(names, poll=poll, every=every, replay=replay, again=self._rearm, bring=frame.bring)
        action = parts.row(self._button, self._sending, self._message, looks=("action",))
        below = (self._preview.widget, action, self._following.widget)
        cast("Any", super()).__init__([frame, *self._draft.widgets, *below])
        parts.classed(self, "panel")
        self._is_closed = False
        self._draft.arrange()
        if begin is not None:
            self.workflow = begin

    def __repr__(self) -> str:
        chosen = name_of(self.workflow) if self.workflow else None
        status = str(self.run.status) if self.run else None
        return f"LaunchPanel(workflow={chosen!r}, run={self.run.id if self.run else None!r}, status={status!r})"

    def submit(self) -> Future[Any]:
        """Check, then launch; returns a future of the server's reply.

        That is a `RunResponse`, for a count above one a `RunBulkCreateResponse`, for several steps a
        `WorkflowChainResponse`. While a launch is on its way, its future is returned and nothing is sent. Raises
        `RequestError` where the inputs do not fit; nothing is sent then.
        """
        if self._is_closed:
            raise ClientClosedError("This panel is closed.", hint="Make a new one.")
        self._has_tried = True
        errors = self.check()
        rest = self._draft.show_errors(errors)
        if errors:
            self._say_errors(rest)
            raise RequestError(f"Not launched: {'; '.join(map(str, errors[:5]))}")
        request = self.request
        self._button.disabled = True
        parts.say(self._message, "")
        parts.say(self._sending, "On its way …")
        if self._sender.flight is None:
            self._labels, self._sent = self._draft.steps.labels, self._draft.steps.secrets
        return self._sender.send(request)

    @property
    def run(self) -> RunResponse | None:
        """The run launched last, as it was last seen; of several, the last one."""
        return self._following.run

    @property
    def runs(self) -> list[RunResponse]:
        """All runs of the last launch, as they were last seen, in the order in which they were asked for."""
        return self._following.runs

    @property
    def run_ended(self) -> Future[RunResponse]:
        """A future of `run`, once all runs of the launch have ended. Raises `RequestError` where none was launched."""
        ended = self._following.ended
        if ended is None:
            raise RequestError("No run was launched here.", hint="Call panel.submit(), and wait for its result.")
        return ended

    def wait(self, timeout_s: float | None = None) -> RunResponse:
        """Wait until all runs of the last launch have ended, and return the last of them; `runs` has them all.

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
        """Stop watching and close all widgets; the runs themselves go on."""
        if self._is_closed:
            return
        self._is_closed = True
        self._following.stop()
        self._forget_sent()
        self._draft.steps.close()
        parts.close_inside(self)
        super().close()

    def _clicked(self) -> None:
        # A second press of a double click may arrive before the page shows the button as disabled.
        if self._button.disabled:
            return
        try:
            self.submit()
        except RequestError as error:
            if self.workflow is None:
                parts.say(self._message, refusal_words(error))

    def _answered(self, reply: Future[Reply]) -> None:
        if self._is_closed:
            return
        parts.say(self._sending, "")
        error = None if reply.cancelled() else reply.exception()
        if reply.cancelled() or error is not None:
            self._refused(error or ClientClosedError("The launch was cut off."))
            return
        started = launched(reply.result(), self._labels)
        parts.say(self._message, self._redact(started.failed))
        self._forget_sent()
        self._has_tried = False
        self._draft.show_errors([])
        self._following.follow(started)
        if not started.run_ids:
            self._rearm()

    def _refused(self, error: BaseException) -> None:
        redact = self._redact
        found = [FieldError(one.path, redact(one.message)) for one in field_errors(error)]
        rest = " ".join(str(one) for one in self._draft.show_errors(found))
        lost = " It may have been launched all the same; pressing Launch again will not start it twice."
        told = f"{redact(refusal_words(error))} {rest}".strip()
        parts.say(self._message, told + (lost if self._sender.is_unsettled else ""))
        self._button.disabled = False

    def _redact(self, text: str) -> str:
        for secrets in self._sent:
            text = secrets.redact(text)
        return text

    def _forget_sent(self) -> None:
        for secrets in self._sent:
            secrets.forget()
        self._sent = ()

    def _rearm(self) -> None:
        """Make the button ready again: only something else than a second press on it does so."""
        self._button.disabled = self._sender.flight is not None

    def _changed(self) -> None:
        if self._is_closed:
            return
        self._rearm()
        self._draft.arrange()
        self._preview.refresh()
        if not self._has_tried:
            return
        errors = self.check()
        rest = self._draft.show_errors(errors)
        parts.say(self._message, "")
        if errors:
            self._say_errors(rest)

    def _say_errors(self, rest: Iterable[FieldError]) -> None:
        parts.say(self._message, " ".join([_SEE_FIELDS, *map(str, rest)]))

    def _rechosen(self) -> None:
        if self._is_closed:
            return
        self._has_tried = False
        parts.say(self._message, "")
        self._draft.show_errors([])
        self._draft.arrange()
        self._rearm()
        self._preview.refresh()


def _left(until: float | None) -> float | None:
    return None if until is None else max(0.0, until - monotonic())
