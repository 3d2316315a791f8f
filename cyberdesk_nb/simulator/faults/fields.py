"""Single values of an answer that are not what the API promises: of another type, unknown, hostile."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from cyberdesk_nb.simulator.faults.answers import Answer
from cyberdesk_nb.simulator.faults.asked import Asked
from cyberdesk_nb.simulator.faults.dice import Dice
from cyberdesk_nb.simulator.faults.fault import Fault
from cyberdesk_nb.simulator.faults.texts import HOSTILE
from cyberdesk_nb.simulator.faults.values import GONE, Kind, Value, changed

Share = Annotated[float, Field(ge=0, le=1)]
Wrong = Literal[
    "other_type", "null", "missing", "naive_time", "bad_time", "far_time", "huge_integer", "nan", "infinity",
    "fraction", "number_as_text", "nested",
]  # fmt: skip
SampleName = Literal[
    "markup", "script", "markdown", "bidi", "nul", "surrogate", "long", "formula", "formula_at", "path",
    "path_windows", "terminal", "csv", "json", "template", "sql", "chinese", "emoji", "empty", "blank", "none",
    "null_word", "proto",
]  # fmt: skip

_FREE_OBJECTS = frozenset(
    {"input_values", "output_data", "machine_parameters", "machine_sensitive_parameters", "pool_parameters",
     "pool_sensitive_parameters", "sensitive_input_aliases"}
)  # fmt: skip
"""Objects whose keys are the user's own."""


class _OfValues(Fault):
    """What faults of single values share: where they strike."""

    fields: tuple[str, ...] = ()
    """Keys (`name`) or paths (`items.input_values.*`, `total`) to strike; none: all of the records."""
    share: Share = 1.0
    """Share of those values that are struck; the same value of the same record is so each time."""

    def on_answer(self, answer: Answer, asked: Asked, dice: Dice) -> Answer:
        """Change the values of a success."""
        content = answer.json() if answer.status < 300 else None
        if content is None:
            return answer
        return answer.with_json(changed(content, asked, self._changer(dice)))

    def _changer(self, dice: Dice) -> Callable[[Value], Any]:
        def change(value: Value) -> Any:
            return self.replace(value, dice) if self._strikes(value, dice) else value.value

        return change

    def _strikes(self, value: Value, dice: Dice) -> bool:
        is_meant = value.is_named(self.fields) if self.fields else not value.is_envelope
        return is_meant and bool(value.path) and dice.unit("strikes", value.record, value.path) < self.share

    def replace(self, value: Value, dice: Dice) -> Any:
        """Return what a value becomes."""
        return value.value


class UnknownEnums(_OfValues):
    """Gives enum fields a value that this version of the API does not have."""

    fault: Literal["unknown_enums"] = "unknown_enums"
    value: str = "value_of_tomorrow"

    def replace(self, value: Value, dice: Dice) -> Any:
        """Return the unknown value."""
        return self.value if value.kind == "enum" else value.value


class BadValues(_OfValues):
    """Gives fields values of the wrong type, or none. Ids and references stay usable unless `fields` names them."""

    fault: Literal["bad_values"] = "bad_values"
    how: tuple[Wrong, ...] = ("other_type",)
    """Which of them; where several fit a value, one is chosen."""

    def replace(self, value: Value, dice: Dice) -> Any:
        """Return a wrong value of a kind that fits."""
        if value.kind in ("id", "structure") and not self.fields:
            return value.value
        fitting: list[Wrong] = [how for how in self.how if value.kind in _FITS[how]]
        if not fitting:
            return value.value
        return _WRONG[dice.pick(fitting, "how", value.record, value.path)](value)


class ExtraFields(_OfValues):
    """Adds fields that this version of the API does not have to every record."""

    fault: Literal["extra_fields"] = "extra_fields"
    add: dict[str, Any] = Field(default={"field_of_tomorrow": {"nested": [1, None, "text"]}, "": 0})

    def on_answer(self, answer: Answer, asked: Asked, dice: Dice) -> Answer:
        """Add to whatever has an id."""
        content = answer.json() if answer.status < 300 else None
        return answer if content is None else answer.with_json(self._extended(content))

    def _extended(self, content: Any) -> Any:
        if isinstance(content, list):
            return [self._extended(one) for one in cast("list[Any]", content)]
        if not isinstance(content, dict):
            return content
        members = {key: self._extended(one) for key, one in cast("dict[str, Any]", content).items()}
        return members | self.add if "id" in members else members


class HostileText(_OfValues):
    """Replaces strings by hostile ones.

    Ids, enum values, times, addresses, pictures and what tells how to read the rest (`type`, `role`, `action`, ...)
    are spared unless `also` names their kind. `long` strikes once an answer.
    """

    fault: Literal["hostile_text"] = "hostile_text"
    samples: tuple[SampleName, ...] = ()
    """Which ones; none: all."""
    texts: tuple[str, ...] = ()
    """Strings of one's own, beside the samples."""
    append: bool = False
    """Put it behind the true text instead of in its place."""
    keys: bool = False
    """Also the keys of inputs, outputs and parameters."""
    also: tuple[Kind, ...] = ()

    def _changer(self, dice: Dice) -> Callable[[Value], Any]:
        names = self.samples or (() if self.texts else tuple(HOSTILE))
        texts = [*self.texts, *(HOSTILE[name] for name in names)]
        left = [HOSTILE["long"]]

        def change(value: Value) -> Any:
            if value.kind == "object" and self.keys and value.name in _FREE_OBJECTS:
                return {f"{key}{dice.pick(texts, value.record, key)[:200]}": one for key, one in value.value.items()}
            if value.kind not in ("text", *self.also) or not isinstance(value.value, str):
                return value.value
            if not self._strikes(value, dice):
                return value.value
            text = dice.pick(texts, value.record, value.path)
            if text == HOSTILE["long"] and (not left or not left.pop()):
                text = text[:200]
            return value.value + text if self.append else text

        return change


_EVERY: frozenset[Kind] = frozenset(
    {"text", "id", "enum", "time", "address", "picture", "structure", "integer", "number", "boolean", "list", "object"}
)
_EVERY_OR_NULL: frozenset[Kind] = _EVERY.union({"null"})
_NUMBERS: frozenset[Kind] = frozenset({"integer", "number"})
_TIMES: frozenset[Kind] = frozenset({"time"})

_INTEGERS: frozenset[Kind] = frozenset({"integer"})
_NESTABLE: frozenset[Kind] = frozenset({"text", "object", "list"})

_FITS: dict[Wrong, frozenset[Kind]] = {
    "other_type": _EVERY_OR_NULL,
    "null": _EVERY,
    "missing": _EVERY_OR_NULL,
    "naive_time": _TIMES,
    "bad_time": _TIMES,
    "far_time": _TIMES,
    "huge_integer": _NUMBERS,
    "nan": _NUMBERS,
    "infinity": _NUMBERS,
    "fraction": _INTEGERS,
    "number_as_text": _NUMBERS,
    "nested": _NESTABLE,
}

_OTHER: dict[Kind, Any] = {
    "integer": "seven",
    "number": {"value": 7},
    "boolean": "perhaps",
    "list": {"not": "a list"},
    "object": ["not", "an", "object"],
    "time": 1.7e18,
    "null": [None],
}


def _naive(value: Value) -> Any:
    try:
        return datetime.fromisoformat(value.value).replace(tzinfo=None).isoformat()
    except ValueError:
        return "2026-11-01T00:00:00"


def _nested(value: Value) -> Any:
    nest: Any = value.value
    for _ in range(150):
        nest = [nest]
    return nest


_WRONG: dict[Wrong, Callable[[Value], Any]] = {
    "other_type": lambda value: _OTHER.get(value.kind, 7),
    "null": lambda _: None,
    "missing": lambda _: GONE,
    "naive_time": _naive,
    "bad_time": lambda _: "yesterday at noon",
    "far_time": lambda _: "9999-12-31T23:59:59-12:00",
    "huge_integer": lambda _: 10**400,
    "nan": lambda _: math.nan,
    "infinity": lambda _: -math.inf,
    "fraction": lambda value: value.value + 0.5,
    "number_as_text": lambda value: str(value.value),
    "nested": _nested,
}
