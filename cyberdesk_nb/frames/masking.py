"""Texts of which chosen values must not be read: each value is masked in all the ways in which it may be written."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK = "\N{BLACK SQUARE}" * 3
"""What stands for a text that was left out."""

_SECRET = re.compile(r"\{\$[^{}]+\}")

# Shorter values are masked as whole words only: the input "1" is not to black out every digit.
_WHOLE_WORD_BELOW = 4

# Longer texts are looked for as they are: a pattern of a pasted document would take minutes.
_LONG = 400


class TextMask:
    """Masks values wherever they occur in a text: in any case, and as JSON, HTML and addresses spell them.

    Parameters
    ----------
    values
        What must not be read. Names of secrets (``{$name}``) stay: they stand for the secret and tell nothing.
    """

    def __init__(self, values: Iterable[str]) -> None:
        spellings = _spelt(set(values))
        self._long = [spelling for spelling in spellings if len(spelling) > _LONG]
        short = [spelling for spelling in spellings if len(spelling) <= _LONG]
        self._pattern = re.compile("|".join(map(_part, short)), re.IGNORECASE) if short else None

    def __call__(self, text: str) -> str:
        """Return the text with every value masked."""
        for spelling in self._long:
            text = text.replace(spelling, MASK)
        return text if self._pattern is None else self._pattern.sub(MASK, text)


def leaves(value: object) -> Iterable[str]:
    """Yield every leaf of a JSON value as the text that it shows as."""
    if isinstance(value, Mapping):
        for item in cast("Mapping[str, object]", value).values():
            yield from leaves(item)
    elif isinstance(value, list | tuple):
        for item in cast("list[object]", value):
            yield from leaves(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
        if isinstance(value, float):
            yield f"{value:g}"


def _spelt(values: set[str]) -> list[str]:
    """Return every spelling of every value, the longest first."""
    wanted = {value.strip() for value in values if not _SECRET.fullmatch(value.strip())} - {""}
    return sorted({spelling for value in wanted for spelling in _spellings(value)}, key=len, reverse=True)


def _spellings(value: str) -> Iterable[str]:
    """Yield a value as it stands in plain text, and inside JSON, HTML and addresses."""
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, value)
        yield text
        yield json.dumps(text)[1:-1]
        yield json.dumps(text, ensure_ascii=False)[1:-1]
        yield html.escape(text)
        # A text may hold half a surrogate pair, which no address can.
        yield quote(text, safe="", errors="replace")
        yield quote_plus(text, errors="replace")


def _part(value: str) -> str:
    # Texts are wrapped and indented on their way, so that any white space stands for any other.
    words = r"\s+".join(map(re.escape, value.split()))
    return rf"(?<!\w){words}(?!\w)" if len(value) < _WHOLE_WORD_BELOW else words
