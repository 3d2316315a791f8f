"""A page that holds one player on a stand-in model, for tests that need a browser but no kernel."""

from __future__ import annotations

import base64
import json
from functools import cache
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, Any

from cyberdesk_nb.player.assets import Front, player_front
from cyberdesk_nb.player.images import NoPicture, Picture
from cyberdesk_nb.player.player import TrajectoryPlayer

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route

ORIGIN = "http://127.0.0.1:9"
TRAITS = ("step", "n_steps", "playing", "speed", "view", "space")

_PAGE = """<!doctype html>
<html data-jp-theme-light="{light}">
<head><meta charset="utf-8"><link rel="stylesheet" href="theme.css"><link rel="stylesheet" href="player.css"></head>
<body>
<div id="cell"></div>
<script type="module">
import {{ StubModel }} from "./stub.js";
import create from "./player.js";
const data = await (await fetch("data.json")).json();
window.model = new StubModel(data);
window.widget = create();
window.detach = widget.initialize({{ model }});
window.show = () => widget.render({{ model, el: document.getElementById("cell") }});
window.hide = show();
</script>
</body></html>"""

# The variables that the two themes of JupyterLab 4 set.
_LIGHT = """body{margin:12px;background:#fff} :root{
--jp-layout-color1:#fff;--jp-layout-color2:#eee;--jp-border-color2:#e0e0e0;--jp-ui-font-color1:rgba(0,0,0,.87);
--jp-ui-font-color2:rgba(0,0,0,.54);--jp-brand-color1:#1976d2;--jp-error-color1:#d32f2f}"""
_DARK = """body{margin:12px;background:#111} :root{
--jp-layout-color1:#111;--jp-layout-color2:#212121;--jp-border-color2:#424242;--jp-ui-font-color1:rgba(255,255,255,.87);
--jp-ui-font-color2:rgba(255,255,255,.54);--jp-brand-color1:#2196f3;--jp-error-color1:#f44336}"""


def page_data(player: TrajectoryPlayer, *, holding: bool = False, **state: Any) -> dict[str, Any]:
    """Return what the stand-in model needs to answer as the kernel would."""
    references = player._recording.images
    first = {reference: position for position, reference in reversed(list(enumerate(references)))}
    read = cache(lambda position, small: read_picture(player._request, position, small=small))
    pictures = {
        size: {i: read(first[reference], size == "small") for i, reference in enumerate(references)}
        for size in ("full", "small")
    }
    traits = {name: getattr(player, name) for name in TRAITS}
    return {"story": player._story, "pictures": pictures, "state": {**traits, **state}, "holding": holding}


def open_player(page: Page, player: TrajectoryPlayer, *, dark: bool = False, **state: Any) -> None:
    """Load the page and wait until the player has its recording."""
    open_widget(page, player_front(), page_data(player, **state), dark=dark)


def open_widget(page: Page, front: Front, data: dict[str, Any], *, dark: bool = False) -> None:
    """Load the page with any front end and wait until it has its story."""
    here = Path(__file__).parent
    files = {
        "": ("text/html", _PAGE.format(light=str(not dark).lower())),
        "theme.css": ("text/css", _DARK if dark else _LIGHT),
        "player.css": ("text/css", front.style),
        "player.js": ("text/javascript", front.script),
        "stub.js": ("text/javascript", (here / "stub.js").read_text(encoding="utf-8")),
        "data.json": ("application/json", json.dumps(data)),
    }

    def serve(route: Route) -> None:
        mime, body = files.get(route.request.url.removeprefix(f"{ORIGIN}/"), ("text/plain", ""))
        route.fulfill(content_type=f"{mime}; charset=utf-8", body=body)

    page.route(f"{ORIGIN}/**", serve)
    page.goto(f"{ORIGIN}/")
    page.locator(".cdp[aria-busy=false]").wait_for()


def read_picture(request: Callable[..., None], position: int, *, small: bool) -> dict[str, Any]:
    """Return what the stand-in model answers when it is asked for a picture."""
    answers: Queue[Picture | NoPicture] = Queue()
    request(position, answers.put, small=small)
    picture = answers.get(timeout=20)
    if isinstance(picture, NoPicture):
        return {"reason": picture.reason, "passing": picture.passing}
    encoded = base64.b64encode(picture.data).decode()
    return {"mime": picture.mime, "width": picture.width, "height": picture.height, "base64": encoded}
