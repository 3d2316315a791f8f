"""The player for those who read, listen or have no pointer: origins of steps, words, tab order, contrast."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from cyberdesk_nb.player import TrajectoryPlayer
from cyberdesk_nb.simulator.catalog import KINDS
from tests.browser.contrast import LOW_CONTRAST
from tests.browser.harness import open_player
from tests.browser.recordings import CLICKS, recording, wait_picture
from tests.player import samples

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


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
