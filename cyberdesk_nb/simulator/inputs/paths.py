"""Paths into JSON values as prompts and references spell them: `.key`, `[0]`, `["odd key"]`."""

from __future__ import annotations

import re

PATH = r"(?:\.\w+|\[\d+\]|\[\"[^\"]*\"\])*"
_PART = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]|\[\"([^\"]*)\"\]")


def parts(path: str) -> list[str | int]:
    """Return the keys and indices of a path, in order."""
    return [int(index) if index else name or quoted for name, index, quoted in _PART.findall(path)]
