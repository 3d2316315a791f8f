"""A workflow that asks for every kind of field, and a person who launches it with the keyboard alone."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from playwright.sync_api import expect

from cyberdesk_nb.client import Client
from cyberdesk_nb.simulator import simulator
from cyberdesk_nb.workspace import Workspace
from tests.browser.shots import shoot

if TYPE_CHECKING:
    from collections.abc import Generator

    from playwright.sync_api import Locator, Page

    from cyberdesk_nb.models import RunResponse
    from cyberdesk_nb.simulator import Simulator

NAME = "Admit a patient"
PLAIN = "Count the visits"
SECRET = "correct horse battery"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["patient", "born", "visits", "kin", "allergies", "$portal_password"],
    "properties": {
        "patient": {"type": "string", "title": "Patient", "minLength": 2, "description": "Family name, given name"},
        "notes": {"type": "string", "title": "Notes", "maxLength": 2000},
        "born": {"type": "string", "format": "date", "title": "Born"},
        "due": {"type": "string", "format": "date-time", "title": "Due"},
        "visits": {"type": "integer", "title": "Visits", "minimum": 1, "maximum": 99, "default": 3},
        "weight": {"type": "number", "title": "Weight", "exclusiveMinimum": 0},
        "ward": {"enum": ["North", "South", "Day clinic"], "title": "Ward", "default": "South"},
        "insured": {"type": "boolean", "title": "Insured"},
        "middle": {"type": ["string", "null"], "title": "Middle name"},
        "kin": {
            "type": "object",
            "title": "Next of kin",
            "required": ["phone"],
            "properties": {"phone": {"type": "string", "title": "Phone", "pattern": "^[0-9 +]{5,}$"}},
        },
        "allergies": {"type": ["array", "null"], "title": "Allergies", "items": {"type": "string"}},
        "extra": {"title": "Extra"},
        "$portal_password": {"type": "string", "title": "Portal password", "minLength": 4},
    },
}
FILLED: dict[str, Any] = {
    "patient": "Łukasz, <b>Ana</b>",
    "notes": "First line\nsecond line",
    "born": "1980-02-29",
    "visits": 7,
    "weight": 71.5,
    "ward": "Day clinic",
    "insured": True,
    "kin": {"phone": "+49 30 1234"},
    "allergies": ["nuts", "latex"],
    "extra": {"a": [1, None]},
}
PANEL = """
import cyberdesk_nb as cd
ws = cd.connect()
panel = ws.launch({workflow!r})
panel
"""

# What a screen reader would call the element that has the focus.
_FOCUSED = """() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  if (!node?.closest(".cdnb-panel")) return null;
  return (node.labels?.[0]?.textContent || node.textContent || node.getAttribute("aria-label") || "").trim();
}"""


class Server(Protocol):
    """What a client needs of a fleet, whatever serves it."""

    @property
    def url(self) -> str:
        """Where it is."""
        ...

    @property
    def api_key(self) -> str:
        """The key that it accepts."""
        ...


@contextmanager
def hospital(**options: Any) -> Generator[Simulator]:
    """Serve a small fleet with both workflows, whose runs neither fail nor take long."""
    quick: dict[str, Any] = {"speed": 60.0, "runs": 30, "trajectories": 6, "failure_rate": 0, "disturbance_rate": 0}
    with simulator(seed=7, **{**quick, **options}) as fleet:
        add_workflows(fleet)
        yield fleet


def add_workflows(fleet: Server) -> None:
    """Add the workflow with every kind of field, and one without inputs."""
    with Workspace(Client(api_key=fleet.api_key, base_url=fleet.url)) as ws:
        ws.api.workflows.create(name=PLAIN, main_prompt="Count the visits of today.")
        ws.api.workflows.create(name=NAME, main_prompt="Admit {patient}.", input_schema=json.dumps(SCHEMA))


def runs_of(fleet: Server, workflow: str = NAME) -> list[RunResponse]:
    """Read the runs of a workflow, the latest first."""
    with Workspace(Client(api_key=fleet.api_key, base_url=fleet.url)) as ws:
        workflow_id = next(one.id for one in ws.api.workflows.iter() if one.name == workflow)
        return list(ws.api.runs.iter(workflow_id=workflow_id))


def environment_of(fleet: Server) -> dict[str, str]:
    """Give what a kernel needs to find the fleet."""
    return {"CYBERDESK_BASE_URL": fleet.url, "CYBERDESK_API_KEY": fleet.api_key}


def write_notebook(path: Path, *sources: str) -> None:
    """Write a notebook of these code cells under a heading."""
    cells: list[dict[str, Any]] = [{"cell_type": "markdown", "id": "top", "metadata": {}, "source": "# Launch"}]
    cells += [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": one, "outputs": [], "execution_count": None}
        for i, one in enumerate(sources)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    notebook: dict[str, Any] = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")


def panel_of(page: Page) -> Locator:
    """Wait for the panel, and give it."""
    panel = page.locator(".cdnb-panel")
    panel.get_by_role("button", name="Launch", exact=True).wait_for(timeout=90_000)
    return panel


class Keyboard:
    """Uses a panel without a pointer: Tab to a control by its label, then keys."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def to(self, label: str, *, back: bool = False) -> None:
        """Press Tab until the control with this label has the focus."""
        seen: list[str | None] = []
        for _ in range(80):
            focused: str | None = self._page.evaluate(_FOCUSED)
            if focused is not None and focused.removesuffix(" *") == label:
                return
            seen.append(focused)
            self._page.keyboard.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"Tab never reached {label!r}, but {seen}")

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self._page.keyboard.press(key)

    def write(self, label: str, text: str, *, back: bool = False) -> None:
        """Write into a field in place of what is there."""
        self.to(label, back=back)
        self.press("ControlOrMeta+a")
        self._page.keyboard.type(text)

    def activate(self, label: str, *, back: bool = False) -> None:
        """Press the button with this label, once it can be pressed: Tab passes by one that cannot."""
        button = self._page.locator(".cdnb-panel").get_by_role("button", name=label, exact=True)
        expect(button).to_be_enabled()
        self.to(label, back=back)
        self.press("Enter")


def fill_in(page: Page, secret: str, *, phone: str = FILLED["kin"]["phone"]) -> None:
    """Fill in every field by keyboard."""
    keys = Keyboard(page)
    keys.write("Patient", FILLED["patient"])
    keys.to("Notes")
    for place, line in enumerate(FILLED["notes"].split("\n")):
        keys.press(*(["Enter"] if place else []))
        page.keyboard.type(line)
    keys.to("Born")
    page.keyboard.type("02291980")
    keys.to("Due")
    page.keyboard.type("11212026")
    keys.press("Tab")
    page.keyboard.type("0930AM")
    keys.write("Visits", str(FILLED["visits"]))
    keys.write("Weight", str(FILLED["weight"]))
    keys.to("Ward")
    page.keyboard.type("Day")
    keys.to("Insured")
    page.keyboard.type("yes")
    keys.write("Phone", phone)
    for place, one in enumerate(FILLED["allergies"], 1):
        keys.activate("Add to Allergies", back=place > 1)
        page.locator(".cdnb-panel").get_by_label(str(place), exact=True).wait_for(timeout=30_000)
        keys.write(str(place), one, back=True)
        keys.press("Tab")
    keys.write("Extra (JSON)", json.dumps(FILLED["extra"]))
    keys.write("Portal password", secret)
    keys.press("Tab")


def launch_by_keyboard(page: Page, fleet: Simulator, secret: str, name: str) -> None:
    """Find the workflow, fill it in with a mistake, correct it, launch it, see it end and open its replay."""
    panel = panel_of(page)
    keys = Keyboard(page)
    keys.to("Search workflows")
    page.keyboard.type("admit")
    expect(panel.get_by_label("Workflow", exact=True).get_by_role("option")).to_have_count(1, timeout=30_000)
    keys.press("Tab", "ArrowDown")
    expect(panel.get_by_label("Patient *")).to_be_visible(timeout=30_000)
    fill_in(page, secret, phone="none")
    before = len(runs_of(fleet))
    keys.activate("Launch")
    wrong = panel.get_by_text("Must match the pattern").filter(visible=True)
    expect(wrong).to_have_count(1, timeout=30_000)
    shoot(page, f"{name}_error")
    assert len(runs_of(fleet)) == before
    keys.write("Phone", FILLED["kin"]["phone"], back=True)
    keys.press("Tab")
    expect(wrong).to_have_count(0, timeout=30_000)
    keys.activate("Launch")
    expect(panel.get_by_text("success", exact=True)).to_be_visible(timeout=60_000)
    keys.activate("Replay")
    page.locator(".cdp[aria-busy=false]").wait_for(timeout=60_000)
    page.wait_for_function("() => document.querySelector('.cdp-shot').naturalWidth > 0")
    shoot(page, f"{name}_replayed")
    runs = runs_of(fleet)
    assert len(runs) == before + 1
    due = page.evaluate("new Date(2026, 10, 21, 9, 30).toISOString()").replace(".000Z", "Z")
    assert runs[0].input_values == FILLED | {"due": due}
