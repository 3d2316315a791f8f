"""What a trajectory's or a run's record says beside its steps: its name, its display, its ending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from cyberdesk_nb.player.story import Ending


def title_of(record: object, noun: str) -> str:
    """Name a record by its own name or its workflow's, and by its id."""
    name = _field(record, "name") or _field(_field(record, "workflow"), "name")
    record_name = f"{noun} {str(_field(record, 'id') or '')[:8]}".strip()
    return f"{name} ({record_name})" if name else record_name


def dimensions_of(record: object) -> tuple[int, int] | None:
    """Return width and height of the recorded display; None when the record does not tell them."""
    dimensions = _field(record, "dimensions")
    width, height = _field(dimensions, "width"), _field(dimensions, "height")
    if not isinstance(width, int) or not isinstance(height, int) or min(width, height) <= 0:
        return None
    return width, height


def ending_of(run: object) -> Ending:
    """Read how a run stands, and the last words and picture of its history after the last action."""
    status = _field(run, "status")
    message, image = _after_last_action(run)
    return Ending(
        status=None if status is None else str(status),
        errors=tuple(str(text) for text in _list(_field(run, "error"))),
        message=message,
        image=image,
    )


def _after_last_action(run: object) -> tuple[str | None, str | None]:
    words: list[str] = []
    image: str | None = None
    for message in reversed(_list(_field(run, "run_message_history"))):
        for block in reversed(_list(_field(message, "content"))):
            kind = _field(block, "type")
            if kind == "tool_use":
                return "\n".join(reversed(words)) or None, image
            if kind == "text" and _field(message, "role") == "assistant":
                words.append(str(_field(block, "text") or ""))
            image = image or _text(_field(block, "image_base64")) or _text(_field(block, "image_url"))
    return "\n".join(reversed(words)) or None, None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _field(record: object, name: str) -> Any:
    if isinstance(record, Mapping):
        return cast("Mapping[str, Any]", record).get(name)
    return getattr(record, name, None)
