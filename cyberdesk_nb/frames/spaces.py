"""Which screen the coordinates of a recording count in.

The API does not say. Its screenshots are 1024x768 whatever the display, and `dimensions` may name either, so
coordinates are taken as pixels of the screenshot, unless one lies beyond it: then all are pixels of the display.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cyberdesk_nb.frames._json import mapping_of, number_of
from cyberdesk_nb.frames.images import inline_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cyberdesk_nb.frames.steps import Step

Size = tuple[float, float]

ASSUMED_SIZE: Size = (1024.0, 768.0)
"""Size in pixels of the API's screenshots, taken where no picture at hand tells its own."""


@dataclass(frozen=True, slots=True)
class Space:
    """The screen that coordinates count in, with its size in pixels.

    `name` is ``screenshot`` where the picture's own size is known, ``assumed`` where it is taken to be the API's usual
    one, ``display`` where the recorded `dimensions` are used. `screenshot` is the size of the picture in any case.
    """

    name: Literal["screenshot", "display", "assumed"]
    width: float
    height: float
    screenshot: Size


def display_of(record: Mapping[str, Any]) -> Size | None:
    """Give the size of the display that a record names in `dimensions`; None when it names none."""
    dimensions = mapping_of(record.get("dimensions"))
    width, height = number_of(dimensions.get("width")), number_of(dimensions.get("height"))
    return (width, height) if width is not None and height is not None else None


def spaces_of(steps: Sequence[Step], dimensions: Size | None) -> Iterator[Space]:
    """Give the space of each step of one recording; a step without a picture of its own has the last one before it."""
    sizes = [inline_size(step.image) for step in steps]
    # Steps before the first picture are seen on that picture's screen.
    shot = next((size for size in sizes if size), None)
    reach = _reach(steps)
    for size in sizes:
        shot = size or shot
        width, height = shot or ASSUMED_SIZE
        if dimensions and (reach[0] > width or reach[1] > height):
            yield Space("display", *dimensions, screenshot=(width, height))
        else:
            yield Space("screenshot" if shot else "assumed", width, height, screenshot=(width, height))


def _reach(steps: Sequence[Step]) -> Size:
    """Give the largest x and y of a recording."""
    actions = [step.action for step in steps]
    across = [x for action in actions for x in (action.x, action.x2) if x is not None]
    down = [y for action in actions for y in (action.y, action.y2) if y is not None]
    return max(across, default=0.0), max(down, default=0.0)
