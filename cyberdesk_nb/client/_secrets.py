"""Find the secrets in a request, so that no error repeats them should the server echo them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import BaseModel, Secret, SecretStr

_SHORTEST = 3
"""A shorter text is in every message by chance."""


def secrets_in(model: BaseModel) -> tuple[str, ...]:
    """List the texts in a model's masked fields."""
    return tuple(sorted({text for text in _masked(model) if len(text) >= _SHORTEST}, key=len, reverse=True))


def _masked(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr | Secret):
        yield from _texts(cast("Any", value).get_secret_value())
    elif isinstance(value, BaseModel):
        for name in value.model_fields_set:
            yield from _masked(getattr(value, name, None))
    elif isinstance(value, list | tuple):
        for part in cast("list[object]", value):
            yield from _masked(part)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for part in cast("Mapping[str, object]", value).values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in cast("list[object]", value):
            yield from _texts(part)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
