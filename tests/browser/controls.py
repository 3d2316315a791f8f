"""Every control and key of the player, used one after the other wherever the player runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from playwright.sync_api import expect

from tests.player.pictures import inline, picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Frame, Locator, Page

COLOURS = ("navy", "maroon", "darkgreen", "gold", "gray", "teal")
DISPLAY = (2048, 1536)
FAILED = 4
AGENT = (3, 4, 5)


class Told(Protocol):
    """Checks what the other side of the player knows: the kernel, or nobody for a page without one."""

    def __call__(self, trait: str, value: Any) -> None:
        """Wait until a trait has a value there."""
        ...


def run_record() -> dict[str, Any]:
    """Return a run of six timed steps: three replayed, three by the agent, the fifth failed."""
    shots = [{"type": "image", "image_base64": inline(picture(size=(1024, 768), colour=name))} for name in COLOURS]
    history: list[dict[str, Any]] = [{"role": "user", "content": [shots[0]]}]
    for i in range(6):
        click = {"action": "left_click", "coordinate": [100 + 60 * i, 300]}
        call = {"type": "tool_use", "tool_use_id": f"t{i}", "tool_name": "computer", "tool_input": click}
        said: dict[str, Any] = {"role": "assistant", "content": [call], "timestamp": f"2026-11-02T09:30:{5 * i:02d}Z"}
        origin = {"trajectory_id": "a1", "trajectory_label": "calm day", "step_index": i}
        answer = {"type": "tool_result", "tool_use_id": f"t{i}"}
        answer |= {"error": "no such button"} if i == FAILED else {"tool_result": "ok"}
        history += [
            said | (origin if i < AGENT[0] else {}),
            {"role": "user", "content": [answer, *shots[i + 1 : i + 2]]},
        ]
    return {"id": "0b5d8c1e-7777", "status": "success", "run_message_history": history}


class Player:
    """One player on a page: `page` has the keyboard, `root` the player."""

    def __init__(self, page: Page, root: Page | Frame, told: Told) -> None:
        self.page = page
        self.root = root
        self.told = told

    def at(self, selector: str) -> Locator:
        """Return a part of the player."""
        return self.root.locator(f".cdp {selector}")

    def button(self, name: str) -> Locator:
        """Return a button by its name."""
        return self.root.locator(".cdp").get_by_role("button", name=name, exact=True)

    def shows_step(self, step: int) -> None:
        """Hold that a step is shown in every part of the player, and known on the other side."""
        expect(self.at(".cdp-count")).to_have_text(f"{step + 1} / 6")
        expect(self.at(f"[role=option]:nth-child({step + 1})")).to_have_attribute("aria-selected", "true")
        expect(self.at(".cdp-details h4")).to_contain_text(f"({100 + 60 * step}, 300)")
        expect(self.at(".cdp-slider")).to_have_value(str(step))
        for part in (".cdp-tile", ".cdp-segment"):
            expect(self.at(f"{part}:nth-child({step + 1})")).to_have_class(re.compile("cdp-current"))
        self.told("step", step)

    def press(self, key: str, step: int) -> None:
        """Press a key and hold which step it leads to."""
        self.page.keyboard.press(key)
        self.shows_step(step)

    def click(self, target: Locator, step: int, **options: Any) -> None:
        """Click something and hold which step it leads to."""
        target.click(**options)
        self.shows_step(step)


def use_everything(player: Player) -> None:
    """Use every control and every key, and hold what each does on screen and on the other side."""
    player.at(".cdp-stage").click()
    for use in (move_by_keys, move_by_controls, jump, change_screens, choose, play, fill_the_screen):
        use(player)


def move_by_keys(player: Player) -> None:
    """Arrows, Home, End and the page keys move the step."""
    keys = [("End", 5), ("Home", 0), ("ArrowRight", 1), ("ArrowDown", 2), ("ArrowLeft", 1), ("ArrowUp", 0)]
    for key, step in [*keys, ("PageDown", 5), ("PageUp", 0)]:
        player.press(key, step)


def move_by_controls(player: Player) -> None:
    """Buttons, list, film strip, timeline and slider move the step."""
    for name, step in [("Next step", 1), ("Last step", 5), ("Previous step", 4), ("First step", 0)]:
        player.click(player.button(name), step)
    player.click(player.at("[role=option]").nth(2), 2)
    player.click(player.at(".cdp-tile").nth(3), 3)
    player.click(player.at(".cdp-segment").nth(1), 1)
    player.at(".cdp-slider").fill("4")
    player.shows_step(4)


def jump(player: Player) -> None:
    """E and A go to failed steps and to those of the agent, with Shift backwards; so do their buttons."""
    player.at(".cdp-list").focus()
    for key, step in [("Home", 0), ("e", FAILED), ("a", 5), ("a", 3), ("Shift+A", 5), ("Home", 0), ("Shift+E", FAILED)]:
        player.press(key, step)
    player.click(player.button("Next step of the agent"), 5)
    player.click(player.button("Next failed step"), FAILED)


def change_screens(player: Player) -> None:
    """Before, After and Changes are chosen by button and by B."""
    names = {"before": "Before", "after": "After", "changes": "Changes"}

    def shows(view: str) -> None:
        for name, words in names.items():
            expect(player.button(words)).to_have_attribute("aria-pressed", str(name == view).lower())
        place = "after" if view == "after" else "before"
        expect(player.at(".cdp-frame > .cdp-shot")).to_have_attribute("alt", f"Screen {place} step 5: Click (340, 300)")
        player.told("view", view)

    for view in ("after", "changes", "before"):
        player.button(names[view]).click()
        shows(view)
        if view == "changes":
            expect(player.at(".cdp-banner")).to_contain_text("100 % of the screen")
    player.at(".cdp-stage").click()
    for view in ("after", "changes", "before"):
        player.page.keyboard.press("b")
        shows(view)


def choose(player: Player) -> None:
    """Speed and coordinate space are chosen from lists."""
    for label, trait, values in [
        ("Speed", "speed", [("2", 2.0), ("8", 8.0)]),
        ("What coordinates count", "space", [("display", "display"), ("screenshot", "screenshot"), ("auto", "auto")]),
    ]:
        control = player.root.get_by_label(label, exact=True)
        for option, value in values:
            control.select_option(option)
            expect(control).to_have_value(option)
            player.told(trait, value)


def play(player: Player) -> None:
    """Space, K and the button play and pause; playing ends at the last step, and starts over from there."""
    uses: list[tuple[Callable[[], None], Callable[[], None]]] = [
        (lambda: player.page.keyboard.press("Space"), lambda: player.page.keyboard.press("Space")),
        (lambda: player.page.keyboard.press("k"), lambda: player.page.keyboard.press("k")),
        (lambda: player.button("Play").click(), lambda: player.button("Pause").click()),
    ]
    speed = player.root.get_by_label("Speed", exact=True)
    for start, stop in uses:
        speed.select_option("0.5")
        player.at(".cdp-stage").click()
        player.press("Home", 0)
        start()
        expect(player.button("Pause")).to_be_visible()
        player.told("playing", value=True)
        stop()
        expect(player.button("Play")).to_be_visible()
        player.told("playing", value=False)
    speed.select_option("8")
    player.at(".cdp-stage").click()
    player.press("End", 5)
    player.page.keyboard.press("Space")
    expect(player.at(".cdp-count")).not_to_have_text("6 / 6")
    player.shows_step(5)
    player.told("playing", value=False)


def fill_the_screen(player: Player) -> None:
    """F and the button fill the screen, and give it back."""
    full = "() => document.fullscreenElement?.classList.contains('cdp') ?? false"
    player.at(".cdp-stage").click()
    for switch in (lambda: player.page.keyboard.press("f"), lambda: player.button("Full screen").click()):
        for wanted in ("true", "false"):
            switch()
            player.root.wait_for_function(f"() => String(({full})()) === '{wanted}'")
