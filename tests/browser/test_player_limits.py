"""The player in a real browser with hostile text, a thousand steps, large screens and views that come and go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from cyberdesk_nb.player import TrajectoryPlayer
from tests.browser.harness import open_player
from tests.browser.recordings import CLICKS, COLOURS, recording, room_kept_and_taken, state, wait_picture
from tests.player.hostile import HOSTILE, LONG, hostile_run, hostile_trajectory
from tests.player.pictures import inline, picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


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


def test_rows_out_of_sight_keep_the_room_they_take(page: Page) -> None:
    """A row that comes into sight does not move the others, even under a press of the mouse, where replay broke too."""
    calls = [{"type": "tool_use", "tool_name": "computer", "tool_input": call["kwargs"]} for call in CLICKS * 60]
    replayed = {"trajectory_id": "t", "step_index": 0, "from_cache": True}
    history = [
        {"role": "assistant", "content": [call | {"tool_use_id": str(i)}]} | (replayed if i % 3 else {})
        for i, call in enumerate(calls)
    ]
    open_player(page, TrajectoryPlayer.from_run({"id": "r", "status": "success", "run_message_history": history}))
    assert page.locator(".cdp-list .cdp-break").count() > 0
    kept, taken = room_kept_and_taken(page, ".cdp-list")
    assert kept == pytest.approx(taken, abs=2)


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
