"""Small picture files for tests."""

from __future__ import annotations

import base64
import io
import struct
import zlib

from PIL import Image


def picture(fmt: str = "PNG", size: tuple[int, int] = (64, 48), colour: str = "navy") -> bytes:
    """Return a picture file of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, fmt)
    return out.getvalue()


def inline(data: bytes) -> str:
    """Write bytes as the record does."""
    return base64.b64encode(data).decode()


def bomb(width: int, height: int) -> bytes:
    """Return a valid black PNG of any size that is small as a file: one bit a pixel, all zero."""
    rows = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    body = b"".join(rows.compress(row) for _ in range(height)) + rows.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
