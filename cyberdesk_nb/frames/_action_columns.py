"""Columns that the tables of steps and of messages share: the action, its place, where it came from, the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyberdesk_nb.frames._columns import Column, Derived
from cyberdesk_nb.frames.images import describe_image

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from cyberdesk_nb.frames._problems import ProblemLog
    from cyberdesk_nb.frames.actions import Action
    from cyberdesk_nb.frames.spaces import Space

IMAGE_KINDS = ("inline", "stored")

SPACES = ("screenshot", "display", "assumed")


def _share(value: str, size: str) -> Callable[[pd.DataFrame, ProblemLog], pd.Series]:
    return lambda frame, _: frame[value] / frame[size].mask(frame[size] <= 0)


def _on_screenshot(value: str, size: str) -> Derived:
    space, shot = f"space_{size}", f"screenshot_{size}"

    def compute(frame: pd.DataFrame, _: ProblemLog) -> pd.Series:
        # The ratio is exactly 1 where both are the same screen, so that no rounding moves a pixel.
        return frame[value] * (frame[shot] / frame[space].mask(frame[space] <= 0))

    return Derived(f"{value} * {shot} / {space}", compute, (value, space, shot))


# fmt: off
ACTION = (
    Column("action", "string", "What was done, in the API's vocabulary or under its own name.", "action",
           source="action.name"),
    Column("is_known", "boolean", "Whether the vocabulary has this action.", "action", source="action.known"),
    Column("x", "number", "Target; for a drag its start.", "action", unit="px", source="action.x"),
    Column("y", "number", "Target; for a drag its start.", "action", unit="px", source="action.y"),
    Column("x2", "number", "End of a drag.", "action", unit="px", source="action.x2"),
    Column("y2", "number", "End of a drag.", "action", unit="px", source="action.y2"),
    Column("text", "string", "What is typed, asked, run or told.", "action", source="action.text"),
    Column("keys", "string", "Key chord, or modifier held during a click.", "action", source="action.keys"),
    Column("duration_s", "number", "Length of a wait, a held key or a drag.", "action", unit="s",
           source="action.duration_s"),
    Column("direction", "string", "Where a scroll goes.", "action", source="action.direction"),
    Column("amount", "number", "How far a scroll goes.", "action", unit="notches", source="action.amount"),
    Column("clicks", "integer", "How many clicks.", "action", unit="clicks", source="action.count"),
)

SPACE = (
    Column("space", "category", "Screen that x to y2 count in: the screenshot, the recorded display where one lies "
           "beyond the screenshot, or an assumed screenshot of 1024x768.", "space", categories=SPACES),
    Column("space_width_px", "number", "Width of the screen that x and x2 are in.", "space", unit="px"),
    Column("space_height_px", "number", "Height of the screen that y and y2 are in.", "space", unit="px"),
    Column("x_share", "number", "x as a share of the width.", "space", unit="0-1",
           source=Derived("x / space_width_px", _share("x", "space_width_px"), ("x", "space_width_px"))),
    Column("y_share", "number", "y as a share of the height.", "space", unit="0-1",
           source=Derived("y / space_height_px", _share("y", "space_height_px"), ("y", "space_height_px"))),
    Column("x2_share", "number", "x2 as a share of the width.", "space", unit="0-1",
           source=Derived("x2 / space_width_px", _share("x2", "space_width_px"), ("x2", "space_width_px"))),
    Column("y2_share", "number", "y2 as a share of the height.", "space", unit="0-1",
           source=Derived("y2 / space_height_px", _share("y2", "space_height_px"), ("y2", "space_height_px"))),
    Column("screenshot_width_px", "number", "Width of the screenshot, 1024 where no picture at hand tells.",
           "screenshot", unit="px"),
    Column("screenshot_height_px", "number", "Height of the screenshot, 768 where no picture at hand tells.",
           "screenshot", unit="px"),
    Column("screenshot_x", "number", "x in pixels of the screenshot.", "screenshot", unit="px",
           source=_on_screenshot("x", "width_px")),
    Column("screenshot_y", "number", "y in pixels of the screenshot.", "screenshot", unit="px",
           source=_on_screenshot("y", "height_px")),
    Column("screenshot_x2", "number", "x2 in pixels of the screenshot.", "screenshot", unit="px",
           source=_on_screenshot("x2", "width_px")),
    Column("screenshot_y2", "number", "y2 in pixels of the screenshot.", "screenshot", unit="px",
           source=_on_screenshot("y2", "height_px")),
)

ORIGIN = (
    Column("trajectory_id", "string", "Trajectory that it was replayed from.", "cache"),
    Column("trajectory_label", "string", "Label of that trajectory.", "cache"),
    Column("trajectory_step", "integer", "Position in that trajectory, from the server's count.", "cache"),
    Column("signature_hash", "string", "Hash by which the replay matches steps.", "cache"),
    Column("loop_uuid", "string", "Loop that it is in.", "loop"),
    Column("iteration_index", "integer", "Iteration of that loop, from the server's count.", "loop"),
)

PICTURE = (
    Column("image_kind", "category", "Where the picture is, in the record or in storage; missing without a new one.",
           "image", categories=IMAGE_KINDS),
    Column("image_ref", "string", "Address of a stored picture.", "image"),
    Column("image_size_bytes", "integer", "Size of an inline picture.", "image", unit="bytes"),
)
# fmt: on


def action_cells(action: Action | None) -> dict[str, Any]:
    """Give what the columns of `ACTION` read."""
    return {"action": None if action is None else {name: getattr(action, name) for name in action.__slots__}}


def picture_cells(reference: str | None) -> dict[str, Any]:
    """Give what the columns of `PICTURE` read."""
    kind, address, size_bytes = describe_image(reference)
    return {"image_kind": kind, "image_ref": address, "image_size_bytes": size_bytes}


def space_cells(space: Space | None) -> dict[str, Any]:
    """Give what the columns of `SPACE` read."""
    if space is None:
        return {}
    width, height = space.screenshot
    return {
        "space": space.name,
        "space_width_px": space.width,
        "space_height_px": space.height,
        "screenshot_width_px": width,
        "screenshot_height_px": height,
    }
