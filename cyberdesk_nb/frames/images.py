"""What a picture's reference says without opening the picture."""

from __future__ import annotations

import base64
import io
import warnings

from PIL import Image

_HEAD_CHARS = 128 * 1024
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


def describe_image(reference: str | None) -> tuple[str | None, str | None, int | None]:
    """Tell where a picture is.

    Parameters
    ----------
    reference
        Base64 (bare or as a data URI), a storage address such as ``supabase://...``, or None.

    Returns
    -------
    tuple
        Kind (``inline``, ``stored`` or None), address of a stored picture, size in bytes of an inline one.

    Examples
    --------
    >>> describe_image("supabase://run-images/org/run/1.png")[0]
    'stored'
    """
    if not reference:
        return None, None, None
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
    if describe_image(reference)[0] != "inline" or reference is None:
        return None
    data = reference[reference.find(",") + 1 :] if reference.startswith("data:") else reference
    head = data[:_HEAD_CHARS]
    try:
        with warnings.catch_warnings(action="ignore"):  # a large picture is none to warn of: only its size is read
            return Image.open(io.BytesIO(base64.b64decode(head[: len(head) // 4 * 4])), formats=_FORMATS).size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
