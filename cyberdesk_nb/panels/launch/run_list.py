"""Several runs in few lines: how many stand where, and a list to choose one from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import ipywidgets as w

from cyberdesk_nb.models import RunResponse
from cyberdesk_nb.panels import parts

_ROWS = 8


class RunList:
    """The runs of one launch; `chosen` is called with the id of the one that the user wants to see.

    One control holds all rows: a thousand runs cost one message.
    """

    def __init__(self, chosen: Callable[[str], None]) -> None:
        self._chosen = chosen
        self._setting = False
        self._summary = parts.words("", "heading")
        self._list = w.Select(description="Runs")
        parts.classed(self._list, "field")
        parts.observe(self._list, self._picked)
        self.widget = parts.column(self._summary, self._list, looks=("run",))
        parts.visible(self.widget, shown=False)

    def show(self, run_ids: Sequence[str], labels: Sequence[str], seen: Mapping[str, RunResponse]) -> None:
        """Show the runs as last seen; the one chosen stays chosen."""
        options = [
            (parts.one_line(f"{label}  ·  {_state(seen.get(run_id))}", 160), run_id)
            for run_id, label in zip(run_ids, labels, strict=True)
        ]
        parts.visible(self.widget, shown=bool(options))
        parts.say(self._summary, _summary(run_ids, seen))
        if list(self._list.options) == options:
            return
        chosen = parts.value_of(self._list)
        self._setting = True
        try:
            # In one message: in between no row would be the chosen one.
            with self._list.hold_sync():
                self._list.options = options
                self._list.rows = min(_ROWS, max(2, len(options)))
                self._list.value = chosen if chosen in run_ids else next(iter(run_ids), None)
        finally:
            self._setting = False

    def _picked(self, run_id: str | None) -> None:
        if run_id is not None and not self._setting:
            self._chosen(run_id)


def _state(run: RunResponse | None) -> str:
    if run is None:
        return "not seen yet"
    where = run.machine.name if run.machine is not None and run.machine.name else ""
    why = run.error[0] if run.error else ""
    return "  ·  ".join(filter(None, (str(run.status), where, why)))


def _summary(run_ids: Sequence[str], seen: Mapping[str, RunResponse]) -> str:
    here = [seen[run_id] for run_id in run_ids if run_id in seen]
    ended = sum(run.is_terminal for run in here)
    counts = Counter(str(run.status) for run in here)
    counts["not seen yet"] = len(run_ids) - len(here)
    stands = ", ".join(f"{count} {status}" for status, count in counts.most_common() if count)
    return f"{ended} of {len(run_ids)} runs have ended: {stands}" if run_ids else ""
