"""The front ends' files, joined as they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_PLAYER = ("dom", "pictures", "store", "overlay", "stage", "panes", "frame", "view")
_COMPARISON = ("dom", "pictures", "overlay", "stage", "panes", "frame", "compare")
_ENTRY = "export default "


@dataclass(frozen=True, slots=True)
class Front:
    """What shows a story: one ES module and one style sheet."""

    script: str
    style: str


@cache
def player_front() -> Front:
    """Return the player as a notebook loads it: a widget comes from a blob, where it could import nothing."""
    return Front(_scripts(_PLAYER), _read("player.css"))


@cache
def comparison_front() -> Front:
    """Return the comparison as a notebook loads it: the player's screens and marks, under a list of its own."""
    return Front(_scripts(_COMPARISON), _read("player.css") + _read("compare.css"))


@cache
def for_page(front: Front) -> Front:
    """Return a front end for a page without a kernel: with it comes what answers it."""
    script = front.script.replace(_ENTRY, "const createWidget = ") + _read("js/page.js")
    return Front(script, front.style + _read("page.css"))


def _scripts(names: tuple[str, ...]) -> str:
    return "\n".join(_read(f"js/{name}.js") for name in names)


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
