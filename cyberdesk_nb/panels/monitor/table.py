"""The table of runs on the page: thousands of rows, of which only those in view are elements."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import anywidget
import traitlets

_HERE = Path(__file__).parent
_DELTA_MAX = 2000
"""Changed rows after which all rows are sent anew, so that the changes stay few."""

_NOTHING = '{"version": 0, "rows": []}'

Line = list[Any]


class RunTable(anywidget.AnyWidget):
    """A grid of rows, each under a number: a list of (number, look, share, cells...).

    What it shows is state, not messages, so that a page that comes late or again, while the kernel is busy, has all of
    it. Changes since the last time that all rows were sent are kept together.

    Parameters
    ----------
    columns
        Name, title and CSS width of each.
    opened
        Called with the number of a row when it is opened: by Enter, or a double click.

    Attributes
    ----------
    order
        Numbers of the rows shown, in order.
    picked
        Numbers of the rows selected.
    sort
        Column and whether it descends; an empty name is the order that the kernel chose.
    """

    _esm = (_HERE / "table.js").read_text(encoding="utf-8")
    _css = (_HERE / "table.css").read_text(encoding="utf-8")

    columns: Any = traitlets.List[Any]().tag(sync=True)
    base: Any = traitlets.Unicode(_NOTHING).tag(sync=True)
    delta: Any = traitlets.Unicode(_NOTHING).tag(sync=True)
    order: Any = traitlets.List[Any]().tag(sync=True)
    picked: Any = traitlets.List[Any]().tag(sync=True)
    sort: Any = traitlets.List[Any](default_value=["", False]).tag(sync=True)

    def __init__(self, columns: Sequence[Sequence[str]], opened: Callable[[int], object]) -> None:
        super().__init__(columns=[list(one) for one in columns])
        self._changed: dict[int, Line] = {}
        self._version = 0
        self._opened = opened
        cast("Any", self).on_msg(self._received)

    def put(self, lines: list[Line]) -> None:
        """Replace all rows."""
        self._changed = {}
        self._version += 1
        self.base = self._text(lines)
        self.delta = self._text([])

    def change(self, lines: list[Line]) -> bool:
        """Put rows in the place of those under their numbers; False where there are so many that `put` is due."""
        if len(self._changed) + len(lines) > _DELTA_MAX:
            return False
        if lines:
            self._changed |= {line[0]: line for line in lines}
            self.delta = self._text(list(self._changed.values()))
        return True

    def _text(self, lines: list[Line]) -> str:
        # As one text: nested lists would be searched for binary parts, which takes longer than writing them.
        return json.dumps({"version": self._version, "rows": lines}, ensure_ascii=False, separators=(",", ":"))

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        message = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
        if message.get("kind") == "open" and isinstance(message.get("key"), int):
            self._opened(message["key"])
