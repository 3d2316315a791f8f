"""Pictures of steps: fetched on demand, checked before they are shown, never decoded in full without need."""

from __future__ import annotations

import base64
import binascii
import io
from collections import OrderedDict
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from queue import Empty, Queue
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from PIL import Image
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from cyberdesk_nb.errors import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PIL.ImageFile import ImageFile

Fetch = "Callable[[str], Future[bytes]]"
"""Fetches the bytes behind a storage reference (``supabase://...``)."""

MAX_BYTES = 20_000_000
"""Largest picture file, in bytes, that is shown."""

MAX_PIXELS = 34_000_000
"""Most pixels of a picture that is shown: an 8K display has 33.2 million."""

THUMB_SIZE = (160, 120)
"""Largest width and height of a thumbnail in pixels."""

KEPT_BYTES = 64_000_000
"""Most bytes of fetched pictures that are kept for asking again; inline ones stand in the record anyway."""

# Magic bytes, media type, and the reader of that format's header. Each reader is called directly: `Image.open` would
# also try others, and would warn about large pictures before their size can be looked at.
_FORMATS: tuple[tuple[bytes, str, type[ImageFile]], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png", PngImageFile),
    (b"\xff\xd8\xff", "image/jpeg", JpegImageFile),
    (b"GIF8", "image/gif", GifImageFile),
    (b"RIFF", "image/webp", WebPImageFile),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture file whose kind and size are known and within bounds."""

    data: bytes
    mime: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class NoPicture:
    """Why a step has no picture to show, in words for the person who looks; `passing` when asking again may help."""

    reason: str
    passing: bool = False


def read_picture(data: bytes) -> Picture | NoPicture:
    """Check a picture file by its first bytes and its header.

    Parameters
    ----------
    data
        The file: PNG, JPEG, GIF or WebP.

    Returns
    -------
    Picture or NoPicture
        `NoPicture` for another kind of file (SVG can carry scripts and is never shown), a broken one, or one beyond
        `MAX_BYTES` or `MAX_PIXELS`.
    """
    if len(data) > MAX_BYTES:
        return NoPicture(f"The picture has {len(data) / 1e6:.0f} MB; more than {MAX_BYTES / 1e6:.0f} MB is not shown.")
    for magic, mime, reader in _FORMATS:
        if data.startswith(magic):
            return _read_header(data, mime, reader)
    return NoPicture("This is not a PNG, JPEG, GIF or WebP picture.")


def _read_header(data: bytes, mime: str, reader: type[ImageFile]) -> Picture | NoPicture:
    try:
        with reader(io.BytesIO(data)) as image:
            width, height = image.size
            image.verify()
    except Exception:  # noqa: BLE001 - a broken file makes the readers raise whatever it makes them raise
        return NoPicture("The picture is broken or cut.")
    if width * height > MAX_PIXELS:
        megapixels = f"{width}x{height} ({width * height / 1e6:.0f} megapixels)"
        return NoPicture(f"The picture has {megapixels}; more than {MAX_PIXELS / 1e6:.0f} are not shown.")
    return Picture(data, mime, width, height)


def thumbnail(picture: Picture) -> Picture | NoPicture:
    """Scale a picture down to `THUMB_SIZE`, as JPEG."""
    try:
        with Image.open(io.BytesIO(picture.data), formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
            image.draft("RGB", THUMB_SIZE)
            small = image.convert("RGB")
            small.thumbnail(THUMB_SIZE)
    except Exception:  # noqa: BLE001 - a broken file makes the readers raise whatever it makes them raise
        return NoPicture("The picture is broken: it cannot be decoded.")
    out = io.BytesIO()
    small.save(out, "JPEG", quality=72)
    return Picture(out.getvalue(), "image/jpeg", *small.size)


def decode_inline(reference: str) -> Picture | NoPicture:
    """Read a picture written into the record as base64, bare or as a ``data:`` URI."""
    encoded = reference.partition(",")[2] if reference.startswith("data:") else reference
    if len(encoded) > MAX_BYTES * 3 // 2:
        size = f"{len(encoded) * 3 / 4e6:.0f} MB"
        return NoPicture(f"The picture has about {size}; more than {MAX_BYTES / 1e6:.0f} MB is not shown.")
    try:
        return read_picture(base64.b64decode("".join(encoded.split()), validate=True))
    except (binascii.Error, ValueError):
        return NoPicture("The screenshot field holds no picture: it is not base64.")


class Pictures:
    """The pictures of one recording, by position, read on demand and off the main thread.

    Parameters
    ----------
    references
        For each position its picture: base64, a ``data:`` URI, ``supabase://...``, or None.
    fetch
        Fetches a ``supabase://`` reference. None when there is no connection: such pictures are then said to be
        out of reach.
    """

    def __init__(self, references: Sequence[str | None], fetch: Callable[[str], Future[bytes]] | None) -> None:
        self._references = references
        self._fetch = fetch
        self._fetched: OrderedDict[str, Future[bytes]] = OrderedDict()
        # The browser asks on the main thread, and answers come on others.
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._references)

    def request(self, position: int, deliver: Callable[[Picture | NoPicture], None], *, small: bool = False) -> None:
        """Read one picture and hand it to `deliver`, on another thread; `small` asks for its thumbnail."""
        reference = self._references[position] if 0 <= position < len(self._references) else None

        def finish(read: Callable[[], Picture | NoPicture]) -> None:
            picture = read()
            deliver(thumbnail(picture) if small and isinstance(picture, Picture) else picture)

        if reference is None:
            deliver(NoPicture("No screenshot was recorded here."))
        elif not reference.startswith("data:") and "://" in reference[:40]:
            self._request_stored(reference, finish)
        else:
            _workers().submit(finish, lambda: decode_inline(reference))

    def all(self) -> list[Picture | NoPicture]:
        """Read every picture, and wait for them; not to be called from a thread that fetches."""
        return list(self.some(range(len(self._references))).values())

    def some(self, positions: Sequence[int], patience_s: float | None = None) -> dict[int, Picture | NoPicture]:
        """Read the pictures of some positions; those that have not come after `patience_s` are said to be missing."""
        answers: Queue[tuple[int, Picture | NoPicture]] = Queue()
        late = NoPicture("The screen had not come yet.", passing=True)
        found: dict[int, Picture | NoPicture] = dict.fromkeys(positions, late)
        for position in found:
            self.request(position, lambda picture, position=position: answers.put((position, picture)))
        until = None if patience_s is None else monotonic() + patience_s
        with suppress(Empty):
            for _ in found:
                position, picture = answers.get(timeout=None if until is None else max(0.0, until - monotonic()))
                found[position] = picture
        return found

    def close(self) -> None:
        """Stop what is still being fetched, and forget what was."""
        with self._lock:
            waiting, self._fetched = self._fetched, OrderedDict()
        for future in waiting.values():
            future.cancel()

    def _request_stored(self, reference: str, finish: Callable[[Callable[[], Picture | NoPicture]], None]) -> None:
        if not reference.startswith("supabase://"):
            scheme = printable(reference.partition("://")[0], 20)
            return finish(lambda: NoPicture(f"The picture is at a {scheme} address, which is never opened."))
        if self._fetch is None:
            return finish(lambda: NoPicture("The picture is kept by the server, and this player has no connection."))
        try:
            future = self._future(reference, self._fetch)
        except Exception as error:  # noqa: BLE001 - whatever went wrong is what the viewer must be told
            problem = error
            return finish(lambda: _failed(problem))
        future.add_done_callback(lambda done: _workers().submit(finish, lambda: self._outcome(reference, done)))
        return None

    def _future(self, reference: str, fetch: Callable[[str], Future[bytes]]) -> Future[bytes]:
        """Return the fetch under way or done for a reference, as the one asked for last."""
        with self._lock:
            future = self._fetched.pop(reference, None) or fetch(reference)
            self._fetched[reference] = future
            return future

    def _outcome(self, reference: str, done: Future[bytes]) -> Picture | NoPicture:
        try:
            picture = read_picture(done.result())
        except (Exception, CancelledError) as error:  # noqa: BLE001 - as above
            # A failure is forgotten, so that asking again tries again (an address may have expired).
            with self._lock:
                self._fetched.pop(reference, None)
            return _failed(error)
        self._forget_oldest()
        return picture

    def _forget_oldest(self) -> None:
        with self._lock:
            sizes = {reference: len(done.result()) for reference, done in self._fetched.items() if _succeeded(done)}
            too_many = sum(sizes.values()) - KEPT_BYTES
            for reference, size in sizes.items():
                if too_many <= 0:
                    return
                del self._fetched[reference]
                too_many -= size


def _succeeded(future: Future[bytes]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _failed(error: BaseException) -> NoPicture:
    text = str(error) or type(error).__name__
    return NoPicture(f"The picture could not be fetched: {printable(text)}", passing=True)


@cache
def _workers() -> ThreadPoolExecutor:
    """Return the two threads that all players share for reading and scaling pictures."""
    return ThreadPoolExecutor(max_workers=2, thread_name_prefix="cyberdesk-pictures")
