"""Writing: faces that need no font of our own, and text that no font can break."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    Font = ImageFont.FreeTypeFont

MAX_SHOWN: Final = 240
_PAD: Final = 2
_NOTDEF: Final = "\U0010fffe"
_FILES: Final = {
    ("classic", False): "DejaVuSans.ttf",
    ("classic", True): "DejaVuSans-Bold.ttf",
    ("mono", False): "DejaVuSansMono.ttf",
    ("mono", True): "DejaVuSansMono-Bold.ttf",
}


@lru_cache(maxsize=64)
def font(face: str, size: int, *, bold: bool = False) -> Font:
    """Return a face: ``sans`` is built into Pillow, ``classic`` and ``mono`` come with Matplotlib.

    None of them has Chinese, Japanese, Korean or emoji, and no small package on PyPI that we depend on brings such a
    face; fonts of the machine would make pictures differ between machines. Such characters are drawn as boxes.
    """
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
    return _stamp(char, face, 16, bold=False).tobytes() != _stamp(_NOTDEF, face, 16, bold=False).tobytes()


def clean(text: str) -> str:
    """Make a text drawable on one line: what cannot be seen, such as a bidi mark, becomes a visible mark."""
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
def width_of(text: str, face: str, size: int, bold: bool) -> float:
    """Return the width of a clean text in pixels."""
    total = 0.0
    for chosen, piece in _pieces(text, face):
        if chosen:
            total += font(chosen, _size(chosen, face, size), bold=bold).getlength(piece)
        else:
            total += len(piece) * size
    return total


@lru_cache(maxsize=8192)
def fit(text: str, width: int, face: str, size: int, bold: bool, tail: bool) -> str:
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


@lru_cache(maxsize=2048)
def _stamp(piece: str, face: str, size: int, bold: bool) -> Image.Image:
    """Return a text as a mask, whose base line lies at one and a half times the size; the same words come often."""
    used = font(face, size, bold=bold)
    mask = Image.new("L", (int(used.getlength(piece)) + 2 * _PAD + 1, 2 * size))
    draw = ImageDraw.Draw(mask)
    draw.text((_PAD, size * 3 // 2), piece, fill=255, font=used, anchor="ls")
    if bold and face == "sans":  # the built-in face has no bold cut
        draw.text((_PAD + 0.55, size * 3 // 2), piece, fill=255, font=used, anchor="ls")
    return mask


def write(
    image: Image.Image, x0: int, x1: int, middle: float, text: str, face: str, size: int, colour: str, *,
    bold: bool = False, align: str = "left", tail: bool = False,
) -> float:  # fmt: skip
    """Write one line between two pixel columns, centred on a row; return the column where it ends."""
    if not text or x1 - x0 < 4:
        return x0
    shown = fit(text, x1 - x0, face, size, bold, tail)
    length = width_of(shown, face, size, bold)
    x = {"right": x1 - length, "centre": (x0 + x1 - length) / 2}.get(align, float(x0))
    base = round(middle + size * 0.36)
    for chosen, piece in _pieces(shown, face):
        if not chosen:
            x = _boxes(image, round(x), base, len(piece), size, colour)
            continue
        actual = _size(chosen, face, size)
        image.paste(colour, (round(x) - _PAD, base - actual * 3 // 2), _stamp(piece, chosen, actual, bold))
        x += font(chosen, actual, bold=bold).getlength(piece)
    return x


def _boxes(image: Image.Image, x: int, base: int, count: int, size: int, colour: str) -> float:
    """Draw a visible box for each character without a glyph, as Windows does."""
    draw = ImageDraw.Draw(image)
    for i in range(count):
        draw.rectangle((x + size * i + 1, base - size + 3, x + size * (i + 1) - 2, base), outline=colour)
    return x + size * count
