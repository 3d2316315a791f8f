"""What a machine shows now. The picture travels as a message and never becomes state: no saved notebook holds it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, cast

import anywidget
import traitlets
from PIL import Image

from cyberdesk_nb.errors import PayloadError

_HERE = Path(__file__).parent


class Screen(anywidget.AnyWidget):
    """Shows one picture, with words for those who do not see it."""

    _esm = (_HERE / "screen.js").read_text(encoding="utf-8")

    label = traitlets.Unicode().tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self._picture = b""
        cast("Any", self).on_msg(self._received)

    def show(self, picture: bytes, label: str) -> None:
        """Show a picture; raises `PayloadError` where it is none."""
        check_picture(picture)
        self._picture = picture
        self.label = label
        self._hand_over()

    def clear(self) -> None:
        """Take the picture away."""
        self._picture = b""
        self.label = ""
        self._hand_over()

    @property
    def picture(self) -> bytes:
        """The picture shown; empty where there is none."""
        return self._picture

    def _hand_over(self) -> None:
        buffers = [self._picture] if self._picture else []
        cast("Any", self).send({"kind": "picture"}, buffers=buffers)

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        # A view that opens later has missed what was sent.
        if isinstance(content, dict) and cast("dict[str, Any]", content).get("kind") == "open":
            self._hand_over()


def check_picture(picture: bytes) -> None:
    """Raise `PayloadError` where bytes are no picture."""
    try:
        with Image.open(BytesIO(picture), formats=("PNG", "JPEG", "WEBP", "GIF")) as image:
            image.verify()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise PayloadError("The answer is no picture.") from None
