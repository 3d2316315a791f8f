"""The launch panel under a real JupyterLab in a real Chromium."""

from __future__ import annotations

import os
from contextlib import nullcontext
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import expect

from cyberdesk_nb.simulator.faults import Cut
from tests.browser.lab import Lab, running_lab
from tests.browser.launching import (
    PANEL,
    PLAIN,
    SECRET,
    environment_of,
    hospital,
    launch_by_keyboard,
    panel_of,
    runs_of,
    write_notebook,
)
from tests.browser.shots import THEMES, shoot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

    from cyberdesk_nb.simulator import Simulator

pytestmark = pytest.mark.browser

RUNS = """
import ipywidgets as w
from cyberdesk_nb.models import RunResponse
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.launch.run_list import RunList
ids = [f"run-{n}" for n in range(60)]
rows = RunList(print)
def show(status):
    fields = {"workflow_id": "w", "created_at": "2026-01-01T00:00:00Z", "machine_id": None, "status": status}
    runs = {one: RunResponse.model_validate(fields | {"id": one}) for one in ids}
    rows.show(ids, ids, runs)
show("scheduling")
rows._list.value = "run-1"
menu = w.Dropdown(description="Menu", options=[""])
parts.classed(menu, "field")
panel = parts.column(parts.Frame(), menu, rows.widget, looks=("panel",))
panel
"""
FRAMES = "async () => { for (let i = 0; i < 6; i++) await new Promise(requestAnimationFrame); }"
KERNEL = os.environ.get("CYBERDESK_NB_IPYKERNEL", "")
"""The line of ipykernel that must run, where CI asks for one."""


@pytest.fixture(scope="module")
def fleet() -> Iterator[Simulator]:
    """Serve one fleet for all tests here."""
    with hospital() as fleet:
        yield fleet


@pytest.fixture(scope="module")
def lab(fleet: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start one JupyterLab on a notebook that shows the panel."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "notebooks"
    folder.mkdir()
    write_notebook(folder / "launch.ipynb", PANEL.format(workflow=None))
    # Without a secret: one that is gone would stop a second launch by itself.
    write_notebook(folder / "plain.ipynb", PANEL.format(workflow=PLAIN))
    write_notebook(folder / "runs.ipynb", RUNS)
    with running_lab(home, folder, **environment_of(fleet)) as running:
        yield running


@pytest.mark.parametrize("page", [(1280, 1900)], indirect=True)
@pytest.mark.parametrize("theme", THEMES)
def test_every_kind_of_field_by_keyboard(page: Page, lab: Lab, fleet: Simulator, theme: str) -> None:
    """Without a pointer every field is filled in, an error is told and corrected, the run ends and is replayed."""
    lab.use_theme(f"JupyterLab {theme}")
    lab.open(page, "launch.ipynb")
    lab.run_all(page)
    assert lab.ask_kernel("__import__('ipykernel').__version__").strip("'").startswith(KERNEL)
    launch_by_keyboard(page, fleet, SECRET, f"lab_{theme.lower()}")


def click_twice(launch: Locator) -> None:
    """Click twice with no time between: a button that a quick kernel disables would swallow the second click."""
    expect(launch).to_be_enabled()
    launch.evaluate("(it) => { it.click(); it.click(); }")


def test_a_list_of_runs_keeps_its_place(page: Page, lab: Lab) -> None:
    """While runs change their status, a list that was scrolled stays where it is, and the chosen run is the same."""
    lab.open(page, "runs.ipynb")
    lab.run_all(page)
    rows = page.get_by_label("Runs", exact=True)
    expect(rows.get_by_role("option")).to_have_count(60, timeout=90_000)
    rows.evaluate(
        "async (it) => { it.scrollTop = 400; for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame); }"
    )
    for status in ("running", "success"):
        lab.ask_kernel(f"show({status!r})")
        expect(rows.get_by_role("option").first).to_contain_text(status, timeout=30_000)
        rows.evaluate(FRAMES)
        # The list may be written once more, and moves in between.
        expect(rows).to_have_js_property("scrollTop", 400)
        expect(rows).to_have_js_property("selectedIndex", 1)


@pytest.mark.parametrize("theme", THEMES)
def test_the_arrow_of_a_menu_can_be_seen(page: Page, lab: Lab, theme: str) -> None:
    """A drop-down's arrow stands out from its ground in light and dark themes."""
    lab.use_theme(f"JupyterLab {theme}")
    lab.open(page, "runs.ipynb")
    lab.run_all(page)
    menu = page.get_by_label("Menu", exact=True)
    menu.wait_for(timeout=90_000)
    # The style sheet comes after the widgets.
    expect(page.locator(".cdnb-panel")).to_have_css("border-top-width", "1px")
    with Image.open(BytesIO(menu.screenshot())) as shot:
        shades = shot.convert("L").crop((shot.width - 22, 8, shot.width - 6, shot.height - 6)).tobytes()
    assert max(shades) - min(shades) > 80
    shoot(page, f"menus_{theme.lower()}")


def test_two_clicks_start_one_run(page: Page, lab: Lab, fleet: Simulator) -> None:
    """A double click starts one run, also where its reply is cut off, or all replies until it is pressed again."""
    lab.open(page, "plain.ipynb")
    for count, cut in enumerate((0, 1, 1000), 1):
        lab.run_all(page)
        page.locator(".jp-InputPrompt", has_text=f"[{count}]:").wait_for(timeout=90_000)
        launch_twice(page, fleet, cut)


def launch_twice(page: Page, fleet: Simulator, cut: int) -> None:
    """Click twice on launch while this many replies are cut off, again where that is told, and count the runs."""
    panel = panel_of(page)
    launch = panel.get_by_role("button", name="Launch", exact=True)
    lost = panel.get_by_text("pressing Launch again will not start it twice")
    before = len(runs_of(fleet, PLAIN))
    with fleet.faults.active(Cut(at="start"), method="POST", path="/v1/runs", first=cut) if cut else nullcontext():
        click_twice(launch)
        if cut > 1:
            expect(lost).to_be_visible(timeout=30_000)
    if cut > 1:
        click_twice(launch)
    expect(panel.get_by_text("success", exact=True)).to_be_visible(timeout=60_000)
    expect(lost).to_be_hidden()
    assert len(runs_of(fleet, PLAIN)) == before + 1
