"""A server that is killed and comes back, under a launch panel and players open in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Lab, running_lab
from tests.browser.launching import (
    PANEL,
    PLAIN,
    add_workflows,
    environment_of,
    panel_of,
    write_notebook,
)
from tests.browser.shots import shoot
from tests.panels.killable import Killable, killable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PLAYERS = """
import ipywidgets as w
run_id = next(iter(ws.api.runs.iter(status="success"))).id
seen, unseen, shelf = ws.replay(run_id), ws.replay(run_id), w.VBox()
display(seen, shelf)
"""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killable]:
    """Serve a fleet that can be killed."""
    with killable(tmp_path_factory.mktemp("fleet"), "--speed=2") as fleet:
        add_workflows(fleet)
        yield fleet


@pytest.fixture(scope="module")
def lab(fleet: Killable, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start one JupyterLab on a notebook with the panel and two players."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "notebooks"
    folder.mkdir()
    write_notebook(folder / "panel.ipynb", PANEL.format(workflow=PLAIN), PLAYERS)
    with running_lab(home, folder, **environment_of(fleet)) as running:
        yield running


@pytest.mark.parametrize("page", [(1280, 1900)], indirect=True)
def test_panel_and_players_outlast_a_killed_server(page: Page, lab: Lab, fleet: Killable) -> None:
    """While the server is dead all stays on screen beside words that say so; once it is back, all goes on unasked."""
    lab.open(page, "panel.ipynb")
    lab.run_all(page)
    panel = panel_of(page)
    page.locator(".cdp[aria-busy=false]").wait_for(timeout=90_000)
    page.wait_for_function("() => document.querySelector('.cdp-shot').naturalWidth > 0")
    panel.get_by_role("button", name="Launch", exact=True).click()
    running = panel.get_by_text("running", exact=True)
    expect(running).to_be_visible(timeout=60_000)
    fleet.kill()
    told = panel.get_by_text("This is the last known state.")
    expect(told).to_be_visible(timeout=60_000)
    expect(running).to_be_visible()
    expect(page.locator(".cdp-shot").first).to_be_visible()
    # The pictures of this one have not come yet: they are asked for now, in vain.
    lab.ask_kernel("setattr(shelf, 'children', [unseen])")
    blank = page.locator(".cdp-blank").nth(1)
    expect(blank).to_contain_text("could not be fetched", timeout=60_000)
    expect(told).to_be_visible()
    shoot(page, "outage")
    fleet.start("--speed=200")
    expect(panel.get_by_text("success", exact=True)).to_be_visible(timeout=120_000)
    expect(told).to_be_hidden()
    expect(blank).to_be_hidden(timeout=60_000)
    shoot(page, "recovered")
