"""What a search reads in a run: its texts as JSON, and of a history all but what would make every run a hit.

Times and the ids of loops are not read. The id of a call is found by its beginning, the reference to a picture by the
whole id of its run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

FIELDS = ("id", "input_values", "output_data", "error", "session_alias")
"""The fields that are always searched."""
HISTORY = "run_message_history"
CALL_ID = "toolu_"
"""Begins the id of every call."""
_REFERENCES = frozenset({"tool_use_id", "image_url", "trajectory_id", "trajectory_label"})
_ASIDE = _REFERENCES | {"timestamp", "image_base64", "loop_uuid", "step_index"}
_RUN_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def mentions(record: Mapping[str, Any], needle: str) -> bool:
    """Tell whether the fields of a record mention `needle` (folded); its history counts where the record has one."""
    texts = (text(record[name]) for name in FIELDS)
    return any(needle in one for one in texts) or any(in_message(one, needle) for one in record.get(HISTORY) or ())


def text(value: Any) -> str:
    """Return a field as it is searched: folded, JSON where it is no text."""
    if value is None:
        return ""
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)).casefold()


def in_message(message: Any, needle: str) -> bool:
    """Tell whether one message of a history mentions `needle`."""
    aside: list[tuple[str, str]] = []
    if needle in text(_without(message, aside)):
        return True
    return any(_names(key, value.casefold(), needle) for key, value in aside)


def message_text(message: Any) -> str:
    """Return what every run with that message says in it, whatever its ids and times."""
    return text(_without(message, []))


def run_ids(needle: str) -> list[str]:
    """Return the whole ids that a needle names."""
    return _RUN_ID.findall(needle)


def _without(value: Any, aside: list[tuple[str, str]]) -> Any:
    """Return a value less the keys that are searched in another way or not at all, and put these aside."""
    if isinstance(value, list):
        return [_without(one, aside) for one in cast("Iterable[Any]", value)]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Any] = {}
    for key, one in cast("Mapping[str, Any]", value).items():
        if key in _ASIDE:
            aside.append((key, one if isinstance(one, str) else ""))
        else:
            kept[key] = _without(one, aside)
    return kept


def _names(key: str, value: str, needle: str) -> bool:
    if key == "tool_use_id":
        return value.startswith(needle)
    if key == "image_url":
        folders = value.split("/")
        return needle in value and len(folders) > 1 and folders[-2] in run_ids(needle)
    return key in {"trajectory_id", "trajectory_label"} and needle in value
