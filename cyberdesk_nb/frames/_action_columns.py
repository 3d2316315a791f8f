"""Columns that the tables of steps and of messages share: the action, where it came from, the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyberdesk_nb.frames._columns import Column
from cyberdesk_nb.frames.images import describe_image

if TYPE_CHECKING:
    from cyberdesk_nb.frames.actions import Action

IMAGE_KINDS = ("inline", "stored")

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
