"""The front end's files, joined as they are needed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_PARTS = ("dom", "pictures", "store", "overlay", "stage", "panes", "view")
_ENTRY = "export default "


@cache
def widget_script() -> str:
    """Return the front end as one ES module: a widget is loaded from a blob, where it could import nothing."""
    return "\n".join(_read(f"js/{part}.js") for part in _PARTS)


@cache
def widget_style() -> str:
    """Return the front end's style sheet."""
    return _read("player.css")


@cache
def page_script() -> str:
    """Return the front end for a page without a kernel: the widget's, and what answers it."""
    return widget_script().replace(_ENTRY, "const createWidget = ") + _read("js/page.js")


@cache
def page_style() -> str:
    """Return the style sheet of a page without a kernel."""
    return widget_style() + _read("page.css")


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
