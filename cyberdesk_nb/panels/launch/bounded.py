"""A check by `jsonschema` that ends in time, whatever schema it is given.

A pattern can take years on a short text, and references can multiply. Patterns are those of the `regex` package: what
Python's `re` understands means the same there, it knows more of JavaScript's (such as Unicode classes), and it can be
stopped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from contextvars import ContextVar
from functools import cache
from time import thread_time
from typing import Any, cast

import regex
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend, validator_for  # pyright: ignore[reportUnknownVariableType] - no types
from referencing import Registry
from referencing.exceptions import Unresolvable

CHECK_S = 1.0
"""A check that computes longer than this ends with what it has found."""
PATTERN_S = 0.1
"""A search that computes longer than this leaves the pattern to the server."""
_LARGEST = 1_000_000
_REPEAT = re.compile(r"(\)?)\{(\d+)(?:,(\d*))?\}")

Keyword = Callable[[Any, Any, Any, Any], "Iterator[ValidationError] | None"]

_DEADLINE: ContextVar[float] = ContextVar("_DEADLINE")
# Values, not schemas: what stands in them is not looked at.
_VALUES = frozenset({"const", "enum", "default", "examples"})


class _TooSlowError(Exception):
    """The check has had its time."""


def errors_in(value: Any, schema: Mapping[str, Any], formats: FormatChecker) -> list[ValidationError]:
    """Return what `jsonschema` finds; what it cannot follow, or not in time, counts as fitting."""
    kind = validator_for(dict(schema), default=Draft202012Validator)
    # `jsonschema` searches by itself, through all parts, for what is left unevaluated.
    unevaluated = '"patternProperties"' not in json.dumps(schema)
    bounded = _bounded(kind, unevaluated=unevaluated)
    validator = bounded(_undialected(schema), format_checker=formats, registry=Registry())
    found: list[ValidationError] = []
    began = _DEADLINE.set(thread_time() + CHECK_S)
    try:
        # Where a reference leads nowhere, or in a circle, what was found before it still holds.
        with suppress(Unresolvable, RecursionError, _TooSlowError):
            found.extend(validator.iter_errors(value))
    finally:
        _DEADLINE.reset(began)
    return found


@cache
def _bounded(kind: type[Validator], *, unevaluated: bool) -> type[Validator]:
    """Make every keyword of a dialect heed the deadline, and those with patterns use `_finds`."""
    stock = cast("Mapping[str, Keyword]", cast("Any", kind).VALIDATORS)
    timed = {name: _timed(_OWN[name](keyword) if name in _OWN else keyword) for name, keyword in stock.items()}
    if not unevaluated and "unevaluatedProperties" in timed:
        timed["unevaluatedProperties"] = _passes
    return cast("type[Validator]", cast("Any", extend)(kind, timed))


def _passes(_validator: Any, _wanted: Any, _instance: Any, _schema: Any) -> None:
    """Leave a keyword to the server."""


def _timed(keyword: Keyword) -> Keyword:
    def check(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if thread_time() > _DEADLINE.get():
            raise _TooSlowError
        yield from keyword(validator, wanted, instance, schema) or ()

    return check


def _undialected(schema: Any) -> Any:
    """Leave out `$schema`: `jsonschema` would follow a part's own to a validator that knows no deadline."""
    if isinstance(schema, list):
        return [_undialected(one) for one in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    parts = cast("dict[str, Any]", schema)
    kept = {key: part for key, part in parts.items() if not (key == "$schema" and isinstance(part, str))}
    return {key: part if key in _VALUES else _undialected(part) for key, part in kept.items()}


def _finds(pattern: str, text: str, *, unknown: bool) -> bool:
    """Whether the pattern is found in the text; `unknown` where that cannot be told, or not in time."""
    if _is_too_large(pattern):
        return unknown
    try:
        return regex.search(pattern, text, timeout=PATTERN_S) is not None
    except (regex.error, TimeoutError, RecursionError, OverflowError, MemoryError):
        return unknown


def _is_too_large(pattern: str) -> bool:
    """Whether a pattern takes long to read in: repeats are written out, those of groups times those inside them."""
    size, inner = len(pattern), 1
    for group, least, most in _REPEAT.findall(pattern):
        count = max(1, int(least[:9]), int(most[:9] or 0))
        size, inner = (size * count, inner) if group else (size, max(inner, count))
    return size * inner > _LARGEST


def _pattern(_: Keyword) -> Keyword:
    def check(validator: Any, wanted: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
        if validator.is_type(instance, "string") and not _finds(wanted, instance, unknown=True):
            yield ValidationError("does not match")

    return check


def _pattern_properties(_: Keyword) -> Keyword:
    def check(validator: Any, wanted: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
        if not validator.is_type(instance, "object"):
            return
        for pattern, part in wanted.items():
            for key, value in instance.items():
                if _finds(pattern, key, unknown=False):
                    yield from validator.descend(value, part, path=key, schema_path=pattern)

    return check


def _additional_properties(stock: Keyword) -> Keyword:
    def check(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        patterns = schema.get("patternProperties")
        if not patterns or not validator.is_type(instance, "object"):
            return stock(validator, wanted, instance, schema) or iter(())
        named = [key for key in instance if any(_finds(pattern, key, unknown=True) for pattern in patterns)]
        # As if those that a pattern covers were named: the stock check then looks for no pattern.
        covered = {"properties": {**schema.get("properties", {}), **dict.fromkeys(named, True)}}
        return stock(validator, wanted, instance, covered) or iter(())

    return check


_OWN: dict[str, Callable[[Keyword], Keyword]] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
}
