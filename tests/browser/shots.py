"""Pictures for the person who looks: `CYBERDESK_NB_SHOTS` names the folder that they are kept in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Locator

if TYPE_CHECKING:
    from playwright.sync_api import Page

SHOTS = os.environ.get("CYBERDESK_NB_SHOTS")
THEMES = ["Light", "Dark"] if SHOTS else ["Dark"]
"""A journey is the same in both themes but for its looks: where nobody looks, one is enough."""


def shoot(shown: Page | Locator, name: str) -> None:
    """Keep a picture of a page or a part of it, where asked to."""
    if not SHOTS:
        return
    path = Path(SHOTS) / f"{name}.png"
    if isinstance(shown, Locator):
        shown.screenshot(path=path)
    else:
        shown.screenshot(path=path, full_page=True)
