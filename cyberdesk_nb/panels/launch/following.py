"""What was launched last: watched, shown, and replayed once it has ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TypeAlias

import ipywidgets as w

from cyberdesk_nb.errors import CyberdeskError, RequestError
from cyberdesk_nb.models import RunResponse
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.launch.launches import Launched
from cyberdesk_nb.panels.launch.run_list import RunList
from cyberdesk_nb.panels.launch.run_view import RunView
from cyberdesk_nb.panels.pacing import failure_of
from cyberdesk_nb.panels.watching import Every, Watch
from cyberdesk_nb.panels.wording import refusal_words

Poll: TypeAlias = Callable[[Launched], "Future[list[RunResponse]]"]
_State: TypeAlias = Mapping[str, RunResponse]


class Following:
    """Follows one launch at a time; a new one takes the place of the one before.

    Parameters
    ----------
    machine_names
        Names by machine id, for runs that come without their machine.
    poll, every
        How to read the runs of a launch, and how to get ticks.
    replay
        Shows the steps of a run, by its id; None leaves the button out.
    again
        Called when the user wants to launch another run.
    bring
        Called with the look of a part that is to come into view.

    """

    def __init__(
        self,
        machine_names: Mapping[str, str],
        *,
        poll: Poll,
        every: Every,
        replay: Callable[[str], object] | None,
        again: Callable[[], object],
        bring: Callable[[str], object],
    ) -> None:
        self._poll, self._every, self._replay, self._bring = poll, every, replay, bring
        self._launched = Launched(())
        self._seen: dict[str, RunResponse] = {}
        self._shown = self._doubt = ""
        self._watch: Watch[_State] | None = None
        self._ended: Future[RunResponse] | None = None
        self._list = RunList(self._show)
        self._view = RunView(machine_names, replay=None if replay is None else self._show_replay, again=again)
        self._trouble = parts.words("", "error")
        self._replayed = parts.column(looks=("replayed",))
        self.widget = parts.column(self._list.widget, self._trouble, self._view.widget, self._replayed)

    @property
    def runs(self) -> list[RunResponse]:
        """The runs as they were last seen, in the order of the launch; those not seen yet are left out."""
        return [self._seen[run_id] for run_id in self._launched.run_ids if run_id in self._seen]

    @property
    def run(self) -> RunResponse | None:
        """The last of the runs, as it was last seen; None before it was."""
        return self._seen.get(self._launched.run_ids[-1]) if self._launched.run_ids else None

    @property
    def ended(self) -> Future[RunResponse] | None:
        """A future of the last run, once all have ended; None before the first launch."""
        return self._ended

    def follow(self, launched: Launched) -> None:
        """Watch these runs from now on."""
        self.stop()
        self._put_replay()
        self._launched, self._seen = launched, {run.id: run for run in launched.runs}
        self._shown = launched.run_ids[0] if launched.run_ids else ""
        self._ended = Future()
        parts.say(self._trouble, "")
        self._view.hide()
        self._display()
        self._tick(0)
        try:
            self._watch = Watch[_State](
                self._seen,
                poll=self._ask,
                is_over=self._is_over,
                every=self._every,
                seen=self._take,
                failed=self._lost,
                ticked=self._tick,
            )
        except CyberdeskError as error:
            self._lost(error, asks_again=False)
            self._ended.set_exception(error)
        else:
            self._watch.ended.add_done_callback(self._settle)

    def stop(self) -> None:
        """Stop watching; the runs themselves go on."""
        if self._watch is not None:
            self._watch.stop()

    def _ask(self) -> Future[_State]:
        answer = Future[_State]()
        answer.set_running_or_notify_cancel()

        def read(reply: Future[list[RunResponse]]) -> None:
            error = failure_of(reply)
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(self._with(reply.result()))

        self._poll(self._launched).add_done_callback(read)
        return answer

    def _with(self, runs: list[RunResponse]) -> _State:
        """Put what was read over what was seen; runs that are missing, as deleted ones are, stay as they were."""
        ours = set(self._launched.run_ids)
        found = {run.id: run for run in runs if run.id in ours}
        missing = len(self._seen.keys() - found.keys())
        self._doubt = f"{missing} of these runs, as last seen, were not found again." if missing else ""
        return self._seen | found

    def _is_over(self, state: _State) -> bool:
        return all(run_id in state and state[run_id].is_terminal for run_id in self._launched.run_ids)

    def _take(self, state: _State) -> None:
        self._seen = dict(state)
        parts.say(self._trouble, self._doubt)
        self._display()

    def _display(self) -> None:
        if self._launched.labels:
            self._list.show(self._launched.run_ids, self._launched.labels, self._seen)
        else:
            self._list.show((), (), {})
        run = self._seen.get(self._shown)
        if run is not None:
            self._view.show(run)

    def _show(self, run_id: str) -> None:
        """Show another run of the same launch."""
        if run_id == self._shown:
            return
        self._shown = run_id
        self._put_replay()
        self._view.hide()
        self._display()

    def _tick(self, elapsed_s: float) -> None:
        run = self._seen.get(self._shown)
        if run is None or not run.is_terminal:
            self._view.tick(elapsed_s)

    def _settle(self, over: Future[_State]) -> None:
        ended = self._ended
        if ended is None or ended.done():
            return
        if over.cancelled():
            ended.cancel()
        elif (error := over.exception()) is not None:
            ended.set_exception(error)
        elif self.run is not None:
            ended.set_result(self.run)
        else:
            ended.set_exception(RequestError("No run was queued."))

    def _lost(self, error: BaseException, asks_again: bool) -> None:
        then = "Asking again." if asks_again else "It is not asked again."
        parts.say(self._trouble, f"This is the last known state. {refusal_words(error)} {then}")

    def _show_replay(self) -> None:
        if self._replay is None or not self._shown:
            return
        try:
            shown = self._replay(self._shown)
        except Exception as error:  # noqa: BLE001 - what fails in a click would be seen nowhere else
            self._view.trouble(f"The replay cannot be shown. {refusal_words(error)}")
            return
        if isinstance(shown, w.Widget):
            self._put_replay(shown)
            self._bring("replayed")

    def _put_replay(self, *shown: w.Widget) -> None:
        for old in parts.children_of(self._replayed):
            parts.close_all(old)
        parts.put(self._replayed, *shown)
