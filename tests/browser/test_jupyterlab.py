"""The player under a real JupyterLab in a real Chromium, with a real kernel behind it."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from cyberdesk_nb.player.poster import BYTES_MAX
from tests.browser.conftest import watched_page
from tests.browser.controls import DISPLAY, Player, run_record, use_everything
from tests.browser.lab import Lab, expect_kernel, running_lab
from tests.browser.shots import shoot
from tests.player.pictures import inline, picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from cyberdesk_nb.simulator import Simulator

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
COLOURS = ("navy", "maroon", "darkgreen", "gold", "gray", "teal")
TYPED = "typed-into-the-recording"
RECORDING = """
import json
from cyberdesk_nb import TrajectoryPlayer
import ipywidgets, traitlets
record = json.load(open("recording.json"))
short = record | {"name": "Two clicks", "trajectory_data": record["trajectory_data"][3:5]}
player = TrajectoryPlayer.from_trajectory(record)
shelf = ipywidgets.VBox([])
linked = []

def show_linked():
    linked.extend(TrajectoryPlayer.from_trajectory(record) for _ in range(2))
    traitlets.link((linked[0], "step"), (linked[1], "step"))
    shelf.children = linked

display(player, shelf)
"""
CONTROLS = f"""
import json
from cyberdesk_nb import TrajectoryPlayer
player = TrajectoryPlayer.from_run(json.load(open("run.json")), dimensions={DISPLAY})
player
"""
# A first player is opened and closed before anything is counted: it loads what all of them share.
MANY = """
import gc, json
import ipywidgets
from comm import get_comm_manager
from cyberdesk_nb import TrajectoryPlayer
from ipywidgets.widgets.widget import _instances

record = json.load(open("run.json"))
player = TrajectoryPlayer.from_run(record)
shelf = ipywidgets.VBox([player])

def open_ten():
    players = [TrajectoryPlayer.from_run(record) for _ in range(10)]
    players[0].playing = True
    shelf.children = players

def close_all():
    players, shelf.children = shelf.children, []
    for player in players:
        player.close()

def left():
    gc.collect()
    return len(_instances), len(get_comm_manager().comms)

shelf
"""


@pytest.fixture(scope="module")
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start one JupyterLab on a copy of the notebooks, its kernels pointed at the simulator."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "notebooks"
    api: dict[str, str] = {}
    if NOTEBOOKS.exists():
        shutil.copytree(NOTEBOOKS, folder)
        sim: Simulator = request.getfixturevalue("sim")
        api = {"CYBERDESK_BASE_URL": sim.url, "CYBERDESK_API_KEY": sim.api_key}
    folder.mkdir(exist_ok=True)
    write_recording_notebook(folder)
    (folder / "run.json").write_text(json.dumps(run_record()), encoding="utf-8")
    write_notebook(folder / "controls.ipynb", CONTROLS)
    write_notebook(folder / "many.ipynb", MANY)
    with running_lab(home, folder, **api) as running:
        yield running


@pytest.fixture(scope="module")
def light(lab: Lab, browser: Browser) -> Iterator[Page]:
    """Open the player of a recording, for the tests that need no page of their own."""
    with watched_page(browser) as page:
        open_player(lab, page, "recording.ipynb", "JupyterLab Light")
        yield page


def write_recording_notebook(folder: Path) -> None:
    """Write a notebook that plays a recording out of a file beside it."""
    steps = [
        {
            "func_name": "computer",
            "kwargs": {"action": "left_click", "coordinate": [100 + 60 * i, 300], "note": TYPED},
            "pre_check_snapshot": {"screenshot": inline(picture(size=(1024, 768), colour=colour))},
        }
        for i, colour in enumerate(COLOURS)
    ]
    recording = {"id": "t", "name": "Six clicks", "trajectory_data": steps}
    (folder / "recording.json").write_text(json.dumps(recording), encoding="utf-8")
    write_notebook(folder / "recording.ipynb", RECORDING)


def write_notebook(path: Path, source: str) -> None:
    """Write a notebook of one code cell between two of text."""
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# What did it click?"},
        {"cell_type": "code", "id": "b", "metadata": {}, "source": source, "outputs": [], "execution_count": None},
        {"cell_type": "markdown", "id": "c", "metadata": {}, "source": "Six things."},
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    notebook: dict[str, Any] = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")


def open_player(lab: Lab, page: Page, notebook: str, theme: str) -> None:
    """Open a notebook, run it from the menu, and wait for its player."""
    lab.use_theme(theme)
    lab.open(page, notebook)
    lab.run_all(page)
    page.locator(".cdp[aria-busy=false]").first.wait_for(timeout=90_000)
    page.locator(".cdp").first.scroll_into_view_if_needed()
    page.wait_for_function("() => document.querySelector('.cdp-shot').naturalWidth > 0")


def move_by_key(lab: Lab, page: Page) -> None:
    """Press Home and the right arrow, and see the step move in the page and in Python."""
    total = int(lab.ask_kernel("player.n_steps"))
    assert total > 1
    page.locator(".cdp-stage").first.click()
    page.keyboard.press("Home")
    expect_kernel(lab, page, "player.step", "0")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".cdp-count").first).to_have_text(f"2 / {total}")
    expect_kernel(lab, page, "player.step", "1")


@pytest.mark.skipif(not (NOTEBOOKS / "03_replay.ipynb").exists(), reason="the notebook is not written yet")
def test_the_replay_notebook_works_from_the_menu(page: Page, lab: Lab) -> None:
    """03_replay, run from the menu, shows a player that a key moves on screen and in the kernel."""
    open_player(lab, page, "03_replay.ipynb", "JupyterLab Light")
    move_by_key(lab, page)
    shoot(page, "03_replay")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_every_control_and_key_works(page: Page, lab: Lab, theme: str) -> None:
    """In both themes, everything that the player offers does what it says on screen and in the kernel."""
    open_player(lab, page, "controls.ipynb", f"JupyterLab {theme}")
    probe = "node => getComputedStyle(node).getPropertyValue('--jp-layout-color1')"
    background = "node => getComputedStyle(node).getPropertyValue('--bg')"
    assert page.locator(".cdp").evaluate(background) == page.locator("body").evaluate(probe)
    assert page.locator(".cdp").evaluate("node => getComputedStyle(node).colorScheme") == theme.lower()
    use_everything(Player(page, page, lambda trait, value: expect_kernel(lab, page, f"player.{trait}", repr(value))))
    shoot(page, f"controls_{theme.lower()}")


def test_a_hundred_players_leave_nothing_behind(browser: Browser, lab: Lab) -> None:
    """A hundred players opened and closed leave no comm, no widget, no listener, no object URL and no elements."""
    with watched_page(browser) as page:
        page.add_init_script(
            """
            window.urls = new Set();
            const make = URL.createObjectURL, revoke = URL.revokeObjectURL;
            URL.createObjectURL = (blob) => { const url = make.call(URL, blob); urls.add(url); return url; };
            URL.revokeObjectURL = (url) => { urls.delete(url); revoke.call(URL, url); };
            """
        )
        open_player(lab, page, "many.ipynb", "JupyterLab Light")
        players = page.locator(".cdp[aria-busy=false]")
        devtools = page.context.new_cdp_session(page)

        def left() -> list[Any]:
            devtools.send("HeapProfiler.collectGarbage")
            found = {"expression": "getEventListeners(window).keydown?.length ?? 0", "includeCommandLineAPI": True}
            listeners = devtools.send("Runtime.evaluate", found)["result"]["value"]
            return [lab.ask_kernel("left()"), listeners, page.evaluate("urls.size")]

        def nodes() -> int:
            return int(devtools.send("Memory.getDOMCounters")["nodes"])

        lab.ask_kernel("close_all()")
        expect(players).to_have_count(0)
        before, nodes_before = left(), nodes()
        for _ in range(10):
            lab.ask_kernel("open_ten()")
            expect(players).to_have_count(10)
            # The counting itself is held to see what is there while it is there.
            assert all(now != then for now, then in zip(left(), before, strict=True))
            lab.ask_kernel("close_all()")
            expect(players).to_have_count(0)
        assert left() == before
        assert nodes() - nodes_before < 2_000


def test_a_key_moves_the_step_on_screen_and_in_the_kernel(light: Page, lab: Lab) -> None:
    """A press of the right arrow moves the step in the page and in Python."""
    move_by_key(lab, light)
    shoot(light, "recording_light")


def test_the_kernel_moves_the_page(light: Page, lab: Lab) -> None:
    """A step set in Python shows in the page."""
    lab.ask_kernel("setattr(player, 'step', 4)")
    expect(light.locator(".cdp-count")).to_have_text("5 / 6")


def test_the_notebook_does_not_act_on_the_players_keys(light: Page, lab: Lab) -> None:
    """Keys that insert, delete or move cells do nothing to the notebook while the player has the focus."""
    cells = light.locator(".jp-Notebook .jp-Cell")
    cells.first.click()
    light.keyboard.press("Escape")
    count = cells.count()
    light.locator(".cdp-list li").first.click()
    for key in ("a", "b", "d", "d", "x", "ArrowDown", "ArrowDown", "Enter", "m"):
        light.keyboard.press(key)
    assert cells.count() == count
    expect_kernel(lab, light, "player.step", "2")
    cells.first.click()
    light.keyboard.press("Escape")
    light.keyboard.press("b")
    expect(cells).to_have_count(count + 1)


def test_a_saved_notebook_holds_a_still_picture_and_no_recording(light: Page, lab: Lab) -> None:
    """Saved with widget state, a notebook has one small picture of the steps, and neither screens nor texts of them."""
    light.get_by_role("menuitem", name="Settings", exact=True).click()
    with light.expect_response(lambda answer: answer.request.method == "PUT" and "/api/settings/" in answer.url):
        light.locator('.lm-Menu-item[data-command="@jupyter-widgets/jupyterlab-manager:saveWidgetState"]').click()
    lab.save(light)
    saved = (lab.home / "notebooks" / "recording.ipynb").read_text(encoding="utf-8")
    assert "application/vnd.jupyter.widget-state+json" in saved
    assert TYPED not in saved
    for colour in COLOURS:
        assert inline(picture(size=(1024, 768), colour=colour))[60:200] not in saved
    outputs = [output for cell in json.loads(saved)["cells"] for output in cell.get("outputs", [])]
    still = base64.b64decode(outputs[0]["data"]["image/png"])
    assert still.startswith(b"\x89PNG")
    assert len(still) <= BYTES_MAX


def test_two_linked_players_move_together(light: Page, lab: Lab) -> None:
    """A step chosen in one player shows in the one linked to it, and both kernels' players know."""
    assert lab.ask_kernel("show_linked()") == "None"
    shown = light.locator(".cdp[aria-busy=false]")
    expect(shown).to_have_count(3)
    shown.nth(1).locator("[role=option]").nth(3).click()
    expect(shown.nth(2).locator(".cdp-count")).to_have_text("4 / 6")
    expect_kernel(lab, light, "[one.step for one in linked]", "[3, 3]")
    lab.ask_kernel("setattr(linked[1], 'step', 1)")
    expect(shown.nth(1).locator(".cdp-count")).to_have_text("2 / 6")


def test_an_updated_player_shows_the_other_recording(light: Page, lab: Lab) -> None:
    """player.update(other) puts the other recording on the page: its title, its steps, its screen."""
    lab.ask_kernel("setattr(linked[0], 'view', 'after')")
    lab.ask_kernel("linked[0].update(TrajectoryPlayer.from_trajectory(short))")
    updated = light.locator(".cdp").nth(1)
    expect(updated.locator(".cdp-title")).to_have_text("Two clicks (trajectory t)")
    expect(updated.locator(".cdp-count")).to_have_text("1 / 2")
    expect(updated.get_by_role("button", name="Before")).to_have_attribute("aria-pressed", "true")
    light.wait_for_function("() => document.querySelectorAll('.cdp')[1].querySelector('.cdp-shot').naturalWidth > 0")


def test_closing_the_player_takes_it_off_the_page(light: Page, lab: Lab) -> None:
    """player.close() removes the view and its comm."""
    lab.ask_kernel("[one.close() for one in (player, *linked)]")
    expect(light.locator(".cdp")).to_have_count(0)
    assert lab.ask_kernel("player.comm") == "None"
