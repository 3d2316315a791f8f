"""The player's screens in a real browser, on a stand-in model: which one shows, and what stands in for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.harness import open_player
from tests.browser.recordings import CLICKS, computer, png, recording, state, wait_picture
from tests.player.pictures import bomb, inline, picture

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_screens_before_after_and_changes(page: Page) -> None:
    """Before shows the step's own screen, After the next one without the action, Changes one laid over the other."""
    open_player(page, recording(*CLICKS), step=1)
    wait_picture(page)
    shot = page.locator(".cdp-frame > .cdp-shot")
    expect(shot).to_have_attribute("data-position", "1")
    page.get_by_role("button", name="After").click()
    expect(shot).to_have_attribute("data-position", "2")
    expect(page.locator(".cdp-layer")).to_be_hidden()
    page.get_by_role("button", name="Changes").click()
    expect(page.locator(".cdp-changes")).to_be_visible()
    assert state(page, "view") == "changes"
    page.locator(".cdp-stage").click()
    page.keyboard.press("b")
    assert state(page, "view") == "before"
    page.keyboard.press("End")
    page.get_by_role("button", name="After").click()
    expect(page.locator(".cdp-blank")).to_contain_text("No screen was recorded after this step")


@pytest.mark.parametrize(("y", "below"), [(20, True), (400, False), (760, False)])
def test_words_on_the_screen_leave_the_action_free(page: Page, y: int, below: bool) -> None:
    """What is said over the screen stands at the other end when the action is at its top."""
    click = computer("left_click", coordinate=[100, y]) | {"pre_check_snapshot": {}}
    open_player(page, recording(CLICKS[0], click), step=1)
    wait_picture(page)
    words, mark = (page.locator(part).bounding_box() for part in (".cdp-banner span", ".cdp-ring"))
    assert words
    assert mark
    assert (words["y"] > mark["y"] + mark["height"]) is below
    assert below or words["y"] + words["height"] < mark["y"]


def test_changes_are_framed_and_measured(page: Page) -> None:
    """What changed between two screens is framed at its place and said as a share; equal screens are said to be so."""
    before, after = Image.new("RGB", (1024, 768), "white"), Image.new("RGB", (1024, 768), "white")
    after.paste("black", (256, 192, 512, 384))
    screens = [inline(png(image)) for image in (before, before, after)]
    calls = [CLICKS[0] | {"pre_check_snapshot": {"screenshot": screen}} for screen in screens]
    open_player(page, recording(*calls), view="changes")
    banner = page.locator(".cdp-banner")
    expect(banner).to_contain_text("Nothing changed until the next picture")
    expect(page.locator(".cdp-changed")).to_be_hidden()
    page.evaluate("model.set('step', 1)")
    expect(banner).to_contain_text("6 % of the screen")
    frame = page.evaluate(
        """() => {
          const rect = name => document.querySelector(name).getBoundingClientRect();
          const [all, box] = [rect('.cdp-frame'), rect('.cdp-changed')];
          return [(box.left - all.left) / all.width, (box.top - all.top) / all.height, box.width / all.width];
        }"""
    )
    assert frame == pytest.approx([0.25, 0.25, 0.25], abs=0.01)
    page.evaluate("model.set('view', 'before')")
    expect(page.locator(".cdp-changed")).to_be_hidden()


def test_a_step_without_a_picture_shows_the_last_one_and_says_so(page: Page) -> None:
    """A step without its own screen is drawn over the last one before it, and the player says whose it is."""
    open_player(page, recording(CLICKS[0], CLICKS[1] | {"pre_check_snapshot": {"screenshot": None}}), step=1)
    wait_picture(page)
    expect(page.locator(".cdp-frame > .cdp-shot")).to_have_attribute("data-position", "0")
    expect(page.locator(".cdp-banner")).to_contain_text("Screen of step 1")
    expect(page.locator(".cdp-ring")).to_have_count(1)


@pytest.mark.parametrize(
    ("screenshot", "words"),
    [
        (None, "No screen was recorded"),
        (inline(b"<svg xmlns='http://www.w3.org/2000/svg' onload='window.hacked=1'/>"), "not a PNG"),
        (inline(bomb(8000, 5000)), "8000x5000"),
        (inline(picture(size=(600, 400))[:120]), "broken"),
        ("?", "not base64"),
        ("supabase://run-images/a.png", "no connection"),
    ],
)
def test_what_cannot_be_shown_is_a_placeholder(page: Page, screenshot: str | None, words: str) -> None:
    """Missing, hostile, oversized, cut and unreachable pictures are replaced by the reason, and the replay goes on."""
    open_player(page, recording(CLICKS[0] | {"pre_check_snapshot": {"screenshot": screenshot}}, CLICKS[1]))
    blank = page.locator(".cdp-blank")
    expect(blank).to_contain_text(words)
    assert page.evaluate("window.hacked") is None
    page.locator(".cdp-stage").click()
    page.keyboard.press("ArrowRight")
    wait_picture(page)
    expect(blank).to_be_hidden()


def test_a_fetch_that_failed_can_be_tried_again(page: Page) -> None:
    """After a failure that may pass, a button asks once more, and the picture then shows."""
    open_player(page, recording(*CLICKS))
    wait_picture(page)
    page.evaluate(
        "() => { data = model.data.pictures.full; window.good = data[3]; data[3] = {reason: 'expired', passing: true};"
        " model.set('step', 3); }"
    )
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    page.evaluate("model.data.pictures.full[3] = good")
    again.click()
    wait_picture(page)
    expect(page.locator(".cdp-frame > .cdp-shot")).to_have_attribute("data-position", "3")


def test_a_new_recording_replaces_the_old_one(page: Page) -> None:
    """When the kernel sends another recording, everything shown is the new one's."""
    open_player(page, recording(*CLICKS), step=1)
    wait_picture(page)
    page.evaluate(
        "() => { const story = structuredClone(model.data.story); story.title = 'Another';"
        " story.steps = story.steps.slice(0, 2); model.emit('msg:custom', {kind: 'story', edition: 1, story}, []); }"
    )
    expect(page.locator(".cdp-title")).to_have_text("Another")
    expect(page.locator(".cdp-list [role=option]")).to_have_count(2)


def test_a_late_picture_of_an_earlier_recording_is_not_shown(page: Page) -> None:
    """A picture that was asked for before another recording was loaded never stands for a step of the new one."""
    open_player(page, recording(*CLICKS))
    wait_picture(page)
    page.evaluate(
        """() => {
          model.holding = true;
          const story = structuredClone(model.data.story);
          model.emit('msg:custom', {kind: 'story', edition: 2, story}, []);
          const { base64, ...head } = model.data.pictures.full[3];
          const bytes = Uint8Array.from(atob(base64), c => c.charCodeAt(0));
          model.emit('msg:custom', {kind: 'picture', edition: 1, position: 0, size: 'full', ...head}, [bytes]);
        }"""
    )
    expect(page.locator(".cdp-loading")).to_have_count(1)
    page.evaluate("() => { model.edition = 2; model.release(); }")
    wait_picture(page)
    expect(page.locator(".cdp-loading")).to_have_count(0)


def test_a_thumbnail_stands_in_until_the_screen_comes(page: Page) -> None:
    """While a screen is on its way its thumbnail is shown in its place, if there is one, and the action is not."""
    open_player(page, recording(*CLICKS))
    wait_picture(page)
    expect(page.locator(".cdp-tile img")).to_have_count(5)
    page.evaluate("() => { model.holding = true; model.set('step', 3); }")
    shot = page.locator(".cdp-frame.cdp-rough > .cdp-shot")
    expect(shot).to_have_attribute("data-position", "3")
    assert shot.evaluate("node => node.naturalWidth") == 160
    expect(page.locator(".cdp-layer")).to_be_hidden()
    page.evaluate("model.release()")
    wait_picture(page)
    expect(page.locator(".cdp-rough")).to_have_count(0)
    assert page.locator(".cdp-frame > .cdp-shot").evaluate("node => node.naturalWidth") == 1024
