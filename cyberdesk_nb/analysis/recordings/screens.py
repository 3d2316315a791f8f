"""How alike screens are: perceptual hashes of steps' pictures, each decoded once and let go at once."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from PIL import Image

from cyberdesk_nb._extras import load
from cyberdesk_nb.errors import ConfigurationError, printable
from cyberdesk_nb.frames.images import describe_image

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from cyberdesk_nb.frames.steps import Step

T = TypeVar("T")

HASH_BITS = 256
"""Length of a screen's hash. JPEG noise flips up to 6 of the bits, a dialog 20 to 60, another screen about 100."""

NOISE_BITS = 12
"""Screens at most so far apart count as the same."""

_SIDE = 16
_AT_ONCE = 4
_PIXELS_MAX = 34_000_000
_BYTES_MAX = 20_000_000
_TOO_LARGE = f"The picture has more than {_PIXELS_MAX / 1e6:.0f} megapixels."
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


@dataclass(frozen=True, slots=True, eq=False)
class Screen:
    """What is known of a step's screen.

    Attributes
    ----------
    bits
        Its perceptual hash; None when there is no picture, or none that can be read.
    problem
        Why a picture that was recorded cannot be read; None when it can, and when there is none.
    is_own
        False when the step has no picture of its own and this is the last one before it.
    """

    bits: npt.NDArray[np.bool_] | None = None
    problem: str | None = None
    is_own: bool = True


@dataclass(slots=True)
class Hasher:
    """Hashes pictures; equal ones once.

    Parameters
    ----------
    fetch
        Gives the bytes of a step's stored picture. None: stored pictures are said to be out of reach.
    """

    fetch: Callable[[Step], bytes] | None = None
    _known: dict[str, Screen] = field(default_factory=dict[str, Screen], init=False)

    def screens(self, steps: Sequence[Step]) -> list[Screen]:
        """Give the screen of each step of one recording, in order; without a picture of its own the last before it."""
        seen: list[Screen] = []
        with ThreadPoolExecutor(_AT_ONCE) as workers:
            for screen, step in zip(workers.map(self.screen, steps), steps, strict=True):
                seen.append(screen if step.image or not seen else Screen(seen[-1].bits, None, is_own=False))
        return seen

    def screen(self, step: Step) -> Screen:
        """Give the screen of one step; one without a picture has neither bits nor a problem."""
        if not step.image:
            return Screen()
        key = hashlib.sha256(step.image.encode()).hexdigest()
        if key not in self._known:
            self._known[key] = self._read(step)
        return self._known[key]

    def picture(self, step: Step) -> Image.Image | str | None:
        """Decode one step's picture; words where it cannot be read, None where there is none."""
        data = self._bytes(step) if step.image else None
        return _decoded(data, _whole) if isinstance(data, bytes) else data

    def _read(self, step: Step) -> Screen:
        data = self._bytes(step)
        bits = _decoded(data, _hashed) if isinstance(data, bytes) else data
        return Screen(problem=bits) if isinstance(bits, str) else Screen(bits)

    def _bytes(self, step: Step) -> bytes | str:
        """Give the file behind a step's picture, or words."""
        reference = step.image or ""
        if describe_image(reference)[0] == "inline":
            return _unwrapped(reference)
        if self.fetch is None:
            return "The picture is kept by the server."
        try:
            return self.fetch(step)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the other screens can still be compared
            return f"The picture could not be fetched: {printable(str(error), 200)}"


def bits_apart(a: Sequence[Screen], b: Sequence[Screen]) -> npt.NDArray[np.float64]:
    """Count the bits in which each screen of `a` differs from each of `b`; NaN where one has none."""
    left, right = _table(a), _table(b)
    return left @ (1 - right).T + (1 - left) @ right.T


def _table(screens: Sequence[Screen]) -> npt.NDArray[np.float64]:
    table = np.full((len(screens), HASH_BITS), np.nan)
    for row, screen in enumerate(screens):
        if screen.bits is not None:
            table[row] = screen.bits
    return table


def _unwrapped(reference: str) -> bytes | str:
    encoded = reference.partition(",")[2] if reference.startswith("data:") else reference
    if len(encoded) > _BYTES_MAX * 3 // 2:
        return f"The picture has more than {_BYTES_MAX / 1e6:.0f} MB."
    try:
        return base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return "The screenshot field holds no picture: it is not base64."


def _decoded(data: bytes, read: Callable[[Image.Image], T]) -> T | str:
    """Open a picture file within bounds and read it."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            return _TOO_LARGE if image.width * image.height > _PIXELS_MAX else read(image)
    except ConfigurationError:
        raise
    except Image.DecompressionBombError:
        return _TOO_LARGE
    except Exception:  # noqa: BLE001 - a broken file makes the readers raise whatever it makes them raise
        return "The picture is broken or of another kind than PNG, JPEG, GIF or WebP."


def _whole(image: Image.Image) -> Image.Image:
    return image.convert("RGB")


def _hashed(image: Image.Image) -> npt.NDArray[np.bool_]:
    """Hash a picture: its 16 by 16 lowest frequencies, each above the median or not."""
    imagehash: Any = load("imagehash", extra="analysis")
    image.draft("L", (256, 256))
    return np.asarray(imagehash.phash(image.convert("L"), hash_size=_SIDE).hash, dtype=np.bool_).ravel()
