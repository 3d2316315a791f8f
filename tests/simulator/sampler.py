"""A program with one control of each kind on a desktop, and hands to use it with."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image
from typing_extensions import override

from cyberdesk_nb.simulator.screens import App, Column, Desktop, State, Ui


class Sampler(App):
    """One control of each kind."""

    title = "Sampler"
    shortcuts = (("ctrl+s", "save"),)
    start_focus = "name"

    @override
    def layout(self, ui: Ui) -> None:
        ui.window("Sampler")
        ui.menu_bar(32, ("File", "Help"))
        ui.field("name", 40, 100, 200, "Name")
        ui.field("code", 260, 100, 200, "Code", kind="password")
        ui.field("off", 480, 100, 100, "Off", enabled=False)
        ui.dropdown("size", 600, 100, 120, "Size", ("Small", "Large"))
        ui.checkbox("urgent", 40, 150, "Urgent")
        ui.field("notes", 40, 200, 300, "Notes", kind="area", height=80)
        ui.table(
            "left", (40, 300, 400, 500), (Column("No.", 60), Column("Text", 100)), [(str(i), "x") for i in range(30)]
        )
        ui.table("right", (420, 300, 800, 500), (Column("No.", 60),), [(str(i),) for i in range(3)])
        ui.button("save", 40, 520, 100, "Save", tone="primary")
        ui.button("other", 160, 520, 100, "Other")
        ui.status_bar("right")

    @override
    def press(self, state: State, name: str) -> None:
        state.data["log"] = (*state.data.get("log", ()), name)

    @override
    def open_row(self, state: State, table: str, row: int) -> None:
        self.press(state, f"open {table} {row}")

    @override
    def context(self, state: State, name: str) -> tuple[tuple[str, str], ...]:
        return (("delete", "Delete"),) if name == "left" else ()

    @override
    def menu_items(self, name: str) -> tuple[tuple[str, str], ...]:
        return (("exit", "Exit"),) if name == "menu.file" else ()

    @override
    def drop(self, state: State, source: Any, target: Any, end: tuple[int, int]) -> None:
        self.press(state, f"drop {source.id} {target.id if target else end}")

    @override
    def answer(self, state: State, box: str, button: str) -> None:
        self.press(state, f"answer {box} {button}")


def click(desktop: Desktop, name: str, action: str = "left_click") -> None:
    """Click the centre of a control."""
    desktop.act({"action": action, "coordinate": list(desktop.control(name).centre)})


def key(desktop: Desktop, chord: str) -> None:
    """Press keys."""
    desktop.act({"action": "key", "text": chord})


def log(desktop: Desktop) -> tuple[str, ...]:
    """Return what the application was told."""
    return desktop.state.data.get("log", ())


def picture(desktop: Desktop) -> Image.Image:
    """Return the screen, decoded."""
    return Image.open(io.BytesIO(desktop.render())).convert("RGB")
