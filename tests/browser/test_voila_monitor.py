"""The monitor as an app under Voila: one run cancelled, the same one retried, another replayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from cyberdesk_nb.client import Client
from cyberdesk_nb.models import RunStatus
from cyberdesk_nb.simulator import simulator
from cyberdesk_nb.workspace import Workspace
from tests.browser.lab import running_voila
from tests.browser.launching import write_notebook
from tests.browser.test_monitor import SOURCE, answer, press, replay_a_success, rows
from tests.browser.test_voila import page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from cyberdesk_nb.simulator import Simulator

__all__ = ["page"]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def fleet() -> Iterator[Simulator]:
    """Serve a fleet whose time stands still, with runs that wait."""
    with simulator(seed=7, speed=0.0, runs=200, trajectories=6) as running:
        with Workspace(Client(api_key=running.api_key, base_url=running.url)) as ws:
            ended = ws.api.runs.iter(status=RunStatus.ERROR)[0]
            ws.api.runs.bulk_create(workflow_id=ended.workflow_id, count=3, input_values=ended.input_values)
        yield running


@pytest.fixture(scope="module")
def voila(fleet: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a notebook that shows the monitor as an app."""
    home = tmp_path_factory.mktemp("voila")
    write_notebook(home / "monitor.ipynb", SOURCE)
    settings = {"CYBERDESK_BASE_URL": fleet.url, "CYBERDESK_API_KEY": fleet.api_key}
    with running_voila(home, home / "monitor.ipynb", **settings) as url:
        yield url


def statuses(fleet: Simulator) -> dict[str, str]:
    """Give the status of every run, by its id."""
    return {run["id"]: run["status"] for run in fleet.world.list_runs(fields=["status"], limit=1000)[0]}


def test_a_run_is_cancelled_and_retried_under_voila(page: Page, voila: str, fleet: Simulator) -> None:
    """As an app, too, the monitor cancels one run, retries it, and opens the replay of another, by keyboard."""
    before = statuses(fleet)
    page.goto(voila)
    panel = page.locator(".cdnb-monitor")
    expect(panel.get_by_text(f"Showing all {len(before):,} runs", exact=False)).to_be_visible(timeout=90_000)
    search = panel.get_by_label("Search")

    panel.get_by_label("Status").select_option("live: not ended")
    expect(panel.get_by_text("Showing all", exact=False)).to_have_count(0)
    search.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    press(panel, "Cancel...")
    answer(page, "Cancel 1 run?", "Cancel 1 run")
    expect(panel.get_by_text("1 run cancelled.", exact=True)).to_be_visible()
    (run_id,) = [key for key, status in statuses(fleet).items() if status == "cancelled" != before[key]]

    panel.get_by_label("Status").select_option(label="all")
    search.fill(run_id)
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("cancelled")
    rows(page).click()
    panel.get_by_role("button", name="Retry...", exact=True).click()
    answer(page, "Retry 1 run?", "Retry 1 run without saving")
    expect(panel.get_by_text("1 run retried.", exact=True)).to_be_visible()
    assert statuses(fleet)[run_id] == before[run_id]

    search.fill("")
    replay_a_success(page, panel)
