"""Cancel and retry runs: asked for by buttons behind a question, or from Python; each refusal is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.models import RunResponse
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.monitor.confirming import Confirmation, cancel_loss, count_of, retry_loss, which_runs
from cyberdesk_nb.panels.monitor.errands import Errands, Outcome, then
from cyberdesk_nb.panels.monitor.rows import short, status_of
from cyberdesk_nb.panels.monitor.source import RunSource
from cyberdesk_nb.panels.wording import refusal_words

_TOLD = 8


class Actions:
    """The buttons that change runs, the question before, and what came of it.

    Parameters
    ----------
    source
        Sends the requests.
    selected
        Gives the runs that the buttons are for.
    name_of
        Gives the name of a workflow by its id.
    settled
        Called with each outcome as it comes.
    folder
        Where runs are saved before they are retried.
    """

    def __init__(
        self,
        source: RunSource,
        selected: Callable[[], Sequence[RunResponse]],
        name_of: Callable[[str], str],
        settled: Callable[[Outcome], object],
        folder: Path,
    ) -> None:
        self.folder = folder
        self._source, self._selected, self._name_of = source, selected, name_of
        self._saved: dict[str, Path] = {}
        self._cancels = Errands(lambda run, key: source.cancel(run.id, key), settled)
        self._retries = Errands(lambda run, key: source.retry(run.id, key), settled)
        self._saving_retries = Errands(self._save_and_retry, settled)
        self._cancel = parts.button("Cancel...", self._ask_cancel, tooltip="Cancel the selected runs")
        self._retry = parts.button("Retry...", self._ask_retry, tooltip="Retry the selected runs")
        self._confirmation = Confirmation()
        self._done, self._refused = parts.words(""), parts.words("", "error")
        self.buttons = (self._cancel, self._retry)
        self.widget = parts.column(self._confirmation.widget, self._done, self._refused)

    def refresh(self) -> None:
        """Offer what can be done with the runs that are selected now."""
        runs = self._selected()
        self._cancel.disabled = all(run.is_terminal for run in runs)
        self._retry.disabled = not any(run.is_terminal for run in runs)

    def cancel(self, runs: Sequence[RunResponse]) -> Future[list[Outcome]]:
        """Cancel runs at once; those that have ended are refused here."""
        return self._go(runs, self._cancels, "Cancelling", "cancelled", lambda run: not run.is_terminal)

    def retry(self, runs: Sequence[RunResponse], *, save: bool = False) -> Future[list[Outcome]]:
        """Retry runs at once, or once each is saved; those that have not ended are refused here."""
        errands = self._saving_retries if save else self._retries
        return self._go(runs, errands, "Saving and retrying" if save else "Retrying", "retried", _has_ended)

    def _ask_cancel(self) -> None:
        runs = [run for run in self._selected() if not run.is_terminal]
        if not runs:
            return
        self._hush()
        self._confirmation.ask(
            f"Cancel {count_of(len(runs), 'run')}?",
            cancel_loss(runs),
            which_runs(runs, self._name_of),
            [(f"Cancel {count_of(len(runs), 'run')}", lambda: self.cancel(runs), "danger")],
        )

    def _ask_retry(self) -> None:
        runs = [run for run in self._selected() if run.is_terminal]
        if not runs:
            return
        self._hush()
        folder = short(str(self.folder.absolute()), 200)
        where = f'"Save first" writes the record, the screenshots and the files of each into {folder}.'
        self._confirmation.ask(
            f"Retry {count_of(len(runs), 'run')}?",
            f"{retry_loss(runs)} {where}",
            which_runs(runs, self._name_of),
            [
                ("Save first, then retry", lambda: self.retry(runs, save=True), "primary"),
                (f"Retry {count_of(len(runs), 'run')} without saving", lambda: self.retry(runs), "danger"),
            ],
        )

    def _go(
        self,
        runs: Sequence[RunResponse],
        errands: Errands,
        doing: str,
        done: str,
        may: Callable[[RunResponse], bool],
    ) -> Future[list[Outcome]]:
        going = [run for run in runs if may(run)]
        refused = [Outcome(run.id, error=RequestError(f"It is {status_of(run)}.")) for run in runs if not may(run)]
        self._hush()
        parts.say(self._done, f"{doing} {count_of(len(going), 'run')}." if going else "")
        result: Future[list[Outcome]] = Future()
        result.set_running_or_notify_cancel()

        def gathered(batch: Future[list[Outcome]]) -> None:
            found = {outcome.run_id: outcome for outcome in [*batch.result(), *refused]}
            outcomes = [found[run.id] for run in runs]
            try:
                self._tell(outcomes, done)
            finally:
                result.set_result(outcomes)

        errands.go(going).add_done_callback(gathered)
        return result

    def _tell(self, outcomes: Sequence[Outcome], done: str) -> None:
        went = [outcome for outcome in outcomes if outcome.error is None]
        failed = [outcome for outcome in outcomes if outcome.error is not None]
        paths = [str(self._saved[one.run_id]) for one in went if one.run_id in self._saved]
        where = f" Saved before: {', '.join(paths[:_TOLD])}{_more(paths)}." if paths else ""
        parts.say(self._done, f"{count_of(len(went), 'run')} {done}.{where}" if went else "")
        words = [f"{short(one.run_id, 60)}: {self._why(one)}" for one in failed[:_TOLD]]
        said = f"{count_of(len(failed), 'run')} not {done}. {' '.join(words)}{_more(failed)}"
        parts.say(self._refused, said if failed else "")

    def _why(self, outcome: Outcome) -> str:
        return refusal_words(outcome.error) if outcome.error is not None else ""

    def _save_and_retry(self, run: RunResponse, key: str) -> Future[RunResponse]:
        saving = self._source.save(run.id, self.folder)

        def note(saved: Future[Path]) -> None:
            if not saved.cancelled() and saved.exception() is None:
                self._saved[run.id] = saved.result()

        self._saved.pop(run.id, None)
        saving.add_done_callback(note)
        return then(saving, lambda: self._source.retry(run.id, key))

    def _hush(self) -> None:
        self._confirmation.hide()
        parts.say(self._done, "")
        parts.say(self._refused, "")


def _has_ended(run: RunResponse) -> bool:
    return run.is_terminal


def _more(items: Sequence[object]) -> str:
    return f" and {len(items) - _TOLD:,} more" if len(items) > _TOLD else ""
