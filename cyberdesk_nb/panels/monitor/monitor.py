"""The monitor: a live table of runs, which can be filtered, replayed, cancelled and retried."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import CancelledError, Future
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, cast

import ipywidgets as w

from cyberdesk_nb.errors import ClientClosedError, RequestError, WaitTimeoutError, printable
from cyberdesk_nb.frames import runs_frame
from cyberdesk_nb.models import RunResponse
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.monitor.actions import Actions
from cyberdesk_nb.panels.monitor.book import RunBook
from cyberdesk_nb.panels.monitor.errands import Outcome
from cyberdesk_nb.panels.monitor.filters import Filters
from cyberdesk_nb.panels.monitor.polling import Phase, Poller
from cyberdesk_nb.panels.monitor.rows import COLUMNS as TABLE_COLUMNS
from cyberdesk_nb.panels.monitor.rows import short
from cyberdesk_nb.panels.monitor.sheet import Sheet, utc_now
from cyberdesk_nb.panels.monitor.source import COLUMNS, RunSource
from cyberdesk_nb.panels.monitor.table import RunTable
from cyberdesk_nb.panels.monitor.telling import count_words, doubt_words, state_words, trouble_words
from cyberdesk_nb.panels.wording import refusal_words

if TYPE_CHECKING:
    import pandas as pd


class Monitor(w.VBox):
    """Watch runs in a live table; works with the mouse, with the keyboard and from Python.

    The whole list is read once; then each tick asks for one page at most, more seldom while nothing changes, until all
    runs have ended. While the server is away the last state stays, words say so, and it goes on by itself.

    Parameters
    ----------
    source
        Functions that read and change the runs.
    status
        Status to show at first, or ``"live"``; None shows all.
    folder
        Where "Save first" writes.
    clock
        Gives the time that counts for runs that still go on; None is this computer's.

    Examples
    --------
    >>> monitor.wait(timeout_s=600)                       # doctest: +SKIP
    >>> failed = monitor.frame.query("status == 'error'") # doctest: +SKIP
    >>> monitor.retry(failed["id"]).result()              # doctest: +SKIP
    """

    # Until it stands: a widget that fails to build is closed, too, when it is collected.
    _is_closed = True

    def __init__(
        self,
        source: RunSource,
        *,
        status: str | None = None,
        folder: Path | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._lock = RLock()
        self._source = source
        self._book = RunBook(source.watched)
        self._sheet = Sheet(self._book, clock or utc_now)
        self._poller = Poller(source, self._book, self._lock, changed=self._note_changes, ticked=self._note_tick)
        self._table = RunTable(TABLE_COLUMNS, self._opened)
        self._filters = Filters(self._arrange, status)
        self._actions = Actions(
            source, self._selected_runs, self._book.name_of, self._settled, folder or Path("saved_runs")
        )
        self._state, self._count = parts.words(""), parts.words("", "help")
        self._trouble, self._doubt = parts.words("", "error"), parts.words("", "error")
        self._selection = parts.words("", "help")
        self._errors = parts.read_only(label="Error")
        self._replay = parts.button("Replay", self._show_replay, tooltip="Step through what the agent did")
        self._again = parts.button("Read again", self._read_again, "quiet", tooltip="Read the whole list again")
        self._on = parts.button("Watch on", self._poller.watch_on, "quiet", tooltip="Go on asking for new runs")
        self._replayed = parts.column(looks=("replayed",))
        self._frame = parts.Frame()
        super_init = cast("Any", super()).__init__
        super_init(
            [
                self._frame,
                parts.row(self._state, self._on, self._again),
                self._trouble,
                self._doubt,
                self._filters.widget,
                self._count,
                self._table,
                parts.row(self._replay, *self._actions.buttons, self._selection, looks=("action",)),
                self._actions.widget,
                self._errors,
                self._replayed,
            ]
        )
        parts.classed(self, "panel", "monitor")
        parts.observe(self._table, self._picked, "picked")
        parts.observe(self._table, lambda _: self._arrange(), "sort")
        self._is_closed = False
        self._picked([])
        with self._lock:
            self._poller.start()
            self._note_tick()

    def __repr__(self) -> str:
        return f"Monitor({len(self._book):,} runs, {len(self._book.live):,} live, {self._poller.phase.value})"

    # What is shown, from Python as on the page.

    @property
    def frame(self) -> pd.DataFrame:
        """The runs that are shown, in their order, as `runs_frame` gives them; it says whether the list is whole."""
        with self._lock:
            runs = [self._book.runs[run_id] for run_id in self._sheet.shown]
            related, record = list(self._book.related.values()), self._completeness(len(runs))
        return runs_frame(runs, columns=COLUMNS, included=related, completeness=record)

    @property
    def selected(self) -> list[str]:
        """Ids of the runs that are selected, in the order of the table."""
        with self._lock:
            picked = set(self._sheet.ids_of(self._table.picked))
            return [run_id for run_id in self._sheet.shown if run_id in picked]

    def select(self, runs: str | Iterable[str]) -> None:
        """Select runs by their ids, instead of those selected before. Raises `RequestError` for one not shown."""
        ids = [runs] if isinstance(runs, str) else list(runs)
        with self._lock:
            shown = set(self._sheet.shown)
            for run_id in ids:
                if run_id not in shown:
                    raise RequestError(f"The monitor shows no run {printable(str(run_id), 80)!r}.")
            self._table.picked = self._sheet.keys_of(ids)

    def show(self, status: str | None = None, workflow: str | None = None, text: str = "") -> None:
        """Show only runs of a status (or ``"live"``), of a workflow (id or name), with a text; without any, all runs.

        Raises `RequestError` for a status or workflow that no run here has.
        """
        with self._lock:
            self._filters.choose("" if status is None else str(status), workflow or "", text)

    # Reading.

    def refresh(self, timeout_s: float | None = None) -> None:
        """Read the whole list again, and wait for it (`GET /v1/runs`); raises what keeps it from being read."""
        self._raise_if_closed()
        try:
            self._poller.read_again().result(timeout_s)
        except TimeoutError:
            raise WaitTimeoutError(f"The list was not read within {timeout_s} s.") from None

    def wait(self, timeout_s: float | None = None) -> pd.DataFrame:
        """Wait until all runs have ended, and return `frame`.

        `timeout_s` is in seconds, None waits without end. Raises `WaitTimeoutError` when it is over, and the error
        where asking again cannot help.
        """
        self._raise_if_closed()
        try:
            self._poller.ended.result(timeout_s)
        except TimeoutError:
            said = f"{len(self._book.live)} of {len(self._book)} runs had not ended after {timeout_s} s."
            raise WaitTimeoutError(said) from None
        except CancelledError:
            raise ClientClosedError("The monitor was closed before its runs had ended.") from None
        return self.frame

    def close(self) -> None:
        """Stop asking and close all widgets; the runs themselves go on."""
        if self._is_closed:
            return
        self._is_closed = True
        self._poller.stop()
        with self._lock:
            parts.close_inside(self)
            super().close()

    # Acting.

    def cancel(self, runs: str | Iterable[str] | None = None) -> Future[list[Outcome]]:
        """Cancel runs by their ids, None for those selected (`PATCH /v1/runs/{run_id}`); nothing is asked before.

        Returns a future of one `Outcome` for each. Raises `RequestError` for an id that the monitor does not know.
        """
        return self._actions.cancel(self._runs_of(runs))

    def retry(self, runs: str | Iterable[str] | None = None, *, save: bool = False) -> Future[list[Outcome]]:
        """Retry runs by their ids, None for those selected (`POST /v1/runs/{run_id}/retry`); nothing is asked before.

        A retry erases what the earlier attempt left. With `save` its record and files are written to `folder` first,
        and a run that cannot be saved is not retried. Returns and raises as `cancel` does.
        """
        return self._actions.retry(self._runs_of(runs), save=save)

    @property
    def folder(self) -> Path:
        """Where runs are saved before they are retried."""
        return self._actions.folder

    @folder.setter
    def folder(self, folder: str | Path) -> None:
        self._actions.folder = Path(folder)

    # What the poller tells; it holds the lock.

    def _note_changes(self, ids: set[str]) -> None:
        if self._is_closed:
            return
        self._show_rows(self._sheet.update(ids))
        workflows = {run.workflow_id for run in self._book.runs.values()}
        self._filters.offer(((short(self._book.name_of(one), 80), one) for one in workflows), self._sheet.counts())
        self._arrange()

    def _note_tick(self) -> None:
        if self._is_closed:
            return
        self._show_rows(self._sheet.update(self._book.live))
        poller = self._poller
        parts.say(self._state, state_words(poller, self._book))
        parts.say(self._trouble, trouble_words(poller))
        parts.say(self._doubt, doubt_words(poller))
        parts.visible(self._on, shown=poller.phase in (Phase.ENDED, Phase.STOPPED))

    # plumbing

    def _show_rows(self, ids: Sequence[str]) -> None:
        if ids and not self._table.change(self._sheet.lines(ids)):
            self._table.put(self._sheet.lines(self._book.runs))

    def _arrange(self) -> None:
        with self._lock:
            if self._is_closed:
                return
            column, descending = self._table.sort
            order = self._sheet.arrange(self._filters.wanted, column, descending=bool(descending))
            self._table.order = order
            picked, shown = self._table.picked, set(order)
            # What is not in sight must not be cancelled with what is.
            if not shown.issuperset(picked):
                self._table.picked = [key for key in picked if key in shown]
            counts = self._sheet.counts()
            parts.say(self._count, count_words(len(order), len(self._book), counts, self._source.about))
            self._refresh_actions()

    def _picked(self, _: object) -> None:
        with self._lock:
            self._refresh_actions()

    def _refresh_actions(self) -> None:
        runs = self._selected_runs()
        only = runs[0] if len(runs) == 1 else None
        said = f"{len(runs):,} runs selected" if runs else "No run selected"
        parts.say(self._selection, f"Run {only.id} selected" if only else said)
        errors = "\n".join(only.error or ()) if only else ""
        parts.fill(self._errors, errors)
        self._replay.disabled = only is None
        parts.visible(self._replay, shown=self._source.replay is not None)
        self._actions.refresh()

    def _selected_runs(self) -> list[RunResponse]:
        return [self._book.runs[run_id] for run_id in self.selected if run_id in self._book.runs]

    def _runs_of(self, ids: str | Iterable[str] | None) -> list[RunResponse]:
        self._raise_if_closed()
        with self._lock:
            if ids is None:
                return self._selected_runs()
            wanted = list(dict.fromkeys([ids] if isinstance(ids, str) else ids))
            unknown = [run_id for run_id in wanted if run_id not in self._book.runs]
            if unknown:
                raise RequestError(f"The monitor knows no run {printable(str(unknown[0]), 80)!r}.")
            return [self._book.runs[run_id] for run_id in wanted]

    def _settled(self, outcome: Outcome) -> None:
        if not self._is_closed and outcome.run is not None:
            self._poller.learn(outcome.run)

    def _read_again(self) -> None:
        # A failure is shown like that of any poll.
        self._poller.read_again().add_done_callback(lambda reading: reading.cancelled() or reading.exception())

    def _opened(self, key: int) -> None:
        for run_id in self._sheet.ids_of([key]):
            self._replay_run(run_id)

    def _show_replay(self) -> None:
        for run in self._selected_runs()[:1]:
            self._replay_run(run.id)

    def _replay_run(self, run_id: str) -> None:
        if self._source.replay is None:
            return
        self._put_replay()
        try:
            shown = self._source.replay(run_id)
        except Exception as error:  # noqa: BLE001 - what fails in a click would be seen nowhere else
            self._put_replay(parts.words(f"The replay cannot be shown. {refusal_words(error)}", "error"))
        else:
            if isinstance(shown, w.Widget):
                self._put_replay(parts.button("Close the replay", self._put_replay, "quiet"), shown)
        self._frame.bring("replayed")

    def _put_replay(self, *shown: w.Widget) -> None:
        for old in parts.children_of(self._replayed):
            parts.close_all(old)
        parts.put(self._replayed, *shown)

    def _completeness(self, rows: int) -> dict[str, Any]:
        walked, failure = self._poller.walked, self._poller.failure
        record = {"server_total": None, "rows": rows, "complete": False, "why": "the list has not been read yet"}
        if failure is not None:
            return record | {"why": f"the server does not answer: {refusal_words(failure)}"}
        if walked is None or not walked.complete or walked.is_cut:
            return record if walked is None else record | {"why": walked.why}
        cut = rows != len(self._book)
        why = f"{rows} of {len(self._book)} runs, as the panel's filters show them" if cut else walked.why
        return record | {"complete": True, "why": why}

    def _raise_if_closed(self) -> None:
        if self._is_closed:
            raise ClientClosedError("This monitor is closed.", hint="Make a new one.")
