"""What direct control acts on: the screen, keyboard, files and shell of each machine while no run uses it."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cyberdesk_nb.simulator.catalog import KINDS
from cyberdesk_nb.simulator.refusals import DriverRefusal, Refusal, not_found
from cyberdesk_nb.simulator.screens import HEIGHT, WIDTH
from cyberdesk_nb.simulator.stores.disk import Disk
from cyberdesk_nb.simulator.stores.shell import Shell
from cyberdesk_nb.simulator.world.world import Record, World

if TYPE_CHECKING:
    from cyberdesk_nb.simulator.screens import Desktop

_MODIFIERS = {"ctrl", "control", "alt", "shift", "win", "cmd"}
_CLICKS = {
    ("left", 1): "left_click",
    ("left", 2): "double_click",
    ("left", 3): "triple_click",
    ("right", 1): "right_click",
    ("middle", 1): "middle_click",
}


@dataclass(slots=True)
class Desk:
    """One machine under direct control; points are pixels of its real display.

    Parameters
    ----------
    display
        Width and height of the real display; the drawn desktop is smaller, so points are scaled.
    held
        Modifier keys that are held down.

    """

    machine: Record
    display: tuple[int, int]
    desktop: Desktop
    disk: Disk
    shell: Shell
    held: list[str] = field(default_factory=list[str])

    def screenshot(self, at: datetime) -> bytes:
        """Return the PNG of the screen."""
        self.desktop.set_time(at)
        return self.desktop.render()

    def pointer(self) -> tuple[int, int]:
        """Return where the pointer is."""
        x, y = self.desktop.state.pointer
        return round(x * self.display[0] / WIDTH), round(y * self.display[1] / HEIGHT)

    def move(self, x: int, y: int) -> None:
        """Move the pointer."""
        self._act("mouse_move", coordinate=self._scaled(x, y))

    def click(self, point: tuple[int | None, int | None], *, button: str, clicks: int, down: bool | None) -> None:
        """Click, press (`down` true) or release (false); without a point where the pointer is."""
        action = _CLICKS.get((button, clicks if button == "left" else min(clicks, 1)))
        if action is None or not 1 <= clicks <= 3:
            raise DriverRefusal(400, "button must be left, right or middle, clicks 1 to 3", code="invalid_input")
        if down is not None:
            action = "left_mouse_down" if down else "left_mouse_up"
        x, y = point
        self._act(action, coordinate=None if x is None or y is None else self._scaled(x, y))

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Drag from one point to another."""
        self._act("left_click_drag", start_coordinate=self._scaled(*start), coordinate=self._scaled(*end))

    def scroll(self, direction: str, amount: int, point: tuple[int | None, int | None]) -> None:
        """Scroll up, down, left or right."""
        if direction not in {"up", "down", "left", "right"} or amount < 0:
            raise DriverRefusal(
                400, "direction must be up, down, left or right, amount 0 or more", code="invalid_input"
            )
        x, y = point
        where = None if x is None or y is None else self._scaled(x, y)
        if amount:
            self._act("scroll", coordinate=where, scroll_direction=direction, scroll_amount=amount)

    def press(self, text: str, *, down: bool | None) -> None:
        """Press keys: `+` joins one chord, spaces separate presses; `down` holds or releases modifiers."""
        for chord in text.split():
            keys = [key.lower() for key in chord.split("+")] if chord != "+" else ["+"]
            plain = [key for key in keys if key not in _MODIFIERS]
            if len(plain) > 1 or "" in keys:
                raise DriverRefusal(400, f"{chord!r} is no chord: modifiers and one key", code="invalid_input")
            if down is None:
                self._act("key", text="+".join([*self.held, *keys]))
            elif down:
                self.held += [key for key in keys if key not in self.held]
            else:
                self.held = [key for key in self.held if key not in keys]

    def type(self, text: str) -> None:
        """Type text as it is."""
        self._act("type", text=text)

    def copy(self) -> str:
        """Copy what is selected and return the clipboard."""
        self._act("key", text="ctrl+c")
        return self.desktop.state.clipboard

    def _act(self, action: str, **more: Any) -> None:
        self.desktop.act({"action": action, **{key: value for key, value in more.items() if value is not None}})

    def _scaled(self, x: int, y: int) -> list[int]:
        # The centre of a real pixel, so that a point read off the screenshot comes back to the pixel it was read from.
        return [(2 * x + 1) * WIDTH // (2 * self.display[0]), (2 * y + 1) * HEIGHT // (2 * self.display[1])]


class Desks(dict[str, Desk]):
    """The desks of one organisation, by machine id; each is set up when it is first used."""

    def reach(self, world: World, machine_id: str) -> Desk:
        """Return the desk of a connected machine. 404 when there is no such machine, 503 when it is offline."""
        machine = world.machines.get(machine_id)
        if machine is None:
            raise not_found("Machine", machine_id)
        if machine["status"] != "connected":
            raise Refusal(503, f"Machine {machine_id} is {machine['status']}", code="machine_offline")
        if machine_id not in self:
            dice = Random(UUID(machine_id).int ^ world.seed)
            kind = dice.choice(KINDS)
            desktop = kind.open(kind.sample_inputs(dice))
            self[machine_id] = Desk(machine, world.displays[machine_id], desktop, Disk(), Shell(machine, world.new_id))
        self[machine_id].disk.show_imports(world.imports_on(machine_id))
        return self[machine_id]


def running_on(world: World, machine_id: str) -> str | None:
    """Return the id of the run that uses a machine's screen now."""
    runs, _ = world.list_runs(machine_id=machine_id, status="running", limit=1, fields=["error"])
    return runs[0]["id"] if runs else None


def screen_of_run(world: World, run_id: str) -> bytes | None:
    """Return what a running run sees: the live picture of its history, None where there is none."""
    try:
        blocks = [block for message in world.run(run_id)["run_message_history"] for block in message["content"]]
        live = next(block["image_base64"] for block in reversed(blocks) if block.get("image_base64"))
        return base64.b64decode(live, validate=True)
    except (LookupError, TypeError, AttributeError, ValueError, StopIteration):
        # A history can be patched to anything, even while its run is live.
        return None
