"""The launch panel outside of JupyterLab: under Voila, and in Notebook 7."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Watched
from tests.browser.lab import Lab, running_lab, running_voila
from tests.browser.launching import PANEL, SECRET, environment_of, hospital, launch_by_keyboard, write_notebook
from tests.browser.shots import THEMES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from cyberdesk_nb.simulator import Simulator

pytestmark = pytest.mark.browser

# What Voila says of JupyterLab's extensions, and Notebook 7 of its own settings, also without any panel.
NOT_OURS = ("Error: The getter for the shared module", "Cannot read properties of undefined (reading 'schema')")


@pytest.fixture(scope="module")
def fleet() -> Iterator[Simulator]:
    """Serve one fleet for all tests here."""
    with hospital() as fleet:
        yield fleet


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a notebook that shows the panel."""
    folder = tmp_path_factory.mktemp("notebooks")
    write_notebook(folder / "launch.ipynb", PANEL.format(workflow=None))
    return folder / "launch.ipynb"


@pytest.fixture(scope="module")
def voila(fleet: Simulator, notebook: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the notebook as an app."""
    with running_voila(tmp_path_factory.mktemp("voila"), notebook, **environment_of(fleet)) as url:
        yield url


@pytest.fixture(scope="module")
def lab(fleet: Simulator, notebook: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Serve the notebook in Notebook 7, which stands on the same server as JupyterLab."""
    with running_lab(tmp_path_factory.mktemp("lab"), notebook.parent, **environment_of(fleet)) as lab:
        yield lab


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a page on which all that Voila's own template fetches from elsewhere, its icon font, stays empty."""
    context = browser.new_context(viewport={"width": 1280, "height": 1900})
    context.set_default_timeout(90_000)
    context.route("https://cdn.jsdelivr.net/npm/@fortawesome/**", lambda route: route.fulfill(content_type="text/css"))
    page = context.new_page()
    watched = Watched(page)
    yield page
    context.close()
    assert [url for url in watched.strangers() if "@fortawesome" not in url] == []
    assert [error for error in watched.errors if not error.startswith(NOT_OURS)] == []


@pytest.mark.parametrize("theme", THEMES)
def test_every_kind_of_field_under_voila(page: Page, voila: str, fleet: Simulator, theme: str) -> None:
    """As an app, too, the panel is filled in, corrected, launched, watched and replayed, by keyboard."""
    page.goto(f"{voila}/?theme={theme.lower()}")
    launch_by_keyboard(page, fleet, SECRET, f"voila_{theme.lower()}")


def test_every_kind_of_field_in_notebook_7(page: Page, lab: Lab, fleet: Simulator) -> None:
    """In Notebook 7, too, the panel is filled in, corrected, launched, watched and replayed, by keyboard."""
    page.goto(f"{lab.url}/notebooks/launch.ipynb?token={lab.token}")
    page.locator(".jp-Notebook").wait_for()
    lab.wait_for_kernel(page)
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    lab.run_all(page)
    launch_by_keyboard(page, fleet, SECRET, "notebook7")
