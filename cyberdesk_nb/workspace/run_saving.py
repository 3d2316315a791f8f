"""Write a run to a folder before it is retried: its record as the server gives it, screenshots and files."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import Iterator
from itertools import chain, count
from pathlib import Path
from tempfile import mkdtemp
from typing import cast

from cyberdesk_nb.client import Client, raw
from cyberdesk_nb.errors import ConfigurationError, IncompleteError, NotFoundError
from cyberdesk_nb.models import AttachmentType

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_KINDS: dict[str, str] = {AttachmentType.INPUT: "input_files", AttachmentType.OUTPUT: "output_files"}


async def save_run(client: Client, run_id: str, folder: Path) -> Path:
    """Write all that the server keeps of a run into a new folder of its own inside `folder`, and give its path.

    The folder appears when it is whole; what is there already is never touched. Raises `ConfigurationError` where it
    cannot be written, and `IncompleteError` where the server may not have listed all files.
    """
    try:
        part = await asyncio.to_thread(_begin, folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        await _fill(client, run_id, part)
        return await asyncio.to_thread(_claim, part, folder, run_id if _PLAIN_NAME.fullmatch(run_id) else "run")
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _begin(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return Path(mkdtemp(prefix=".saving-", dir=folder))


async def _fill(client: Client, run_id: str, part: Path) -> None:
    record = await raw(client.runs.get, run_id)
    (part / "run.json").write_bytes(record)
    await _fetch_screens(client, run_id, json.loads(record), part)
    walk = client.run_attachments.iter(run_id=run_id)
    files = [attachment async for attachment in walk]
    if not walk.completeness.complete:
        raise IncompleteError(f"The files of run {run_id} may not all be listed: {walk.completeness.why}.")
    for attachment in files:
        target = part / _KINDS.get(attachment.attachment_type, "other_files")
        target.mkdir(exist_ok=True)
        await client.run_attachments.download_to(attachment.id, target)


async def _fetch_screens(client: Client, run_id: str, record: object, part: Path) -> None:
    """Write the pictures that the record points to as 1.png, 2.png... in its order; name those that are gone."""
    lacking: list[str] = []
    for number, reference in enumerate(dict.fromkeys(_references(record)), 1):
        try:
            picture = await client.runs.image(run_id, reference)
        except NotFoundError:
            lacking.append(f"{number}: {reference}")
            continue
        (part / "screenshots").mkdir(exist_ok=True)
        (part / "screenshots" / f"{number}.png").write_bytes(picture)
    if lacking:
        (part / "lacking_screenshots.txt").write_text("\n".join(lacking), encoding="utf-8")


def _references(value: object) -> Iterator[str]:
    if isinstance(value, str) and value.startswith("supabase://"):
        yield value
    elif isinstance(value, dict | list):
        inner = cast("dict[str, object]", value).values() if isinstance(value, dict) else cast("list[object]", value)
        for one in inner:
            yield from _references(one)


def _claim(part: Path, folder: Path, name: str) -> Path:
    """Give the finished folder its name, or the next one that is free."""
    part.chmod(0o755)
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    target = next(path for one in names if not (path := folder / one).exists())
    return part.rename(target).absolute()


def _unwritable(folder: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"{str(folder)!r} cannot be written to: {error.strerror or error}.", hint="Set monitor.folder to another one."
    )
