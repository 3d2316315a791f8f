"""Chance that follows from a workflow's inputs, so that the same inputs meet the same records."""

from __future__ import annotations

import random
import zlib


def seeded(*parts: object) -> random.Random:
    """Return a source of chance for these values; any text will do, lone surrogates too."""
    return random.Random(zlib.crc32(ascii(parts).encode()))
