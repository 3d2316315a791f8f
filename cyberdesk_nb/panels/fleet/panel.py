"""The fleet panel: who is idle, who is down, since when, and what each machine is at."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError
from datetime import datetime, timedelta
from threading import RLock
from typing import Any, cast

import ipywidgets as w
import pandas as pd

from cyberdesk_nb.errors import ClientClosedError, RequestError
from cyberdesk_nb.models import MachineResponse
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.fleet.detail import Detail
from cyberdesk_nb.panels.fleet.live import Shoot
from cyberdesk_nb.panels.fleet.polling import Polling, Read
from cyberdesk_nb.panels.fleet.states import STATES
from cyberdesk_nb.panels.fleet.survey import Survey
from cyberdesk_nb.panels.fleet.tiles import Tiles
from cyberdesk_nb.panels.fleet.view import Row, rows_of, strips_view, summary_words, tiles_view, trouble_words
from cyberdesk_nb.panels.fleet.wording import count_words, state_words
from cyberdesk_nb.panels.naming import find, name_of
from cyberdesk_nb.panels.watching import Every
from cyberdesk_nb.panels.wording import refusal_words

SHOWN = ("all", "trouble", *STATES)
_CLOCKS_AGREE = timedelta(minutes=2)


class FleetPanel(w.VBox):
    """Show all machines by pool: what each does and since when, what waits for it, how it was connected, its failures.

    A click on a tile, or Enter, opens its details: the live screen, its last runs, its connection history. The panel
    knows no client: it is given functions. It reads at once and then on a timer, more seldom while nothing changes;
    when the server is away, what it read last stays in view beside words that say so. Taken from the page, as by
    running its cell again, it rests until it is shown again.

    Parameters
    ----------
    read
        Reads the fleet; told True, all of it anew. Returns a future of a `Survey`.
    screenshot
        Takes a picture of a machine's screen, by its id; returns a future of its bytes.
    every
        Calls a function every so many seconds, on any thread, until the function that it returns is called.
    replay
        Shows the steps of a run, by its id; what it returns is shown below the details when it is a widget.

    Examples
    --------
    >>> fleet.frame.query("state == 'idle'")[["name", "since"]]  # doctest: +SKIP
    >>> fleet.machine = "VM 04"                                  # doctest: +SKIP

    """

    # Until it stands: a widget that fails to build is closed, too, when it is collected.
    _is_closed = True

    def __init__(
        self,
        *,
        read: Read[Survey],
        screenshot: Shoot,
        every: Every,
        replay: Callable[[str], object] | None = None,
    ) -> None:
        self._lock = RLock()
        self._survey: Survey | None = None
        self._summary = parts.words("Reading the fleet …", "heading")
        self._trouble = parts.words("", "error")
        self._doubts = parts.words("", "help")
        self._state = parts.words("", "help")
        self._failure = parts.words("", "error")
        self._search = w.Text(description="Find machines", placeholder="name, pool, workflow or id")
        self._show = w.Dropdown(description="Show", options=SHOWN, value="all")
        self._found = parts.words("", "help")
        self._tiles = Tiles(self._pick)
        self._frame = parts.Frame()
        self._detail = Detail(
            screenshot, every, replay=replay, closed=lambda: self._choose(""), bring=self._frame.bring
        )
        for control in (self._search, self._show):
            parts.classed(control, "field")
            parts.observe(control, lambda _: self._paint())
        refresh = parts.button("Refresh", self._press_refresh, tooltip="Read all of the fleet anew")
        bar = parts.row(self._search, self._show, refresh, looks=("fleet-bar",))
        cast("Any", super()).__init__(
            [
                self._frame,
                parts.column(self._summary, self._trouble, self._doubts),
                bar,
                parts.column(self._failure, self._state, self._found),
                self._tiles,
                self._detail.widget,
            ]
        )
        parts.classed(self, "panel", "fleet")
        self._is_closed = False
        # From 0 on the page counts where the panel is shown.
        self._view_count = 0
        parts.observe(self, self._shown_on, "_view_count")
        self._polling = Polling(read, every, seen=self._seen, failed=self._failed)
        self._first = self._polling.ask()

    def __repr__(self) -> str:
        survey = self._survey
        if survey is None:
            return "FleetPanel(not read yet)"
        return f"FleetPanel(machines={len(survey.machines)}, at={survey.at:%Y-%m-%d %H:%M:%S} UTC)"

    @property
    def frame(self) -> pd.DataFrame:
        """One row a machine, trouble first: what it does and since when, what waits for it, its runs, its connection.

        The columns are those of `machine_states`, and ``uptime_share``, ``connected_s``, ``down_s``, ``unknown_s``,
        ``gaps`` of `cd.availability` over the window. ``attrs``: ``at``, ``since`` (ISO times), ``doubts``. Waits for
        the first reading, and raises its error where nothing was read yet.
        """
        return self._known().states.copy()

    @property
    def machine(self) -> MachineResponse | None:
        """The machine whose details are open; set it by id or name, None closes them."""
        with self._lock:
            survey, chosen = self._survey, self._tiles.chosen
        return next((one for one in survey.machines if one.id == chosen), None) if survey else None

    @machine.setter
    def machine(self, wanted: str | MachineResponse | None) -> None:
        self._must_be_open()
        if wanted is None:
            self._choose("")
            return
        named = wanted if isinstance(wanted, str) else wanted.id
        self._choose(find(self._known().machines, named, "machine").id)

    @property
    def search(self) -> str:
        """Text that the shown machines have in their name, id, pools, or in the workflow on them."""
        return parts.value_of(self._search)

    @search.setter
    def search(self, text: str) -> None:
        self._search.value = text

    @property
    def show(self) -> str:
        """Which machines are shown: ``all``, those in ``trouble``, or those in one state, such as ``idle``."""
        return parts.value_of(self._show)

    @show.setter
    def show(self, what: str) -> None:
        if what not in SHOWN:
            raise RequestError(f"There are no machines {what!r} to show.", hint=f"Choose one of {', '.join(SHOWN)}.")
        self._show.value = what

    def refresh(self, timeout_s: float | None = None) -> None:
        """Read all of the fleet anew and wait until it shows.

        `timeout_s` is in seconds, None waits without end. Raises the error of the reading, which the panel shows too,
        and `TimeoutError` when the time is over.
        """
        try:
            self._polling.ask().result(timeout_s)
        except CancelledError:
            raise ClientClosedError("The panel was closed before the answer came.") from None

    def close(self) -> None:
        """Read no more, and close all widgets."""
        if self._is_closed:
            return
        self._is_closed = True
        self._polling.stop()
        self._detail.stop()
        with self._lock:
            parts.close_inside(self)
            super().close()

    def _known(self) -> Survey:
        if self._survey is None:
            try:
                self._first.result()
            except CancelledError:
                raise ClientClosedError("The panel was closed before anything was read.") from None
        return cast("Survey", self._survey)

    def _must_be_open(self) -> None:
        if self._is_closed:
            raise ClientClosedError("This panel is closed.", hint="Make a new one.")

    def _press_refresh(self) -> None:
        if not self._is_closed:
            parts.say(self._state, "Reading all anew …")
            self._shown_on(1)
            self._polling.ask()

    def _shown_on(self, places: int | None) -> None:
        """Rest while the page shows the panel nowhere; what was never shown is used from Python, and does not rest."""
        if self._is_closed:
            return
        for part in (self._polling, self._detail.live):
            if places:
                part.resume()
            else:
                part.pause()
        if not places:
            parts.say(self._state, "This panel was taken from the page and rests. Still here? Press Refresh.")

    def _pick(self, machine_id: str) -> None:
        # A second press on an open tile closes it.
        self._choose("" if machine_id == self._tiles.chosen else machine_id)
        if self._tiles.chosen:
            self._frame.bring("detail")

    def _choose(self, machine_id: str) -> None:
        with self._lock:
            survey = self._survey
            machine = next((one for one in survey.machines if one.id == machine_id), None) if survey else None
            if self._is_closed or (machine_id and machine is None):
                return
            self._tiles.chosen = machine_id
            self._detail.choose(machine_id, name_of(machine) if machine else "")
            if survey is not None:
                self._detail.show(survey)

    def _seen(self, survey: Survey) -> bool:
        with self._lock:
            if self._is_closed:
                return False
            before, self._survey = self._survey, survey
            if before is None or before.history is not survey.history:
                self._tiles.strips = strips_view(survey)
            parts.say(self._failure, "")
            parts.say(self._state, _read_words(survey))
            self._paint()
            self._detail.show(survey)
            return before is None or not _is_same(before, survey)

    def _failed(self, error: BaseException, asks_again: bool) -> None:
        with self._lock:
            if self._is_closed:
                return
            then = "Asking again." if asks_again else "It is not asked again; press Refresh to try."
            last = "This is what was read last. " if self._survey else "Nothing could be read yet. "
            parts.say(self._failure, f"{last}{refusal_words(error)} {then}")

    def _paint(self) -> None:
        with self._lock:
            survey = self._survey
            if survey is None or self._is_closed:
                return
            parts.say(self._summary, summary_words(survey))
            parts.say(self._trouble, trouble_words(survey))
            parts.say(self._doubts, " ".join(survey.doubts))
            wanted = [row["id"] for row in rows_of(survey) if self._is_wanted(row, survey)]
            total = len(survey.machines)
            parts.say(
                self._found, "" if len(wanted) == total else f"{len(wanted)} of {count_words(total, 'machine')} shown"
            )
            self._tiles.view = tiles_view(survey, lambda row: row["id"] in wanted)

    def _is_wanted(self, row: Row, survey: Survey) -> bool:
        if self.show not in {"all", row["state"]} and not (self.show == "trouble" and row["trouble"]):
            return False
        told = [row[name] for name in ("name", "id", "pool_names", "workflow_name")]
        words = [state_words(row, survey.at, survey.since), *(one for one in told if isinstance(one, str))]
        return self.search.strip().casefold() in " ".join(words).casefold()


def _read_words(survey: Survey) -> str:
    now = datetime.now().astimezone()
    there = survey.at.astimezone()
    told = f", when it was {there:%H:%M} on the server" if abs(there - now) > _CLOCKS_AGREE else ""
    return f"Last read at {now:%H:%M:%S}{told}."


def _is_same(before: Survey, after: Survey) -> bool:
    """Whether nothing happened in between: time alone makes no difference."""
    moving = ["for_s", "last_seen", "uptime_share", "connected_s", "down_s", "unknown_s"]
    kept = (one.states.drop(columns=moving) for one in (before, after))
    return next(kept).equals(next(kept)) and before.waiting.equals(after.waiting) and before.pools == after.pools
