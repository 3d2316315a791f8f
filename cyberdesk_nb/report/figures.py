# pyright: reportUnknownMemberType=false
# (matplotlib leaves its **kwargs untyped)
"""Charts as pictures of a page: vector drawings where they are small, and pixels where they are not."""

from __future__ import annotations

import base64
import io
import warnings
from typing import TYPE_CHECKING, Any, cast

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from cyberdesk_nb.report.blocks import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes

_WIDTH_IN = 8.6
_PX_PER_IN = 110
_VECTOR_MAX = 200_000
_DPI = 200
# Of vector drawings, on which everything is laid out.
_VECTOR_DPI = 72

# Text stays text: a reader's fonts have letters that those of matplotlib lack. As a picture a drawing runs no script.
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "report",
    "axes.titlesize": "medium",
    "text.hinting": "none",
}


def draw(
    chart: Callable[..., Axes], *frames: object, height_in: float = 3.4, notes: Sequence[str] = (), **options: Any
) -> Figure:
    """Draw a chart on a figure of its own.

    Parameters
    ----------
    chart
        Function such as `outcomes_over_time`: frames and an ``ax`` in.
    frames, options
        What it is given.
    height_in
        Height in inches; the width is that of the page.
    notes
        What is said under the picture.
    """
    with mpl.rc_context(cast("Any", _STYLE)), warnings.catch_warnings():
        # Letters that the font lacks are drawn by the reader's own.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        canvas = Canvas(figsize=(_WIDTH_IN, height_in), dpi=_VECTOR_DPI, layout="constrained")
        FigureCanvasAgg(canvas)
        ax = chart(*frames, ax=canvas.subplots(), **options)
        _lay_out(canvas)
        title = ax.get_title().replace(r"\$", "$")
        source = _source(canvas)
    return Figure(title, source, round(_WIDTH_IN * _PX_PER_IN), round(height_in * _PX_PER_IN), tuple(notes))


def _lay_out(canvas: Canvas) -> None:
    """Give everything its place, once: each way of saving would do so again, which takes longer than drawing."""
    engine = canvas.get_layout_engine()
    if engine is not None:
        engine.execute(canvas)
    canvas.set_layout_engine("none")


def _source(canvas: Canvas) -> str:
    drawing = io.BytesIO()
    canvas.savefig(drawing, format="svg", dpi=_DPI, metadata={"Date": None, "Creator": None})
    if drawing.tell() <= _VECTOR_MAX:
        return data_uri("image/svg+xml", drawing.getvalue())
    pixels = io.BytesIO()
    canvas.savefig(pixels, format="png", dpi=_DPI, metadata={"Software": None})
    return data_uri("image/png", pixels.getvalue())


def data_uri(mime: str, content: bytes) -> str:
    """Give a file as an address that holds it."""
    return f"data:{mime};base64,{base64.b64encode(content).decode('ascii')}"
