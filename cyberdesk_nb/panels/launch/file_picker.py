"""A field that takes files from the computer of the one who looks at the page, in pieces, as message buffers.

What a file holds is never part of the widget's state: it stands in no saved notebook, and nothing sends it back to the
browser. Pieces, since a notebook server refuses single messages of more than 10 MB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import anywidget
import traitlets

from cyberdesk_nb.panels.parts import one_line

_HERE = Path(__file__).parent


@dataclass(slots=True)
class _Coming:
    """A file of which some pieces have come."""

    name: str
    size: int
    content: bytearray = field(default_factory=bytearray, repr=False)


class FilePicker(anywidget.AnyWidget):
    """A button that opens the browser's choice of files; `took` is called with the name and bytes of each file.

    Attributes
    ----------
    room_bytes
        How much may still be taken; the page refuses more before it sends any.
    note
        What is going on, in words.

    """

    _esm = (_HERE / "file_picker.js").read_text(encoding="utf-8")

    label = traitlets.Unicode().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    room_bytes = traitlets.Int().tag(sync=True)

    def __init__(self, label: str, room_bytes: int, took: Callable[[str, bytes], None]) -> None:
        super().__init__(label=label, room_bytes=room_bytes)
        self._took = took
        self._coming: dict[str, _Coming] = {}
        cast("Any", self).on_msg(self._received)

    def _received(self, _widget: object, content: object, buffers: object) -> None:
        message = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
        match message:
            case {"kind": "begin", "file": str(key), "name": str(name), "size": int(size)}:
                self._begin(key, name, size)
            case {"kind": "piece", "file": str(key)} if key in self._coming and isinstance(buffers, list):
                self._add(key, cast("list[Any]", buffers))
            case {"kind": "broken", "file": str(key), "name": str(name)}:
                self._coming.pop(key, None)
                self._say(f"{name} could not be read.")
            case _:
                pass

    def _begin(self, key: str, name: str, size: int) -> None:
        on_the_way = sum(one.size for one in self._coming.values())
        if size < 0 or size > self.room_bytes - on_the_way:
            self._say(f"{name} is too large: {size_words(max(0, self.room_bytes - on_the_way))} are left.")
            return
        self.error = ""
        self._coming[key] = _Coming(name, size)
        self._show_progress()
        self._end_if_whole(key)

    def _add(self, key: str, buffers: list[Any]) -> None:
        coming = self._coming[key]
        for buffer in buffers:
            coming.content += bytes(buffer)
        if len(coming.content) > coming.size:
            del self._coming[key]
            self._say(f"{coming.name} changed while it was read: choose it again.")
        self._show_progress()
        self._end_if_whole(key)

    def _end_if_whole(self, key: str) -> None:
        coming = self._coming.get(key)
        if coming is None or len(coming.content) < coming.size:
            return
        del self._coming[key]
        self._show_progress()
        self._took(coming.name, bytes(coming.content))

    def _show_progress(self) -> None:
        names = ", ".join(
            f"{one.name} ({size_words(len(one.content))} of {size_words(one.size)})" for one in self._coming.values()
        )
        self.note = one_line(f"Taking {names}", 300) if names else ""

    def _say(self, words: str) -> None:
        self.error = one_line(words, 300)


def size_words(size_bytes: int) -> str:
    """Write a size for a person: 12 bytes, 3.4 kB, 5.6 MB."""
    if size_bytes < 1000:
        return f"{size_bytes} bytes"
    return f"{size_bytes / 1000:.1f} kB" if size_bytes < 1_000_000 else f"{size_bytes / 1_000_000:.1f} MB"
