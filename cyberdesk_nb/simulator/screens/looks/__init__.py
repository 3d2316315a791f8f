"""How each kind of control looks, by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import figures, frame, inputs, overlays, tables, texts, web

if TYPE_CHECKING:
    from .brush import Look

LOOKS: dict[str, Look] = (
    frame.LOOKS | texts.LOOKS | inputs.LOOKS | tables.LOOKS | figures.LOOKS | web.LOOKS | overlays.LOOKS
)
