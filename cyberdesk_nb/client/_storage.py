"""Files from storage: attachments into a directory, screenshots by signed URL. Nothing that comes back is trusted."""

from __future__ import annotations

import os
import tempfile
import unicodedata
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from pydantic import SecretStr

from cyberdesk_nb.client._call import Call
from cyberdesk_nb.client._http import Transport
from cyberdesk_nb.client._key import is_loopback
from cyberdesk_nb.client._values import Id
from cyberdesk_nb.errors import APIStatusError, PayloadError
from cyberdesk_nb.models import RunAttachmentResponse, RunImageSignedUrlResponse

_NAME_BYTES_MAX = 200
_SAME_NAMES_MAX = 10_000
_EXPIRED = frozenset({400, 401, 403})
"""What storage hosts answer to a signature that is over."""

_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³"}
)


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """How large a screenshot may be."""

    max_bytes: int = 32 * 2**20
    max_pixels: int = 50_000_000


class _FileSink:
    """Writes an answer to an open file; a new try starts it anew."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def begin(self) -> None:
        self._file.seek(0)
        self._file.truncate()

    def write(self, piece: bytes) -> None:
        self._file.write(piece)


async def download_attachment(
    transport: Transport, attachment: RunAttachmentResponse, directory: Path, timeout_s: float
) -> Path:
    """Write an attachment into a directory, whole or not at all, over no existing file."""
    part = _part_file(directory)
    try:
        with part:
            call = Call(
                "GET",
                f"/v1/run-attachments/{attachment.id}/download",
                sink=_FileSink(part),
                max_bytes=attachment.size_bytes,
                timeout_s=timeout_s,
            )
            reply = await transport.send(call)
        if reply.size_bytes != attachment.size_bytes:
            raise PayloadError(
                f"{call.label} gave {reply.size_bytes:,} bytes where {attachment.size_bytes:,} were announced.",
                hint="Try again; nothing was written.",
                status=reply.status,
            )
        return _claim(part.name, directory, safe_name(attachment.filename))
    finally:
        with suppress(FileNotFoundError):
            os.unlink(part.name)  # noqa: PTH108 - one small step on the local disk


def _part_file(directory: Path) -> IO[bytes]:
    directory.mkdir(parents=True, exist_ok=True)
    return tempfile.NamedTemporaryFile(prefix="cyberdesk-", suffix=".part", dir=directory, delete=False)


def _claim(part: str, directory: Path, name: str) -> Path:
    """Move a finished file to the first free name: a new entry, never what a link there points to."""
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - Path.stem reads "..." and trailing dots differently
    for number in range(1, _SAME_NAMES_MAX):
        path = directory / (name if number == 1 else f"{stem} ({number}){suffix}")
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644))
            return Path(part).replace(path)
    raise FileExistsError(f"{directory} holds {_SAME_NAMES_MAX:,} files of this name.")


def safe_name(name: str) -> str:
    """Turn any text into a plain file name that every system takes: no path, no hidden file, no trick characters."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    # Categories C*: controls, NUL, bidi and zero-width marks, lone surrogates.
    base = "".join("_" if char in '<>:"|?*' else char for char in base if unicodedata.category(char)[0] != "C")
    base = base.strip().rstrip(". ")
    if base.startswith("."):
        base = "_" + base.lstrip(".")
    if base.split(".", 1)[0].strip().lower() in _RESERVED:
        base = "_" + base
    return _shortened(base) if base.strip("_") else "attachment"


def _shortened(name: str) -> str:
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 - see _claim
    suffix = suffix if len(suffix.encode()) <= 20 else ""
    stem = name[: len(name) - len(suffix)]
    return stem.encode()[: _NAME_BYTES_MAX - len(suffix.encode())].decode("utf-8", "ignore") + suffix


Sign = Callable[[Id, str], Awaitable[RunImageSignedUrlResponse]]


async def fetch_run_image(transport: Transport, sign: Sign, run_id: Id, ref: str, limits: ImageLimits) -> bytes:
    """Sign a screenshot's reference and fetch it; a signature that is over is renewed once."""
    label = f"the screenshot of run {run_id}"
    try:
        return await _fetch(transport, (await sign(run_id, ref)).signed_url, label, limits)
    except APIStatusError as error:
        if error.status not in _EXPIRED or not error.message.startswith("GET " + label):
            raise
    return await _fetch(transport, (await sign(run_id, ref)).signed_url, label, limits)


async def _fetch(transport: Transport, url: SecretStr, label: str, limits: ImageLimits) -> bytes:
    # The key stays away from the storage host: the signature in the URL is all that it needs.
    call = Call("GET", label, url=url, needs_key=False, decode=None, max_bytes=limits.max_bytes)
    if not _may_be_fetched(url):
        raise PayloadError(f"{call.label}: the API signed an address that is not https.")
    reply = await transport.send(call)
    image = bytes(reply.value)
    wrong = _what_is_wrong_with_image(image, limits)
    if wrong:
        raise PayloadError(f"{call.label} {wrong}.", status=reply.status)
    return image


def _may_be_fetched(url: SecretStr) -> bool:
    parts = urlsplit(url.get_secret_value())
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    )


def _what_is_wrong_with_image(image: bytes, limits: ImageLimits) -> str:
    from PIL import Image, UnidentifiedImageError

    try:
        # Reads the header; the pixels stay packed.
        with Image.open(BytesIO(image)) as opened:
            width, height = opened.size
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return "is no image that can be read"
    if width * height > limits.max_pixels:
        return f"has {width} x {height} pixels, more than the {limits.max_pixels:,} allowed"
    return ""
