"""Writing: faces that need no font of our own, and text that no font can break."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import ImageFont

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

    Font = ImageFont.FreeTypeFont

MAX_SHOWN: Final = 240
_NOTDEF: Final = "\U0010fffe"
_FILES: Final = {
    ("classic", False): "DejaVuSans.ttf",
    ("classic", True): "DejaVuSans-Bold.ttf",
    ("mono", False): "DejaVuSansMono.ttf",
    ("mono", True): "DejaVuSansMono-Bold.ttf",
}


@lru_cache(maxsize=64)
def font(face: str, size: int, *, bold: bool = False) -> Font:
    """Return a face: ``sans`` is the one built into Pillow, ``classic`` and ``mono`` are those that Matplotlib ships."""
    name = _FILES.get((face, bold))
    spec = find_spec("matplotlib") if name else None
    if name and spec is not None and spec.origin is not None:
        path = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / name
        if path.is_file():
            # the basic layout engine is in every build of Pillow, so that pictures are the same everywhere
            return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
    built_in = ImageFont.load_default(size)
    if not isinstance(built_in, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType, which drawing the simulator's screens needs")
    return built_in


@lru_cache(maxsize=4096)
def _has(face: str, char: str) -> bool:
    if char in " \u00a0":
        return True
    probe = font(face, 16)
    return bytes(probe.getmask(char)) != bytes(probe.getmask(_NOTDEF))


def clean(text: str) -> str:
    """Make a text drawable on one line: what cannot be seen, such as controls and bidi marks, becomes a visible mark."""
    short = text[:MAX_SHOWN]
    if short.isascii() and short.isprintable():
        return short
    short = unicodedata.normalize("NFC", short).replace("\n", " ").replace("\t", " ").replace("\r", " ")
    return "".join("\ufffd" if unicodedata.category(c)[0] == "C" else c for c in short)


@lru_cache(maxsize=4096)
def _pieces(text: str, face: str) -> tuple[tuple[str, str], ...]:
    """Split a clean text into (face, piece); face ``""`` stands for characters that no face can draw."""
    if text.isascii():
        return ((face, text),)
    pieces: list[tuple[str, str]] = []
    for char in text:
        chosen = next((f for f in (face, "classic", "mono") if _has(f, char)), "")
        if pieces and pieces[-1][0] == chosen:
            pieces[-1] = (chosen, pieces[-1][1] + char)
        else:
            pieces.append((chosen, char))
    return tuple(pieces)


def _size(face: str, own: str, size: int) -> int:
    # DejaVu is wider and taller than the built-in face at the same size
    return size - 1 if face != "sans" and own == "sans" else size


@lru_cache(maxsize=8192)
def width_of(text: str, face: str, size: int, bold: bool) -> float:  # noqa: FBT001  positional for the cache
    """Return the width of a clean text in pixels."""
    total = 0.0
    for chosen, piece in _pieces(text, face):
        if chosen:
            total += font(chosen, _size(chosen, face, size), bold=bold).getlength(piece)
        else:
            total += len(piece) * size
    return total


@lru_cache(maxsize=8192)
def fit(text: str, width: int, face: str, size: int, bold: bool, tail: bool) -> str:  # noqa: FBT001
    """Cut a text to a width: with an ellipsis at its end, or to its tail as a scrolled field shows it."""
    shown = clean(text[-MAX_SHOWN:] if tail else text)
    if width_of(shown, face, size, bold) <= width:
        return shown
    low, high = 0, len(shown)
    while low < high:
        middle = (low + high + 1) // 2
        part = shown[-middle:] if tail else shown[:middle] + "…"
        low, high = (middle, high) if width_of(part, face, size, bold) <= width else (low, middle - 1)
    if tail:
        return shown[len(shown) - low :]
    return shown[:low].rstrip() + "…"


def write(
    draw: ImageDraw, x0: int, x1: int, middle: float, text: str, face: str, size: int, colour: str, *,
    bold: bool = False, align: str = "left", tail: bool = False,
) -> float:
    """Write one line between two pixel columns, centred on a row; return the column where it ends."""  # fmt: skip
    if not text or x1 - x0 < 4:
        return x0
    shown = fit(text, x1 - x0, face, size, bold, tail)
    length = width_of(shown, face, size, bold)
    start = {"right": x1 - length, "centre": (x0 + x1 - length) / 2}.get(align, x0)
    x, base = float(round(start)), round(middle + size * 0.36)
    for chosen, piece in _pieces(shown, face):
        if not chosen:
            for _ in piece:  # a visible box, as Windows draws a character without a glyph
                draw.rectangle((x + 1, base - size + 3, x + size - 2, base), outline=colour)
                x += size
            continue
        used = font(chosen, _size(chosen, face, size), bold=bold)
        draw.text((x, base), piece, fill=colour, font=used, anchor="ls")
        if bold and chosen == "sans":  # the built-in face has no bold cut
            draw.text((x + 0.55, base), piece, fill=colour, font=used, anchor="ls")
        x += used.getlength(piece)
    return x
