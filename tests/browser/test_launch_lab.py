"""The launch panel under a real JupyterLab in a real Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.lab import Lab, running_lab
from tests.browser.launching import PANEL, SECRET, environment_of, hospital, launch_by_keyboard, write_notebook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from cyberdesk_nb.simulator import Simulator

pytestmark = pytest.mark.browser


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
    with running_lab(home, folder, **environment_of(fleet)) as running:
        yield running


@pytest.mark.parametrize("page", [(1280, 1900)], indirect=True)
@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_every_kind_of_field_by_keyboard(page: Page, lab: Lab, fleet: Simulator, theme: str) -> None:
    """Without a pointer every field is filled in, an error is told and corrected, the run ends and is replayed."""
    lab.use_theme(f"JupyterLab {theme}")
    lab.open(page, "launch.ipynb")
    lab.run_all(page)
    launch_by_keyboard(page, fleet, SECRET, f"lab_{theme.lower()}")
    lab.close_kernels()
