"""Equal failures under one name: error texts with what differs from run to run masked."""

from __future__ import annotations

import re

_LENGTH_MAX = 200
# A text without the first characters has no match, and finding that out is quicker than the pattern.
_MASKS = [
    ("://", re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>]+", re.IGNORECASE), "<url>"),
    ("-", re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    ("-", re.compile(r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"), "<time>"),
    (":", re.compile(r"\b\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?\b"), "<time>"),
    ("\\", re.compile(r"(?:\b[a-z]:|\\)\\[^\s\"'<>|]+", re.IGNORECASE), "<path>"),
    ("/", re.compile(r"(?<![\w/<.])/[\w.@-]+(?:/[\w.@-]+)+/?"), "<path>"),
    ("", re.compile(r"\b(?:0x[0-9a-f]+|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,})\b", re.IGNORECASE), "<id>"),
    ("", re.compile(r"\d+(?:[.,]\d+)*"), "<n>"),
]


def error_signature(error: str) -> str:
    r"""Mask addresses, ids, times, paths and numbers of an error text, so that equal failures group.

    Parameters
    ----------
    error
        Text of a run's error.

    Returns
    -------
    str
        At most 200 characters on one line.

    Examples
    --------
    >>> error_signature("Timeout after 30.5 s at 09:14:02 on C:\\Users\\ada\\out.pdf")
    'Timeout after <n> s at <time> on <path>'
    """
    for sign, pattern, mask in _MASKS:
        if sign in error:
            error = pattern.sub(mask, error)
    return " ".join(error.split())[:_LENGTH_MAX]
