"""What a fleet panel is given in tests, and how they read it."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import Future
from contextlib import contextmanager
from io import BytesIO
from threading import Event
from time import monotonic
from typing import Any

from PIL import Image

from cyberdesk_nb.panels.fleet import FleetPanel
from cyberdesk_nb.panels.fleet.survey import Survey
from cyberdesk_nb.panels.fleet.table import Table
from cyberdesk_nb.panels.fleet.tiles import Tiles
from tests.panels.fleet.fleets import ago, ran, surveyed, waits, wire
from tests.panels.records import Ticks, machine, pool, settled, tree

FRONT, BACK, EMPTY = pool("Front"), pool("Back"), pool("Empty")
BOTH = machine("Both", FRONT, BACK)
BUSY = machine("Busy", FRONT, machine_parameters={"site": "Ashford"}, machine_sensitive_parameters={"pin": "vault/7"})
DOWN = machine("Down", BACK, connected=False)
LONE = machine("Lone")
MACHINES = [BOTH, BUSY, DOWN, LONE]
RUNS = [
    ran(BUSY, "live", "running", ended=None),
    ran(BUSY, "bad", "error", ended=ago(hours=1), error=["It broke."]),
    waits("next", since=ago(minutes=12), pool_ids=[FRONT.id]),
]
WIRES = [wire(BUSY, ago(days=2)), wire(DOWN, ago(days=2), ago(hours=3))]
HOSTILE = "<img src=x onerror=alert(1)>\u202e\x07"


def picture(colour: str = "navy") -> bytes:
    """Make a small PNG."""
    file = BytesIO()
    Image.new("RGB", (8, 6), colour).save(file, "PNG")
    return file.getvalue()


class Given:
    """What a panel is given: readings, pictures and replays as the test wants them."""

    def __init__(self) -> None:
        self.ticks = Ticks()
        self.survey: Survey | Exception = surveyed(MACHINES, RUNS, WIRES, [FRONT, BACK, EMPTY])
        self.picture: bytes | Exception = picture()
        self.shot: list[str] = []
        self.asked: list[bool] = []
        self.panels: list[FleetPanel] = []

    def read(self, whole: bool) -> Future[Survey]:
        """Answer a reading."""
        self.asked.append(whole)
        return settled(self.survey)

    def shoot(self, machine_id: str) -> Future[bytes]:
        """Answer a request for a screen."""
        self.shot.append(machine_id)
        return settled(self.picture)

    def panel(self, **more: Any) -> FleetPanel:
        """Make a panel."""
        options: dict[str, Any] = {"read": self.read, "screenshot": self.shoot, "every": self.ticks.every} | more
        made = FleetPanel(**options)
        self.panels.append(made)
        return made


def tiles_of(panel: FleetPanel) -> Tiles:
    """Find the tiles."""
    return next(one for one in tree(panel) if isinstance(one, Tiles))


def shown(panel: FleetPanel) -> dict[str, list[str]]:
    """Give the names of the machines in each group."""
    view: dict[str, Any] = tiles_of(panel).view
    return {group["name"]: [view["tiles"][key]["name"] for key in group["members"]] for group in view["groups"]}


def click(panel: FleetPanel, machine_id: str) -> None:
    """Press a tile, as the page tells it."""
    tiles_of(panel)._received(None, {"kind": "pick", "id": machine_id}, None)


def tables(panel: FleetPanel) -> dict[str, list[list[str]]]:
    """Give the rows of the tables in view, by caption."""
    found: list[Any] = [one for one in tree(panel) if isinstance(one, Table)]
    return {one.caption: [row["cells"] for row in one.rows] for one in found}


def until(found: Any) -> None:
    """Wait until a condition holds: replays open on a thread."""
    over = monotonic() + 20
    while not found():
        assert monotonic() < over
        Event().wait(0.01)


@contextmanager
def given_panels() -> Generator[Given]:
    """Give what panels need; they are closed in the end."""
    made = Given()
    yield made
    for panel in made.panels:
        panel.close()
