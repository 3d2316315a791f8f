"""HostLink: a terminal window on a freight company's host, all keys and no mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from .._app import App
from .._theme import Theme
from .._ui import Ui

if TYPE_CHECKING:
    from .._state import State

_LINE = 24
_PAGE = 10


class Terminal(App):
    """Sign-on, menu, order search and order display, as 24 lines of text with input fields.

    ``state.data`` holds ``orders``: order number to a dict with the header fields and ``stops``.
    """

    title = "HostLink"
    theme = Theme(
        face="mono", size=15, radius=0, bar="#3a3f45", bar_text="#f0f0f0", menu="#50565d", surface="#08110b",
        panel="#08110b", field="#0c1a11", border="#235437", text="#5df08a", muted="#39b56a", accent="#7fd4ff",
        chosen="#1c4a2d", button="#11301d", header="#11301d", on_accent="#04100a", wallpaper="#4a5560",
        good="#5df08a", warn="#ffd866", bad="#ff6b6b", alt="#08110b",
    )  # fmt: skip
    shortcuts = (("f3", "exit"), ("f5", "refresh"), ("f12", "exit"), ("page_down", "page.down"), ("page_up", "page.up"))
    start_focus = "user"

    @override
    def layout(self, ui: Ui) -> None:
        ui.window("HostLink - Session A [24 x 80]", (52, 18, 972, 716), bar=30)
        ui.menu_bar(48, ("File", "Edit", "View", "Communication", "Actions", "Help"), x=53, right=971)
        ui.panel((53, 74, 971, 690), tone="bare")
        screen = {"": _sign_on, "menu": _menu, "search": _search, "order": _order}[ui.state.view]
        screen(ui)
        _line(ui, 24, "F3=Exit   F5=Refresh   F12=Cancel", tone="accent")
        ui.status_bar("MA   A   07/029", "hostlink01:992", rect=(53, 690, 971, 715))

    @override
    def press(self, state: State, name: str) -> None:
        if name == "exit":
            state.view = {"order": "search", "search": "menu"}.get(state.view, "")
            state.focus = {"menu": "option", "search": "order"}.get(state.view, "user")
            state.fields["message"] = ""
        elif name in {"page.down", "page.up"} and state.view == "order":
            stops = state.data["orders"][state.data["order"]]["stops"]
            first = state.scroll.get("stops", 0) + (_PAGE if name == "page.down" else -_PAGE)
            state.scroll["stops"] = max(0, min(first, (len(stops) - 1) // _PAGE * _PAGE))

    @override
    def enter(self, state: State, name: str) -> bool:
        if state.view == "":
            _signed_on(state)
        elif state.view == "menu":
            known = state.text("option").strip() == "2"
            state.fields["message"] = "" if known else "Option is not valid."
            if known:
                state.view, state.focus = "search", "order"
        elif state.view == "search":
            _find(state)
        return True


def _line(ui: Ui, row: int, text: str, *, column: int = 1, tone: str = "", width: int = 860) -> None:
    left = 64 + 9 * column
    ui.text(left, 80 + _LINE * (row - 1), text, width=min(width, 964 - left), tone=tone)


def _input(ui: Ui, name: str, row: int, column: int, length: int, kind: str = "cell") -> None:
    ui.field(name, 64 + 9 * column, 77 + _LINE * (row - 1), 9 * length + 18, kind=kind, height=24)


def _title(ui: Ui, name: str, title: str) -> None:
    _line(ui, 1, name)
    _line(ui, 1, title, column=34, tone="white")
    _line(ui, 1, "TRANSIT FREIGHT", column=76, tone="muted")
    _line(ui, 23, ui.state.text("message")[:76], tone="bad")


def _sign_on(ui: Ui) -> None:
    _title(ui, "SIGNON", "Sign On")
    for row, (label, value) in enumerate((("System  . . . :", "FRT400"), ("Subsystem . . :", "QINTER"))):
        _line(ui, 3 + row, f"{label}  {value}", column=50)
    _line(ui, 7, "User  . . . . . . . . . :")
    _input(ui, "user", 7, 30, 10)
    _line(ui, 9, "Password  . . . . . . . :")
    _input(ui, "password", 9, 30, 14, "password")
    _line(ui, 13, "This system is for authorised use only.", tone="muted")


def _signed_on(state: State) -> None:
    if not state.text("user") or not state.text("password"):
        state.fields["message"] = "CPF1120 - User or password missing."
        return
    state.view, state.focus = "menu", "option"
    state.fields |= {"message": "", "option": ""}


def _menu(ui: Ui) -> None:
    _title(ui, "MAIN", "Freight Main Menu")
    entries = ("1. Enter a freight order", "2. Display freight order status", "3. Print way bills", "4. Carrier list",
               "90. Sign off")  # fmt: skip
    for i, entry in enumerate(entries):
        _line(ui, 4 + 2 * i, entry, column=6)
    _line(ui, 18, "Selection or command")
    _line(ui, 19, "===>")
    _input(ui, "option", 19, 7, 30)


def _search(ui: Ui) -> None:
    _title(ui, "FRT210", "Freight Order Search")
    _line(ui, 4, "Type the order number, press Enter.", tone="accent")
    _line(ui, 7, "Order number  . . . . . :")
    _input(ui, "order", 7, 30, 12)
    _line(ui, 9, "Customer  . . . . . . . :")
    _input(ui, "customer", 9, 30, 30)


def _find(state: State) -> None:
    name = state.text("order").strip()
    if name not in state.data.get("orders", {}):
        state.fields["message"] = f"FRT0042 - Order {name[:20]} not found."
        return
    state.data["order"] = name
    state.view, state.focus, state.scroll["stops"] = "order", "", 0
    state.fields["message"] = ""


def _order(ui: Ui) -> None:
    name = ui.state.data["order"]
    order: dict[str, Any] = ui.state.data["orders"][name]
    _title(ui, "FRT211", f"Order {name}")
    left = (("Customer", order["customer"]), ("Status", order["status"]), ("Carrier", order["carrier"]))
    right = (("Weight kg", str(order["weight_kg"])), ("Pallets", str(order["pallets"])), ("ETA", order["eta"]))
    for i, ((a, b), (c, d)) in enumerate(zip(left, right, strict=True)):
        _line(ui, 3 + i, f"{a:.<14}:")
        _line(ui, 3 + i, b, column=18, tone="white", width=270)
        _line(ui, 3 + i, f"{c:.<12}: {d}", column=52)
    _line(ui, 7, f"{'Stop':<6}{'Place':<22}{'Arrived':<20}{'Event':<26}", tone="accent")
    first = ui.state.scroll.get("stops", 0)
    for i, (place, time, event) in enumerate(order["stops"][first : first + _PAGE]):
        _line(ui, 8 + i, f"{first + i + 1:<6}{place:<22}{time:<20}{event:<26}")
    more = first + _PAGE < len(order["stops"])
    _line(ui, 19, "More..." if more else "Bottom", column=76, tone="white")
