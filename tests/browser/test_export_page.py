"""The exported file in a real browser: the same player, without kernel and network, also inside a sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from cyberdesk_nb.player import TrajectoryPlayer
from tests.browser.controls import DISPLAY, Player, run_record, use_everything
from tests.player.hostile import HOSTILE, LONG, hostile_run, hostile_trajectory
from tests.player.pictures import inline, picture

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Page

pytestmark = pytest.mark.browser


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """Write a recording of three steps, the last without a picture of its own."""
    steps: list[dict[str, Any]] = [
        {"func_name": "click", "args": [512, 384], "result": HOSTILE},
        {"func_name": "click", "args": [100, 100]},
        {"func_name": HOSTILE, "kwargs": {"why": HOSTILE}},
    ]
    for step, colour in zip(steps[:2], ("navy", "teal"), strict=True):
        step["pre_check_snapshot"] = {"screenshot": inline(picture(size=(1024, 768), colour=colour))}
    player = TrajectoryPlayer.from_trajectory({"id": "t", "name": HOSTILE, "trajectory_data": steps})
    player.step = 1
    return player.to_html(tmp_path / "recording.html").path


def use(page: Page, frame: Frame) -> None:
    """Step through the page and see the screen, the action and the details follow."""
    expect(frame.locator(".cdp-count")).to_have_text("2 / 3")
    frame.wait_for_function("() => document.querySelector('.cdp-shot').naturalWidth === 1024")
    frame.locator(".cdp-stage").click()
    page.keyboard.press("ArrowLeft")
    expect(frame.locator(".cdp-count")).to_have_text("1 / 3")
    expect(frame.locator(".cdp-dot")).to_have_count(1)
    expect(frame.locator(".cdp-details")).to_contain_text("onerror")
    page.keyboard.press("End")
    expect(frame.locator(".cdp-banner")).to_contain_text("Screen of step 2")
    page.keyboard.press("Home")
    frame.get_by_role("button", name="Changes").click()
    expect(frame.locator(".cdp-banner")).to_contain_text("100 % of the screen")
    page.keyboard.press("End")
    frame.get_by_role("button", name="After").click()
    expect(frame.locator(".cdp-blank")).to_contain_text("No screen was recorded after this step")
    assert frame.evaluate("window.hacked") is None


def test_the_file_plays_by_itself(page: Page, exported: Path) -> None:
    """Opened from the disk, the file is the player at the step where it was exported."""
    page.goto(exported.as_uri())
    use(page, page.main_frame)
    expect(page.locator("footer")).to_contain_text("pictures as recorded")


@pytest.mark.parametrize("text", [HOSTILE, LONG], ids=["hostile", "a megabyte of it"])
def test_hostile_text_is_text_in_the_file(page: Page, tmp_path: Path, text: str) -> None:
    """Whatever stands in any field of a record, the file shows it as text, and none of it runs."""
    for record in (hostile_trajectory(text), hostile_run(text)):
        play = TrajectoryPlayer.from_run if "status" in record else TrajectoryPlayer.from_trajectory
        page.goto(play(record).to_html(tmp_path / "a.html").path.as_uri())
        page.locator(".cdp[aria-busy=false] .cdp-list").focus()
        for _ in range(page.locator(".cdp [role=option]").count()):
            expect(page.locator(".cdp-details")).to_contain_text("onerror=")
            page.keyboard.press("ArrowRight")
        assert page.locator(".cdp script, .cdp-details img, .cdp-list img").count() == 0
        assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize("dark", [False, True])
def test_every_control_and_key_works_in_the_file(page: Page, tmp_path: Path, dark: bool) -> None:
    """In light and dark, everything that the player offers works in the exported file, without a kernel."""
    recording = TrajectoryPlayer.from_run(run_record(), dimensions=DISPLAY).to_html(tmp_path / "a.html").path
    page.emulate_media(color_scheme="dark" if dark else "light")
    page.goto(recording.as_uri())
    background = page.locator(".cdp").evaluate("node => getComputedStyle(node).backgroundColor")
    assert background == ("rgb(22, 24, 29)" if dark else "rgb(255, 255, 255)")
    use_everything(Player(page, page, lambda trait, value: None))


def test_the_file_plays_in_a_sandbox(page: Page, exported: Path) -> None:
    """Inside a frame that may run scripts and nothing else, the file plays as well."""
    markup = exported.read_text(encoding="utf-8")
    page.goto("about:blank")
    page.evaluate(
        "markup => new Promise(done => { const f = document.createElement('iframe'); f.sandbox = 'allow-scripts';"
        " f.style = 'width: 1200px; height: 760px'; f.onload = done; f.srcdoc = markup; document.body.append(f); })",
        markup,
    )
    use(page, page.frames[1])
