"""Recordings for the tests of the player's page, and what these ask of the page."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from cyberdesk_nb.player import TrajectoryPlayer
from tests.player.pictures import inline, picture

if TYPE_CHECKING:
    from PIL import Image
    from playwright.sync_api import Page

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


def room_kept_and_taken(page: Page, selector: str) -> list[float]:
    """Return the height of a list before its rows were drawn that are out of sight, and after all were."""
    return page.evaluate(
        """async (selector) => {
          const list = document.querySelector(selector);
          const frame = () => new Promise(requestAnimationFrame);
          const kept = list.scrollHeight;
          for (let top = 0; top < list.scrollHeight; top += list.clientHeight / 2) {
            list.scrollTop = top;
            await frame();
            await frame();
          }
          return [kept, list.scrollHeight];
        }""",
        selector,
    )
