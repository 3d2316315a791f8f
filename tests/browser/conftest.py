"""A real Chromium for the browser tests; they are a pytest call of their own."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

CHROMIUM = Path("/usr/bin/chromium")
# The last one makes every address but this machine's unreachable.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
]

# A busy machine may hold a page up for longer than the five seconds that playwright waits by itself.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session; without one the tests are skipped, unless it is required."""
    if not CHROMIUM.exists():
        if os.environ.get("CYBERDESK_NB_REQUIRE_BROWSER") == "1":
            pytest.fail(f"CYBERDESK_NB_REQUIRE_BROWSER=1, but there is no {CHROMIUM}")
        pytest.skip(f"no {CHROMIUM}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


class Watched:
    """What a page said and asked for while a test used it."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)

    def strangers(self) -> list[str]:
        """Return the addresses asked for that are not this machine's."""
        local = ("http://127.0.0.1", "http://localhost", "ws://127.0.0.1", "ws://localhost", "blob:", "data:", "file:")
        return [url for url in self.requests if not url.startswith(local)]


@contextmanager
def watched_page(browser: Browser, width: int = 1280, height: int = 800, zoom: float = 1) -> Generator[Page]:
    """Open a page in a context of its own; afterwards it must have reported no error and asked no stranger."""
    context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=zoom)
    context.set_default_timeout(15_000)
    page = context.new_page()
    watched = Watched(page)
    yield page
    context.close()
    assert watched.strangers() == []
    assert watched.errors == []


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open a watched page, 1280 by 800 unless the test is given (width, height, device pixels per pixel)."""
    with watched_page(browser, *getattr(request, "param", ())) as page:
        yield page
