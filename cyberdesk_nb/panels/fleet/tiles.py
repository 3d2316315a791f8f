"""The tiles: one for each machine in each of its pools. They know no records, only what to show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import anywidget
import traitlets

_HERE = Path(__file__).parent


class Tiles(anywidget.AnyWidget):
    """Shows groups of tiles; `picked` is called with the id of a tile that is clicked, or entered by keyboard.

    All texts are shown as text.

    Attributes
    ----------
    view
        ``tiles``: by id what each shows; ``groups``: which stand where.
    strips
        By id the marks of each strip. They change seldom, and are most of what there is to send.
    chosen
        Id of the tile whose details are open, or empty.

    """

    _esm = (_HERE / "tiles.js").read_text(encoding="utf-8")
    _css = (_HERE / "fleet.css").read_text(encoding="utf-8")

    view = traitlets.Dict(cast("Any", {"tiles": {}, "groups": []})).tag(sync=True)
    strips = traitlets.Dict(cast("Any", {})).tag(sync=True)
    chosen = traitlets.Unicode().tag(sync=True)

    def __init__(self, picked: Callable[[str], object]) -> None:
        super().__init__()
        self._picked = picked
        cast("Any", self).on_msg(self._received)

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        message = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
        if message.get("kind") == "pick" and isinstance(message.get("id"), str):
            self._picked(message["id"])
