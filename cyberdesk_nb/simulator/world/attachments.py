"""Files of runs: those sent with them, and those that a run exports."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from cyberdesk_nb.simulator.refusals import Refusal
from cyberdesk_nb.simulator.runs.runs import Run
from cyberdesk_nb.simulator.world.store import Record, Store


def attach(
    store: Store, run_id: str, file: Mapping[str, Any], content: bytes, at: datetime, *, direction: str = "input"
) -> str:
    """Keep a file of a run (`file` as in FileInput); return its id."""
    attachment_id = store.new_id("attachment")
    store.attachment_bytes[attachment_id] = content
    store.run_attachments[attachment_id] = {
        "id": attachment_id,
        "run_id": run_id,
        "filename": file["filename"],
        "content_type": mimetypes.guess_type(str(file["filename"]))[0] or "application/octet-stream",
        "attachment_type": direction,
        "size_bytes": len(content),
        "storage_path": f"{store.org_id}/runs/{run_id}/{attachment_id}",
        "created_at": at,
        "target_path": file.get("target_path"),
        "cleanup_imports_after_run": bool(file.get("cleanup_imports_after_run")),
        "user_id": store.user_id,
        "organization_id": store.org_id,
        "expires_at": None,
    }
    return attachment_id


def attach_inputs(store: Store, run_id: str, files: Sequence[Mapping[str, Any]], at: datetime) -> list[str]:
    """Keep the files sent with a run, all or none of them; return their ids. 422 for content that is no base64."""
    contents = decoded_all(files)
    return [attach(store, run_id, file, content, at) for file, content in zip(files, contents, strict=True)]


def decoded_all(files: Sequence[Mapping[str, Any]]) -> list[bytes]:
    """Return the contents of files as sent, or raise the 422."""
    return [decoded(str(file["content"])) for file in files]


def attach_export(store: Store, workflow_id: str, run_id: str, output: Record | None, at: datetime) -> list[str]:
    """Keep the file that a run of an exporting workflow wrote; return its id, nothing where it wrote none."""
    name = (output or {}).get("file_name")
    if not store.workflows[workflow_id]["includes_file_exports"] or not str(name).endswith(".csv"):
        return []
    return [attach(store, run_id, {"filename": name}, _table(output or {}), at, direction="output")]


def file_names(store: Store, run_id: str, direction: str) -> list[str]:
    """Return the names of a run's files."""
    rows = store.run_attachments.values()
    return [row["filename"] for row in rows if row["run_id"] == run_id and row["attachment_type"] == direction]


def imported(store: Store, machine_id: str, find: Callable[[str], Run], now: datetime) -> list[tuple[Record, bytes]]:
    """Return the files that runs have brought onto a machine, those left out that went with their run."""
    files: list[tuple[Record, bytes]] = []
    for key, row in store.run_attachments.items():
        run = find(row["run_id"]) if row["attachment_type"] == "input" else None
        if run is None or run.machine_id != machine_id or run.attempt is None or now < run.attempt.started_at:
            continue
        if run.is_live(now) or not row["cleanup_imports_after_run"]:
            files.append((row, store.attachment_bytes[key]))
    return files


def detach(store: Store, run_id: str, direction: str | None = None) -> None:
    """Drop a run's files; with `direction` only those."""
    for key, record in list(store.run_attachments.items()):
        if record["run_id"] == run_id and direction in {None, record["attachment_type"]}:
            del store.run_attachments[key]
            store.attachment_bytes.pop(key, None)


def decoded(content: str) -> bytes:
    """Decode a file's base64 or raise the 422."""
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(422, "File content is not valid base64", code="invalid_file_content") from None


def _table(output: Record) -> bytes:
    """Return the exported rows: as many as the run says, adding up to the revenue that it says."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["row", "revenue"])
    count, cents = int(output.get("rows") or 0), round(100 * float(output.get("revenue") or 0))
    for row in range(count):
        share = cents // count + (cents % count if row == 0 else 0)
        writer.writerow([row + 1, f"{share / 100:.2f}"])
    return text.getvalue().encode()
