"""CareCal: a practice calendar with a week view."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from .._app import App
from .._state import Box
from .._theme import Theme
from .._ui import TASKBAR, Ui

if TYPE_CHECKING:
    from .._controls import Control
    from .._state import State

VISITS = ("New patient", "Follow-up", "Vaccination", "Telephone")
PROVIDERS = ("Dr. Rautio", "Dr. Castell", "Dr. Huang")
LENGTHS = ("15 min", "30 min", "45 min")
TIMES = tuple(f"{8 + i // 2:02d}:{30 * (i % 2):02d}" for i in range(18))
_LEFT, _TOP, _WIDE, _HIGH = 70, 162, 186, 29


class Scheduling(App):
    """A week of half-hour slots ``slot.<day>.<index>``; a right click on a free one books it, a drag moves a visit.

    ``state.data`` holds ``visits``: (ISO date, slot index) to (text, tone).
    """

    title = "CareCal"
    theme = Theme(
        bar="#f3f0fa", bar_text="#2b2350", menu="#f3f0fa", surface="#ffffff", accent="#4b53bc", header="#f4f4fb",
        chosen="#dfe2fa", border="#d6d7e6", side="#4b53bc", side_text="#eef0ff", radius=5, wallpaper="#5a5f99",
    )  # fmt: skip
    shortcuts = (("ctrl+n", "book"), ("ctrl+g", "focus.date"))

    @override
    def layout(self, ui: Ui) -> None:
        ui.window("CareCal - Eastbrook Family Practice")
        ui.put("menubar", "", (0, 32, 1024, 96))
        for name, label, x, width in (
            ("today", "Today", 14, 76),
            ("week.back", "<", 96, 36),
            ("week.next", ">", 136, 36),
        ):
            ui.button(name, x, 54, width, label)
        ui.field("go_to", 188, 55, 130, "Go to date")
        ui.button("go", 324, 54, 56, "Go")
        ui.dropdown("provider", 400, 55, 170, "Provider", PROVIDERS)
        monday = _monday(ui.state)
        ui.heading(600, 56, f"{monday:%d %B} - {monday + timedelta(4):%d %B %Y}", width=400)
        _week(ui, monday)
        ui.status_bar(ui.state.text("provider"), "Front desk")
        if ui.state.view == "book":
            _booking(ui)

    @override
    def press(self, state: State, name: str) -> None:
        if name in {"week.next", "week.back"}:
            step = timedelta(7 if name == "week.next" else -7)
            state.data["monday"] = _shifted(_monday(state), step)
        elif name == "go":
            self.enter(state, "go_to")
        elif name == "today":
            state.data["monday"] = state.data.get("today", _monday(state))
        elif name == "focus.date":
            state.focus, state.all_selected = "go_to", True
        elif name.startswith("slot."):
            state.data["slot"] = name
        elif name == "book":
            _open_booking(state)
        elif name == "cancel" or (name == "escape" and state.view == "book"):
            state.view, state.focus = "", ""
        elif name == "save" and state.view == "book":
            _save(state)

    @override
    def enter(self, state: State, name: str) -> bool:
        if name != "go_to":
            return False
        try:
            day = date.fromisoformat(state.text("go_to").strip())
        except ValueError:
            state.boxes = (
                *state.boxes,
                Box("bad_date", "CareCal", "This is not a date. Type YYYY-MM-DD.", icon="warning"),
            )
            return True
        state.data["monday"] = _shifted(day, -timedelta(day.weekday()))
        state.busy, state.status = "Loading week...", "Ready"
        return True

    @override
    def context(self, state: State, name: str) -> tuple[tuple[str, str], ...]:
        if not name.startswith("slot."):
            return ()
        state.data["slot"] = name
        taken = _key(state, name) in state.data.get("visits", {})
        return (("details", "Open visit"),) if taken else (("book", "New appointment"), ("block", "Block this time"))

    @override
    def drop(self, state: State, source: Control, target: Control | None, end: tuple[int, int]) -> None:
        visits: dict[Any, Any] = state.data.get("visits", {})
        if target is None or not source.id.startswith("slot.") or not target.id.startswith("slot."):
            return
        start, goal = _key(state, source.id), _key(state, target.id)
        if start in visits and goal not in visits:
            state.data["visits"] = {goal if key == start else key: visit for key, visit in visits.items()}
            state.status = f"Visit moved to {goal[0]} {TIMES[goal[1]]}"


def _shifted(day: date, step: timedelta) -> date:
    try:
        return day + step
    except OverflowError:
        return day


def _monday(state: State) -> date:
    return state.data.get("monday", date(2026, 11, 16))


def _key(state: State, slot: str) -> tuple[str, int]:
    _, day, index = slot.split(".")
    return _shifted(_monday(state), timedelta(int(day))).isoformat(), int(index)


def _week(ui: Ui, monday: date) -> None:
    visits: dict[tuple[str, int], tuple[str, str]] = ui.state.data.get("visits", {})
    for i, time in enumerate(TIMES):
        ui.text(18, _TOP + _HIGH * i + 5, time, width=46, tone="muted")
    for day in range(5):
        here = _shifted(monday, timedelta(day))
        x = _LEFT + _WIDE * day
        ui.put("dayhead", "", (x, 104, x + _WIDE, _TOP - 4), f"{here:%A}", f"{here.day}")
        for i in range(len(TIMES)):
            text, tone = visits.get((here.isoformat(), i), ("", ""))
            name = f"slot.{day}.{i}"
            rect = (x, _TOP + _HIGH * i, x + _WIDE, _TOP + _HIGH * (i + 1))
            ui.put("slot", name, rect, text, tone=tone, on=ui.state.data.get("slot") == name)


def _open_booking(state: State) -> None:
    slot = state.data.get("slot")
    if not slot:
        state.boxes = (*state.boxes, Box("no_slot", "CareCal", "Choose a free time first.", icon="info"))
        return
    state.view, state.focus = "book", "patient"
    state.fields |= {"patient": "", "phone": "", "notes": "", "visit": VISITS[0], "length": LENGTHS[1]}


def _booking(ui: Ui) -> None:
    day, index = _key(ui.state, ui.state.data["slot"])
    ui.dialog((282, 150, 742, TASKBAR - 76), "New appointment")
    ui.text(306, 196, f"{day}, {TIMES[index]} with {ui.state.text('provider')}", tone="bold")
    ui.field("patient", 306, 248, 412, "Patient")
    ui.field("phone", 306, 306, 200, "Phone")
    ui.dropdown("visit", 306, 364, 200, "Visit type", VISITS)
    ui.dropdown("length", 518, 364, 200, "Length", LENGTHS)
    ui.field("notes", 306, 422, 412, "Notes", kind="area", height=96)
    ui.checkbox("reminder", 306, 532, "Send a reminder by text message", width=320)
    ui.button("save", 508, 596, 100, "Save", tone="primary")
    ui.button("cancel", 618, 596, 100, "Cancel")


def _save(state: State) -> None:
    if not state.text("patient").strip():
        state.boxes = (*state.boxes, Box("no_name", "New appointment", "Enter the patient's name.", icon="warning"))
        return
    key = _key(state, state.data["slot"])
    visit = (f"{state.text('patient')[:60]}", "mine")
    state.data["visits"] = {**state.data.get("visits", {}), key: visit}
    number = state.data.get("confirmation", "A-1000")
    state.view, state.focus, state.status = "", "", f"Appointment {number} saved"
    text = f"Appointment {number} on {key[0]} at {TIMES[key[1]]} was saved."
    state.boxes = (*state.boxes, Box("saved", "CareCal", text, icon="info"))
