"""Pictures taken out of JSON while it streams in, so that an answer of 100 MB leaves 100 kB in memory.

In the place of each base64 picture stands a short mark that says how large it was, from which the frames make the same
cells as from the picture itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cyberdesk_nb.frames.images import inline_size, picture_mark

Keep = Callable[[str], str | None]
"""Stores the base64 text of a picture; gives the name under which it can be found, None where it is no picture."""

# The fields in which the API sends pictures, each followed by the start of a text.
_FIELD = re.compile(rb'"(?:screenshot|image_base64|image_url)"\s{0,8}:\s{0,8}"')
_FIELD_BYTES_MAX = 64
_ADDRESS = re.compile(rb".{0,29}:(?:/|\\/){2}", re.DOTALL)
_SHORT_BYTES = 1024
_HEAD_BYTES = 128 * 1024


class PictureSieve:
    """Takes the bytes of a JSON text in pieces; `body` is the text with its pictures marked.

    Parameters
    ----------
    keep
        Takes the base64 text of each picture and gives the name that it is stored under, or None when it is no
        picture, which then stays in the text. Without it, pictures are dropped.
    """

    def __init__(self, keep: Keep | None = None) -> None:
        self._keep = keep
        self.begin()

    def begin(self) -> None:
        """Forget what came so far."""
        self._out = bytearray()
        self._rest = b""
        self._text: _Text | None = None

    @property
    def size_bytes(self) -> int:
        """How much is in memory."""
        return len(self._out) + (len(self._text.head) if self._text else 0)

    @property
    def body(self) -> bytearray:
        """What came, with its pictures marked; a picture that broke off in the middle leaves the text broken off."""
        return self._out + self._rest

    def write(self, piece: bytes) -> None:
        """Take the next bytes."""
        data = self._rest + piece if self._rest else piece
        self._rest = b""
        place = 0
        while place < len(data):
            place = self._in_text(data, place, self._text) if self._text else self._outside(data, place)

    def _outside(self, data: bytes, place: int) -> int:
        found = _FIELD.search(data, place)
        if found is None:
            # The name of a field may have begun.
            end = max(place, len(data) - _FIELD_BYTES_MAX)
            self._out += data[place:end]
            self._rest = data[end:]
            return len(data)
        self._out += data[place : found.end()]
        self._text = _Text(is_kept=self._keep is not None)
        return found.end()

    def _in_text(self, data: bytes, place: int, text: _Text) -> int:
        end = data.find(b'"', place)
        text.add(data, place, end if end >= 0 else len(data))
        if end < 0:
            return len(data)
        if text.ends_in_escape:
            text.add(data, end, end + 1)
            return end + 1
        self._out += text.marked(self._keep)
        self._text = None
        return end


class _Text:
    """One text as it comes: all of it when it is to be kept or may be an address, else as much as tells its size."""

    def __init__(self, *, is_kept: bool) -> None:
        self.head = bytearray()
        self._wanted = None if is_kept else _SHORT_BYTES
        self._tail = b""
        self._escapes = 0
        self._length = 0

    def add(self, data: bytes, start: int, end: int) -> None:
        self._length += end - start
        # Counting costs far more than finding none, which is the rule.
        if data.find(b"\\", start, end) >= 0:
            self._escapes += data.count(b"\\", start, end)
        self._tail = (self._tail + data[max(start, end - 8) : end])[-8:]
        if self._wanted is None or len(self.head) <= self._wanted:
            self.head += data[start:end] if self._wanted is None else data[start : min(end, start + _HEAD_BYTES)]
            self._look()

    def _look(self) -> None:
        """Decide, once enough is there, how much of it is wanted."""
        if self._wanted != _SHORT_BYTES or len(self.head) <= _SHORT_BYTES:
            return
        if _ADDRESS.match(self.head):
            self._wanted = None
        elif inline_size(_unescaped(self.head[:_SHORT_BYTES])) is None:
            self._wanted = _HEAD_BYTES

    @property
    def ends_in_escape(self) -> bool:
        return (len(self._tail) - len(self._tail.rstrip(b"\\"))) % 2 == 1

    def marked(self, keep: Keep | None) -> bytes | bytearray:
        if len(self.head) <= _SHORT_BYTES or _ADDRESS.match(self.head):
            return self.head
        head = _unescaped(self.head)
        name = keep(head) if keep else None
        if keep and name is None:
            return self.head
        return picture_mark(head[:_HEAD_BYTES], self._length - self._escapes, self._tail.count(b"="), name).encode()


def _unescaped(text: bytearray) -> str:
    """Take the escapes out that some writers put before each slash."""
    return text.decode("ascii", "replace").replace("\\", "")
