"""One run as it goes: its status in words, and its output or error once it has ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cyberdesk_nb.frames.steps import history_steps
from cyberdesk_nb.models import RunResponse, RunStatus
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form.values import dumps
from cyberdesk_nb.panels.wording import exact_words

_LOOKS: dict[str, str] = {
    RunStatus.SUCCESS: "good",
    RunStatus.ERROR: "bad",
    RunStatus.TASK_FAILED: "bad",
    RunStatus.CANCELLED: "over",
}
_MEANING: dict[str, str] = {
    RunStatus.SCHEDULING: "waiting for a machine",
    RunStatus.RUNNING: "running",
    RunStatus.RUNNING_CHECKS: "checking the result",
    RunStatus.SUCCESS: "done",
    RunStatus.TASK_FAILED: "the agent could not do the task",
    RunStatus.ERROR: "stopped by an error",
    RunStatus.CANCELLED: "cancelled",
}
_ALL_LOOKS = ("live", "good", "bad", "over")


class RunView:
    """Shows one run; `trouble` shows beside it what could not be done with it.

    Parameters
    ----------
    machine_names
        Names by machine id, for runs that come without their machine.
    replay
        Called when the user asks to see the run's steps; None leaves the button out.
    again
        Called when the user wants to launch another run.

    """

    def __init__(
        self, machine_names: Mapping[str, str], *, replay: Callable[[], object] | None, again: Callable[[], object]
    ) -> None:
        self._machine_names = machine_names
        self._has_replay = replay is not None
        self._status = parts.words("", "status")
        self._line = parts.words("")
        self._elapsed = parts.words("", "help")
        self._trouble = parts.words("", "error")
        self._error = parts.read_only(label="Error")
        self._output = parts.read_only(label="Output")
        self._replay = parts.button("Replay", replay or (lambda: None), tooltip="Step through what the agent did")
        self._again = parts.button("Launch another", again, "quiet", tooltip="Make the form ready for another run")
        self.widget = parts.column(
            parts.row(self._status, self._line, self._elapsed),
            self._trouble,
            self._error,
            self._output,
            parts.row(self._replay, self._again),
            looks=("run",),
        )
        parts.visible(self.widget, shown=False)

    def show(self, run: RunResponse) -> None:
        """Show the run's state now."""
        parts.visible(self.widget, shown=True)
        parts.unclassed(self._status, *_ALL_LOOKS)
        parts.classed(self._status, _LOOKS.get(run.status, "live"))
        parts.say(self._status, run.status)
        parts.say(self._line, self._line_words(run))
        parts.say(self._trouble, "")
        if run.is_terminal:
            parts.say(self._elapsed, _took(run))
        parts.fill(self._error, "\n".join(run.error or ()))
        parts.fill(self._output, "" if run.output_data is None else dumps(run.output_data))
        parts.visible(self._replay, shown=self._has_replay and run.is_terminal)

    def tick(self, elapsed_s: float) -> None:
        """Show how long ago the run was launched, by this computer's clock: the server's may differ."""
        parts.say(self._elapsed, f"launched {exact_words(elapsed_s)} ago")

    def trouble(self, words: str) -> None:
        """Say what could not be done; the run stays in view."""
        parts.say(self._trouble, words)

    def hide(self) -> None:
        """Take the run out of view."""
        parts.visible(self.widget, shown=False)

    def _line_words(self, run: RunResponse) -> str:
        steps = len(history_steps(run))
        where = self._machine(run)
        known = [_MEANING.get(run.status, "a status that this version does not know")]
        known += [f"on {where}"] if where else []
        known += [f"{steps} step" if steps == 1 else f"{steps} steps"] if steps else []
        return " · ".join(known)

    def _machine(self, run: RunResponse) -> str:
        if run.machine is not None and run.machine.name:
            return run.machine.name
        return self._machine_names.get(run.machine_id, run.machine_id) if run.machine_id else ""


def _took(run: RunResponse) -> str:
    if run.ended_at is None or run.started_at is None:
        return "never started" if run.started_at is None else ""
    took, waited = run.ended_at - run.started_at, run.started_at - run.created_at
    return f"took {exact_words(took.total_seconds())} after waiting {exact_words(waited.total_seconds())}"
