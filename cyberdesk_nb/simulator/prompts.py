"""Prompts: which inputs they ask for, and how they read with them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from cyberdesk_nb.simulator.inputs import EMPTY, is_blank
from cyberdesk_nb.simulator.paths import PATH, parts

_VARIABLE = re.compile(rf"(?<!\{{)\{{(\$?)([A-Za-z_]\w*)({PATH})\}}(?!\}})")


def variables(prompt: str) -> list[str]:
    """Return the inputs that a prompt asks for, a secret as `$name`; what is set during a run is none."""
    return [f"{secret}{name}" for secret, name, _ in _VARIABLE.findall(prompt)]


def filled(prompt: str, values: Mapping[str, Any]) -> str:
    """Put the inputs into a prompt: `{name}`, `{name.key}`, `{name[0]}`, `{name["odd key"]}`.

    A missing field or item is `__EMPTY__`; `{$secret}`, `{{runtime}}` and names that nobody gave stay as they are.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] or match[2] not in values:
            return match[0]
        found = _field(values[match[2]], match[3])
        return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)

    return _VARIABLE.sub(value, prompt)


def prompt_problem(prompt: str, values: Mapping[str, Any]) -> str | None:
    """Say where a prompt looks inside a text or number, which ends a run at once; None where it does not."""
    for secret, name, path in _VARIABLE.findall(prompt):
        if secret or name not in values:
            continue
        try:
            _field(values[name], path, strictly=True)
        except TypeError:
            return f"The prompt asks for {{{name}{path}}}, but {name} has nothing inside"
    return None


def _field(value: Any, path: str, *, strictly: bool = False) -> Any:
    """Follow a path. Raises `TypeError` where it leads into a plain value and `strictly` is asked for."""
    for part in parts(path):
        if is_blank(value) or value == EMPTY:
            return EMPTY
        if strictly and not isinstance(value, (dict, list)):
            raise TypeError(path)
        try:
            value = cast("Any", value)[part]
        except (KeyError, IndexError, TypeError):
            return EMPTY
    return EMPTY if is_blank(value) else value
