"""Prompts: which inputs they ask for, and how they read with them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, cast

from cyberdesk_nb.simulator.inputs.inputs import EMPTY, is_blank
from cyberdesk_nb.simulator.inputs.paths import PATH, parts

_AS_JSON = json.JSONEncoder(ensure_ascii=False)
_VARIABLE = re.compile(rf"(?<!\{{)\{{(\$?)([A-Za-z_]\w*)({PATH})\}}(?!\}})")


def variables(prompt: str) -> list[str]:
    """Return the inputs that a prompt asks for, a secret as `$name`; what is set during a run is none."""
    return [f"{secret}{name}" for secret, name, _ in _VARIABLE.findall(prompt)]


def filled(prompt: str, values: Mapping[str, Any]) -> str:
    """Put the inputs into a prompt: `{name}`, `{name.key}`, `{name[0]}`, `{name["odd key"]}`.

    A missing field or item is `__EMPTY__`; `{$secret}`, `{{runtime}}` and names that nobody gave stay as they are.
    """
    texts, variables = _pieces(prompt)
    pieces = [texts[0]]
    for (asked, name, path), text in zip(variables, texts[1:], strict=True):
        pieces += (asked if name not in values else _shown(_field(values[name], path)), text)
    return "".join(pieces)


@lru_cache(maxsize=256)
def _pieces(prompt: str) -> tuple[list[str], list[tuple[str, str, list[str | int]]]]:
    """Take a prompt apart: the texts around its inputs, and each input as it is written, its name and its path."""
    found = [match for match in _VARIABLE.finditer(prompt) if not match[1]]
    cuts = [0, *chain.from_iterable(match.span() for match in found), len(prompt)]
    texts = [prompt[begin:end] for begin, end in zip(cuts[::2], cuts[1::2], strict=True)]
    return texts, [(match[0], match[2], parts(match[3])) for match in found]


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else _AS_JSON.encode(value)


def prompt_problem(prompt: str, values: Mapping[str, Any]) -> str | None:
    """Say where a prompt looks inside a text or number, which ends a run at once; None where it does not."""
    for secret, name, path in _VARIABLE.findall(prompt):
        if secret or name not in values:
            continue
        try:
            _field(values[name], parts(path), strictly=True)
        except TypeError:
            return f"The prompt asks for {{{name}{path}}}, but {name} has nothing inside"
    return None


def _field(value: Any, path: Sequence[str | int], *, strictly: bool = False) -> Any:
    """Follow a path. Raises `TypeError` where it leads into a plain value and `strictly` is asked for."""
    for part in path:
        if is_blank(value) or value == EMPTY:
            return EMPTY
        if strictly and not isinstance(value, (dict, list)):
            raise TypeError(path)
        try:
            value = cast("Any", value)[part]
        except (KeyError, IndexError, TypeError):
            return EMPTY
    return EMPTY if is_blank(value) else value
