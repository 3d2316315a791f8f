"""What must not leave, whatever field it stands in: what signed addresses and keys look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Arrow has no types of its own.
_arrow: Any = pa
_compute: Any = pc

_GONE = "***"

# Patterns of RE2, which takes no longer for hostile texts. What an address asks for may be its signature: it goes.
_PATTERNS = (
    (r"(?i)\b([a-z][a-z0-9+.-]{1,30}://)[^\s/?#@\"'<>\\]+@", rf"\1{_GONE}@"),
    (r"(?i)\b([a-z][a-z0-9+.-]{1,30}://[^\s?#\"'<>\\]*)[?#][^\s\"'<>\\]+", rf"\1?{_GONE}"),
    (r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", rf"\1 {_GONE}"),
    (r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", _GONE),
    (r"\b(?:sk|pk|ak|rk|ghp|gho|ghs|glpat|xox[abprs])[-_][A-Za-z0-9_-]{12,}", _GONE),
    (r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", _GONE),
    (r"\bAIza[A-Za-z0-9_-]{30,}", _GONE),
    (
        r"(?i)(\b|_)(password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|authorization|signature|credential)"
        r"(\\?[\"']?\s*[=:]\s*\\?[\"']?)[^\s\"',;&\\}]{3,}",
        rf"\1\2\3{_GONE}",
    ),
)

# One look for all of them at first: most columns have none.
_ANY = "|".join(f"(?:{pattern})" for pattern, _ in _PATTERNS)


class Scrubber:
    """Takes what looks like a secret out of frames, and the workspace's own key wherever it stands.

    Parameters
    ----------
    hide
        Blots the key out of bytes. None knows of no key.
    """

    def __init__(self, hide: Callable[[bytes], bytes] | None = None) -> None:
        self._hide = hide

    def frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame without secrets."""
        clean = frame.copy(deep=False)
        for name in frame.columns:
            column = frame[name]
            if isinstance(column.dtype, pd.CategoricalDtype):
                clean[name] = _recategorised(column, self.text)
            elif pd.api.types.is_string_dtype(column.dtype):
                clean[name] = self._column(column)
        clean.attrs = _quiet(frame.attrs)
        return clean

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        # Half a surrogate pair is no text to Arrow, nor to a page.
        return str(self._texts(_arrow.array([text.encode("utf-8", "replace").decode("utf-8")]))[0])

    def _column(self, column: pd.Series) -> pd.Series:
        if not len(column):
            return column
        texts: Any = _arrow.array(column, type=_arrow.large_string(), from_pandas=True)
        if isinstance(texts, _arrow.ChunkedArray):
            # As frames that came in pages have it.
            texts = texts.combine_chunks()
        return pd.Series(self._texts(texts).to_pandas(), index=column.index).astype(column.dtype)

    def _texts(self, texts: Any) -> Any:
        if _compute.any(_compute.match_substring_regex(texts, _ANY)).as_py():
            for pattern, replacement in _PATTERNS:
                texts = _compute.replace_substring_regex(texts, pattern, replacement)
        if self._hide is None:
            return texts
        # A key holds no line break and no other sign below a space.
        joined = _joined(texts)
        hidden = self._hide(joined)
        if hidden == joined:
            return texts
        parts = _arrow.array(hidden.decode("utf-8").split("\0"), type=texts.type)
        return _compute.if_else(_compute.is_valid(texts), parts, None)


def _joined(texts: Any) -> bytes:
    """Give all texts as one, a zero between any two."""
    kind = _arrow.large_string()
    # A zero in a text would part it in two.
    whole = _compute.replace_substring(_compute.fill_null(texts.cast(kind), ""), "\0", "\ufffd")
    one = _arrow.LargeListArray.from_arrays([0, len(whole)], whole)
    return _compute.binary_join(one, _arrow.scalar("\0", kind))[0].as_buffer().to_pybytes()


def _recategorised(column: pd.Series, clean: Callable[[str], str]) -> pd.Series:
    renamed = {category: clean(str(category)) for category in column.cat.categories}
    if all(str(old) == new for old, new in renamed.items()):
        return column
    return column.map(renamed).astype("category")


def _quiet(attrs: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return what a frame says of itself without the raw values that could not be read."""
    kept = dict(attrs)
    if kept.get("problems"):
        kept["problems"] = [{**problem, "raw": _GONE} for problem in kept["problems"]]
    return kept
