"""LabTrack LIS: a laboratory's work list and result entry."""

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

RANGES: dict[str, tuple[str, float, float]] = {
    "Glucose": ("mg/dL", 70, 99), "Sodium": ("mmol/L", 136, 145), "Potassium": ("mmol/L", 3.5, 5.1),
    "Creatinine": ("mg/dL", 0.6, 1.3), "ALT": ("U/L", 7, 56), "Haemoglobin": ("g/dL", 12, 17.5),
    "TSH": ("mIU/L", 0.4, 4.0), "CRP": ("mg/L", 0, 8),
}  # fmt: skip


class Lab(App):
    """Work list on the left, the result sheet of the scanned sample on the right, verification with a PIN.

    ``state.data`` holds ``samples``: sample id to a dict with patient, ward, priority and analytes; ``sample`` is the
    open one and ``verified`` those that are done.
    """

    title = "LabTrack LIS"
    theme = Theme(
        face="classic", size=11, radius=2, bar="#1b2a49", bar_text="#ffffff", menu="#dfe5ef", surface="#eef1f6",
        header="#d3dcea", accent="#c4314b", chosen="#fbe3a6", border="#aeb9cb", side="#24365c", wallpaper="#223252",
        side_text="#dce5f5", alt="#f4f7fb",
    )  # fmt: skip
    shortcuts = (("f2", "scan"), ("f8", "verify"), ("f9", "hold"))
    start_focus = "barcode"

    @override
    def layout(self, ui: Ui) -> None:
        ui.window("LabTrack LIS - Result entry, Clinical chemistry", bar=30)
        ui.menu_bar(30, ("System", "Worklist", "Results", "Quality control", "Help"))
        ui.tools(56, (("scan", "F2 Scan"), ("verify", "F8 Verify"), ("hold", "F9 Hold"), ("report", "Report")))
        _worklist(ui)
        _sheet(ui)
        ui.status_bar("Analyzer: CX-5 online", "Shift: day")
        if ui.state.view == "sign":
            _sign(ui)

    @override
    def press(self, state: State, name: str) -> None:
        if name == "scan":
            state.focus, state.all_selected = "barcode", True
        elif name == "open":
            self.enter(state, "barcode")
        elif name == "verify" and not state.view:
            _start_verify(state)
        elif name == "sign.ok" and state.view == "sign":
            _verified(state)
        elif name == "sign.cancel" or (name == "escape" and state.view == "sign"):
            state.view, state.focus = "", ""

    @override
    def enter(self, state: State, name: str) -> bool:
        if name == "barcode":
            _load(state, state.text("barcode").strip())
            return True
        return False

    @override
    def open_row(self, state: State, table: str, row: int) -> None:
        samples = list(state.data.get("samples", {}))
        if table == "worklist" and row < len(samples):
            state.fields["barcode"] = samples[row]
            _load(state, samples[row])


def flag(analyte: str, text: str) -> str:
    """Return H, L or nothing for a result; a question mark where it is no number."""
    _, low, high = RANGES.get(analyte, ("", 0.0, 0.0))
    if not text.strip():
        return ""
    try:
        value = float(text)
    except ValueError:
        return "?"
    return "H" if value > high else "L" if value < low else ""


def _load(state: State, name: str) -> None:
    samples: dict[str, dict[str, Any]] = state.data.get("samples", {})
    if name not in samples:
        text = f"Sample {name[:40] or '(empty)'} is not on the work list."
        state.boxes = (*state.boxes, Box("unknown", "Scan", text, icon="warning"))
        return
    state.data["sample"] = name
    state.selected["worklist"] = list(samples).index(name)
    state.fields |= {f"value.{i}": "" for i in range(len(samples[name]["analytes"]))}
    state.focus, state.status = "value.0", f"Sample {name} opened"


def _start_verify(state: State) -> None:
    sample = state.data.get("samples", {}).get(state.data.get("sample"))
    if sample is None:
        state.status = "No sample is open"
    elif any(flag(a, state.text(f"value.{i}")) == "?" for i, a in enumerate(sample["analytes"])):
        state.boxes = (*state.boxes, Box("invalid", "Verify", "A result is not a number.", icon="error"))
    else:
        state.view, state.focus = "sign", "pin"
        state.fields["pin"] = ""


def _verified(state: State) -> None:
    if not state.text("pin"):
        state.boxes = (*state.boxes, Box("no_pin", "Signature", "Enter your PIN.", icon="warning"))
        return
    state.view, state.focus = "", "barcode"
    state.data["verified"] = (*state.data.get("verified", ()), state.data["sample"])
    state.fields["pin"] = ""
    state.busy, state.status = "Filing results...", f"Sample {state.data['sample']} verified"


def _worklist(ui: Ui) -> None:
    ui.panel((0, 96, 372, TASKBAR - 24), tone="header")
    ui.field("barcode", 14, 126, 250, "Scan or type a sample ID")
    ui.button("open", 274, 125, 84, "Open")
    done = ui.state.data.get("verified", ())
    rows = [(name, s["patient"], (s["priority"], "bad" if s["priority"] == "STAT" else ""),
             ("done", "good") if name in done else "open")
            for name, s in ui.state.data.get("samples", {}).items()]  # fmt: skip
    columns = (Column("Sample", 82), Column("Patient", 124), Column("Priority", 68), Column("State", 60))
    ui.table("worklist", (14, 168, 358, TASKBAR - 38), columns, rows, row_h=28)


def _sheet(ui: Ui) -> None:
    name = ui.state.data.get("sample", "")
    sample = ui.state.data.get("samples", {}).get(name)
    if sample is None:
        ui.text(580, 380, "Scan a sample to enter its results.", tone="muted")
        return
    ui.panel((386, 108, WIDTH - 14, 190), f"Sample {name}")
    for i, key in enumerate(("patient", "ward", "collected", "priority")):
        ui.pair(400 + 152 * i, 144, key.capitalize(), sample[key], width=146)
    columns = (Column("Analyte", 150), Column("Result", 130), Column("Unit", 90), Column("Reference", 140),
               Column("Flag", 100))  # fmt: skip
    rows = [_line(analyte, ui.state.text(f"value.{i}")) for i, analyte in enumerate(sample["analytes"])]
    bottom = 204 + 28 + 36 * len(rows)
    ui.table("sheet", (386, 204, WIDTH - 14, bottom), columns, rows, row_h=36)
    for i in range(len(rows)):
        ui.field(f"value.{i}", 386 + 152, 236 + 36 * i, 126, kind="cell", height=28)
    ui.field("comment", 386, bottom + 40, 624, "Comment")
    ui.button("verify", 890, bottom + 84, 120, "F8 Verify", tone="primary")
    ui.button("hold", 782, bottom + 84, 98, "F9 Hold")


def _line(analyte: str, value: str) -> tuple[str | tuple[str, str], ...]:
    unit, low, high = RANGES[analyte]
    mark = flag(analyte, value)
    return analyte, "", unit, f"{low:g} - {high:g}", (mark, "bad")


def _sign(ui: Ui) -> None:
    ui.dialog((342, 256, 682, 446), "Electronic signature")
    ui.text(366, 302, "Results will be released to the ward.", width=300)
    ui.field("pin", 366, 350, 180, "PIN", kind="password")
    ui.button("sign.ok", 476, 402, 88, "Sign", tone="primary")
    ui.button("sign.cancel", 574, 402, 88, "Cancel")
