"""ClaimGate: a payer's web portal, shown in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from .._app import App
from .._controls import WIDTH
from .._state import Box
from .._theme import Theme
from .._ui import TASKBAR, Column, Ui

if TYPE_CHECKING:
    from .._state import State

PAYERS = ("Keystone Mutual", "Evergreen Assurance", "Unity Care")
_HISTORY = (Column("Date", 120), Column("Event", 420), Column("By", 170), Column("Amount", 180, "right"))


class Claims(App):
    """Sign-in page, claim search, and the page of one claim.

    ``state.data`` holds ``claims``: claim id to a dict with status, amounts, ``codes`` and ``history`` rows.
    """

    title = "ClaimGate - Edge"
    theme = Theme(
        bar="#dfe5ec", menu="#f3f6fa", surface="#ffffff", panel="#ffffff", accent="#6a2bb8", header="#f4effb",
        chosen="#e6d9f7", border="#d5d0de", side="#35165f", side_text="#e9def8", radius=6, wallpaper="#3b3561",
        alt="#fbf9fe", button="#ffffff",
    )  # fmt: skip
    shortcuts = (("ctrl+l", "focus.url"), ("f5", "reload"))
    start_focus = "url"

    @override
    def layout(self, ui: Ui) -> None:
        ui.window("", bar=36)
        ui.put("pagetab", "", (10, 6, 250, 36), "ClaimGate provider portal" if ui.state.view else "New tab")
        ui.put("menubar", "", (0, 36, WIDTH, 76))
        for i, name in enumerate(("back", "forward", "reload")):
            ui.put("arrow", f"browser.{name}", (12 + 34 * i, 42, 42 + 34 * i, 70), name)
        ui.field("url", 122, 42, 840)
        if not ui.state.view:
            ui.put("heading", "", (330, 250, 800, 280), "Search or type an address", tone="muted")
            return
        ui.panel((0, 76, WIDTH, 132), tone="side")
        ui.put("heading", "", (40, 90, 300, 118), "ClaimGate", tone="side")
        if ui.state.view == "signin":
            _sign_in(ui)
            return
        for i, (name, label) in enumerate(
            (("nav.claims", "Claims"), ("nav.payments", "Payments"), ("nav.out", "Sign out"))
        ):
            ui.put("toplink", name, (660 + 110 * i, 90, 760 + 110 * i, 118), label, on=name == "nav.claims")
        _claim(ui) if ui.state.view == "claim" else _search(ui)

    @override
    def press(self, state: State, name: str) -> None:
        if name == "focus.url":
            state.focus, state.all_selected = "url", True
        elif name == "signin":
            _signed_in(state)
        elif name == "find":
            _find(state)
        elif name in {"nav.claims", "browser.back"} and state.view not in {"", "signin"}:
            state.view, state.focus = "search", "claim_id"
        elif name == "nav.out":
            state.view, state.focus = "signin", "user"

    @override
    def enter(self, state: State, name: str) -> bool:
        if name == "url":
            state.view, state.focus = ("signin", "user") if "claimgate" in state.text("url") else ("", "url")
            return True
        if name in {"claim_id", "member"}:
            _find(state)
            return True
        return False

    @override
    def open_row(self, state: State, table: str, row: int) -> None:
        claims = list(state.data.get("claims", {}))
        if table == "recent" and row < len(claims):
            state.data["claim"] = claims[row]
            state.view, state.focus = "claim", "history"


def _sign_in(ui: Ui) -> None:
    ui.panel((332, 190, 692, 560))
    ui.heading(364, 212, "Provider sign-in")
    ui.text(364, 244, "Use the account of your practice.", tone="muted", width=300)
    ui.field("user", 364, 304, 296, "User ID", height=34)
    ui.field("password", 364, 372, 296, "Password", kind="password", height=34)
    ui.checkbox("remember", 364, 424, "Remember this device")
    ui.button("signin", 364, 466, 296, "Sign in", tone="primary", height=38)
    ui.put("link", "forgot", (364, 518, 480, 538), "Forgot password?")


def _signed_in(state: State) -> None:
    if not state.text("user") or not state.text("password"):
        state.boxes = (Box("missing", "claimgate.example", "Enter user ID and password.", icon="warning"),)
        return
    state.view, state.focus = "search", "claim_id"
    state.fields["url"] = "https://claimgate.example/claims"


def _search(ui: Ui) -> None:
    ui.heading(40, 150, "Find a claim")
    ui.panel((40, 188, 984, 292))
    ui.field("claim_id", 60, 226, 240, "Claim number", height=34)
    ui.field("member", 316, 226, 220, "Member ID", height=34)
    ui.dropdown("payer", 552, 226, 220, "Payer", PAYERS, height=34)
    ui.button("find", 800, 226, 160, "Find claim", tone="primary", height=34)
    ui.text(60, 266, ui.state.text("message"), width=700, tone="bad")
    ui.text(40, 316, "Recent claims", tone="bold")
    claims: dict[str, dict[str, Any]] = ui.state.data.get("claims", {})
    columns = (Column("Claim", 190), Column("Member", 170), Column("Service date", 150), Column("Status", 180),
               Column("Billed", 200, "right"))  # fmt: skip
    rows = [(name, c["member"], c["service"], (c["status"].capitalize(), _TONES.get(c["status"], "")),
             f"${c['billed']:,.2f}") for name, c in claims.items()]  # fmt: skip
    ui.table("recent", (40, 344, 984, 700), columns, rows, row_h=32)


_TONES = {"paid": "good", "denied": "bad", "pending": "warn"}


def _find(state: State) -> None:
    name = state.text("claim_id").strip()
    if name in state.data.get("claims", {}):
        state.data["claim"] = name
        state.view, state.focus, state.busy = "claim", "history", "Loading claim..."
        state.fields |= {"message": "", "url": "https://claimgate.example/claims/" + name}
        state.scroll["history"] = 0
    else:
        state.fields["message"] = f"No claim {name[:40] or 'number'} was found."


def _claim(ui: Ui) -> None:
    name = ui.state.data["claim"]
    c = ui.state.data["claims"][name]
    ui.heading(40, 146, f"Claim {name}")
    ui.put("badge", "", (860, 148, 984, 174), c["status"].upper(), tone=_TONES.get(c["status"], ""))
    ui.panel((40, 188, 984, 302))
    pairs = (("Member", c["member"]), ("Service date", c["service"]), ("Payer", c["payer"]),
             ("Billed", f"${c['billed']:,.2f}"), ("Allowed", f"${c['allowed']:,.2f}"), ("Paid", f"${c['paid']:,.2f}"),
             ("Codes", ", ".join(c["codes"]) or "none"))  # fmt: skip
    for i, (label, value) in enumerate(pairs):
        ui.pair(60 + 230 * (i % 4), 198 + 50 * (i // 4), label, value, width=215)
    ui.text(40, 322, "Claim history", tone="bold")
    ui.table("history", (40, 348, 984, TASKBAR - 20), _HISTORY, c["history"], row_h=32)
