"""Charts, figures and the slots of a calendar."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from .brush import mix, row_of, shade

if TYPE_CHECKING:
    from .._controls import Control
    from .brush import Brush, Look


def _points(value: str) -> list[tuple[str, float]]:
    """Read ``name:number|name:number``."""
    pairs = (part.rpartition(":") for part in value.split("|") if ":" in part)
    return [(name, float(number)) for name, _, number in pairs]


def _bars(b: Brush, c: Control) -> None:
    x0, y0, x1, y1 = c.rect
    points = _points(c.value)
    if not points:
        b.text(x0, x1, row_of(c), "No data", b.theme.muted, align="centre")
        return
    most = max(value for _, value in points) or 1.0
    floor, step = y1 - 22, (x1 - x0) / len(points)
    for i in range(4):
        y = floor - (floor - y0) * i // 3
        b.line(x0, y, x1, y, mix(b.theme.border, b.theme.panel))
    for i, (name, value) in enumerate(points):
        left, top = int(x0 + step * i + step * 0.2), int(floor - (floor - y0 - 16) * value / most)
        b.fill((left, top, int(left + step * 0.6), floor), b.theme.accent)
        b.text(int(x0 + step * i), int(x0 + step * (i + 1)), y1 - 9, name, b.theme.muted, size=10, align="centre")
        b.text(left - 8, int(left + step * 0.6) + 8, top - 7, f"{value / 1000:.0f}k", size=10, align="centre")


def _curve(b: Brush, c: Control) -> None:
    x0, y0, x1, y1 = c.rect
    points = _points(c.value)
    floor = y1 - 22
    step = (x1 - x0 - 30) / max(len(points) - 1, 1)
    for i in range(4):
        y = floor - (floor - y0) * i // 3
        b.line(x0, y, x1, y, mix(b.theme.border, b.theme.panel))
    most = max((value for _, value in points), default=1.0) or 1.0
    dots = [(int(x0 + 14 + step * i), int(floor - (floor - y0 - 10) * v / most)) for i, (_, v) in enumerate(points)]
    for (ax, ay), (bx, by) in pairwise(dots):
        b.line(ax, ay, bx, by, b.theme.accent, 2)
    for (x, y), (name, _) in zip(dots, points, strict=True):
        b.draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=b.theme.panel, outline=b.theme.accent, width=2)
        b.text(x - 20, x + 20, y1 - 9, name, b.theme.muted, size=10, align="centre")


def _figure(b: Brush, c: Control) -> None:
    x0, y0, x1, _ = c.rect
    b.text(x0, x1, y0 + 9, c.label, b.theme.muted, size=b.theme.size - 1)
    b.text(x0, x1, y0 + 37, c.value, size=b.theme.size + 11, bold=True)


def _badge(b: Brush, c: Control) -> None:
    colour = b.tone(c.tone)
    b.fill(c.rect, colour, radius=12)
    b.text(c.rect[0], c.rect[2], row_of(c), c.label, "#ffffff", bold=True, align="centre")


def _slot(b: Brush, c: Control) -> None:
    x0, y0, x1, y1 = c.rect
    t = b.theme
    b.fill(c.rect, t.panel)
    b.line(x0, y0, x1, y0, mix(t.border, t.panel))
    b.line(x0, y0, x0, y1, t.border)
    if c.on:
        b.fill((x0 + 1, y0 + 1, x1, y1), t.chosen, outline=t.accent)
    if not c.label:
        return
    fill = {"blocked": "#e5e5ec", "mine": t.accent}.get(c.tone, "#d9e7fb")
    ink = t.on_accent if c.tone == "mine" else t.text if c.tone == "booked" else t.muted
    b.fill((x0 + 3, y0 + 2, x1 - 4, y1 - 1), fill, radius=3)
    b.fill((x0 + 3, y0 + 2, x0 + 6, y1 - 1), shade(fill, 0.75))
    b.text(x0 + 12, x1 - 8, row_of(c), c.label, ink, size=12)


def _dayhead(b: Brush, c: Control) -> None:
    x0, y0, x1, y1 = c.rect
    b.line(x0, y0, x0, y1 + 4, b.theme.border)
    b.text(x0 + 10, x1, y0 + 16, c.label, b.theme.muted, size=12)
    b.text(x0 + 10, x1, y0 + 38, c.value, size=19, bold=True)


LOOKS: dict[str, Look] = {
    "bars": _bars, "curve": _curve, "figure": _figure, "badge": _badge, "slot": _slot, "dayhead": _dayhead,
}  # fmt: skip
