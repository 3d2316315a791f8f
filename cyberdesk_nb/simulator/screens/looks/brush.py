"""Drawing in the colours and the face of one theme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._text import write

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

    from .._controls import Control, Rect
    from .._theme import Theme

    Look = Callable[["Brush", Control], None]


@dataclass(frozen=True, slots=True)
class Brush:
    """Draws in the colours and face of one theme."""

    draw: ImageDraw
    theme: Theme
    image: Image

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
        self,
        x0: int,
        x1: int,
        middle: float,
        text: str,
        colour: str = "",
        *,
        size: int = 0,
        bold: bool = False,
        align: str = "left",
        tail: bool = False,
        face: str = "",
    ) -> float:
        """Write one line centred on a row; return where it ends."""  # fmt: skip
        t = self.theme
        return write(self.image, x0, x1, middle, text, face or t.face, size or t.size, colour or t.text,
                     bold=bold, align=align, tail=tail)  # fmt: skip

    def chrome(
        self,
        x0: int,
        x1: int,
        middle: float,
        text: str,
        colour: str,
        *,
        size: int = 0,
        bold: bool = False,
        align: str = "left",
    ) -> float:
        """Write one line on a bar, which Windows sets in its own face where the program's is fixed-width."""
        mono = self.theme.face == "mono"
        return self.text(x0, x1, middle, text, colour, size=13 if mono else size, bold=bold, align=align,
                         face="sans" if mono else "")  # fmt: skip

    def tone(self, name: str) -> str:
        """Return the text colour of a tone."""
        t = self.theme
        return {"muted": t.muted, "good": t.good, "warn": t.warn, "bad": t.bad, "accent": t.accent, "link": t.accent,
                "side": t.side_text, "primary": t.on_accent, "white": "#ffffff"}.get(name, t.text)  # fmt: skip


def row_of(c: Control) -> float:
    """Return the row through the middle of a control."""
    return (c.rect[1] + c.rect[3]) / 2 - 0.5


def rgb(colour: str) -> tuple[int, int, int]:
    """Return the three parts of a colour."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def shade(colour: str, factor: float) -> str:
    """Return a colour made lighter or darker by a factor."""
    return "#{:02x}{:02x}{:02x}".format(*(min(255, int(v * factor)) for v in rgb(colour)))


def mix(one: str, other: str) -> str:
    """Return the colour half way between two."""
    return "#{:02x}{:02x}{:02x}".format(*((a + b) // 2 for a, b in zip(rgb(one), rgb(other), strict=True)))


def ink_on(b: Brush, ground: str) -> str:
    """Return the theme's text colour, or white on a dark ground."""
    return b.theme.text if sum(rgb(ground)) > 330 else "#ffffff"
