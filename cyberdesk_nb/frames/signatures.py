"""Equal failures under one name: error texts with what differs from run to run masked."""

from __future__ import annotations

import re
from functools import lru_cache

_LENGTH_MAX = 200
_READ_MAX = 10_000
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? "
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_CLOCK = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[AP]M\b)?(?: ?(?:Z|UTC|GMT)\b| ?[+-]\d\d:?\d\d\b)?"
_DATE = rf"\d{{4}}-\d\d-\d\d|(?:{_DAY})?(?:\d{{1,2}} {_MONTH}|{_MONTH} \d{{1,2}},?) \d{{4}}"


def _mask(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


# A text without the first characters has no match, and finding that out is quicker than the pattern.
_MASKS = [
    ("://", _mask(r"\b[a-z][a-z0-9+.-]{0,30}://[^\s\"'<>]*[^\s\"'<>.,;:!?)\]}]"), "<url>"),
    ("-", _mask(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"), "<id>"),
    ("", _mask(r"\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b"), "<id>"),
    ("", _mask(rf"\b(?:{_DATE})(?:(?:,? at|,)? ?T?{_CLOCK})?"), "<time>"),
    (":", _mask(rf"(?<![\w.:]){_CLOCK}(?![\w:])"), "<time>"),
    ("'", _mask(r"'(?:[a-z]:[\\/]|\\\\|/)[^'\n]*'"), "'<path>'"),
    ('"', _mask(r"\"(?:[a-z]:[\\/]|\\\\|/)[^\"\n]*\""), '"<path>"'),
    ("\\", _mask(r"(?:\b[a-z]:|\\)\\[^\s\"'<>|]*[^\s\"'<>|.,;:!?)\]}]"), "<path>"),
    (":/", _mask(r"\b[a-z]:/[^\s\"'<>|]*[^\s\"'<>|.,;:!?)\]}]"), "<path>"),
    ("/", _mask(r"(?<![\w/<.])(?:/[\w.@-]+)+/[\w.@-]*[\w@-]/?"), "<path>"),
    ("", _mask(r"\b(?:0x[0-9a-f]+|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,})\b"), "<id>"),
    # Letters and digits that take turns: an id that no format gives away.
    ("", _mask(r"(?<![a-z0-9])(?:[a-z]+\d+[a-z]|\d+[a-z]+\d)[a-z0-9]{4,}(?![a-z0-9])"), "<id>"),
    ("", _mask(r"(?:(?<![\w)\]>.])[-+])?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?"), "<n>"),
]

# To the masks any digit is like any other, but for the 0 of "0x". Most errors of a kind differ in digits alone, so that
# each kind need be masked once only.
_ALIKE = str.maketrans("0123456789", "1111111111")
_ALIKE_BUT_0 = str.maketrans("23456789", "11111111")


def error_signature(error: str) -> str:
    r"""Mask addresses, ids, times, paths and numbers of an error text, so that equal failures group.

    Parameters
    ----------
    error
        Text of a run's error; what stands behind its first 10,000 characters does not count.

    Returns
    -------
    str
        At most 200 characters on one line.

    Examples
    --------
    >>> error_signature("Timeout after 30.5 s at 09:14:02 on C:\\Users\\ada\\out.pdf")
    'Timeout after <n> s at <time> on <path>'
    """
    error = error[:_READ_MAX]
    return _masked(error.translate(_ALIKE_BUT_0 if "0x" in error.lower() else _ALIKE))


@lru_cache(maxsize=1024)
def _masked(error: str) -> str:
    for sign, pattern, mask in _MASKS:
        if sign in error:
            error = pattern.sub(mask, error)
    return " ".join(error.split())[:_LENGTH_MAX]
