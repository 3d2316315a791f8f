"""Meridian Chart: a clinic's patient record program."""

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

_COLUMNS = (
    Column("MRN", 100), Column("Name", 210), Column("Date of birth", 110), Column("Sex", 50), Column("Phone", 130),
    Column("Primary care", 200),
)  # fmt: skip
_TABS = (
    ("tab.summary", "Summary"), ("tab.demographics", "Demographics"), ("tab.insurance", "Insurance"),
    ("tab.allergies", "Allergies"),
)  # fmt: skip
FACILITIES = ("All facilities", "North Clinic", "Harbor Clinic", "Women's Health")


class Ehr(App):
    """Log-in, patient search, and the patient's chart.

    ``state.data`` holds ``patients``: the records that a search can find, each with the keys of the chart.
    """

    title = "Meridian Chart"
    theme = Theme(
        bar="#0e5f63", bar_text="#ffffff", menu="#f2f6f6", surface="#eef3f3", accent="#0f7b7f", header="#e0eceb",
        chosen="#c5e6e4", side="#123f45", side_text="#d3e8e6", border="#bccccb", wallpaper="#1d5c66", alt="#f6faf9",
    )  # fmt: skip
    shortcuts = (("f3", "nav.lookup"), ("alt+f3", "search"))
    start_focus = "username"

    @override
    def layout(self, ui: Ui) -> None:
        if ui.state.view == "":
            _login(ui)
            return
        ui.window("Meridian Chart - North Clinic")
        ui.menu_bar(32, ("File", "Patient", "Schedule", "Reports", "Help"))
        ui.panel((0, 58, 180, TASKBAR - 24), tone="side")
        current = "nav.lookup"
        entries = (("nav.home", "My day"), ("nav.lookup", "Patient lookup"), ("nav.orders", "Orders"),
                   ("nav.messages", "Messages"), ("nav.logout", "Log out"))  # fmt: skip
        for i, (name, label) in enumerate(entries):
            ui.put("nav", name, (0, 74 + 40 * i, 180, 112 + 40 * i), label, on=name == current)
        _chart(ui) if ui.state.view == "chart" else _search(ui)
        ui.status_bar("User: reception", "Site: North Clinic")

    @override
    def press(self, state: State, name: str) -> None:
        if name == "login":
            _log_in(state)
        elif name == "search":
            _find(state)
        elif name == "clear":
            state.fields |= {"last_name": "", "first_name": "", "dob": ""}
        elif name.startswith("tab."):
            state.fields["tab"] = name
        elif name == "nav.lookup" and state.view:
            state.view, state.status = "search", "Ready"
        elif name == "nav.logout":
            state.view, state.focus = "", "username"
        elif name == "open" and "results" in state.selected:
            self.open_row(state, "results", state.selected["results"])

    @override
    def enter(self, state: State, name: str) -> bool:
        if name in {"last_name", "first_name", "dob"}:
            _find(state)
            return True
        return False

    @override
    def open_row(self, state: State, table: str, row: int) -> None:
        found = state.data.get("found", ())
        if table == "results" and row < len(found):
            state.data["patient"] = found[row]
            state.view, state.focus = "chart", ""
            state.fields |= {"tab": "tab.summary", "member_id": found[row]["insurance"]["member_id"]}
            state.status = f"Chart {found[row]['mrn']} opened"

    @override
    def context(self, state: State, name: str) -> tuple[tuple[str, str], ...]:
        return (("open", "Open chart"), ("print_label", "Print label")) if name == "results" else ()


def _login(ui: Ui) -> None:
    ui.window("Meridian Chart - Log on", (312, 170, 712, 560))
    ui.panel((313, 202, 711, 270), tone="accent")
    ui.put("heading", "", (344, 222, 690, 250), "Meridian Chart", tone="primary")
    ui.field("username", 344, 318, 336, "User name")
    ui.field("password", 344, 374, 336, "Password", kind="password")
    ui.dropdown("site", 344, 430, 336, "Site", FACILITIES[1:])
    ui.button("login", 560, 490, 120, "Log on", tone="primary")
    ui.button("cancel", 450, 490, 100, "Cancel")


def _log_in(state: State) -> None:
    if not state.text("username") or not state.text("password"):
        state.boxes = (Box("denied", "Log on", "Enter a user name and a password.", icon="warning"),)
        return
    state.view, state.focus, state.status = "search", "last_name", "Logged on"


def _find(state: State) -> None:
    wanted = [(key, state.text(key).strip().casefold()) for key in ("last_name", "first_name", "dob")]
    patients: tuple[dict[str, Any], ...] = state.data.get("patients", ())
    found = tuple(p for p in patients if all(str(p[key]).casefold().startswith(word) for key, word in wanted))
    state.data["found"] = found
    state.selected.pop("results", None)
    state.busy = "Searching patients..."
    state.status = f"{len(found)} patients found" if found else "No patients match the search"


def _search(ui: Ui) -> None:
    ui.heading(200, 70, "Patient lookup")
    ui.panel((200, 106, 1004, 226), "Search criteria")
    ui.field("last_name", 216, 162, 190, "Last name")
    ui.field("first_name", 418, 162, 170, "First name")
    ui.field("dob", 600, 162, 130, "Date of birth")
    ui.dropdown("facility", 742, 162, 150, "Facility", FACILITIES)
    ui.button("search", 904, 161, 86, "Search", tone="primary")
    ui.text(216, 198, "Type the first letters of a name. Dates as YYYY-MM-DD.", tone="muted")
    found = ui.state.data.get("found", ())
    rows = [(p["mrn"], f"{p['last_name']}, {p['first_name']}", p["dob"], p["sex"], p["phone"], p["doctor"])
            for p in found]  # fmt: skip
    ui.table("results", (200, 242, 1004, 646), _COLUMNS, rows)
    ui.button("clear", 200, 658, 90, "Clear")
    ui.button("open", 904, 658, 100, "Open chart", enabled="results" in ui.state.selected)


def _chart(ui: Ui) -> None:
    p: dict[str, Any] = ui.state.data.get("patient", {})
    ui.panel((180, 58, WIDTH, 134), tone="header")
    ui.heading(200, 66, f"{p['last_name']}, {p['first_name']}")
    ui.text(200, 100, f"MRN {p['mrn']}    Born {p['dob']}    {p['sex']}    {p['doctor']}", width=620, tone="muted")
    ui.text(850, 74, "Allergies: " + (str(len(p["allergies"])) if p["allergies"] else "none known"), width=150,
            tone="bad" if p["allergies"] else "good")  # fmt: skip
    tab = ui.state.text("tab") or "tab.summary"
    ui.tabs(144, _TABS, tab, x=200, right=1004)
    ui.panel((200, 175, 1004, 690))
    _PAGES.get(tab, _summary)(ui, p)


def _summary(ui: Ui, p: dict[str, Any]) -> None:
    ui.text(220, 194, "Problems", tone="bold")
    rows = [(code, name, since) for code, name, since in p["problems"]]
    columns = (Column("Code", 90), Column("Problem", 420), Column("Since", 120))
    ui.table("problems", (220, 220, 984, 400), columns, rows)
    ui.text(220, 420, "Next visit", tone="bold")
    ui.text(220, 444, p["next_visit"], width=600)


def _demographics(ui: Ui, p: dict[str, Any]) -> None:
    pairs = (("Last name", p["last_name"]), ("First name", p["first_name"]), ("Date of birth", p["dob"]),
             ("Sex", p["sex"]), ("Phone", p["phone"]), ("E-mail", p["email"]), ("Street", p["street"]),
             ("City", p["city"]))  # fmt: skip
    for i, (label, value) in enumerate(pairs):
        ui.pair(224 + 380 * (i % 2), 196 + 60 * (i // 2), label, value, width=360)


def _insurance(ui: Ui, p: dict[str, Any]) -> None:
    cover = p["insurance"]
    ui.pair(224, 196, "Payer", cover["payer"], width=360)
    ui.field("member_id", 224, 276, 260, "Member ID", enabled=True)
    ui.pair(604, 196, "Plan", cover["plan"], width=360)
    good = "good" if cover["status"] == "active" else "bad"
    ui.pair(604, 258, "Eligibility", cover["status"].capitalize(), tone=good)
    ui.pair(224, 330, "Valid from", cover["valid_from"])
    ui.button("verify", 604, 324, 150, "Verify eligibility")


def _allergies(ui: Ui, p: dict[str, Any]) -> None:
    rows = [(name, reaction, (level, "bad" if level == "severe" else "")) for name, reaction, level in p["allergies"]]
    columns = (Column("Substance", 260), Column("Reaction", 300), Column("Severity", 160))
    ui.table("allergies", (220, 194, 984, 500), columns, rows)


_PAGES = {"tab.demographics": _demographics, "tab.insurance": _insurance, "tab.allergies": _allergies}
