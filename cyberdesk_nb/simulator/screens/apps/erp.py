"""Ledgerline ERP: an accounting program of the older kind, driven by transaction codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from .._app import App
from .._controls import WIDTH
from .._state import Box
from .._theme import Theme
from .._ui import Column, Ui

if TYPE_CHECKING:
    from .._state import State

ROWS = 8
CURRENCIES = ("EUR", "USD", "GBP", "CHF")
_GRID = (
    ("desc", "Description", 340),
    ("qty", "Quantity", 110),
    ("price", "Unit price", 130),
    ("account", "G/L account", 130),
)


class Erp(App):
    """Start menu with a command field, and the vendor invoice transaction FI60.

    ``state.data`` holds ``vendors`` (number to name), ``document`` (the number that a posting gets) and ``posted``.
    """

    title = "Ledgerline ERP"
    theme = Theme(
        face="classic", size=12, radius=0, bar="#c9d4e2", bar_text="#10233c", menu="#ece9dd", surface="#f1efe6",
        panel="#fbfaf5", border="#a9a695", header="#dcd8c6", chosen="#ffe9a8", accent="#33598c", side="#dfe6ee",
        muted="#55523f", field="#ffffff", button="#e6e2d2", alt="#f5f3ea", wallpaper="#5b7390",
    )  # fmt: skip
    shortcuts = (("ctrl+s", "post"), ("f8", "check"), ("f3", "back"), ("f12", "back"))
    start_focus = "command"

    @override
    def layout(self, ui: Ui) -> None:
        entry = ui.state.view == "invoice"
        ui.window("Ledgerline ERP - " + ("Enter vendor invoice: company code 1000" if entry else "Easy access"), bar=28)
        ui.menu_bar(28, ("Document", "Edit", "Goto", "Extras", "Settings", "Environment", "System", "Help"))
        ui.put("toolbar", "toolbar", (0, 54, WIDTH, 94))
        ui.field("command", 10, 60, 150)
        tools = (
            ("go", "Enter", 166, 82),
            ("back", "Back", 254, 76),
            ("check", "Check", 356, 84),
            ("post", "Post", 444, 76),
        )
        for name, label, x, width in tools:
            ui.put("tool", name, (x, 59, x + width, 89), label, enabled=entry or name == "go")
        ui.put("panel", "", (0, 94, WIDTH, 130), tone="side")
        ui.heading(14, 98, "Enter vendor invoice" if entry else "Ledgerline easy access")
        _invoice(ui) if entry else _start(ui)
        ui.status_bar("LLP (1) 100", "appsrv04  INS")

    @override
    def press(self, state: State, name: str) -> None:
        if name == "go":
            self.enter(state, "command")
        elif name == "back":
            state.view, state.focus, state.status = "", "command", "Ready"
        elif name == "check" and state.view == "invoice":
            _check(state)
        elif name == "post" and state.view == "invoice":
            _post(state)
        elif name.startswith("fav."):
            _open(state, name.removeprefix("fav.").upper())

    @override
    def enter(self, state: State, name: str) -> bool:
        if name == "command":
            _open(state, state.text("command").strip().upper().removeprefix("/N"))
        elif name == "vendor":
            known = state.text("vendor").strip() in state.data.get("vendors", {})
            state.status = "Vendor found" if known else f"Vendor {state.text('vendor')[:20]} does not exist"
        return True

    @override
    def choose(self, state: State, name: str) -> None:
        state.status = f"{name.capitalize()} set to {state.text(name)}"


def total(state: State) -> float | None:
    """Return the sum of quantity times price over the lines; None when one of them is no number."""
    amount = 0.0
    for row in range(ROWS):
        qty, price = state.text(f"qty.{row}"), state.text(f"price.{row}")
        if not qty and not price:
            continue
        try:
            amount += float(qty) * float(price)
        except ValueError:
            return None
    return round(amount, 2)


def _open(state: State, code: str) -> None:
    if code == "FI60":
        state.view, state.focus, state.status = "invoice", "vendor", "Enter the invoice data"
        state.fields.setdefault("currency", "EUR")
        state.busy = "Loading transaction FI60..."
        return
    state.status = f"Transaction {code[:20] or '(empty)'} does not exist"


def _check(state: State) -> bool:
    missing = [name for name in ("vendor", "reference", "date") if not state.text(name)]
    amount = total(state)
    if missing:
        text = f"Fill in all required entry fields: {', '.join(missing)}."
        state.boxes = (*state.boxes, Box("incomplete", "Check document", text, icon="error"))
    elif amount is None:
        state.boxes = (*state.boxes, Box("numbers", "Check document", "A line has no valid number.", icon="error"))
    else:
        state.status = f"Document is complete: {amount:,.2f} {state.text('currency')}"
        return True
    return False


def _post(state: State) -> None:
    if _check(state):
        state.data["posted"] = True
        number = state.data.get("document", "5100000001")
        state.status = f"Document {number} was posted in company code 1000"
        text = f"Document {number} was posted in company code 1000."
        state.boxes = (*state.boxes, Box("posted", "Information", text, icon="info"))


def _start(ui: Ui) -> None:
    ui.panel((14, 144, 460, 690), "Favorites")
    entries = (("fav.fi60", "FI60 - Enter vendor invoice"), ("fav.fi70", "FI70 - Enter customer invoice"),
               ("fav.fb03", "FB03 - Display document"), ("fav.fbl1", "FBL1 - Vendor line items"),
               ("fav.f110", "F110 - Payment run"))  # fmt: skip
    for i, (name, label) in enumerate(entries):
        ui.put("link", name, (40, 186 + 30 * i, 420, 206 + 30 * i), label)
    ui.panel((476, 144, 1010, 690), "Company 1000 - messages")
    ui.text(496, 190, "Period 11/2026 is open for postings.", width=480)
    ui.text(496, 214, "Payment run: every Tuesday and Friday at 17:00.", width=480)
    ui.text(496, 238, "Type a transaction code and press Enter.", width=480, tone="muted")


def _invoice(ui: Ui) -> None:
    state = ui.state
    ui.panel((14, 142, 700, 308), "Basic data")
    ui.field("vendor", 30, 196, 130, "Vendor", height=26)
    name = state.data.get("vendors", {}).get(state.text("vendor").strip(), "")
    ui.text(172, 200, name, width=290, tone="accent")
    ui.field("reference", 480, 196, 200, "Reference (invoice no.)", height=26)
    ui.field("date", 30, 252, 130, "Invoice date", height=26)
    ui.field("terms", 180, 252, 90, "Days net", height=26)
    ui.dropdown("currency", 290, 252, 110, "Currency", CURRENCIES, height=26)
    ui.checkbox("tax", 430, 255, "Calculate tax", width=200)
    ui.panel((712, 142, 1010, 308), "Balance")
    amount = total(state)
    ui.pair(730, 184, "Amount", "not a number" if amount is None else f"{amount:,.2f} {state.text('currency')}",
            tone="bad" if amount is None else "")  # fmt: skip
    ui.pair(730, 240, "Status", "Posted" if state.data.get("posted") else "In entry",
            tone="good" if state.data.get("posted") else "warn")  # fmt: skip
    ui.panel((14, 322, 1010, 692), "Line items")
    columns = (
        [Column("No.", 60)] + [Column(label, width) for _, label, width in _GRID] + [Column("Amount", 190, "right")]
    )
    rows = [(str(i + 1), "", "", "", "", _amount(state, i)) for i in range(ROWS)]
    ui.table("lines", (28, 362, 998, 362 + 28 + 34 * ROWS), columns, rows, row_h=34)
    for i in range(ROWS):
        x = 28 + 60
        for name, _, width in _GRID:
            ui.field(f"{name}.{i}", x + 2, 394 + 34 * i, width - 4, kind="cell", height=26)
            x += width


def _amount(state: State, row: int) -> str:
    try:
        return f"{float(state.text(f'qty.{row}')) * float(state.text(f'price.{row}')):,.2f}"
    except ValueError:
        return ""
