"""Dialogs, menus and what else lies over the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from .brush import row_of, shade

if TYPE_CHECKING:
    from .._controls import Control
    from .brush import Brush, Look


def _dialog(b: Brush, c: Control) -> None:
    x0, y0, x1, y1 = c.rect
    t = b.theme
    b.fill((x0 - 1, y0 + 1, x1 + 4, y1 + 5), shade(t.border, 0.86))
    b.fill((x0, y0, x1 + 2, y1 + 2), shade(t.border, 0.66))
    b.fill(c.rect, t.panel, outline=shade(t.accent, 0.9))
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
        b.fill((x0 + 1, y0 + 1, x1 + 3, y1 + 3), shade(b.theme.border, 0.8))
        b.fill(c.rect, b.theme.panel, outline=b.theme.border)
        return
    b.fill((x0 - 1, y0 + 1, x1 + 3, y1 + 4), shade(b.theme.border, 0.8), radius=8)
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
    label, _, chord = c.label.partition("\t")
    b.text(c.rect[0] + 12, c.rect[2] - 8, row_of(c), label)
    b.text(c.rect[0] + 12, c.rect[2] - 12, row_of(c), chord, b.theme.muted, align="right")


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


LOOKS: dict[str, Look] = {
    "dialog": _dialog, "popup": _toast, "option": _item, "menuitem": _item, "veil": _veil, "blackout": _blackout,
}  # fmt: skip
