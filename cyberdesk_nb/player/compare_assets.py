"""The comparison's front end: the player's screens and marks, under a list of its own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cyberdesk_nb.player.export import Front

_HERE = Path(__file__).parent
_PARTS = ("dom", "pictures", "overlay", "stage", "panes", "compare")
_ENTRY = "export default "


@cache
def widget_front() -> Front:
    """Return the front end as a notebook loads it: one ES module and one style sheet."""
    script = "\n".join(_read(f"js/{part}.js") for part in _PARTS)
    return Front(script, _read("player.css") + _read("compare.css"))


@cache
def page_front() -> Front:
    """Return the front end for a page without a kernel."""
    script = widget_front().script.replace(_ENTRY, "const createWidget = ") + _read("js/page.js")
    return Front(script, _read("player.css") + _read("page.css") + _read("compare.css"))


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
