"""Records of the bench's server, prebuilt as bytes: runs and trajectories like real ones in shape and size."""

from __future__ import annotations

import base64
import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
from PIL import Image

START = datetime(2024, 1, 1, tzinfo=UTC)
STEPS = 40
PICTURE_BYTES = 120_000

_WORDS = ("invoice", "patient", "claim", "portal", "window", "Überweisung", "order", "页面", "statement", "lab result")
_STATUSES = (*["success"] * 14, "task_failed", "task_failed", "error", "cancelled")
_chance = random.Random(7)


def _png() -> bytes:
    file = BytesIO()
    Image.new("L", (1024, 768)).save(file, "PNG")
    return file.getvalue()


_PNG = _png()


def _id() -> str:
    return str(UUID(int=_chance.getrandbits(128), version=4))


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


WORKFLOWS = [_id() for _ in range(12)]
MACHINES = [_id() for _ in range(30)]


class Listing:
    """Records in one piece of memory, newest first, served by page and by id."""

    def __init__(self, records: Iterator[dict[str, Any]], included: list[dict[str, Any]]) -> None:
        self._body, self._starts = bytearray(), [0]
        self._places: dict[str, int] = {}
        times: list[str] = []
        for record in records:
            self._places[record["id"]] = len(times)
            times.append(record["created_at"])
            self._body += msgspec.json.encode(record) + b","
            self._starts.append(len(self._body))
        self._times = times[::-1]
        self._included = b',"included":' + msgspec.json.encode(included)

    def page(self, query: Mapping[str, str]) -> list[bytes | memoryview]:
        """Give the parts of the body that answers a list call."""
        first = len(self._times) - bisect_right(self._times, query.get("created_at_to", "~"))
        end = len(self._times) - bisect_left(self._times, query.get("created_at_from", ""))
        skip, limit = int(query.get("skip", 0)), int(query.get("limit", 100))
        low = min(first + skip, end)
        high = min(low + limit, end)
        rows = self._slice(low, high) if high > low else b""
        related = self._included if "include" in query else b""
        return [b'{"items":[', rows, b'],"total":%d,"skip":%d,"limit":%d%b}' % (end - first, skip, limit, related)]

    def one(self, row_id: str) -> list[bytes | memoryview] | None:
        """Give the body of one record; None where there is none."""
        place = self._places.get(row_id)
        return None if place is None else [self._slice(place, place + 1)]

    def _slice(self, low: int, high: int) -> memoryview:
        return memoryview(self._body)[self._starts[low] : self._starts[high] - 1]


def runs(count: int) -> Listing:
    """Make runs of about 1.3 kB each."""
    return Listing((_run(count - number) for number in range(count)), _included())


def trajectories(count: int) -> Listing:
    """Make trajectories of 40 steps, each with a screenshot of its own of 160 kB of base64."""
    return Listing((_trajectory(count - number) for number in range(count)), _included()[: len(WORKFLOWS)])


def _included() -> list[dict[str, Any]]:
    workflows = [
        {"type": "workflow", "id": row_id, "name": f"Workflow {number}", "main_prompt": "Open the portal. " * 200}
        for number, row_id in enumerate(WORKFLOWS)
    ]
    machines = [
        {"type": "machine", "id": row_id, "name": f"VM {number}", "hostname": f"host-{number}", "status": "connected"}
        for number, row_id in enumerate(MACHINES)
    ]
    return workflows + machines


def _run(number: int) -> dict[str, Any]:
    created = START + number * timedelta(seconds=17, microseconds=1)
    started = created + timedelta(seconds=_chance.randrange(1, 900), microseconds=_chance.randrange(10**6))
    ended = started + timedelta(seconds=_chance.randrange(20, 1200), microseconds=_chance.randrange(10**6))
    status = _chance.choice(_STATUSES)
    has_failed = status in {"task_failed", "error"}
    cached, agentic = _chance.randrange(40), _chance.randrange(30)
    return {
        "id": _id(),
        "workflow_id": _chance.choice(WORKFLOWS),
        "machine_id": _chance.choice(MACHINES),
        "status": status,
        "created_at": _stamp(created),
        "user_id": WORKFLOWS[0],
        "organization_id": "org_f490d854",
        "is_priority": number % 50 == 0,
        "error": [f"The {_chance.choice(_WORDS)} {number} did not open after {agentic} s."] if has_failed else None,
        "output_data": None if has_failed else _output(number),
        "input_attachment_ids": None,
        "output_attachment_ids": [_id()] if number % 4 == 0 else None,
        "run_message_history": None,
        "input_values": {
            "vendor": {"number": f"V{number % 977}", "name": f"{_chance.choice(_WORDS)} & Co"},
            "invoice_number": f"INV-{number}",
            "invoice_date": "2026-04-19",
            "terms_days": 30,
            "lines": [{"description": _chance.choice(_WORDS), "quantity": 5, "unit_price": 140.0, "account": "615200"}],
        },
        "main_prompt": None,
        "model_metadata": None,
        "pool_ids": [MACHINES[number % 3]] if number % 3 == 0 else None,
        "sensitive_input_aliases": {"password": _id()},
        "usage_metadata": {
            "total_agentic_steps": agentic,
            "total_cached_steps": cached,
            "total_agentic_steps_billed": agentic,
            "total_cached_steps_billed": cached,
            "billing_outcome": "success",
        },
        "post_run_checks": [_check(number, ended, has_failed)] if number % 5 < 2 else None,
        "session_id": None,
        "session_alias": None,
        "release_session_after": None,
        "started_at": _stamp(started),
        "ended_at": _stamp(ended),
    }


def _output(number: int) -> dict[str, Any]:
    return {
        "document_number": f"5106{number:06d}",
        "total": 277.2 + number,
        "status": _chance.choice(_WORDS),
        "allergies": ["Latex", "Iodine contrast"],
    }


def _check(number: int, ended: datetime, has_failed: bool) -> dict[str, Any]:
    return {
        "id": _id(),
        "post_run_check_id": WORKFLOWS[1],
        "snapshot_version": 1,
        "name": "Output fits its schema",
        "description": "Every field of the entry is there",
        "type": "output_data_passes_schema_validation",
        "order": 0,
        "file_names": None,
        "loop_input": None,
        "allow_missing_attachments": False,
        "check_prompt": None,
        "status": "failed" if has_failed and number % 2 else "success",
        "started_at": _stamp(ended),
        "ended_at": _stamp(ended + timedelta(seconds=3)),
        "error_message": None,
        "messages": ["The check passed."],
        "matched_filenames": None,
    }


def _trajectory(number: int) -> dict[str, Any]:
    created = _stamp(START + number * timedelta(hours=1, microseconds=1))
    return {
        "id": _id(),
        "workflow_id": WORKFLOWS[number % len(WORKFLOWS)],
        "trajectory_data": [_step(place) for place in range(STEPS)],
        "dimensions": {"width": 1024, "height": 768},
        "is_approved": True,
        "has_been_approved": True,
        "is_generated": True,
        "is_main": False,
        "name": f"Recording {number}",
        "description": None,
        "run_id": None,
        "original_input_values": {"invoice_number": f"INV-{number}"},
        "user_id": WORKFLOWS[0],
        "organization_id": "org_f490d854",
        "created_at": created,
        "updated_at": created,
    }


def _step(place: int) -> dict[str, Any]:
    click = {"action": "left_click", "coordinate": [_chance.randrange(1024), _chance.randrange(768)]}
    typed = {"action": "type", "text": _chance.choice(_WORDS)}
    picture = _PNG + _chance.randbytes(PICTURE_BYTES - len(_PNG))
    return {
        "func_name": "computer",
        "args": [],
        "kwargs": typed if place % 3 else click,
        "pre_check_snapshot": {
            "screenshot": base64.b64encode(picture).decode(),
            "last_agent_thought": "The form is open. I go on with the next field.",
            "custom_cache_detection_instructions": None,
        },
        "result": "Done",
        "skip_cache_detection": False,
    }


def lengths(listing: Listing) -> list[int]:
    """Give the size of each record in bytes."""
    return [end - start - 1 for start, end in pairwise(listing._starts)]
