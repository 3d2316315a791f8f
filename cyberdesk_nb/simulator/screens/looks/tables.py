"""Tables and their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .brush import mix, row_of, shade

if TYPE_CHECKING:
    from .._controls import Control
    from .brush import Brush, Look


def _table(b: Brush, c: Control) -> None:
    b.fill(c.rect, b.theme.panel, outline=b.theme.border)


def _header(b: Brush, c: Control) -> None:
    x0, y0, _, y1 = c.rect
    b.fill(c.rect, b.theme.header, outline=b.theme.border)
    for cell in c.cells:
        b.text(cell.x0, cell.x1, row_of(c), cell.text, b.theme.muted, size=b.theme.size - 1, bold=True,
               align=cell.align)  # fmt: skip
        if cell.x0 > x0 + 10:
            b.line(cell.x0 - 8, y0 + 5, cell.x0 - 8, y1 - 6, b.theme.border)


def _row(b: Brush, c: Control) -> None:
    x0, _, x1, y1 = c.rect
    t = b.theme
    b.fill(c.rect, t.chosen if c.on else t.alt if c.tone == "alt" else t.panel)
    b.line(x0, y1 - 1, x1 - 1, y1 - 1, mix(t.border, t.panel))
    for cell in c.cells:
        b.text(cell.x0, cell.x1, row_of(c), cell.text, b.tone(cell.tone), align=cell.align)


def _scrollbar(b: Brush, c: Control) -> None:
    x0, y0, x1, y1 = c.rect
    first, visible, total = c.span
    b.fill(c.rect, b.theme.surface)
    height = max((y1 - y0) * visible // max(total, 1), 20)
    top = y0 + (y1 - y0 - height) * first // max(total - visible, 1)
    b.fill((x0 + 3, top, x1 - 3, top + height), shade(b.theme.border, 0.85), radius=3)


LOOKS: dict[str, Look] = {
    "table": _table, "header": _header, "row": _row, "scrollbar": _scrollbar,
}  # fmt: skip
