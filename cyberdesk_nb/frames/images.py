"""What a picture's reference says without opening the picture."""

from __future__ import annotations

import base64
import io
import re
import warnings
from dataclasses import dataclass

from PIL import Image

_SHORT_HEAD_CHARS = 1024
_HEAD_CHARS = 128 * 1024
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_PNG_START = "iVBORw0KGgo"
_PNG_HEAD_CHARS = 32
_MARK = "picture:"
_MARKED = re.compile(rf"{_MARK}(\d+);(\d*)x(\d*);([\w.]*)")


@dataclass(frozen=True, slots=True)
class _Mark:
    size_bytes: int
    size: tuple[int, int] | None
    name: str


def picture_mark(head: str, length: int, padding: int, name: str | None = None) -> str:
    """Give the mark that stands for an inline picture which was taken out of its record.

    Parameters
    ----------
    head
        Start of the picture's text: base64, bare or as a data URI.
    length, padding
        Length of the whole text in characters, and how many of them are ``=`` at its end.
    name
        Name of the file that holds the picture now; None when it was dropped.

    Examples
    --------
    >>> describe_image(picture_mark("R0lGODlhAwAFAIAAAAAAAP///yH5BAAAAAAALAAAAAADAAUAAAIChF0AOw==", 60, 2))
    ('inline', None, 43)
    """
    width, height = inline_size(head) or ("", "")
    prefix = head.find(",") + 1 if head.startswith("data:") else 0
    return f"{_MARK}{(length - prefix) * 3 // 4 - padding};{width}x{height};{name or ''}"


def _read_mark(reference: str) -> _Mark | None:
    found = _MARKED.fullmatch(reference) if reference.startswith(_MARK) else None
    if found is None:
        return None
    size_bytes, width, height, name = found.groups()
    return _Mark(int(size_bytes), (int(width), int(height)) if width else None, name)


def describe_image(reference: str | None) -> tuple[str | None, str | None, int | None]:
    """Tell where a picture is.

    Parameters
    ----------
    reference
        Base64 (bare or as a data URI), the mark of a picture that was taken out, a storage address such as
        ``supabase://...``, or None.

    Returns
    -------
    tuple
        Kind (``inline``, ``file``, ``stored`` or None), address or file name of a picture that stands elsewhere, size
        in bytes of any but a stored one.

    Examples
    --------
    >>> describe_image("supabase://run-images/org/run/1.png")[0]
    'stored'
    """
    if not reference:
        return None, None, None
    if (mark := _read_mark(reference)) is not None:
        return ("file" if mark.name else "inline"), mark.name or None, mark.size_bytes
    if "://" in reference[:32]:
        return "stored", reference, None
    data = reference[reference.find(",") + 1 :] if reference.startswith("data:") else reference
    return "inline", None, len(data) * 3 // 4 - data[-2:].count("=")


def inline_size(reference: str | None) -> tuple[int, int] | None:
    """Read width and height of an inline picture from its header; None for any other, and for one that has none.

    Only the first bytes are looked at, and nothing is decoded.

    Examples
    --------
    >>> inline_size("R0lGODlhAwAFAIAAAAAAAP///yH5BAAAAAAALAAAAAADAAUAAAIChF0AOw==")
    (3, 5)
    """
    if describe_image(reference)[0] not in {"inline", "file"} or reference is None:
        return None
    if (mark := _read_mark(reference)) is not None:
        return mark.size
    data = reference[reference.find(",") + 1 :] if reference.startswith("data:") else reference
    return _png_size(data) or _size_of(data[:_SHORT_HEAD_CHARS]) or _size_of(data[:_HEAD_CHARS])


def _png_size(data: str) -> tuple[int, int] | None:
    """Read the size of a PNG from where it always stands: a page may hold a thousand of them."""
    if not data.startswith(_PNG_START):
        return None
    try:
        head = base64.b64decode(data[:_PNG_HEAD_CHARS], validate=True)
    except ValueError:
        return None
    return (int.from_bytes(head[16:20]), int.from_bytes(head[20:24])) if head[12:16] == b"IHDR" else None


def _size_of(head: str) -> tuple[int, int] | None:
    try:
        with warnings.catch_warnings(action="ignore"):  # a large picture is none to warn of: only its size is read
            return Image.open(io.BytesIO(base64.b64decode(head[: len(head) // 4 * 4])), formats=_FORMATS).size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
