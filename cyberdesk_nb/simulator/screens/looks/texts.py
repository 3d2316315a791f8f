"""Texts, record values and panels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .brush import row_of

if TYPE_CHECKING:
    from .._controls import Control
    from .brush import Brush, Look


def _text(b: Brush, c: Control) -> None:
    b.text(c.rect[0], c.rect[2], row_of(c), c.label, b.tone(c.tone), bold=c.tone == "bold")


def _heading(b: Brush, c: Control) -> None:
    b.text(c.rect[0], c.rect[2], row_of(c), c.label, b.tone(c.tone), size=b.theme.size + 6, bold=True)


def _pair(b: Brush, c: Control) -> None:
    x0, y0, x1, _ = c.rect
    b.text(x0, x1, y0 + 9, c.label, b.theme.muted, size=b.theme.size - 1)
    b.text(x0, x1, y0 + 28, c.value, b.tone(c.tone), size=b.theme.size + 1)


def _panel(b: Brush, c: Control) -> None:
    x0, y0, x1, _ = c.rect
    t = b.theme
    fill = {"side": t.side, "bare": t.surface, "accent": t.accent, "header": t.header}.get(c.tone, t.panel)
    outline = None if c.tone in {"side", "accent"} else t.border
    b.fill(c.rect, fill, outline=outline, radius=t.radius if outline else 0)
    if c.label:
        b.fill((x0 + 1, y0 + 1, x1 - 1, y0 + 28), t.header)
        b.line(x0 + 1, y0 + 28, x1 - 2, y0 + 28, t.border)
        b.text(x0 + 12, x1 - 12, y0 + 14, c.label, bold=True)


LOOKS: dict[str, Look] = {
    "text": _text, "heading": _heading, "pair": _pair, "panel": _panel,
}  # fmt: skip
