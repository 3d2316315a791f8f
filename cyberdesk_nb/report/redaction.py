"""Inputs and outputs that are masked, in every text that holds their values."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from cyberdesk_nb.errors import ConfigurationError, printable
from cyberdesk_nb.frames import error_signature
from cyberdesk_nb.frames.masking import MASK, TextMask, leaves

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DATA = ("input_values", "output_data")
_TEXTS = ("error", "session_alias", "main_prompt", "extra")
_WORD = re.compile(r"\w+")
_ANCHOR = re.compile(r"[a-z0-9]+")

# A shorter value stands in texts of other runs by chance.
_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class Masking:
    """What a report masks.

    Attributes
    ----------
    names
        Inputs and outputs whose values are masked.
    values
        Further texts to mask wherever they occur.
    """

    names: tuple[str, ...] = ()
    values: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.names or self.values)


class MaskedRuns:
    """Runs of which the values of some inputs and outputs cannot be read.

    Parameters
    ----------
    runs
        A frame with ``input_values`` and ``output_data``.
    masking
        What to mask.

    Attributes
    ----------
    frame
        The runs with every text masked; error signatures are made of the masked errors.

    Raises
    ------
    ConfigurationError
        When no run has an input or output of such a name: a misspelt name must not leave it readable.
    """

    def __init__(self, runs: pd.DataFrame, masking: Masking) -> None:
        self._always = masking.values
        data = pd.DataFrame({name: runs[name].map(_parsed) for name in DATA}, index=runs.index)
        _check_names(data, masking.names)
        self._own = {
            str(run_id): _chosen(given, made, masking.names)
            for run_id, given, made in zip(runs["id"], data[DATA[0]], data[DATA[1]], strict=True)
        }
        self._index = _indexed([*masking.values, *(value for own in self._own.values() for value in own)])
        self.frame = self._masked(runs, data, masking.names)

    def frames(self, frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
        """Give the masked runs, and the other frames with the values masked in their texts but ids."""
        return {name: self.frame if name == "runs" else self._other(frame) for name, frame in frames.items()}

    def values_of(self, run_id: str) -> tuple[str, ...]:
        """Give what must not be read of a run."""
        return (*self._always, *self._own.get(run_id, ()))

    def text(self, text: str, own: Iterable[str] = ()) -> str:
        """Mask a text: the run's own values wherever they stand in it, those of other runs as whole words."""
        folded = text.casefold()
        hit = {value for value in (*own, *self._always) if _anchor(value) in folded}
        hit.update(value for word in set(_WORD.findall(folded)) for value in self._index.get(word, ()))
        return TextMask(hit)(text) if hit else text

    def _masked(self, runs: pd.DataFrame, data: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
        own = [self._own[str(run_id)] for run_id in runs["id"]]
        masked = runs.copy(deep=False)
        for name in DATA:
            texts = [
                self._record(cast("dict[str, Any]", record), names, values)
                if isinstance(record, dict)
                else self._cell(text, values)
                for record, text, values in zip(data[name], runs[name], own, strict=True)
            ]
            masked[name] = pd.Series(texts, index=runs.index).astype(runs[name].dtype)
        for name in _TEXTS:
            if name in runs:
                texts = [self._cell(text, values) for text, values in zip(runs[name], own, strict=True)]
                masked[name] = pd.Series(texts, index=runs.index).astype(runs[name].dtype)
        if "error_signature" in runs:
            signatures = masked["error"].map(error_signature, na_action="ignore")
            masked["error_signature"] = signatures.astype(runs["error_signature"].dtype)
        return masked

    def _other(self, frame: pd.DataFrame) -> pd.DataFrame:
        masked = frame.copy(deep=False)
        for name in frame.columns:
            if pd.api.types.is_string_dtype(frame[name].dtype) and not str(name).endswith("id"):
                masked[name] = frame[name].map(self.text, na_action="ignore").astype(frame[name].dtype)
        return masked

    def _cell(self, text: object, own: tuple[str, ...]) -> object:
        return self.text(text, own) if isinstance(text, str) else text

    def _record(self, record: dict[str, Any], names: tuple[str, ...], own: tuple[str, ...]) -> str:
        """Mask leaf by leaf, so that what comes out is JSON still."""
        kept = {
            key: MASK if key in names and value is not None else self._leaf(value, own) for key, value in record.items()
        }
        return json.dumps(kept, ensure_ascii=False)

    def _leaf(self, value: Any, own: tuple[str, ...]) -> Any:
        if isinstance(value, str):
            return self.text(value, own)
        if isinstance(value, dict):
            return {key: self._leaf(item, own) for key, item in cast("dict[str, Any]", value).items()}
        if isinstance(value, list):
            return [self._leaf(item, own) for item in cast("list[Any]", value)]
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        return MASK if str(value) in own else value


def _parsed(text: object) -> Any:
    if not isinstance(text, str):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _check_names(data: pd.DataFrame, names: tuple[str, ...]) -> None:
    known = {key for name in DATA for given in data[name] if isinstance(given, dict) for key in cast("Any", given)}
    unknown = sorted(set(names) - known)
    if unknown and len(data):
        shown = ", ".join(printable(str(key), 60) for key in sorted(map(str, known))[:20]) or "none"
        raise ConfigurationError(f"No run has an input or output {unknown[0]!r}.", hint=f"There are: {shown}.")


def _chosen(given: Any, made: Any, names: tuple[str, ...]) -> tuple[str, ...]:
    values = {
        value.strip()
        for record in (given, made)
        if isinstance(record, dict)
        for name in names
        if name in record
        for value in leaves(cast("dict[str, Any]", record)[name])
    }
    return tuple(sorted(values - {""}))


def _indexed(values: Iterable[str]) -> dict[str, list[str]]:
    """Give values by the longest of their words; a text without this word does not hold the value as words."""
    index: dict[str, list[str]] = {}
    for value in set(values):
        if len(value) >= _SHORTEST and (words := _WORD.findall(value.casefold())):
            index.setdefault(max(words, key=len), []).append(value)
    return index


def _anchor(value: str) -> str:
    """Give the part of a value that every spelling of it has; "" when there is none."""
    return max(_ANCHOR.findall(value.casefold()), key=len, default="")
