"""The details of one machine below the tiles: its screen, runs, connection history and parameters."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

import ipywidgets as w

from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.fleet import details
from cyberdesk_nb.panels.fleet.live import LiveScreen, Shoot
from cyberdesk_nb.panels.fleet.survey import Survey
from cyberdesk_nb.panels.fleet.table import Table
from cyberdesk_nb.panels.fleet.view import rows_of
from cyberdesk_nb.panels.fleet.wording import name_words
from cyberdesk_nb.panels.watching import Every
from cyberdesk_nb.panels.wording import refusal_words


class Detail:
    """Shows one machine while it is chosen.

    Parameters
    ----------
    shoot, every
        As in `LiveScreen`.
    replay
        Shows the steps of a run, by its id; None leaves the buttons out.
    closed
        Called when the user closes the details.
    bring
        Called with the look of a part that is to come into view.

    """

    def __init__(
        self,
        shoot: Shoot,
        every: Every,
        *,
        replay: Callable[[str], object] | None,
        closed: Callable[[], object],
        bring: Callable[[str], object],
    ) -> None:
        self._replay, self._bring = replay, bring
        self._machine_id = ""
        self._replaying = ""
        self.live = LiveScreen(shoot, every)
        self._heading = parts.words("", "heading")
        self._facts = parts.column(looks=("facts",))
        self._runs = Table(details.RUN_HEADS, action="Replay", pressed=self._show_replay if replay else None)
        self._waiting = Table(details.WAITING_HEADS)
        self._spans = Table(details.SPAN_HEADS)
        self._parameters = Table(details.PARAMETER_HEADS)
        self._replay_note = parts.words("", "help")
        self._replayed = parts.column(looks=("replayed",))
        tables = (self._waiting, self._runs, self._spans, self._parameters)
        close = parts.button("Close details", closed, "quiet", tooltip="Close the details of this machine")
        self.widget = parts.column(
            parts.row(self._heading, close),
            parts.row(parts.column(self._facts, looks=("half",)), self._half(), looks=("halves",)),
            *tables,
            self._replay_note,
            self._replayed,
            looks=("run", "detail"),
        )
        parts.visible(self.widget, shown=False)

    def _half(self) -> w.VBox:
        parts.classed(self.live.widget, "half")
        return self.live.widget

    def choose(self, machine_id: str, name: str) -> None:
        """Show another machine; the empty id shows none."""
        if machine_id == self._machine_id:
            return
        self._machine_id, self._replaying = machine_id, ""
        self._put_replay()
        parts.say(self._replay_note, "")
        parts.visible(self.widget, shown=bool(machine_id))
        if machine_id:
            self.live.follow(machine_id, name)
        else:
            self.live.stop()

    def show(self, survey: Survey) -> None:
        """Show what is known now; what was known of a machine that is gone stays, and it says so."""
        if not self._machine_id:
            return
        machine = next((one for one in survey.machines if one.id == self._machine_id), None)
        row = next((row for row in rows_of(survey) if row["id"] == self._machine_id), None)
        if machine is None or row is None:
            self._say_facts(["This machine is not on the list any more."])
            self.live.stop()
            return
        parts.say(self._heading, name_words(row))
        self._say_facts(details.fact_lines(machine, row, survey))
        caption, cells, ids = details.run_rows(machine.id, row, survey)
        self._runs.fill(caption, cells, ids if self._replay else None)
        for table, told in (
            (self._waiting, details.waiting_rows(machine.id, survey)),
            (self._spans, details.span_rows(machine.id, row, survey)),
            (self._parameters, details.parameter_rows(machine)),
        ):
            table.fill(*told)
            parts.visible(table, shown=bool(told[0]))

    def stop(self) -> None:
        """End what goes on."""
        self._replaying = ""
        self.live.stop()

    def _say_facts(self, lines: list[str]) -> None:
        labels = parts.children_of(self._facts)
        for label, line in zip(labels, lines, strict=False):
            if isinstance(label, w.Label):
                parts.say(label, line)
        for label in labels[len(lines) :]:
            if isinstance(label, w.Label):
                parts.say(label, "")
        for line in lines[len(labels) :]:
            parts.append(self._facts, parts.words(line))

    def _show_replay(self, run_id: str) -> None:
        # Fetching a recording takes a while: on a thread of its own it does not hold up the notebook.
        if self._replay is None or self._replaying == run_id:
            return
        self._replaying = run_id
        self._put_replay()
        parts.say(self._replay_note, "Fetching the replay …")
        Thread(target=self._open_replay, args=(self._replay, run_id), name="fleet replay", daemon=True).start()

    def _open_replay(self, replay: Callable[[str], object], run_id: str) -> None:
        try:
            shown = replay(run_id)
        except Exception as error:  # noqa: BLE001 - what fails in a thread would be seen nowhere else
            shown, failure = None, f"The replay cannot be shown. {refusal_words(error)}"
        else:
            failure = ""
        if self._replaying == run_id:
            self._replaying = ""
            parts.say(self._replay_note, failure)
            self._put_replay(*([shown] if isinstance(shown, w.Widget) else []))
            self._bring("replayed")
        elif isinstance(shown, w.Widget):
            # Another run or machine was chosen while it was fetched.
            parts.close_all(shown)

    def _put_replay(self, *shown: w.Widget) -> None:
        for old in parts.children_of(self._replayed):
            parts.close_all(old)
        parts.put(self._replayed, *shown)
