"""TreasuryDesk: bank statement lines are dragged onto the ledger entries that they settle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from .._app import App
from .._state import Box
from .._theme import Theme
from .._ui import TASKBAR, Column, Ui

if TYPE_CHECKING:
    from .._controls import Control
    from .._state import State

    Line = tuple[str, str, str, int]

ACCOUNTS = ("Operating 4471", "Payroll 8820", "Escrow 1093")
_LEFT = (Column("Date", 62), Column("Text", 306), Column("Amount", 110, "right"))
_RIGHT = (Column("Entry", 76), Column("Text", 292), Column("Amount", 110, "right"))


class Bank(App):
    """Two lists side by side; matched pairs move to the list below.

    ``state.data`` holds ``statement`` and ``ledger``: lines (date or number, text, reference, amount in cents), and
    ``matched``: pairs of them.
    """

    title = "TreasuryDesk"
    theme = Theme(
        bar="#14532d", bar_text="#ffffff", menu="#f4f7f4", surface="#f7f9f7", accent="#15803d", header="#e6efe8",
        chosen="#fdeeb5", border="#c6d3c9", side="#14532d", side_text="#dcf2e3", wallpaper="#3c6650", alt="#f8fbf8",
    )  # fmt: skip
    shortcuts = (("ctrl+m", "match"), ("ctrl+f", "finish"))

    @override
    def layout(self, ui: Ui) -> None:
        matched = ui.state.data.get("matched", ())
        ui.window("TreasuryDesk - Bank reconciliation")
        ui.menu_bar(32, ("File", "Statement", "Matching", "Reports", "Help"))
        ui.dropdown("account", 20, 88, 200, "Bank account", ACCOUNTS)
        ui.field("date", 236, 88, 130, "Statement date")
        ui.button("load", 380, 87, 120, "Load statement", tone="" if "loaded" in ui.state.data else "primary")
        ui.field("tolerance", 530, 88, 120, "Tolerance, cents")
        ui.button("auto", 664, 87, 110, "Suggest")
        ui.button("match", 782, 87, 100, "Match")
        ui.button("finish", 890, 87, 114, "Finish", enabled=bool(matched))
        left, right = _open(ui.state)
        ui.text(20, 130, f"Bank statement ({len(left)} open)", tone="bold")
        ui.table("statement", (20, 154, 504, 480), _LEFT, [(d, t, _money(a)) for d, t, _, a in left], row_h=28)
        ui.text(520, 130, f"Ledger ({len(right)} open)", tone="bold")
        ui.table("ledger", (520, 154, 1004, 480), _RIGHT, [(n, t, _money(a)) for n, t, _, a in right], row_h=28)
        ui.text(20, 494, f"Matched ({len(matched)})", tone="bold")
        columns = (Column("Bank text", 300), Column("Ledger entry", 340), Column("Difference", 130, "right"))
        rows = [(a[1], f"{b[0]}  {b[1]}", _money(a[3] - b[3])) for a, b in matched]
        ui.table("matched", (20, 518, 780, TASKBAR - 36), columns, rows, row_h=28)
        ui.panel((796, 518, 1004, TASKBAR - 36))
        gap = sum(line[3] for line in left) - sum(line[3] for line in right)
        ui.put("figure", "", (812, 532, 996, 590), "Open difference", _money(gap))
        ui.text(812, 604, "Drag a statement line onto", width=190, tone="muted")
        ui.text(812, 624, "the entry that it settles.", width=190, tone="muted")
        ui.status_bar("Currency: USD", ui.state.text("account"))

    @override
    def press(self, state: State, name: str) -> None:
        if name == "load":
            state.data["loaded"] = True
            state.busy, state.status = "Loading statement...", "Statement loaded"
        elif name == "match" and {"statement", "ledger"} <= state.selected.keys():
            _match(state, state.selected["statement"], state.selected["ledger"])
        elif name == "auto":
            _suggest(state)
        elif name == "finish" and state.data.get("matched"):
            left, _ = _open(state)
            text = (
                f"{len(state.data['matched'])} lines are matched, {len(left)} stay open. The reconciliation is saved."
            )
            state.boxes = (*state.boxes, Box("saved", "Reconciliation", text, icon="info"))
            state.status = "Reconciliation saved"

    @override
    def drop(self, state: State, source: Control, target: Control | None, end: tuple[int, int]) -> None:
        if target is None or source.kind != "row" or target.kind != "row":
            return
        (start, _, first), (goal, _, second) = source.id.rpartition("."), target.id.rpartition(".")
        if (start, goal) == ("statement", "ledger"):
            _match(state, int(first), int(second))


def _money(cents: int) -> str:
    return f"{cents / 100:,.2f}"


def _open(state: State) -> tuple[list[Line], list[Line]]:
    """Return the statement and ledger lines that are not matched yet."""
    if "loaded" not in state.data:
        return [], list(state.data.get("ledger", ()))
    matched = state.data.get("matched", ())
    left: list[Line] = [line for line in state.data.get("statement", ()) if all(line is not a for a, _ in matched)]
    right: list[Line] = [line for line in state.data.get("ledger", ()) if all(line is not b for _, b in matched)]
    return left, right


def open_lines(state: State) -> tuple[list[Line], list[Line]]:
    """Return the statement and ledger lines in the order of the screen."""
    return _open(state)


def _match(state: State, first: int, second: int) -> None:
    left, right = _open(state)
    if first >= len(left) or second >= len(right):
        return
    gap = abs(left[first][3] - right[second][3])
    tolerance = state.text("tolerance")
    if gap > (int(tolerance) if tolerance.isdecimal() and len(tolerance) < 12 else 0):
        text = f"The amounts differ by {_money(gap)}, which is more than the tolerance."
        state.boxes = (*state.boxes, Box("tolerance", "Match", text, icon="warning"))
        return
    state.data["matched"] = (*state.data.get("matched", ()), (left[first], right[second]))
    state.selected.pop("statement", None)
    state.selected.pop("ledger", None)
    state.status = f"Matched {left[first][1][:40]}"


def _suggest(state: State) -> None:
    left, right = _open(state)
    for i, line in enumerate(left):
        for j, entry in enumerate(right):
            if line[2] == entry[2]:
                state.selected |= {"statement": i, "ledger": j}
                state.status = f"Suggestion: {entry[0]}"
                return
    state.status = "No suggestion"
