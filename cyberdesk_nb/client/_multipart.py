"""The one form that the API takes: a file."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from uuid import uuid4

from cyberdesk_nb.client._storage import safe_name


def file_form(file: str | Path | bytes, filename: str | None, part: str = "file") -> tuple[bytes, str]:
    """Encode a file, from a path or from memory, as multipart/form-data; gives (body, content type)."""
    content = file if isinstance(file, bytes) else Path(file).read_bytes()
    name = safe_name(filename or ("image" if isinstance(file, bytes) else Path(file).name))
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    boundary = uuid4().hex
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{part}"; filename="{name}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    )
    return head.encode() + content + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
