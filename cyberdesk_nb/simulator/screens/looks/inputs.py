"""Fields, buttons and the other things one works with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .brush import mix, row_of, shade

if TYPE_CHECKING:
    from .._controls import Control
    from .brush import Brush, Look


def _label(b: Brush, c: Control) -> None:
    if c.label:
        x0, y0, x1, _ = c.rect
        b.text(x0, x1, y0 - 9, c.label, b.theme.muted, size=b.theme.size - 1)


def _edge(b: Brush, c: Control) -> None:
    t = b.theme
    fill = t.field if c.enabled else t.surface
    b.fill(c.rect, fill, outline=t.accent if c.focused else t.border, radius=0 if c.kind == "cell" else t.radius)
    if c.focused:
        x0, y0, x1, y1 = c.rect
        b.draw.rounded_rectangle((x0, y0, x1 - 1, y1 - 1), t.radius, outline=t.accent, width=2)


def _field(b: Brush, c: Control) -> None:
    _label(b, c)
    _edge(b, c)
    x0, y0, x1, y1 = c.rect
    colour = b.tone(c.tone) if c.enabled else b.theme.muted
    end = float(x0 + 8)
    if c.kind == "password":
        for i in range(min(len(c.value), 14)):
            left, middle = x0 + 9 + 9 * i, (y0 + y1) // 2
            b.draw.ellipse((left, middle - 3, left + 5, middle + 2), fill=colour)
            end = left + 8.0
    else:
        if c.on and c.value:
            b.fill((x0 + 6, y0 + 5, x1 - 6, y1 - 5), b.theme.chosen)
        end = b.text(x0 + 8, x1 - 8, row_of(c), c.value, colour, tail=c.focused)
    if c.focused and not c.on:
        b.line(int(end) + 1, y0 + 6, int(end) + 1, y1 - 7, b.theme.text)


def _area(b: Brush, c: Control) -> None:
    _label(b, c)
    _edge(b, c)
    x0, y0, x1, y1 = c.rect
    lines = c.value[:2000].split("\n")[: max((y1 - y0 - 8) // 19, 1)]
    end, top = float(x0 + 8), y0 + 15
    for i, line in enumerate(lines):
        top = y0 + 15 + 19 * i
        end = b.text(x0 + 8, x1 - 8, top, line)
    if c.focused:
        b.line(int(end) + 1, top - 8, int(end) + 1, top + 8, b.theme.text)


def _dropdown(b: Brush, c: Control) -> None:
    _label(b, c)
    _edge(b, c)
    x0, _, x1, _ = c.rect
    b.text(x0 + 8, x1 - 26, row_of(c), c.value)
    _chevron(b, x1 - 15, int(row_of(c)), b.theme.muted)


def _chevron(b: Brush, x: int, y: int, colour: str) -> None:
    b.line(x - 4, y - 2, x, y + 2, colour, 2)
    b.line(x, y + 2, x + 4, y - 2, colour, 2)


def _checkbox(b: Brush, c: Control) -> None:
    x0, y0, x1, _ = c.rect
    t = b.theme
    edge = t.accent if c.on or c.focused else shade(t.border, 0.8)
    b.fill((x0 + 2, y0 + 3, x0 + 18, y0 + 19), t.accent if c.on else t.field, outline=edge, radius=2)
    if c.on:
        b.line(x0 + 6, y0 + 11, x0 + 9, y0 + 14, t.on_accent, 2)
        b.line(x0 + 9, y0 + 14, x0 + 14, y0 + 7, t.on_accent, 2)
    b.text(x0 + 26, x1, y0 + 11, c.label)


def _button(b: Brush, c: Control) -> None:
    t = b.theme
    fill, colour, edge = t.button, t.text, shade(t.border, 0.88)
    if c.tone == "primary":
        fill, colour, edge = t.accent, t.on_accent, shade(t.accent, 0.85)
    if c.tone == "bad":
        fill, colour, edge = t.bad, "#ffffff", shade(t.bad, 0.85)
    if not c.enabled:
        fill, colour, edge = t.surface, mix(t.muted, t.surface), t.border
    b.fill(c.rect, fill, outline=edge, radius=t.radius)
    x0, y0, x1, y1 = c.rect
    if c.focused:
        b.draw.rounded_rectangle((x0 + 2, y0 + 2, x1 - 3, y1 - 3), t.radius, outline=colour)
    b.text(x0 + 4, x1 - 4, row_of(c), c.label, colour, align="centre")


def _link(b: Brush, c: Control) -> None:
    x0, _, x1, y1 = c.rect
    end = b.text(x0, x1, row_of(c), c.label, b.theme.accent)
    b.line(x0, y1 - 3, int(end), y1 - 3, b.theme.accent)


def _nav(b: Brush, c: Control) -> None:
    x0, y0, x1, y1 = c.rect
    t = b.theme
    if c.on:
        b.fill(c.rect, shade(t.side, 1.35))
        b.fill((x0, y0, x0 + 4, y1), t.accent if t.accent != t.side else t.on_accent)
    b.draw.ellipse((x0 + 18, (y0 + y1) // 2 - 4, x0 + 26, (y0 + y1) // 2 + 4), outline=t.side_text, width=2)
    b.text(x0 + 38, x1 - 6, row_of(c), c.label, t.side_text, bold=c.on)


def _tabrow(b: Brush, c: Control) -> None:
    x0, _, x1, y1 = c.rect
    b.line(x0, y1 - 1, x1 - 1, y1 - 1, b.theme.border)


def _tab(b: Brush, c: Control) -> None:
    x0, y0, x1, y1 = c.rect
    t = b.theme
    if c.on:
        b.fill((x0, y0, x1, y1), t.panel, outline=t.border)
        b.fill((x0, y0, x1, y0 + 3), t.accent)
        b.line(x0 + 1, y1 - 1, x1 - 2, y1 - 1, t.panel)
    b.text(x0, x1, row_of(c), c.label, t.text if c.on else t.muted, align="centre", bold=c.on)


LOOKS: dict[str, Look] = {
    "field": _field, "password": _field, "cell": _field, "area": _area, "dropdown": _dropdown, "checkbox": _checkbox,
    "button": _button, "link": _link, "nav": _nav, "tabrow": _tabrow, "tab": _tab,
}  # fmt: skip
