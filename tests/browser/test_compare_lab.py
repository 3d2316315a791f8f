"""The comparison under a real JupyterLab, with a real kernel behind it, in both themes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Lab, expect_kernel, running_lab
from tests.browser.shots import THEMES
from tests.browser.test_compare_page import COLOURS, OPS, step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

TYPED = "typed-into-the-recording"
SOURCE = """
import json
from cyberdesk_nb.player import TrajectoryComparison
comparison = TrajectoryComparison(*json.load(open("pair.json")))
comparison
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start one JupyterLab on a notebook that compares two recordings out of a file."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "notebooks"
    folder.mkdir()
    first, last = step("click", 100, 100), step("key", "Enter", colour="gray")
    middle = step("scroll", 300, 300, colour=COLOURS[3])
    a = [first, step("type", TYPED), step("click", 900, 700), middle, last]
    b = [first, step("type", f"{TYPED}!"), middle, step("wait", 2), last]
    pair = [{"id": name, "name": name, "trajectory_data": steps} for name, steps in (("left", a), ("right", b))]
    (folder / "pair.json").write_text(json.dumps(pair), encoding="utf-8")
    with running_lab(home, folder) as running:
        yield running


def write_notebook(path: Path) -> None:
    """Write a notebook of one code cell under a heading."""
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# What differs?"},
        {"cell_type": "code", "id": "b", "metadata": {}, "source": SOURCE, "outputs": [], "execution_count": None},
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    notebook: dict[str, Any] = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")


@pytest.mark.parametrize("theme", THEMES)
def test_keys_and_python_move_one_row(page: Page, lab: Lab, theme: str) -> None:
    """A key moves the row on screen and in Python, Python moves it on screen, and the saved file has no text of it."""
    notebook = lab.home / "notebooks" / f"{theme}.ipynb"
    write_notebook(notebook)
    lab.use_theme(f"JupyterLab {theme}")
    lab.open(page, notebook.name)
    lab.run_all(page)
    page.locator(".cdc[aria-busy=false]").wait_for(timeout=90_000)
    assert lab.ask_kernel("comparison.frame['op'].tolist()") == str(OPS)
    expect_kernel(lab, page, "comparison.row", "1")
    page.locator(".cdc-list").scroll_into_view_if_needed()
    page.locator(".cdc-list [role=option]").nth(1).click()
    expect(page.locator(".cdc-screen-b .cdp-caption")).to_have_text(f"{TYPED}!")
    page.wait_for_function("() => [...document.querySelectorAll('.cdp-frame > .cdp-shot')].every(i => i.naturalWidth)")
    page.keyboard.press("n")
    expect(page.locator(".cdp-count")).to_have_text("3 / 6")
    expect_kernel(lab, page, "comparison.row", "2")
    page.keyboard.press("o")
    expect_kernel(lab, page, "comparison.differences_only", "True")
    lab.ask_kernel("setattr(comparison, 'row', 4)")
    expect(page.locator(".cdp-count")).to_have_text("5 / 6")
    expect(page.locator(".cdc-screen-a .cdc-gap")).to_be_visible()
    dark = page.evaluate("getComputedStyle(document.querySelector('.cdc')).colorScheme")
    assert dark == theme.lower()
    lab.save(page)
    saved = notebook.read_text(encoding="utf-8")
    assert "image/png" in saved
    assert TYPED not in saved
