"""What a step calls, as one flat mapping: the same in both dialects, and no argument lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cyberdesk_nb.frames.actions import parse_action

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cyberdesk_nb.frames.actions import Action
    from cyberdesk_nb.frames.steps import Step

PLACES = ("x", "y", "x2", "y2")
_FIELDS = (*PLACES, "text", "keys", "duration_s", "direction", "amount")


def call_of(step: Step) -> dict[str, Any]:
    """Return what a step calls.

    Parameters
    ----------
    step
        Of either dialect.

    Returns
    -------
    dict
        ``action`` (its name), the fields of `Action` that it has, and every further argument under the name that it
        was recorded with (``args[2]`` for a positional one).

    Examples
    --------
    >>> from cyberdesk_nb.frames.steps import trajectory_steps
    >>> a, b = trajectory_steps({"trajectory_data": [
    ...     {"func_name": "click", "args": [850, 450]},
    ...     {"func_name": "computer", "kwargs": {"action": "left_click", "coordinate": [850, 450], "model": "m"}},
    ... ]})
    >>> {**call_of(a), "model": "m"} == call_of(b)
    True
    """
    action = step.action
    call: dict[str, Any] = {"action": action.name}
    call |= {name: value for name in _FIELDS if (value := getattr(action, name)) is not None}
    for name, value in _further(step, action):
        call[f"{name} (further)" if name in call else name] = value
    return call


def same_value(a: Any, b: Any) -> bool:
    """Whether two arguments are equal."""
    return a == b or key_of(a) == key_of(b)


def key_of(value: Any) -> str:
    """Write any JSON value as one text, equal for equal values."""
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    except (TypeError, ValueError, RecursionError):
        return f"<{type(value).__name__}>"


def differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Give the arguments in which two calls differ, each with both values; None where one has none."""
    names = [*a, *(name for name in b if name not in a)]
    return {name: (a.get(name), b.get(name)) for name in names if not same_value(a.get(name), b.get(name))}


def _further(step: Step, action: Action) -> Iterator[tuple[str, Any]]:
    """Yield the arguments that the action was not read from: without them it would be the same."""
    is_read = parse_action(step.func_name, step.args, step.kwargs) == action
    for place, value in enumerate(step.args):
        rest = [*step.args[:place], *step.args[place + 1 :]]
        if not is_read or parse_action(step.func_name, rest, step.kwargs) == action:
            yield f"args[{place}]", value
    for name, value in step.kwargs.items():
        rest = {other: kept for other, kept in step.kwargs.items() if other != name}
        if not is_read or parse_action(step.func_name, step.args, rest) == action:
            yield name, value
