"""A chain with a file, put together by clicks under a real JupyterLab, and what is left of the file afterwards."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from cyberdesk_nb.client import Client
from cyberdesk_nb.workspace import Workspace
from tests.browser.lab import Lab, running_lab
from tests.browser.launching import PANEL, environment_of, hospital, panel_of, write_notebook
from tests.browser.shots import shoot
from tests.browser.test_launch_secrets import Wire, files_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from cyberdesk_nb.simulator import Simulator

pytestmark = pytest.mark.browser

SENTINEL = "Sentinel-0815-in-a-file"
# More than a notebook server takes in one message.
CONTENT = SENTINEL.encode() + bytes(12_000_000)


@pytest.fixture(scope="module")
def fleet() -> Iterator[Simulator]:
    """Serve one fleet for all tests here."""
    with hospital() as fleet:
        yield fleet


@pytest.fixture(scope="module")
def lab(fleet: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start one JupyterLab that keeps its widgets' state in notebooks, as some people set it."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "notebooks"
    folder.mkdir()
    write_notebook(folder / "chain.ipynb", PANEL.format(workflow="Monthly report export"))
    settings = home / "settings" / "@jupyter-widgets" / "jupyterlab-manager"
    settings.mkdir(parents=True)
    (settings / "plugin.jupyterlab-settings").write_text('{"saveState": true}', encoding="utf-8")
    with running_lab(home, folder, **environment_of(fleet)) as running:
        yield running


def fill_in(step: Locator, month: str, file_name: str | None) -> None:
    """Fill in a report of that month."""
    step.get_by_label("month *").select_option(label=month)
    if file_name is not None:
        field = step.get_by_label("file_name *")
        field.fill(file_name)
        field.press("Tab")


def choose_file(panel: Locator, folder: Path) -> None:
    """Choose the file on the page, and wait until the kernel has it."""
    path = folder / "from-page.bin"
    path.write_bytes(CONTENT)
    panel.get_by_role("button", name="Files", exact=True).click()
    panel.get_by_label("Choose files to send along").set_input_files(path)
    expect(panel.get_by_text("from-page.bin")).to_be_visible(timeout=60_000)
    panel.get_by_label("Remove it after the run").check()


@pytest.mark.parametrize("page", [(1280, 2600)], indirect=True)
def test_a_chain_with_a_file_by_clicks(page: Page, lab: Lab, fleet: Simulator, tmp_path: Path) -> None:
    """A second step takes its input from the first, both end, one is replayed; the file is sent and kept nowhere."""
    wire = Wire(page)
    lab.open(page, "chain.ipynb")
    lab.run_all(page)
    panel = panel_of(page)
    panel.get_by_role("button", name="Add a step").click()
    first, second = (panel.locator(".cdnb-step").filter(has_text=f"Step {number}") for number in (1, 2))
    fill_in(first, "2026-08", "first")
    second.get_by_label("Search workflows").fill("export reporting")
    found = second.get_by_label("Workflow", exact=True)
    expect(found.get_by_role("option")).to_have_count(1)
    found.select_option(index=0)
    fill_in(second, "2026-09", None)
    panel.get_by_role("button", name="Launch", exact=True).click()
    expect(second.get_by_text("Fill this in.", exact=True)).to_be_visible()
    second.get_by_label("Take input").select_option(label="file_name")
    second.get_by_label("from", exact=True).select_option(label="step1.outputs.file_name (string)")
    second.get_by_role("button", name="Take", exact=True).click()
    expect(second.get_by_text("Fill this in.", exact=True)).to_be_hidden()
    choose_file(panel, tmp_path)
    panel.get_by_role("button", name="What will be sent").click()
    expect(panel.get_by_label("Request, secrets masked")).to_have_value(re.compile("<12.0 MB>"))
    panel.get_by_role("button", name="Launch", exact=True).click()
    expect(panel.get_by_text("2 of 2 runs have ended: 2 success")).to_be_visible(timeout=90_000)
    panel.get_by_label("Runs", exact=True).select_option(index=1)
    expect(panel.get_by_label("Output")).to_have_value(re.compile("first.csv.csv"))
    panel.get_by_role("button", name="Replay", exact=True).click()
    expect(panel.locator(".cdp[aria-busy=false]")).to_be_visible(timeout=60_000)
    shoot(page, "chain")
    lab.save(page)
    assert sizes_of(fleet, lab) == [len(CONTENT)] * 2
    saved = (lab.home / "notebooks" / "chain.ipynb").read_text(encoding="utf-8")
    assert "from-page.bin" in saved
    assert files_with(SENTINEL, lab.home) == []
    assert not any(SENTINEL.encode() in message for message in wire.messages)


def sizes_of(fleet: Simulator, lab: Lab) -> list[int]:
    """Read how large the files are that came with the runs of the chain."""
    run_ids = lab.ask_kernel("' '.join(run.id for run in panel.runs)").strip("'").split()
    with Workspace(Client(api_key=fleet.api_key, base_url=fleet.url)) as ws:
        files = [file for run_id in run_ids for file in ws.api.run_attachments.iter(run_id=run_id)]
    return [file.size_bytes for file in files if file.attachment_type == "input"]
