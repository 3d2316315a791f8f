"""The run launched last: watched, shown, and replayed once it has ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future

import ipywidgets as w

from cyberdesk_nb.errors import CyberdeskError
from cyberdesk_nb.models import RunResponse
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.refusals import refusal_words
from cyberdesk_nb.panels.run_view import RunView
from cyberdesk_nb.panels.watching import Every, Poll, Watch


class Following:
    """Follows one run at a time; a new one takes the place of the one before.

    Parameters
    ----------
    machine_names
        Names by machine id, for runs that come without their machine.
    poll, every
        How to read a run, and how to get ticks.
    replay
        Shows the steps of a run, by its id; None leaves the button out.
    again
        Called when the user wants to launch another run.

    Attributes
    ----------
    run
        The run as it was last seen; None before the first.

    """

    def __init__(
        self,
        machine_names: Mapping[str, str],
        *,
        poll: Poll,
        every: Every,
        replay: Callable[[str], object] | None,
        again: Callable[[], object],
    ) -> None:
        self.run: RunResponse | None = None
        self._poll, self._every, self._replay = poll, every, replay
        self._watch: Watch | None = None
        self._view = RunView(machine_names, replay=None if replay is None else self._show_replay, again=again)
        self._replayed = parts.column()
        self.widget = parts.column(self._view.widget, self._replayed)

    @property
    def ended(self) -> Future[RunResponse] | None:
        """A future of the ended run; None before the first."""
        return self._watch.ended if self._watch else None

    def follow(self, run: RunResponse) -> None:
        """Watch this run from now on."""
        self.stop()
        self._put_replay()
        self._view.tick(0)
        self._seen(run)
        try:
            self._watch = Watch(
                run, poll=self._poll, every=self._every, seen=self._seen, failed=self._lost, ticked=self._view.tick
            )
        except CyberdeskError as error:
            self._lost(error, asks_again=False)

    def stop(self) -> None:
        """Stop watching; the run itself goes on."""
        if self._watch is not None:
            self._watch.stop()

    def _seen(self, run: RunResponse) -> None:
        self.run = run
        self._view.show(run)

    def _lost(self, error: BaseException, asks_again: bool) -> None:
        then = "Asking again." if asks_again else "It is not asked again."
        self._view.trouble(f"This is the last known state. {refusal_words(error)} {then}")

    def _show_replay(self) -> None:
        if self._replay is None or self.run is None:
            return
        try:
            shown = self._replay(self.run.id)
        except Exception as error:  # noqa: BLE001 - what fails in a click would be seen nowhere else
            self._view.trouble(f"The replay cannot be shown. {refusal_words(error)}")
            return
        if isinstance(shown, w.Widget):
            self._put_replay(shown)

    def _put_replay(self, *shown: w.Widget) -> None:
        for old in parts.children_of(self._replayed):
            parts.close_all(old)
        parts.put(self._replayed, *shown)
