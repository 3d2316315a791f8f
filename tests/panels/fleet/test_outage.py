"""A server that is killed and comes back, under an open fleet panel with a real client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from cyberdesk_nb.client import Client, Limits
from cyberdesk_nb.panels.fleet import FleetPanel
from cyberdesk_nb.workspace import Workspace
from tests.panels.fleet.given import shown
from tests.panels.killable import Killable, killable
from tests.panels.records import texts

_FASTER = 10


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Killable]:
    """Serve a fleet for one test."""
    with killable(tmp_path) as fleet:
        yield fleet


@pytest.fixture
def ws(fleet: Killable, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """Open a workspace on it whose timers tick faster, and whose client gives an outage up early."""
    client = Client(api_key=fleet.api_key, base_url=fleet.url, limits=Limits(outage_s=0.5))
    with Workspace(client) as ws:
        every = ws._portal.every
        monkeypatch.setattr(ws._portal, "every", lambda period_s, tick: every(period_s / _FASTER, tick))
        yield ws


def until(panel: FleetPanel, condition: Callable[[list[str]], bool]) -> None:
    """Wait until a condition holds for the texts in view."""
    over = monotonic() + 60
    while not condition(texts(panel)):
        assert monotonic() < over, texts(panel)
        Event().wait(0.02)


def test_the_panel_outlasts_a_killed_server(fleet: Killable, ws: Workspace) -> None:
    """While the server is dead all stays in view beside words that say so; once it is back they go without a click."""
    panel = ws.fleet()
    panel.machine = panel.frame.query("state == 'idle'")["id"].iloc[0]
    until(panel, lambda told: any(text.startswith("Taken at ") for text in told))
    before, picture = shown(panel), panel._detail.live.screen.picture
    fleet.kill()
    until(panel, lambda told: any("This is what was read last." in text for text in told))
    until(panel, lambda told: any("The screen cannot be shown." in text for text in told))
    assert shown(panel) == before
    assert panel._detail.live.screen.picture == picture
    fleet.start()
    until(panel, lambda told: not any("read last" in text or "cannot be shown" in text for text in told))
    assert shown(panel) == before
    assert any(text.startswith("Last read at ") for text in texts(panel))
