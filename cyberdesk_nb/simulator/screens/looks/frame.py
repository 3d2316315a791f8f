"""The window's frame, its bars, and the desktop around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .brush import ink_on, row_of, shade

if TYPE_CHECKING:
    from .._controls import Control
    from .brush import Brush, Look


def _wallpaper(b: Brush, _c: Control) -> None:
    for i in range(0, 768, 6):  # a calm diagonal sheen, so that a floating window stands off its ground
        b.line(700 + i // 3, i, 1024, i, shade(b.theme.wallpaper, 1 + 0.12 * (1 - i / 768)), 6)


def _window(b: Brush, c: Control) -> None:
    x0, y0, x1, y1 = c.rect
    if x0 > 0:
        b.fill((x0 + 3, y0 + 5, x1 + 6, y1 + 7), shade(b.theme.wallpaper, 0.72))
    b.fill(c.rect, b.theme.surface, outline=shade(b.theme.border, 0.8))


def _titlebar(b: Brush, c: Control) -> None:
    x0, _, x1, y1 = c.rect
    t = b.theme
    b.fill(c.rect, t.bar)
    middle = row_of(c)
    b.fill((x0 + 10, int(middle) - 7, x0 + 25, int(middle) + 8), t.accent, radius=3)
    b.text(x0 + 10, x0 + 25, middle, c.label[:1], t.on_accent, size=11, bold=True, align="centre")
    b.chrome(x0 + 34, x1 - 150, middle, c.label, t.bar_text)
    b.line(x0, y1 - 1, x1 - 1, y1 - 1, shade(t.bar, 0.9))


def _frame(b: Brush, c: Control) -> None:
    x, y = c.centre
    ink = b.theme.bar_text
    if c.label == "minimize":
        b.line(x - 5, y + 1, x + 5, y + 1, ink)
    elif c.label == "maximize":
        b.draw.rectangle((x - 5, y - 4, x + 4, y + 5), outline=ink)
    else:
        b.line(x - 5, y - 5, x + 5, y + 5, ink)
        b.line(x - 5, y + 5, x + 5, y - 5, ink)


def _taskbar(b: Brush, c: Control) -> None:
    x0, y0, x1, y1 = c.rect
    b.fill(c.rect, "#1c2430")
    b.line(x0, y0, x1, y0, "#39465a")
    for i in range(4):
        left, top = x0 + 16 + 9 * (i % 2), y0 + 12 + 9 * (i // 2)
        b.fill((left, top, left + 8, top + 8), "#4cc2ff")
    b.fill((48, y0 + 8, 210, y1 - 8), "#2b3646", radius=12)
    b.draw.ellipse((60, y0 + 14, 69, y0 + 23), outline="#9fb0c6", width=2)
    b.line(68, y0 + 22, 72, y0 + 26, "#9fb0c6", 2)
    b.text(80, 206, (y0 + y1) / 2, "Search", "#9fb0c6", face="sans", size=12)
    b.fill((222, y0 + 7, 252, y1 - 7), "#f2b84b", radius=3)
    b.fill((222, y0 + 13, 252, y1 - 7), "#ffd77a", radius=3)
    time, _, date = c.value.partition("\n")
    b.text(x1 - 120, x1 - 14, y0 + 13, time, "#ffffff", face="sans", size=12, align="right")
    b.text(x1 - 120, x1 - 14, y0 + 28, date, "#ffffff", face="sans", size=12, align="right")
    for i, tall in enumerate((5, 8, 11, 14)):
        b.fill((x1 - 150 + 5 * i, y0 + 27 - tall, x1 - 147 + 5 * i, y0 + 27), "#d6e0ee")


def _launch(b: Brush, c: Control) -> None:
    x0, y0, x1, y1 = c.rect
    if c.on:
        b.fill(c.rect, "#344257", radius=4)
        b.fill((x0, y1 - 2, x1, y1), "#4cc2ff")
    b.fill((x0 + 10, y0 + 8, x0 + 26, y0 + 24), b.theme.accent, radius=3, outline="#9fb0c6")
    b.text(x0 + 34, x1 - 4, row_of(c), c.label, "#ffffff", face="sans", size=12)


def _menubar(b: Brush, c: Control) -> None:
    b.fill(c.rect, b.theme.menu)


def _menu(b: Brush, c: Control) -> None:
    if c.on:
        b.fill(c.rect, b.theme.chosen, outline=b.theme.accent)
    ink = b.theme.text if c.on else ink_on(b, b.theme.menu)
    b.chrome(c.rect[0], c.rect[2], row_of(c), c.label, ink, align="centre")


def _toolbar(b: Brush, c: Control) -> None:
    x0, _, x1, y1 = c.rect
    b.fill(c.rect, b.theme.menu)
    b.line(x0, y1 - 1, x1 - 1, y1 - 1, b.theme.border)


def _tool(b: Brush, c: Control) -> None:
    x0, y0, x1, _ = c.rect
    t = b.theme
    b.fill(c.rect, shade(t.menu, 0.97), outline=shade(t.menu, 0.9), radius=t.radius)
    colour = t.accent if c.enabled else t.border
    b.draw.rounded_rectangle((x0 + 9, y0 + 8, x0 + 21, y0 + 20), 2, outline=colour, width=2)
    b.line(x0 + 12, y0 + 12, x0 + 18, y0 + 12, colour)
    b.line(x0 + 12, y0 + 16, x0 + 18, y0 + 16, colour)
    b.text(x0 + 28, x1 - 4, row_of(c), c.label, ink_on(b, t.menu) if c.enabled else t.muted)


def _statusbar(b: Brush, c: Control) -> None:
    x0, y0, x1, _ = c.rect
    b.fill(c.rect, b.theme.menu)
    b.line(x0, y0, x1 - 1, y0, b.theme.border)
    for cell in c.cells:
        if cell.x0 > x0 + 12:
            b.line(cell.x0 - 10, y0 + 4, cell.x0 - 10, y0 + 19, b.theme.border)
        b.chrome(cell.x0, cell.x1, row_of(c), cell.text, ink_on(b, b.theme.menu), size=12)


LOOKS: dict[str, Look] = {
    "wallpaper": _wallpaper, "window": _window, "titlebar": _titlebar, "frame": _frame, "taskbar": _taskbar,
    "launch": _launch,
    "menubar": _menubar, "menu": _menu, "toolbar": _toolbar, "tool": _tool, "statusbar": _statusbar,
}  # fmt: skip
