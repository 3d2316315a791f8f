"""A small table of texts, whose rows may have a button."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import anywidget
import traitlets

_HERE = Path(__file__).parent


class Table(anywidget.AnyWidget):
    """Shows rows of texts under a caption; all of them are shown as text.

    Parameters
    ----------
    heads
        Names of the columns.
    action, pressed
        What the button of a row says, and what is called with the row's key; rows without a key have none.

    """

    _esm = (_HERE / "table.js").read_text(encoding="utf-8")

    caption = traitlets.Unicode().tag(sync=True)
    heads = traitlets.List(cast("Any", [])).tag(sync=True)
    rows = traitlets.List(cast("Any", [])).tag(sync=True)
    action = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, heads: Sequence[str], *, action: str = "", pressed: Callable[[str], object] | None = None
    ) -> None:
        super().__init__(heads=list(heads), action=action)
        self._pressed = pressed
        cast("Any", self).on_msg(self._received)

    def fill(self, caption: str, rows: Sequence[Sequence[str]], keys: Sequence[str] | None = None) -> None:
        """Show other rows; an empty key, or none, leaves the button out."""
        keys = keys or [""] * len(rows)
        self.caption = caption
        self.rows = [{"cells": list(cells), "key": key} for cells, key in zip(rows, keys, strict=True)]

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        message = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
        if self._pressed is not None and message.get("kind") == "press" and isinstance(message.get("key"), str):
            self._pressed(message["key"])
