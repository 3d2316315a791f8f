"""A desktop with one application on it: what can be seen, and what an action does to it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ._actions import perform
from ._controls import HEIGHT, WIDTH, Control, topmost
from ._state import Box, State
from ._ui import TASKBAR, Ui

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ._app import App


class Desktop:
    """One application on its desktop.

    What is drawn and what a click hits come from the same list of controls, which the application lays out anew for
    each state.

    Parameters
    ----------
    app
        The application; it is shared by copies, since all that changes is in the state.
    state
        Where to begin; None opens the application as it starts.
    """

    def __init__(self, app: App, state: State | None = None) -> None:
        self.app = app
        self.state = state or State(focus=app.start_focus)
        self._laid_out: tuple[State, list[Control]] | None = None

    @property
    def title(self) -> str:
        """The name of the application."""
        return self.app.title

    def copy(self) -> Desktop:
        """Return an independent snapshot, cheaply."""
        return Desktop(self.app, self.state.copy())

    def set_time(self, at: datetime) -> None:
        """Set the clock in the taskbar to the wall time of ``at``, in its own zone."""
        self.state.time = f"{(at.hour + 11) % 12 + 1}:{at.minute:02d} {'PM' if at.hour >= 12 else 'AM'}"
        self.state.date = f"{at.month}/{at.day}/{at.year}"

    def show(self, box: Box) -> None:
        """Open a message box over the application."""
        self.state.boxes = (*self.state.boxes, box)

    def controls(self) -> Sequence[Control]:
        """Return all controls of the present state, topmost last."""
        # A click asks several times before anything changes, and the layout is most of what a play costs.
        if self._laid_out is None or self._laid_out[0] != self.state:
            self._laid_out = self.state.copy(), self._layout()
        return self._laid_out[1]

    def _layout(self) -> list[Control]:
        state = self.state
        ui = Ui(state)
        ui.put("wallpaper", "", (0, 0, WIDTH, HEIGHT))
        if not state.hidden:
            self._window(ui)
        ui.put("taskbar", "taskbar", (0, TASKBAR, WIDTH, HEIGHT), "", f"{state.time}\n{state.date}")
        ui.put("launch", "taskbar.app", (262, TASKBAR + 4, 430, HEIGHT - 4), self.title, on=not state.hidden)
        for box in state.boxes:
            ui.box(box)
        if state.condition == "not_responding":
            ui.put("veil", "veil", (0, 0, WIDTH, TASKBAR))
        if state.condition == "disconnected":
            ui.put("blackout", "blackout", (0, 0, WIDTH, HEIGHT), "Remote Desktop Connection")
        return ui.controls

    def _window(self, ui: Ui) -> None:
        """Lay out the application's window, with its open menu and what it is busy with."""
        state = self.state
        self.app.layout(ui)
        if state.menu.startswith("menu.") and (items := self.app.menu_items(state.menu)):
            opener = next((c for c in ui.controls if c.id == state.menu), None)
            x0, _, _, y1 = opener.rect if opener else (0, 0, 0, 0)
            ui.menu(items, x=x0, y=y1)
        if state.menu.startswith("context:") and (items := self.app.context(state, state.menu[8:])):
            ui.menu(items, x=state.menu_at[0], y=state.menu_at[1])
        ui.flush_popups()
        if state.busy:
            ui.put("dialog", "busy", (362, 300, 662, 400), state.busy, tone="busy")

    def control(self, name: str) -> Control:
        """Return the topmost control of that id.

        Raises
        ------
        KeyError
            When the present screen has no such control.
        """
        for control in reversed(self.controls()):
            if control.id == name:
                return control
        raise KeyError(f"no control {name!r} on the screen of {self.title}")

    def clickable(self, name: str) -> Control | None:
        """Return the control of that id when a click on its centre reaches it, or a row of it; else None."""
        controls = self.controls()
        for control in reversed(controls):
            if control.id == name:
                top = topmost(controls, *control.centre)
                reached = top is not None and (top.id == name or top.id.startswith(f"{name}."))
                return control if reached else None
        return None

    def at(self, x: int, y: int) -> Control | None:
        """Return the control that takes a click at the pixel; None where nothing does."""
        return topmost(self.controls(), x, y)

    def act(self, tool_input: Mapping[str, object]) -> str:
        """Perform one action of the computer dialect and return its result text.

        Parameters
        ----------
        tool_input
            ``{"action": "left_click", "coordinate": [x, y]}`` and the like. Odd or unknown input does nothing and
            says so; nothing is raised.
        """
        return perform(self, tool_input)

    def fingerprint(self) -> str:
        """Return a key for the picture: desktops with equal fingerprints render to equal bytes."""
        picture = repr((self.app.theme, self.controls()))
        return hashlib.sha1(picture.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()

    def render(self) -> bytes:
        """Draw the screen.

        Returns
        -------
        bytes
            A PNG of 1024x768 pixels; the same bytes for the same state.
        """
        from ._paint import paint

        return paint(self.controls(), self.app.theme)
