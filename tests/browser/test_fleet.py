"""The fleet panel under a real JupyterLab in a real Chromium."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from cyberdesk_nb.client import Client
from cyberdesk_nb.simulator import simulator
from cyberdesk_nb.workspace import Workspace
from tests.browser.lab import Lab, expect_kernel, running_lab
from tests.browser.launching import environment_of, write_notebook
from tests.browser.shots import THEMES, shoot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

    from cyberdesk_nb.simulator import Simulator

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=\"document.title='owned'\">\u202eVM"
PANEL = """
import cyberdesk_nb as cd
ws = cd.connect()
fleet = ws.fleet()
fleet
"""


@pytest.fixture(scope="module")
def fleet() -> Iterator[Simulator]:
    """Serve a fleet whose time stands still: runs that are launched stay where they are."""
    with simulator(seed=7, speed=0.0, runs=200, trajectories=6) as fleet:
        with Workspace(Client(api_key=fleet.api_key, base_url=fleet.url)) as ws:
            machines = ws.api.machines.iter(include=["pools"])
            ws.api.machines.update(machines[4].id, name=HOSTILE, machine_parameters={"<b>site</b>": "<i>x</i>"})
            workflow = ws.api.workflows.create(name="Stock <b>take</b>", main_prompt="Count.")
            for machine in (machines[0], machines[0], machines[1]):
                ws.api.runs.create(workflow_id=workflow.id, machine_id=machine.id)
            ws.api.runs.create(workflow_id=workflow.id, start_session=True, machine_id=machines[5].id)
            fleet.clock.advance(60)
        yield fleet


@pytest.fixture(scope="module")
def lab(fleet: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start one JupyterLab on a notebook that shows the panel."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "notebooks"
    folder.mkdir()
    write_notebook(folder / "fleet.ipynb", PANEL)
    with running_lab(home, folder, **environment_of(fleet)) as running:
        yield running


def open_panel(lab: Lab, page: Page, theme: str) -> Locator:
    """Run the notebook from the menu, and wait for the tiles."""
    lab.use_theme(f"JupyterLab {theme}")
    lab.open(page, "fleet.ipynb")
    lab.run_all(page)
    panel = page.locator(".cdnb-fleet")
    panel.locator(".cdnb-tile").first.wait_for(timeout=90_000)
    return panel


def tile(panel: Locator, name: str) -> Locator:
    """Find the first tile of a machine by its label."""
    return panel.get_by_role("button", name=name).first


def focused(page: Page) -> str:
    """Give the label of the element that has the focus."""
    return str(page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"))


@pytest.mark.parametrize("page", [(1280, 2400)], indirect=True)
@pytest.mark.parametrize("theme", THEMES)
def test_from_tiles_to_a_screen_and_a_replay_by_keyboard(page: Page, lab: Lab, theme: str) -> None:
    """Without a pointer a machine is found, opened, seen, its run replayed, and closed again."""
    panel = open_panel(lab, page, theme)
    shoot(page, f"fleet_{theme.lower()}")
    panel.get_by_label("Find machines").focus()
    for _ in range(3):
        page.keyboard.press("Tab")
    first = focused(page)
    assert "offline since" in first
    page.keyboard.press("ArrowRight")
    second = focused(page)
    page.keyboard.press("ArrowDown")
    assert len({first, second, focused(page)}) == 3
    page.keyboard.press("ArrowUp")
    assert focused(page) == second
    page.keyboard.press("End")
    page.keyboard.press("Home")
    assert focused(page) == first
    page.set_viewport_size({"width": 1280, "height": 800})
    tile(panel, "Carrick ledger 10").focus()
    page.keyboard.press("Enter")
    expect(tile(panel, "Carrick ledger 10")).to_have_attribute("aria-pressed", "true")
    # What opens below the tiles comes into view.
    expect(panel.get_by_role("button", name="Close details")).to_be_in_viewport()
    page.set_viewport_size({"width": 1280, "height": 2400})
    page.wait_for_function("() => document.querySelector('.cdnb-screen')?.naturalWidth > 0", timeout=60_000)
    expect(panel.locator(".cdnb-screen")).to_have_attribute("alt", re.compile("^Screen of Carrick ledger 10 at "))
    expect_kernel(lab, page, "fleet.machine.name", "'Carrick ledger 10'")
    shoot(page, f"fleet_detail_{theme.lower()}")
    panel.get_by_role("button", name=re.compile("^Replay: ")).first.focus()
    page.keyboard.press("Enter")
    panel.locator(".cdp[aria-busy=false]").wait_for(timeout=60_000)
    panel.get_by_role("button", name="Close details").focus()
    page.keyboard.press("Enter")
    expect(panel.locator(".cdnb-screen")).to_be_hidden()
    expect(panel.locator(".cdp")).to_have_count(0)
    expect(tile(panel, "Carrick ledger 10")).to_be_focused()


def test_a_panel_rests_when_its_cell_is_run_again(page: Page, lab: Lab) -> None:
    """Where a new panel takes the place of an old one, the old one asks the server no more; the new one does."""
    panel = open_panel(lab, page, "Light")
    expect_kernel(lab, page, "fleet._view_count", "1")
    lab.ask_kernel("globals().update(old=fleet)")
    lab.run_all(page)
    expect_kernel(lab, page, "(fleet is old, fleet._view_count)", "(False, 1)")
    expect_kernel(lab, page, "(old._view_count, old._polling._stop_ticks)", "(0, None)")
    expect_kernel(lab, page, "fleet._polling._stop_ticks is None", "False")
    panel.locator(".cdnb-tile").first.wait_for()


@pytest.mark.parametrize("page", [(900, 1400)], indirect=True)
def test_changes_show_by_themselves_and_text_stays_text(page: Page, lab: Lab, fleet: Simulator) -> None:
    """A machine that drops out is shown so without a click, where the focus stays; names with markup are texts."""
    panel = open_panel(lab, page, "Light")
    expect(panel.locator(".cdnb-tile-name", has_text="<img src=x").first).to_be_visible()
    assert panel.locator(".cdnb-tile img, .cdnb-table img, .cdnb-words img").count() == 0
    assert "owned" not in page.title()
    sizes = panel.evaluate("node => [node.scrollWidth, node.clientWidth]")
    assert sizes[0] <= sizes[1] + 1
    one = tile(panel, "Carrick night shift 12")
    one.focus()
    with Workspace(Client(api_key=fleet.api_key, base_url=fleet.url)) as ws:
        machine = next(row for row in ws.api.machines.iter() if row.name == "Carrick night shift 12")
        ws.api.machines.update(machine.id, status="disconnected")
        expect(one).to_have_attribute("data-state", "offline", timeout=60_000)
        assert focused(page).startswith("Carrick night shift 12: offline since")
        shoot(page, "fleet_900")
        one.click()
        expect(panel.get_by_text(re.compile("The screen cannot be shown"))).to_be_visible(timeout=30_000)
        ws.api.machines.update(machine.id, status="connected")
    expect(one).to_have_attribute("data-state", "idle", timeout=60_000)
    lab.ask_kernel("fleet.close()")
    expect(page.locator(".cdnb-fleet")).to_have_count(0)
