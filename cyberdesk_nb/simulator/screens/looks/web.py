"""What a browser adds around a page, and the links along a page's top."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .brush import row_of, shade

if TYPE_CHECKING:
    from .._controls import Control
    from .brush import Brush, Look


def _pagetab(b: Brush, c: Control) -> None:
    x0, _, x1, _ = c.rect
    b.fill(c.rect, b.theme.menu, outline=shade(b.theme.bar, 0.92), radius=6)
    middle = int(row_of(c))
    b.fill((x0 + 10, middle - 6, x0 + 23, middle + 7), b.theme.accent, radius=3)
    b.text(x0 + 32, x1 - 24, middle, c.label, size=12)
    b.line(x1 - 18, middle - 3, x1 - 12, middle + 3, b.theme.muted)
    b.line(x1 - 18, middle + 3, x1 - 12, middle - 3, b.theme.muted)


def _arrow(b: Brush, c: Control) -> None:
    x, y = c.centre
    ink = b.theme.muted
    if c.label == "reload":
        b.draw.arc((x - 7, y - 7, x + 7, y + 7), 40, 330, fill=ink, width=2)
        b.draw.polygon([(x + 3, y - 5), (x + 9, y - 7), (x + 8, y)], fill=ink)
        return
    way = -1 if c.label == "back" else 1
    b.line(x - 7, y, x + 7, y, ink, 2)
    b.line(x + 7 * way, y, x + 2 * way, y - 5, ink, 2)
    b.line(x + 7 * way, y, x + 2 * way, y + 5, ink, 2)


def _toplink(b: Brush, c: Control) -> None:
    x0, _, x1, y1 = c.rect
    b.text(x0, x1, row_of(c), c.label, b.theme.side_text, bold=c.on, align="centre")
    if c.on:
        b.fill((x0 + 18, y1 - 2, x1 - 18, y1 + 1), b.theme.side_text)


LOOKS: dict[str, Look] = {"pagetab": _pagetab, "arrow": _arrow, "toplink": _toplink}
