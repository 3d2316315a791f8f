"""Moving through a recording in a real browser, on a stand-in model: keys, buttons, rows, playing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.harness import open_player
from tests.browser.recordings import CLICKS, recording, selected, state

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("start", "key", "expected"),
    [
        (1, "ArrowRight", 2),
        (1, "ArrowDown", 2),
        (2, "ArrowLeft", 1),
        (2, "ArrowUp", 1),
        (3, "Home", 0),
        (1, "End", 4),
        (4, "ArrowRight", 4),
        (0, "ArrowLeft", 0),
        (0, "PageDown", 4),
        (4, "PageUp", 0),
    ],
)
def test_keys_move_the_step(page: Page, start: int, key: str, expected: int) -> None:
    """With the focus in the player the keys move the step, on screen and in the model, and stop at the ends."""
    open_player(page, recording(*CLICKS), step=start)
    page.locator(".cdp-stage").click()
    page.keyboard.press(key)
    assert state(page, "step") == expected
    assert f"({100 + 50 * expected}, 200)" in selected(page)
    expect(page.locator(".cdp-count")).to_have_text(f"{expected + 1} / 5")


def test_plain_keys_stay_in_the_player_while_it_has_the_focus(page: Page) -> None:
    """The notebook sees no plain key while the player has the focus, sees Ctrl keys, and sees all others otherwise."""
    open_player(page, recording(*CLICKS))
    page.evaluate(
        "() => { window.seen = []; document.addEventListener('keydown', e => seen.push(e.key), true);"
        " const field = document.createElement('input'); field.id = 'outside'; document.body.append(field); }"
    )
    page.locator(".cdp-list").focus()
    for key in ("ArrowDown", "a", "b", "d", "x", "Enter", "z"):
        page.keyboard.press(key)
    assert page.evaluate("seen") == []
    page.keyboard.press("Control+s")
    assert page.evaluate("seen") == ["Control", "s"]
    page.locator("#outside").focus()
    before = state(page, "step")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("seen.at(-1)") == "ArrowRight"
    assert state(page, "step") == before


def test_buttons_slider_and_rows_move_the_step(page: Page) -> None:
    """Each button, a row of the list, a tile of the film strip and the slider move the step."""
    open_player(page, recording(*CLICKS))
    for name, expected in [("Next step", 1), ("Last step", 4), ("Previous step", 3), ("First step", 0)]:
        page.get_by_role("button", name=name).click()
        assert state(page, "step") == expected
    page.locator(".cdp-list [role=option]").nth(2).click()
    assert state(page, "step") == 2
    page.locator(".cdp-tile").nth(3).click()
    assert state(page, "step") == 3
    page.get_by_role("slider", name="Step").fill("1")
    assert state(page, "step") == 1


def test_a_step_set_by_the_kernel_shows(page: Page) -> None:
    """When Python sets the step, the screen, the list, the slider and the details follow."""
    open_player(page, recording(*CLICKS))
    page.evaluate("model.set('step', 3)")
    assert "(250, 200)" in selected(page)
    expect(page.get_by_role("slider", name="Step")).to_have_value("3")
    expect(page.locator(".cdp-details h4")).to_contain_text("(250, 200)")


def test_playing_runs_to_the_end_and_stops(page: Page) -> None:
    """Play moves through all steps and stops at the last; pressed there, it starts over."""
    open_player(page, recording(*CLICKS), speed=8)
    page.locator(".cdp-stage").click()
    page.keyboard.press("Space")
    assert state(page, "playing") is True
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.wait_for_function("() => model.get('step') === 4 && !model.get('playing')")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("() => model.get('step') > 0 && model.get('step') < 4")
    page.keyboard.press("Space")
    assert state(page, "playing") is False


def test_playing_waits_for_the_picture(page: Page) -> None:
    """Playing does not move on to a step whose screen is still on its way."""
    bare = [call | {"pre_check_snapshot": {}} for call in CLICKS[:4]]
    open_player(page, recording(*bare, CLICKS[4]), speed=8, holding=True)
    page.evaluate("model.set('playing', true)")
    page.wait_for_function("() => model.get('step') === 3 && model.held.some(m => m.positions.includes(4))")
    assert page.evaluate("new Promise(done => setTimeout(() => done(model.get('step')), 600))") == 3
    page.evaluate("model.release()")
    page.wait_for_function("() => model.get('step') === 4")


def test_speed_is_chosen_and_shown(page: Page) -> None:
    """The speed control sets the trait, and shows a speed that Python set even when it is none of the usual ones."""
    open_player(page, recording(*CLICKS))
    speed = page.get_by_label("Speed")
    speed.select_option("4")
    assert state(page, "speed") == 4
    page.evaluate("model.set('speed', 3)")
    expect(speed).to_have_value("3")


def test_two_views_of_one_player_play_at_one_pace(page: Page) -> None:
    """Two views share the step and its pictures, and playing with both open moves one step at a time."""
    open_player(page, recording(*CLICKS), speed=8)
    page.evaluate("() => { show(); window.steps = []; model.on('change:step', () => steps.push(model.get('step'))); }")
    expect(page.locator(".cdp")).to_have_count(2)
    page.evaluate("model.set('playing', true)")
    page.wait_for_function("() => model.get('step') === 4 && !model.get('playing')")
    assert page.evaluate("steps") == [1, 2, 3, 4]
    assert page.evaluate("model.sent.filter(m => m.kind === 'open').length") == 1


def test_jumps_find_failed_steps_and_steps_of_the_agent(page: Page) -> None:
    """E goes to the next failed step, A to the next of the agent, shifted to the one before, around the end."""
    player = recording(*CLICKS)
    open_player(page, player)
    page.evaluate(
        """() => {
          const story = structuredClone(model.data.story);
          story.steps[1].failed = true;
          story.steps[3].failed = true;
          story.steps[2].origin = 'agent';
          model.emit('msg:custom', {kind: 'story', edition: 1, story}, []);
        }"""
    )
    page.locator(".cdp-stage").click()
    visited: list[int] = []
    for key in ("e", "e", "e", "Shift+E", "a"):
        page.keyboard.press(key)
        visited.append(state(page, "step"))
    assert visited == [1, 3, 1, 3, 2]
    page.get_by_role("button", name="Next failed step").click()
    assert state(page, "step") == 3
