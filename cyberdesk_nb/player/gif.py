"""A recording as an animated GIF, within a size that it states."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from cyberdesk_nb.errors import ConfigurationError
from cyberdesk_nb.player.export import Export

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDTHS = (960, 720, 540, 400, 280)
"""Widths of the frames in pixels, tried from the largest until the file is small enough."""


def write_gif(
    path: str | Path, *, draw: Callable[[int], Sequence[Image.Image]], step_s: float, budget_mb: float
) -> Export:
    """Write the frames that `draw` makes at a width, at the largest width that keeps the budget.

    Parameters
    ----------
    path
        The file; an existing one is replaced.
    draw
        Makes the frames at a width in pixels.
    step_s
        Seconds that each step shows; the last shows twice as long.
    budget_mb
        Largest size of the file in millions of bytes.

    Raises
    ------
    ConfigurationError
        When there is no step, or the smallest width is still too large.
    """
    for width in WIDTHS:
        data = _encode(draw(width), step_s)
        if len(data) <= budget_mb * 1e6:
            Path(path).write_bytes(data)
            return Export(Path(path), len(data), f"frames {width} pixels wide", 0)
    raise ConfigurationError(
        f"The recording does not fit into {budget_mb:g} MB as a GIF.", hint="Give a larger budget_mb, or use to_html."
    )


def _encode(frames: Sequence[Image.Image], step_s: float) -> bytes:
    if not frames:
        raise ConfigurationError("A recording without steps has no frames.")
    # One size for all: a GIF has one canvas, and screens may differ in shape.
    height = max(frame.height for frame in frames)
    first, *others = [_reduced(frame, height) for frame in frames]
    times = [round(step_s * 1000)] * len(others) + [round(step_s * 2000)]
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=others, duration=times, loop=0, optimize=False)
    return out.getvalue()


def _reduced(frame: Image.Image, height: int) -> Image.Image:
    canvas = Image.new("RGB", (frame.width, height), "white")
    canvas.paste(frame, (0, 0))
    return canvas.quantize(128, dither=Image.Dither.NONE)
