"""InsightDeck: a business intelligence desktop program with charts and an export dialog."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from typing_extensions import override

from .._app import App
from .._state import Box
from .._theme import Theme
from .._ui import TASKBAR, Column, Ui

if TYPE_CHECKING:
    from .._state import State

REGIONS = ("All regions", "North", "South", "West", "Overseas")
FORMATS = ("CSV", "XLSX", "PDF")
MONTHS = ("2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10")
_PRODUCTS = ("Valves", "Pumps", "Seals", "Sensors", "Filters", "Hoses", "Gaskets", "Bearings")


class Reports(App):
    """The monthly sales report with filters, and its export.

    The figures follow from month and region; ``state.data`` holds ``exported`` once a file was written.
    """

    title = "InsightDeck"
    theme = Theme(
        bar="#22262e", bar_text="#f2f4f8", menu="#2d323c", surface="#f5f6f8", accent="#e07a1f", header="#eceef2",
        chosen="#ffe5cc", border="#d4d8df", side="#2d323c", side_text="#dfe4ec", wallpaper="#39404d", radius=4,
    )  # fmt: skip
    shortcuts = (("ctrl+e", "export"), ("f5", "refresh"))

    @override
    def layout(self, ui: Ui) -> None:
        ui.window("InsightDeck - Monthly sales report", bar=34)
        ui.menu_bar(34, ("File", "View", "Data", "Tools", "Help"))
        ui.panel((0, 60, 216, TASKBAR - 24), tone="header")
        ui.text(16, 72, "FILTERS", tone="muted")
        ui.dropdown("month", 16, 122, 184, "Month", MONTHS)
        ui.dropdown("region", 16, 184, 184, "Region", REGIONS)
        ui.field("minimum", 16, 246, 184, "Smallest order value")
        ui.checkbox("returns", 16, 292, "Leave out returns", width=190)
        ui.checkbox("details", 16, 322, "Show order lines", width=190)
        ui.button("apply", 16, 362, 184, "Apply filters", tone="" if ui.state.view else "primary")
        _board(ui)
        if ui.state.view == "export":
            _export(ui)
        ui.status_bar("Source: sales_dw", "Connected")

    @override
    def menu_items(self, name: str) -> tuple[tuple[str, str], ...]:
        if name == "menu.file":
            return (
                ("open", "Open report..."),
                ("save", "Save view"),
                ("export", "Export...\tCtrl+E"),
                ("print", "Print..."),
            )
        return ()

    @override
    def press(self, state: State, name: str) -> None:
        if name in {"apply", "refresh"}:
            state.fields |= {
                f"shown.{key}": state.text(key) for key in ("month", "region", "minimum", "details", "returns")
            }
            state.busy, state.status = "Querying sales_dw...", f"{len(rows(state))} products"
        elif name == "export":
            state.view, state.focus = "export", "file_name"
            state.fields |= {"format": "CSV", "file_name": ""}
        elif name == "export.cancel" or (name == "escape" and state.view == "export"):
            state.view, state.focus = "", ""
        elif name == "export.go" and state.view == "export":
            _write(state)


def rows(state: State) -> list[tuple[str, int, float]]:
    """Return (product, orders, revenue) of the month and region that the report shows."""
    month, region = state.text("shown.month") or MONTHS[0], state.text("shown.region") or REGIONS[0]
    rng = random.Random(f"{month}|{region}")
    scale = 1.0 if region == REGIONS[0] else 0.3
    found = [(name, rng.randint(20, 180), round(rng.uniform(8000, 96000) * scale, 2)) for name in _PRODUCTS]
    least = float(state.text("shown.minimum")) if state.text("shown.minimum").isdecimal() else 0.0
    return [row for row in found if row[2] / row[1] >= least]


def _board(ui: Ui) -> None:
    state = ui.state
    shown = rows(state)
    month, region = state.text("shown.month") or MONTHS[0], state.text("shown.region") or REGIONS[0]
    ui.heading(236, 72, f"Sales {month}, {region}", width=500)
    total, orders = sum(r[2] for r in shown), sum(r[1] for r in shown)
    tiles = (
        ("Revenue", f"{total:,.0f}"),
        ("Orders", f"{orders:,}"),
        ("Average order", f"{total / max(orders, 1):,.2f}"),
    )
    for i, (label, value) in enumerate(tiles):
        ui.panel((236 + 258 * i, 112, 480 + 258 * i, 186))
        ui.put("figure", "", (252 + 258 * i, 122, 470 + 258 * i, 178), label, value)
    bars = "|".join(f"{name}:{revenue:.0f}" for name, _, revenue in shown)
    ui.panel((236, 202, 640, 440), "Revenue by product")
    ui.put("bars", "", (252, 240, 624, 430), value=bars)
    trend = random.Random(region)
    points = "|".join(f"{m[5:]}:{trend.uniform(40, 100):.1f}" for m in MONTHS)
    ui.panel((652, 202, 996, 440), "Last six months")
    ui.put("curve", "", (668, 240, 980, 430), value=points)
    columns = (Column("Product", 250), Column("Orders", 130, "right"), Column("Revenue", 190, "right"),
               Column("Share", 170, "right"))  # fmt: skip
    table = [(name, f"{n:,}", f"{revenue:,.2f}", f"{revenue / max(total, 1):.1%}") for name, n, revenue in shown]
    ui.table("orders", (236, 456, 996, 694), columns, table)


def _export(ui: Ui) -> None:
    ui.dialog((322, 226, 722, 520), "Export report")
    ui.dropdown("format", 346, 300, 150, "Format", FORMATS)
    ui.field("file_name", 346, 364, 352, "File name")
    ui.text(346, 398, r"Folder: C:\Users\ops\Documents\Reports", width=360, tone="muted")
    ui.checkbox("overwrite", 346, 424, "Replace an existing file", width=300)
    ui.button("export.go", 500, 472, 94, "Export", tone="primary", enabled=bool(ui.state.text("file_name").strip()))
    ui.button("export.cancel", 604, 472, 94, "Cancel")


def _write(state: State) -> None:
    name = f"{state.text('file_name').strip()[:80]}.{state.text('format').lower()}"
    state.view, state.focus = "", ""
    state.data["exported"] = name
    state.busy, state.status = "Exporting...", f"Exported {name}"
    text = f"{len(rows(state))} rows were written to {name}."
    state.boxes = (*state.boxes, Box("exported", "Export finished", text, ("OK", "Open folder"), "info"))
