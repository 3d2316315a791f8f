"""A recording as an animated GIF, within a size that it states."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from cyberdesk_nb.errors import ConfigurationError
from cyberdesk_nb.player.export import Export

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Protocol

    class Draw(Protocol):
        """Makes frames of a width in pixels, of all steps or of some."""

        def __call__(self, width: int, *, only: Sequence[int] | None = None) -> Iterable[Image.Image]:
            """Yield the frames in order."""
            ...


WIDTHS = (960, 720, 540, 400, 280)
"""Widths of the frames in pixels, tried from the largest until the file is small enough."""

PIXELS_MAX = 150_000_000
"""Most pixels of all frames together, at a byte each: a file is made in memory."""

_SAMPLE = 8


def write_gif(path: str | Path, *, draw: Draw, count: int, step_s: float, budget_mb: float) -> Export:
    """Write the frames that `draw` makes at a width, at the largest width that keeps the budget.

    Parameters
    ----------
    path
        The file; an existing one is replaced.
    draw
        Makes the frames.
    count
        How many frames there are.
    step_s
        Seconds that each step shows; the last shows twice as long.
    budget_mb
        Largest size of the file in millions of bytes.

    Raises
    ------
    ConfigurationError
        When there is no step, or the smallest width is still too large.
    """
    if not count:
        raise ConfigurationError("A recording without steps has no frames.")
    for width in WIDTHS:
        if width != WIDTHS[-1] and _is_hopeless(draw, count, width, budget_mb):
            continue
        data = _encode(draw(width), step_s)
        if len(data) <= budget_mb * 1e6:
            Path(path).write_bytes(data)
            return Export(Path(path), len(data), f"frames {width} pixels wide", 0)
    raise ConfigurationError(
        f"The recording does not fit into {budget_mb:g} MB as a GIF.", hint="Give a larger budget_mb, or use to_html."
    )


def _is_hopeless(draw: Draw, count: int, width: int, budget_mb: float) -> bool:
    """Tell by a few frames whether all of them would be far too large: drawing a long recording takes minutes."""
    if count <= 2 * _SAMPLE:
        return False
    sample = _encode(draw(width, only=[(count - 1) * n // (_SAMPLE - 1) for n in range(_SAMPLE)]), 1)
    with Image.open(io.BytesIO(sample)) as first:
        pixels = first.width * first.height
    # Steps beside each other look more alike than those of the sample, and alike frames are small.
    return pixels * count > PIXELS_MAX or len(sample) / _SAMPLE * count > 4 * budget_mb * 1e6


def _encode(frames: Iterable[Image.Image], step_s: float) -> bytes:
    reduced = [frame.quantize(128, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE) for frame in frames]
    # One size for all: a GIF has one canvas, and screens may differ in shape.
    height = max(frame.height for frame in reduced)
    first, *others = [frame if frame.height == height else _extended(frame, height) for frame in reduced]
    times = [round(step_s * 1000)] * len(others) + [round(step_s * 2000)]
    out = io.BytesIO()
    first.save(out, "GIF", save_all=True, append_images=others, duration=times, loop=0, optimize=False)
    return out.getvalue()


def _extended(frame: Image.Image, height: int) -> Image.Image:
    canvas = Image.new("RGB", (frame.width, height), "white")
    canvas.paste(frame.convert("RGB"), (0, 0))
    return canvas.quantize(128, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
