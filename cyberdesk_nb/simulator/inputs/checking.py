"""JSON Schema and patterns as users write them: no `$ref` is fetched, and no pattern holds the simulator up.

A pattern can take years on a short text. Those of the `regex` package read as `re`'s do, and can be stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

# jsonschema takes a second to import where its format checkers are installed, and only launches need it.

PATTERN_S = 0.5
"""A search that takes longer is given up."""


class CannotCheck(Exception):  # noqa: N818 - it says why, not that something broke
    """A schema or a pattern with which nothing can be checked."""


def errors_in(value: Any, schema: Mapping[str, Any]) -> list[ValidationError]:
    """Return what does not fit a schema. Raises `CannotCheck` for one that leads nowhere, or takes too long."""
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    # An empty registry keeps a `$ref` to the web from being fetched.
    validator = _bounded()(dict(schema), registry=Registry())
    try:
        return list(validator.iter_errors(value))
    except (Unresolvable, RecursionError):
        raise CannotCheck("it refers to itself or to what is not in it") from None


def finds(pattern: str, text: str) -> bool:
    """Tell whether a pattern is found in a text. Raises `CannotCheck` for one that takes too long, or is none."""
    import regex

    try:
        return regex.search(pattern, text, timeout=PATTERN_S) is not None
    except TimeoutError:
        raise CannotCheck(f"the pattern {pattern} takes too long") from None
    except regex.error as error:
        raise CannotCheck(f"{pattern} is no regular expression: {error}") from None


@cache
def _bounded() -> type[Validator]:
    """Return the dialect of schemas with searches that end."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend  # pyright: ignore[reportUnknownVariableType] - no types

    own = {"pattern": _pattern, "patternProperties": _pattern_properties}
    return cast("type[Validator]", extend(Draft202012Validator, own))


def _pattern(validator: Any, wanted: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    if validator.is_type(instance, "string") and not finds(wanted, instance):
        yield ValidationError(f"{instance!r} does not match {wanted!r}")


def _pattern_properties(validator: Any, wanted: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    for pattern, part in wanted.items():
        for key, value in instance.items():
            if finds(pattern, key):
                yield from validator.descend(value, part, path=key, schema_path=pattern)
