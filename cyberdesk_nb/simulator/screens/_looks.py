"""How each kind of control looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from ._text import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.ImageDraw import ImageDraw

    from ._controls import Control, Rect
    from ._theme import Theme

    Look = Callable[["Brush", Control], None]


@dataclass(frozen=True, slots=True)
class Brush:
    """Draws in the colours and face of one theme."""

    draw: ImageDraw
    theme: Theme
    image: Image.Image

    def fill(self, rect: Rect, colour: str, *, outline: str | None = None, radius: int = 0) -> None:
        """Fill a rectangle; the right and lower edges stay outside, as in hit-testing."""
        x0, y0, x1, y1 = rect
        if x1 <= x0 or y1 <= y0:
            return
        box = (x0, y0, x1 - 1, y1 - 1)
        if radius:
            self.draw.rounded_rectangle(box, radius, fill=colour, outline=outline)
        else:
            self.draw.rectangle(box, fill=colour, outline=outline)

    def line(self, x0: int, y0: int, x1: int, y1: int, colour: str, width: int = 1) -> None:
        """Draw a line."""
        self.draw.line((x0, y0, x1, y1), fill=colour, width=width)

    def text(
        self, x0: int, x1: int, middle: float, text: str, colour: str = "", *, size: int = 0, bold: bool = False,
        align: str = "left", tail: bool = False, face: str = "",
    ) -> float:
        """Write one line centred on a row; return where it ends."""  # fmt: skip
        t = self.theme
        return write(self.draw, x0, x1, middle, text, face or t.face, size or t.size, colour or t.text,
                     bold=bold, align=align, tail=tail)  # fmt: skip

    def tone(self, name: str) -> str:
        """Return the text colour of a tone."""
        t = self.theme
        return {"muted": t.muted, "good": t.good, "warn": t.warn, "bad": t.bad, "accent": t.accent, "link": t.accent,
                "side": t.side_text, "primary": t.on_accent, "white": "#ffffff"}.get(name, t.text)  # fmt: skip


def _middle(c: Control) -> float:
    return (c.rect[1] + c.rect[3]) / 2 - 0.5


# Frame ----------------------------------------------------------------------------------------------------------------


def _wallpaper(b: Brush, c: Control) -> None:  # noqa: ARG001
    for i in range(0, 768, 6):  # a calm diagonal sheen, so that a floating window stands off its ground
        b.line(700 + i // 3, i, 1024, i, _shade(b.theme.wallpaper, 1 + 0.12 * (1 - i / 768)), 6)


def _window(b: Brush, c: Control) -> None:
    x0, y0, x1, y1 = c.rect
    if x0 > 0:
        b.fill((x0 + 3, y0 + 5, x1 + 6, y1 + 7), _shade(b.theme.wallpaper, 0.72))
    b.fill(c.rect, b.theme.surface, outline=_shade(b.theme.border, 0.8))


def _titlebar(b: Brush, c: Control) -> None:
    x0, y0, x1, y1 = c.rect
    t = b.theme
    b.fill(c.rect, t.bar)
    middle = _middle(c)
    b.fill((x0 + 10, int(middle) - 7, x0 + 25, int(middle) + 8), t.accent, radius=3)
    b.text(x0 + 10, x0 + 25, middle, c.label[:1], t.on_accent, size=11, bold=True, align="centre")
    b.text(x0 + 34, x1 - 150, middle, c.label, t.bar_text)
    m = int(middle)
    b.line(x1 - 120, m + 1, x1 - 110, m + 1, t.bar_text)
    b.draw.rectangle((x1 - 74, m - 4, x1 - 65, m + 5), outline=t.bar_text)
    b.line(x0, y1 - 1, x1 - 1, y1 - 1, _shade(t.bar, 0.9))


def _close(b: Brush, c: Control) -> None:
    x, y = c.centre
    b.line(x - 5, y - 5, x + 5, y + 5, b.theme.bar_text)
    b.line(x - 5, y + 5, x + 5, y - 5, b.theme.bar_text)


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
    b.fill((262, y0 + 4, 430, y1 - 4), "#344257", radius=4)
    b.fill((262, y1 - 6, 430, y1 - 4), "#4cc2ff")
    b.fill((272, y0 + 12, 288, y0 + 28), b.theme.accent, radius=3, outline="#9fb0c6")
    b.text(296, 426, (y0 + y1) / 2, c.label, "#ffffff", face="sans", size=12)
    time, _, date = c.value.partition("\n")
    b.text(x1 - 120, x1 - 14, y0 + 13, time, "#ffffff", face="sans", size=12, align="right")
    b.text(x1 - 120, x1 - 14, y0 + 28, date, "#ffffff", face="sans", size=12, align="right")
    for i, tall in enumerate((5, 8, 11, 14)):
        b.fill((x1 - 150 + 5 * i, y0 + 27 - tall, x1 - 147 + 5 * i, y0 + 27), "#d6e0ee")


def _menubar(b: Brush, c: Control) -> None:
    b.fill(c.rect, b.theme.menu)


def _menu(b: Brush, c: Control) -> None:
    if c.on:
        b.fill(c.rect, b.theme.chosen, outline=b.theme.accent)
    b.text(c.rect[0], c.rect[2], _middle(c), c.label, _on(b, b.theme.menu), align="centre")


def _toolbar(b: Brush, c: Control) -> None:
    x0, _, x1, y1 = c.rect
    b.fill(c.rect, b.theme.menu)
    b.line(x0, y1 - 1, x1 - 1, y1 - 1, b.theme.border)


def _tool(b: Brush, c: Control) -> None:
    x0, y0, x1, _ = c.rect
    t = b.theme
    b.fill(c.rect, _shade(t.menu, 0.97), outline=_shade(t.menu, 0.9), radius=t.radius)
    colour = t.accent if c.enabled else t.border
    b.draw.rounded_rectangle((x0 + 9, y0 + 8, x0 + 21, y0 + 20), 2, outline=colour, width=2)
    b.line(x0 + 12, y0 + 12, x0 + 18, y0 + 12, colour)
    b.line(x0 + 12, y0 + 16, x0 + 18, y0 + 16, colour)
    b.text(x0 + 28, x1 - 4, _middle(c), c.label, _on(b, t.menu) if c.enabled else t.muted)


def _statusbar(b: Brush, c: Control) -> None:
    x0, y0, x1, _ = c.rect
    b.fill(c.rect, b.theme.menu)
    b.line(x0, y0, x1 - 1, y0, b.theme.border)
    for cell in c.cells:
        if cell.x0 > x0 + 12:
            b.line(cell.x0 - 10, y0 + 4, cell.x0 - 10, y0 + 19, b.theme.border)
        b.text(cell.x0, cell.x1, _middle(c), cell.text, _on(b, b.theme.menu), size=12)


# Texts ----------------------------------------------------------------------------------------------------------------


def _text(b: Brush, c: Control) -> None:
    b.text(c.rect[0], c.rect[2], _middle(c), c.label, b.tone(c.tone), bold=c.tone == "bold")


def _heading(b: Brush, c: Control) -> None:
    b.text(c.rect[0], c.rect[2], _middle(c), c.label, b.tone(c.tone), size=b.theme.size + 6, bold=True)


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


# Inputs ---------------------------------------------------------------------------------------------------------------


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
        end = b.text(x0 + 8, x1 - 8, _middle(c), c.value, colour, tail=c.focused)
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
    b.text(x0 + 8, x1 - 26, _middle(c), c.value)
    _chevron(b, x1 - 15, int(_middle(c)), b.theme.muted)


def _chevron(b: Brush, x: int, y: int, colour: str) -> None:
    b.line(x - 4, y - 2, x, y + 2, colour, 2)
    b.line(x, y + 2, x + 4, y - 2, colour, 2)


def _checkbox(b: Brush, c: Control) -> None:
    x0, y0, x1, _ = c.rect
    t = b.theme
    edge = t.accent if c.on or c.focused else _shade(t.border, 0.8)
    b.fill((x0 + 2, y0 + 3, x0 + 18, y0 + 19), t.accent if c.on else t.field, outline=edge, radius=2)
    if c.on:
        b.line(x0 + 6, y0 + 11, x0 + 9, y0 + 14, t.on_accent, 2)
        b.line(x0 + 9, y0 + 14, x0 + 14, y0 + 7, t.on_accent, 2)
    b.text(x0 + 26, x1, y0 + 11, c.label)


def _button(b: Brush, c: Control) -> None:
    t = b.theme
    fill, colour, edge = t.button, t.text, _shade(t.border, 0.88)
    if c.tone == "primary":
        fill, colour, edge = t.accent, t.on_accent, _shade(t.accent, 0.85)
    if c.tone == "bad":
        fill, colour, edge = t.bad, "#ffffff", _shade(t.bad, 0.85)
    if not c.enabled:
        fill, colour, edge = t.surface, _mix(t.muted, t.surface), t.border
    b.fill(c.rect, fill, outline=edge, radius=t.radius)
    x0, y0, x1, y1 = c.rect
    if c.focused:
        b.draw.rounded_rectangle((x0 + 2, y0 + 2, x1 - 3, y1 - 3), t.radius, outline=colour)
    b.text(x0 + 4, x1 - 4, _middle(c), c.label, colour, align="centre")


def _link(b: Brush, c: Control) -> None:
    x0, _, x1, y1 = c.rect
    end = b.text(x0, x1, _middle(c), c.label, b.theme.accent)
    b.line(x0, y1 - 3, int(end), y1 - 3, b.theme.accent)


def _nav(b: Brush, c: Control) -> None:
    x0, y0, x1, y1 = c.rect
    t = b.theme
    if c.on:
        b.fill(c.rect, _shade(t.side, 1.35))
        b.fill((x0, y0, x0 + 4, y1), t.accent if t.accent != t.side else t.on_accent)
    b.draw.ellipse((x0 + 18, (y0 + y1) // 2 - 4, x0 + 26, (y0 + y1) // 2 + 4), outline=t.side_text, width=2)
    b.text(x0 + 38, x1 - 6, _middle(c), c.label, t.side_text, bold=c.on)


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
    b.text(x0, x1, _middle(c), c.label, t.text if c.on else t.muted, align="centre", bold=c.on)


# Tables ---------------------------------------------------------------------------------------------------------------


def _table(b: Brush, c: Control) -> None:
    b.fill(c.rect, b.theme.panel, outline=b.theme.border)


def _header(b: Brush, c: Control) -> None:
    x0, y0, _, y1 = c.rect
    b.fill(c.rect, b.theme.header, outline=b.theme.border)
    for cell in c.cells:
        b.text(cell.x0, cell.x1, _middle(c), cell.text, b.theme.muted, size=b.theme.size - 1, bold=True,
               align=cell.align)  # fmt: skip
        if cell.x0 > x0 + 10:
            b.line(cell.x0 - 8, y0 + 5, cell.x0 - 8, y1 - 6, b.theme.border)


def _row(b: Brush, c: Control) -> None:
    x0, _, x1, y1 = c.rect
    t = b.theme
    b.fill(c.rect, t.chosen if c.on else t.alt if c.tone == "alt" else t.panel)
    b.line(x0, y1 - 1, x1 - 1, y1 - 1, _mix(t.border, t.panel))
    for cell in c.cells:
        b.text(cell.x0, cell.x1, _middle(c), cell.text, b.tone(cell.tone), align=cell.align)


def _scrollbar(b: Brush, c: Control) -> None:
    x0, y0, x1, y1 = c.rect
    first, visible, total = c.span
    b.fill(c.rect, b.theme.surface)
    height = max((y1 - y0) * visible // max(total, 1), 20)
    top = y0 + (y1 - y0 - height) * first // max(total - visible, 1)
    b.fill((x0 + 3, top, x1 - 3, top + height), _shade(b.theme.border, 0.85), radius=3)


# On top ---------------------------------------------------------------------------------------------------------------


def _dialog(b: Brush, c: Control) -> None:
    x0, y0, x1, y1 = c.rect
    t = b.theme
    b.fill((x0 + 4, y0 + 6, x1 + 6, y1 + 8), _shade(t.border, 0.7))
    b.fill(c.rect, t.panel, outline=_shade(t.accent, 0.9))
    if c.tone == "busy":
        b.text(x0 + 16, x1 - 16, y0 + 36, c.label, align="centre")
        b.fill((x0 + 40, y0 + 62, x1 - 40, y0 + 70), t.header, radius=4)
        b.fill((x0 + 40, y0 + 62, x0 + 150, y0 + 70), t.accent, radius=4)
        return
    b.fill((x0 + 1, y0 + 1, x1 - 1, y0 + 32), t.bar)
    b.text(x0 + 14, x1 - 40, y0 + 16, c.label, t.bar_text, bold=True)
    if c.tone:
        _icon(b, c.tone, x0 + 38, y0 + 64)


def _toast(b: Brush, c: Control) -> None:
    x0, y0, x1, y1 = c.rect
    if not c.label:  # a menu or an open list
        b.fill((x0 + 3, y0 + 3, x1 + 3, y1 + 3), _shade(b.theme.border, 0.75))
        b.fill(c.rect, b.theme.panel, outline=b.theme.border)
        return
    b.fill((x0 + 3, y0 + 4, x1 + 4, y1 + 5), _shade(b.theme.border, 0.7))
    b.fill(c.rect, "#ffffff", outline="#8a94a3", radius=6)
    b.fill((x0, y0 + 4, x0 + 5, y1 - 4), b.theme.accent)
    b.text(x0 + 20, x1 - 20, y0 + 24, c.label, "#1d2430", bold=True)


def _icon(b: Brush, name: str, x: int, y: int) -> None:
    colour = {"info": "#1266b0", "question": "#1266b0", "warning": "#d98a00", "error": "#c42b1c"}.get(name)
    if colour is None:
        return
    if name == "warning":
        b.draw.polygon([(x, y - 17), (x + 18, y + 15), (x - 18, y + 15)], fill=colour)
    else:
        b.draw.ellipse((x - 17, y - 17, x + 17, y + 17), fill=colour)
    sign = {"info": "i", "question": "?", "warning": "!"}.get(name)
    if sign:
        b.text(x - 12, x + 12, y + (2 if name == "warning" else 0), sign, "#ffffff", size=20, bold=True,
               align="centre", face="sans")  # fmt: skip
    else:
        b.line(x - 6, y - 6, x + 6, y + 6, "#ffffff", 3)
        b.line(x - 6, y + 6, x + 6, y - 6, "#ffffff", 3)


def _item(b: Brush, c: Control) -> None:
    if c.on:
        b.fill(c.rect, b.theme.chosen)
    b.text(c.rect[0] + 12, c.rect[2] - 8, _middle(c), c.label)


def _veil(b: Brush, c: Control) -> None:
    x0, y0, x1, y1 = c.rect
    part = b.image.crop((x0, y0 + 32, x1, y1))
    b.image.paste(Image.blend(part, Image.new("RGB", part.size, "#ffffff"), 0.55), (x0, y0 + 32))


def _blackout(b: Brush, c: Control) -> None:
    b.fill(c.rect, "#0b0e13")
    b.fill((292, 270, 732, 430), "#ffffff", outline="#4a5566")
    b.fill((293, 271, 731, 303), "#e9edf2")
    b.text(306, 720, 287, c.label, "#1d2430", size=13, bold=True, face="sans")
    _icon(b, "warning", 330, 345)
    b.text(364, 720, 335, "The connection has been lost.", "#1d2430", size=14, face="sans")
    b.text(364, 720, 358, "Attempting to reconnect to your session...", "#1d2430", size=13, face="sans")
    b.text(364, 720, 379, "Connection attempt: 3 of 20", "#5b6675", size=13, face="sans")
    b.fill((630, 392, 716, 420), "#f3f4f6", outline="#8a94a3", radius=3)
    b.text(630, 716, 406, "Cancel", "#1d2430", size=13, align="centre", face="sans")


# Colours --------------------------------------------------------------------------------------------------------------


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _shade(colour: str, factor: float) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(min(255, int(v * factor)) for v in _rgb(colour)))


def _mix(one: str, other: str) -> str:
    return "#{:02x}{:02x}{:02x}".format(*((a + b) // 2 for a, b in zip(_rgb(one), _rgb(other), strict=True)))


def _on(b: Brush, ground: str) -> str:
    """Return the theme's text colour, or white on a dark ground."""
    return b.theme.text if sum(_rgb(ground)) > 330 else "#ffffff"


LOOKS: dict[str, Look] = {
    "wallpaper": _wallpaper, "window": _window, "titlebar": _titlebar, "close": _close, "taskbar": _taskbar,
    "menubar": _menubar, "menu": _menu, "toolbar": _toolbar, "tool": _tool, "statusbar": _statusbar, "text": _text,
    "heading": _heading, "pair": _pair, "panel": _panel, "field": _field, "password": _field, "cell": _field,
    "area": _area, "dropdown": _dropdown, "checkbox": _checkbox, "button": _button, "link": _link, "nav": _nav,
    "tabrow": _tabrow, "tab": _tab, "table": _table, "header": _header, "row": _row, "scrollbar": _scrollbar,
    "dialog": _dialog, "popup": _toast, "option": _item, "menuitem": _item, "veil": _veil, "blackout": _blackout,
}  # fmt: skip
