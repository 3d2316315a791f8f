"""The action is drawn where it was done, at any size, zoom and coordinate space."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from cyberdesk_nb.player import TrajectoryPlayer
from cyberdesk_nb.simulator.options import WorldOptions
from cyberdesk_nb.simulator.world.world import World
from tests.browser.harness import open_player
from tests.player.pictures import inline, picture

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SCREEN = (1024, 768)
DISPLAY = (3456, 2234)
BLANK = {"pre_check_snapshot": {"screenshot": inline(picture(size=SCREEN))}}

# For each step: how far the mark on the screen is from where it belongs, in CSS pixels.
_MISSES = """async (targets) => {
  const misses = [];
  for (const [step, x, y] of targets) {
    model.set('step', step);
    const frame = document.querySelector('.cdp-frame');
    while (frame.classList.contains('cdp-loading') || !frame.querySelector('.cdp-shot').naturalWidth)
      await new Promise(requestAnimationFrame);
    const box = frame.querySelector('.cdp-shot').getBoundingClientRect();
    const dot = frame.querySelector('.cdp-dot').getBoundingClientRect();
    const left = box.left + box.width * x, top = box.top + box.height * y;
    misses.push(Math.hypot(dot.left + dot.width / 2 - left, dot.top + dot.height / 2 - top));
  }
  return misses;
}"""


@pytest.fixture(scope="module")
def clicks() -> tuple[list[dict[str, Any]], list[list[float]]]:
    """Return all steps of all seeded trajectories as the API gives them, and where each clicked control's centre is.

    The centre is read off the screen, not out of the step. All screens are of one size, so a blank one stands for them.
    """
    calls: list[dict[str, Any]] = []
    targets: list[list[float]] = []
    seeded = World(WorldOptions(screens=False))._trajectories
    for trajectory_id, source in seeded.sources.items():
        shots = iter(seeded.store.library._play(source.script).shots)
        for step in seeded.record(trajectory_id)["trajectory_data"]:
            # A loop is recorded once and played often: the step's shot is the next that was made with its thought.
            thought = step["pre_check_snapshot"]["last_agent_thought"]
            shot = next(shot for shot in shots if shot.move.thought == thought)
            if shot.move.control and shot.move.tool_input["action"].endswith("click"):
                x, y = shot.before.control(shot.move.control).centre
                targets.append([len(calls), x / SCREEN[0], y / SCREEN[1]])
            calls.append({key: step[key] for key in ("func_name", "args", "kwargs")} | ({} if calls else BLANK))
    return calls, targets


def scaled(step: dict[str, Any], across: float, down: float) -> dict[str, Any]:
    """Return a click in the pixels of another display."""
    kwargs = step["kwargs"]
    if "coordinate" not in kwargs:
        return step | {"args": [step["args"][0] * across, step["args"][1] * down, *step["args"][2:]]}
    x, y = kwargs["coordinate"]
    return step | {"kwargs": kwargs | {"coordinate": [x * across, y * down]}}


def player(calls: list[dict[str, Any]], **values: Any) -> TrajectoryPlayer:
    """Return a player of these calls."""
    return TrajectoryPlayer.from_trajectory({"id": "t", "trajectory_data": calls} | values)


ZOOMED = [
    (round(width / zoom), round(height / zoom), zoom)
    for width, height in [(1920, 1080), (1280, 800), (900, 600)]
    for zoom in (0.8, 1, 1.5)
]


@pytest.mark.parametrize("page", ZOOMED, indirect=True)
def test_every_click_is_drawn_on_its_control(
    page: Page, clicks: tuple[list[dict[str, Any]], list[list[float]]], request: pytest.FixtureRequest
) -> None:
    """Every click of every seeded trajectory lands within a pixel of its control's centre, at any size and zoom."""
    zoom = request.node.callspec.params["page"][2]
    calls, targets = clicks
    assert len(targets) > 100
    open_player(page, player(calls))
    assert max(page.evaluate(_MISSES, targets)) * zoom < 1


@pytest.mark.parametrize("page", ZOOMED[::4], indirect=True)
def test_coordinates_of_the_display_are_scaled_to_the_screenshot(
    page: Page, clicks: tuple[list[dict[str, Any]], list[list[float]]]
) -> None:
    """Coordinates beyond the screenshot are taken as the display's, whose aspect may differ, and it is said."""
    calls, targets = clicks
    large = list(calls)
    for step, *_ in targets:
        large[int(step)] = scaled(calls[int(step)], DISPLAY[0] / SCREEN[0], DISPLAY[1] / SCREEN[1])
    open_player(page, player(large, dimensions={"width": DISPLAY[0], "height": DISPLAY[1]}))
    assert max(page.evaluate(_MISSES, targets)) < 1
    expect(page.get_by_label("What coordinates count")).to_contain_text("auto (display)")


def test_the_space_can_be_chosen(page: Page) -> None:
    """Where both spaces are possible the screenshot's is taken, and the switch draws the action in the other."""
    call = {"func_name": "click", "args": [512, 384]} | BLANK
    open_player(page, player([call], dimensions={"width": 2048, "height": 1536}))
    space = page.get_by_label("What coordinates count")
    expect(space).to_contain_text("auto (screenshot)")
    assert page.evaluate(_MISSES, [[0, 0.5, 0.5]])[0] < 1
    space.select_option("display")
    assert page.evaluate(_MISSES, [[0, 0.25, 0.25]])[0] < 1
    assert page.evaluate("model.get('space')") == "display"


def test_an_action_outside_of_the_screen_is_said(page: Page) -> None:
    """Without a display size, coordinates beyond the screenshot cannot be placed, and the player says so."""
    open_player(page, player([{"func_name": "click", "args": [1900, 1000]} | BLANK]))
    expect(page.locator(".cdp-banner")).to_contain_text(
        "outside the screenshot's 1024\N{MULTIPLICATION SIGN}768 pixels"
    )


@pytest.mark.parametrize(
    ("kwargs", "selector", "count"),
    [
        ({"action": "left_click", "coordinate": [9, 9]}, ".cdp-ring", 1),
        ({"action": "double_click", "coordinate": [9, 9]}, ".cdp-ring", 2),
        ({"action": "triple_click", "coordinate": [9, 9]}, ".cdp-ring", 3),
        ({"action": "right_click", "coordinate": [9, 9]}, ".cdp-note:text-is('Right-click')", 1),
        ({"action": "left_click", "coordinate": [9, 9], "text": "shift"}, ".cdp-note:text-is('shift + click')", 1),
        ({"action": "mouse_move", "coordinate": [9, 9]}, ".cdp-cursor", 1),
        (
            {"action": "left_click_drag", "start_coordinate": [10, 20], "coordinate": [300, 400]},
            "line.cdp-path[marker-end][x1='0.9766%'][y2='52.0833%']",
            1,
        ),
        (
            {"action": "scroll", "coordinate": [9, 9], "scroll_direction": "down", "scroll_amount": 3},
            ".cdp-note:text-is('Scroll down 3')",
            1,
        ),
        ({"action": "scroll", "coordinate": [9, 9], "scroll_direction": "up"}, "g[transform='rotate(180)']", 1),
        ({"action": "type", "text": "Ada {$pw}"}, ".cdp-caption .cdp-secret:text-is('{$pw}')", 1),
        ({"action": "key", "text": "ctrl+shift++ Tab"}, ".cdp-caption kbd", 4),
        ({"action": "wait", "duration": 2}, ".cdp-caption:has-text('Wait2 s')", 1),
        ({"action": "focused_action", "instruction": "Find it"}, ".cdp-caption:has-text('Focused actionFind it')", 1),
        ({"action": "brand_new", "coordinate": [9, 9]}, ".cdp-note:text-is('brand_new')", 1),
        ({"action": "brand_new", "why": 1}, ".cdp-caption:has-text('brand_new')", 1),
    ],
)
def test_each_action_has_its_own_drawing(page: Page, kwargs: dict[str, Any], selector: str, count: int) -> None:
    """Every kind of action is drawn with what it was done with: button, count, path, direction, text, keys, time."""
    open_player(page, player([{"func_name": "computer", "args": [], "kwargs": kwargs} | BLANK]))
    expect(page.locator(f".cdp-layer {selector}")).to_have_count(count)


@pytest.mark.parametrize("corner", [(0, 0), (1023, 0), (0, 767), (1023, 767), (512, 600)])
def test_labels_stay_on_the_screen(page: Page, corner: tuple[int, int]) -> None:
    """A label beside an action at the edge does not hang over it."""
    kwargs = {"action": "double_click", "coordinate": list(corner)}
    open_player(page, player([{"func_name": "computer", "args": [], "kwargs": kwargs} | BLANK]))
    expect(page.locator(".cdp-note")).to_be_visible()
    inside = page.evaluate(
        "() => { const f = document.querySelector('.cdp-frame').getBoundingClientRect(),"
        " n = document.querySelector('.cdp-note').getBoundingClientRect();"
        " return n.left >= f.left && n.right <= f.right && n.top >= f.top && n.bottom <= f.bottom; }"
    )
    assert inside
