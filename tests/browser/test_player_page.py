"""The player's front end in a real browser, on a stand-in model: every control and key, both themes, no leaks."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from cyberdesk_nb.player import TrajectoryPlayer
from cyberdesk_nb.simulator.catalog import KINDS
from tests.browser.harness import open_player
from tests.player import samples
from tests.player.hostile import HOSTILE, LONG, hostile_run, hostile_trajectory
from tests.player.pictures import bomb, inline, picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

COLOURS = ("navy", "maroon", "darkgreen", "gold", "gray")


def computer(action: str, **values: Any) -> dict[str, Any]:
    """Return one recorded call."""
    return {"func_name": "computer", "args": [], "kwargs": {"action": action, **values}}


def recording(*calls: dict[str, Any], size: tuple[int, int] = (1024, 768), **values: Any) -> TrajectoryPlayer:
    """Return a player of these calls, each with a picture of its own unless it says otherwise."""
    steps = [
        {"pre_check_snapshot": {"screenshot": inline(picture(size=size, colour=COLOURS[i % 5]))}, "result": "ok"} | call
        for i, call in enumerate(calls)
    ]
    return TrajectoryPlayer.from_trajectory({"id": "t", "name": "Sample", "trajectory_data": steps} | values)


CLICKS = [computer("left_click", coordinate=[100 + 50 * i, 200]) for i in range(5)]


def png(image: Image.Image) -> bytes:
    """Return a picture as a file."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def state(page: Page, name: str) -> Any:
    """Return a trait of the stand-in model."""
    return page.evaluate("name => model.get(name)", name)


def wait_picture(page: Page) -> None:
    """Wait until the screen of the current step is drawn."""
    page.wait_for_function(
        "() => { const f = document.querySelector('.cdp-frame'), i = f.querySelector('.cdp-shot');"
        " return !f.classList.contains('cdp-loading') && (i.hidden || (i.complete && i.naturalWidth > 0)); }"
    )


def selected(page: Page) -> str:
    """Return the text of the selected row of the step list."""
    return page.locator("[role=option][aria-selected=true]").inner_text()


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


@pytest.mark.parametrize("text", [HOSTILE, LONG], ids=["hostile", "a megabyte of it"])
@pytest.mark.parametrize(
    "player",
    [
        lambda text: TrajectoryPlayer.from_trajectory(hostile_trajectory(text)),
        lambda text: TrajectoryPlayer.from_run(hostile_run(text)),
    ],
    ids=["trajectory", "run"],
)
def test_hostile_text_is_text(page: Page, player: Callable[[str], TrajectoryPlayer], text: str) -> None:
    """Markup, script ends, direction marks and a megabyte in every field are shown as they are and do nothing."""
    shown = player(text)
    open_player(page, shown)
    page.locator(".cdp-list").focus()
    for step in range(shown.n_steps):
        expect(page.locator(".cdp-count")).to_have_text(f"{step + 1} / {shown.n_steps}")
        assert "onerror=" in page.locator(".cdp-details").inner_text()
        page.keyboard.press("ArrowRight")
    assert page.locator(".cdp script, .cdp-details img, .cdp-list img, .cdp svg svg[onload]").count() == 0
    assert page.evaluate("window.hacked") is None
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width == 0


def test_a_thousand_steps_open_with_few_pictures(page: Page) -> None:
    """A long recording asks for the pictures in sight only, and its timeline still fits and is hit where it shows."""
    screens = [inline(picture(size=(1024, 768), colour=colour)) for colour in COLOURS]
    history: list[dict[str, Any]] = []
    for i in range(1000):
        call = {
            "type": "tool_use",
            "tool_use_id": str(i),
            "tool_name": "computer",
            "tool_input": CLICKS[i % 5]["kwargs"],
        }
        shot = {"type": "image", "image_base64": screens[i % 5]}
        time = (datetime(2026, 11, 2, tzinfo=UTC) + timedelta(seconds=5 * i)).isoformat()
        history += [{"role": "user", "content": [shot]}, {"role": "assistant", "content": [call], "timestamp": time}]
    open_player(page, TrajectoryPlayer.from_run({"id": "r", "status": "success", "run_message_history": history}))
    wait_picture(page)
    expect(page.locator(".cdp-tile img").first).to_be_visible()
    asked = page.evaluate("model.sent.filter(m => m.kind === 'pictures').map(m => [m.size, m.positions.length])")
    assert sum(count for size, count in asked if size == "full") <= 4
    assert sum(count for size, count in asked if size == "small") <= 40
    place = page.locator(".cdp-timeline").bounding_box()
    assert place
    page.mouse.click(place["x"] + 8 + (place["width"] - 16) * 0.75, place["y"] + 4)
    assert state(page, "step") == pytest.approx(750, abs=4)
    wait_picture(page)
    expect(page.locator(".cdp-tile.cdp-current")).to_be_in_viewport()
    page.locator(".cdp-stage").click()
    for key in ("End", "Home"):
        page.keyboard.press(key)
        wait_picture(page)
    asked = page.evaluate("model.sent.filter(m => m.kind === 'pictures').flatMap(m => m.positions).length")
    assert asked < 200


@pytest.mark.parametrize("size", [10e6, 19e6])
def test_large_screens_are_dropped_and_fetched_again(page: Page, size: float) -> None:
    """The page holds no more than 64 MB of screens; one that was dropped is asked for again when it is shown."""
    page.add_init_script(
        """
        window.held = new Map();
        const make = URL.createObjectURL, revoke = URL.revokeObjectURL;
        URL.createObjectURL = (blob) => { const url = make.call(URL, blob); held.set(url, blob.size); return url; };
        URL.revokeObjectURL = (url) => { held.delete(url); revoke.call(URL, url); };
        """
    )
    open_player(page, recording(*CLICKS * 3))
    page.evaluate(
        """(size) => {
          const emit = model.emit;
          const padded = (bytes) => { const large = new Uint8Array(size); large.set(bytes); return large; };
          model.emit = (name, message, buffers) => emit.call(model, name, message,
            message?.size === 'full' && buffers.length ? buffers.map(padded) : buffers);
        }""",
        size,
    )
    held: list[int] = []
    for step in [*range(1, 15), 1]:
        page.evaluate("step => model.set('step', step)", step)
        wait_picture(page)
        held.append(page.evaluate("[...held.values()].reduce((sum, size) => sum + size, 0)"))
    assert 2 * size <= max(held) <= 64e6
    page.evaluate("(async () => { for (let i = 0; i < 30; i++) await new Promise(requestAnimationFrame); })()")
    asked = page.evaluate("model.sent.filter(m => m.size === 'full').flatMap(m => m.positions)")
    assert asked.count(1) >= 2
    assert len(asked) < 4 * 15
    expect(page.locator(".cdp-frame > .cdp-shot")).to_have_attribute("data-position", "1")


def test_hiding_the_player_leaves_nothing_behind(page: Page) -> None:
    """After many views opened and closed: no listener, no timer, no object URL, no element."""
    page.add_init_script(
        """
        window.urls = new Set(); window.timers = new Set(); window.keys = 0;
        const make = URL.createObjectURL, revoke = URL.revokeObjectURL, add = window.addEventListener;
        const set = window.setTimeout, clear = window.clearTimeout;
        URL.createObjectURL = (b) => { const u = make.call(URL, b); urls.add(u); return u; };
        URL.revokeObjectURL = (u) => { urls.delete(u); revoke.call(URL, u); };
        window.setTimeout = (f, ms, ...a) => {
          const t = set(() => { timers.delete(t); f(...a); }, ms);
          timers.add(t);
          return t;
        };
        window.clearTimeout = (t) => { timers.delete(t); clear(t); };
        window.addEventListener = function (type, f, options) {
          if (type === 'keydown') { keys += 1; options?.signal?.addEventListener('abort', () => { keys -= 1; }); }
          return add.call(this, type, f, options);
        };
        """
    )
    open_player(page, recording(*CLICKS), speed=1)
    wait_picture(page)
    assert page.evaluate("keys") == 1
    page.evaluate("model.set('playing', true)")
    page.evaluate("() => { hide(); for (let i = 0; i < 100; i++) show()(); }")
    page.wait_for_function("() => timers.size === 0 && urls.size === 0")
    page.evaluate("detach()")
    assert page.evaluate("[keys, model.listeners.length, document.querySelectorAll('.cdp').length]") == [0, 0, 0]


def test_two_views_of_one_player_play_at_one_pace(page: Page) -> None:
    """Two views share the step and its pictures, and playing with both open moves one step at a time."""
    open_player(page, recording(*CLICKS), speed=8)
    page.evaluate("() => { show(); window.steps = []; model.on('change:step', () => steps.push(model.get('step'))); }")
    expect(page.locator(".cdp")).to_have_count(2)
    page.evaluate("model.set('playing', true)")
    page.wait_for_function("() => model.get('step') === 4 && !model.get('playing')")
    assert page.evaluate("steps") == [1, 2, 3, 4]
    assert page.evaluate("model.sent.filter(m => m.kind === 'open').length") == 1


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


def test_a_run_shows_where_its_steps_came_from(page: Page) -> None:
    """Replayed steps name their trajectory, the agent's first is where replay broke, and the end tells the error."""
    failure = KINDS[0].failures[0]
    performance = samples.play(failure=failure.name)
    player = TrajectoryPlayer.from_run(samples.run(performance, replayed=3), images=samples.fetcher(performance))
    open_player(page, player, step=2)
    details = page.locator(".cdp-details")
    expect(details).to_contain_text("Replayed from calm day, step 3")
    expect(page.locator(".cdp-break")).to_have_count(1)
    page.locator(".cdp-list").focus()
    page.keyboard.press("a")
    expect(details).to_contain_text("Replay broke here: the agent took over")
    page.keyboard.press("End")
    expect(details).to_contain_text(str(performance.error))
    expect(page.locator(".cdp-status")).to_have_text(failure.status)
    segments = page.locator(".cdp-segment")
    expect(segments).to_have_count(player.n_steps)
    widths = segments.evaluate_all("nodes => nodes.map(node => node.getBoundingClientRect().width)")
    assert widths[3] > 3 * widths[0]


def test_the_player_speaks(page: Page) -> None:
    """A screen reader is told the step as it changes, what the screen is, and what each control does."""
    open_player(page, recording(*CLICKS))
    expect(page.get_by_role("region", name="Trajectory player: Sample (trajectory t)")).to_be_visible()
    page.locator(".cdp-list").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("status")).to_have_text("Step 2: Click (150, 200), 2 of 5")
    expect(page.get_by_role("img", name="Screen before step 2: Click (150, 200)")).to_be_visible()
    active = page.locator(".cdp-list").get_attribute("aria-activedescendant")
    expect(page.locator(f"#{active}")).to_contain_text("(150, 200)")
    expect(page.get_by_role("slider", name="Step")).to_have_attribute("aria-valuetext", re.compile("Step 2"))
    for button in page.get_by_role("button").all():
        assert button.get_attribute("aria-label") or button.inner_text()


def test_everything_is_reached_by_tab(page: Page) -> None:
    """Tab alone reaches the views, the list, the screen, the controls and the details."""
    open_player(page, recording(*CLICKS))
    reached: set[str] = set()
    for _ in range(24):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("(document.activeElement.ariaLabel ?? document.activeElement.textContent).trim()"))
    wanted = {"Before", "After", "Changes", "Full screen", "Steps", "Screen", "Play", "Step", "Speed", "Step details"}
    assert wanted <= reached


@pytest.mark.parametrize("dark", [False, True])
def test_text_can_be_read_in_both_themes(page: Page, dark: bool) -> None:
    """Every text of the player has a contrast of at least 4.5 to 1 with what is behind it."""
    open_player(page, recording(*CLICKS), dark=dark)
    wait_picture(page)
    low = page.evaluate(LOW_CONTRAST)
    assert low == []


# Returns the texts whose contrast with the nearest opaque background is below 4.5, with that contrast.
LOW_CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const paint = (...colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const linear = (v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r / 255) + .7152 * linear(g / 255) + .0722 * linear(b / 255);
  const low = [];
  for (const node of document.querySelectorAll('.cdp *')) {
    const own = [...node.childNodes].some(c => c.nodeType === 3 && c.textContent.trim());
    if (!own || !node.checkVisibility() || node.closest('.cdp-live, .cdp-layer, option')) continue;
    const grounds = [];
    for (let n = node; n; n = n.parentElement) grounds.unshift(getComputedStyle(n).backgroundColor);
    const [back, fore] = [light(paint(...grounds)), light(paint(...grounds, getComputedStyle(node).color))];
    const contrast = (Math.max(back, fore) + .05) / (Math.min(back, fore) + .05);
    if (contrast < 4.5) low.push(`${node.className}: ${node.textContent.slice(0, 30)}: ${contrast.toFixed(2)}`);
  }
  return low;
}"""
