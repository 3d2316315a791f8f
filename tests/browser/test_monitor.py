"""The monitor under a real JupyterLab in a real Chromium: seen, filtered and used with the keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from cyberdesk_nb.client import Client
from cyberdesk_nb.models import RunStatus
from cyberdesk_nb.simulator import simulator
from cyberdesk_nb.workspace import Workspace
from tests.browser.lab import Lab, expect_kernel, running_lab
from tests.browser.launching import write_notebook
from tests.browser.shots import THEMES, shoot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

    from cyberdesk_nb.simulator import Simulator

pytestmark = pytest.mark.browser

RUNS = 1500
WAITING = 4
TRICK = "<img src=x onerror=alert(1)><b>bold</b>\u202etxet"
SOURCE = """
import cyberdesk_nb as cd
ws = cd.connect()
monitor = ws.monitor()
monitor
"""


@pytest.fixture(scope="module")
def fleet() -> Iterator[Simulator]:
    """Serve a fleet whose time stands still, with runs that wait and one whose error is a trick."""
    with simulator(seed=7, speed=0.0, runs=RUNS, trajectories=6) as running:
        with Workspace(Client(api_key=running.api_key, base_url=running.url)) as ws:
            workflow = ws.api.workflows.iter()[0]
            ended = ws.api.runs.iter(status=RunStatus.ERROR)[0]
            ws.api.runs.bulk_create(workflow_id=ended.workflow_id, count=WAITING, input_values=ended.input_values)
            ws.api.runs.update(ended.id, error=[TRICK])
            assert workflow.id
        yield running


@pytest.fixture(scope="module")
def lab(fleet: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start one JupyterLab on a notebook that shows the monitor."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "notebooks"
    folder.mkdir()
    write_notebook(folder / "monitor.ipynb", SOURCE)
    with running_lab(home, folder, CYBERDESK_BASE_URL=fleet.url, CYBERDESK_API_KEY=fleet.api_key) as running:
        yield running


def rows(page: Page) -> Locator:
    """Give the rows that are elements now."""
    return page.locator(".cdnb-grid-row")


def open_monitor(lab: Lab, page: Page, theme: str) -> None:
    """Open the notebook, run it from the menu, and wait for the whole table."""
    lab.use_theme(f"JupyterLab {theme}")
    lab.open(page, "monitor.ipynb")
    lab.run_all(page)
    expect(page.get_by_text(f"Showing all {RUNS + WAITING:,} runs", exact=False)).to_be_visible(timeout=90_000)
    expect(rows(page).first).to_be_visible()


def answer(page: Page, question: str, text: str) -> None:
    """Give the answer of a question by the keyboard."""
    expect(page.get_by_text(question, exact=True)).to_be_visible()
    page.get_by_role("button", name=text, exact=True).focus()
    page.keyboard.press("Enter")


def press(panel: Locator, name: str) -> None:
    """Press a button by the keyboard as soon as it can be."""
    button = panel.get_by_role("button", name=name, exact=True)
    expect(button).to_be_enabled()
    button.press("Enter")


def replay_a_success(page: Page, panel: Locator) -> None:
    """Open the replay of the first run that succeeded, without a pointer."""
    panel.get_by_label("Status").select_option("success")
    expect(rows(page).first).to_contain_text("success")
    panel.get_by_label("Search").focus()
    for key in ("Tab", "Home", "Enter"):
        page.keyboard.press(key)
    page.locator(".cdp[aria-busy=false]").wait_for(timeout=60_000)
    expect(page.locator(".cdp")).to_be_in_viewport(ratio=0.5)


@pytest.mark.parametrize("page", [(1500, 1250)], indirect=True)
@pytest.mark.parametrize("theme", THEMES)
def test_a_monitor_by_keyboard(page: Page, lab: Lab, fleet: Simulator, theme: str) -> None:
    """Rows scroll and are selected, a filter narrows them, one run is cancelled, one retried and one replayed."""
    open_monitor(lab, page, theme)
    panel = page.locator(".cdnb-monitor")
    grid = panel.get_by_role("grid", name="Runs")
    expect(grid).to_have_attribute("aria-rowcount", str(RUNS + WAITING + 1))
    assert rows(page).count() < 60

    # Without a pointer: from the search field before it, Tab leads to the table.
    search = panel.get_by_label("Search")
    search.focus()
    page.keyboard.press("Tab")
    expect(grid).to_be_focused()
    page.keyboard.press("End")
    last = page.locator(f'.cdnb-grid-row[aria-rowindex="{RUNS + WAITING + 1}"]')
    expect(last).to_have_attribute("aria-selected", "true")
    assert rows(page).count() < 60
    expect_kernel(lab, page, "monitor.selected == [monitor.frame['id'].iloc[-1]]", "True")
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowDown")
    expect_kernel(lab, page, "monitor.selected == list(monitor.frame['id'][:2])", "True")
    shoot(panel, f"monitor_{theme.lower()}")

    # Hostile text is text.
    search.fill("onerror")
    expect(panel.get_by_text("Showing 1 of", exact=False)).to_be_visible()
    expect(rows(page)).to_have_count(1)
    expect(rows(page).locator(".cdnb-grid-error")).to_contain_text("<img src=x onerror=alert(1)><b>bold</b>\\u202etxet")
    assert rows(page).locator("img, b").count() == 0
    search.fill("")
    expect(panel.get_by_text("Showing all", exact=False)).to_be_visible()

    # Cancel one that waits.
    panel.get_by_label("Status").select_option("live: not ended")
    expect(panel.get_by_text("Showing all", exact=False)).to_have_count(0)
    search.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    expect(panel.get_by_text("selected", exact=False).last).to_contain_text("Run ")
    run_id = lab.ask_kernel("monitor.selected[0]").strip("'")
    press(panel, "Cancel...")
    shoot(panel, f"monitor_cancel_{theme.lower()}")
    answer(page, "Cancel 1 run?", "Cancel 1 run")
    expect(panel.get_by_text("1 run cancelled.", exact=True)).to_be_visible()
    assert fleet.world.run(run_id)["status"] == "cancelled"

    # Retry the same one.
    panel.get_by_label("Status").select_option(label="all")
    search.fill(run_id)
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("cancelled")
    rows(page).click()
    panel.get_by_role("button", name="Retry...", exact=True).click()
    expect(panel.get_by_text("A retry erases", exact=False)).to_be_visible()
    shoot(panel, f"monitor_retry_{theme.lower()}")
    answer(page, "Retry 1 run?", "Retry 1 run without saving")
    expect(panel.get_by_text("1 run retried.", exact=True)).to_be_visible()
    expect(rows(page)).to_contain_text("scheduling")

    # Enter on a row shows its replay.
    search.fill("")
    expect(panel.get_by_text("Showing all", exact=False)).to_be_visible()
    replay_a_success(page, panel)
    shoot(panel, f"monitor_replay_{theme.lower()}")
    lab.ask_kernel("monitor.close()")
    expect(page.locator(".cdnb-monitor")).to_have_count(0)
