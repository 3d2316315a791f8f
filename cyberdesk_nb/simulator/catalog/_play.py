"""What a performance of a workflow consists of, and what can go wrong in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from ..screens import Box, Desktop


@dataclass(frozen=True, slots=True)
class Move:
    """One action of the agent.

    Parameters
    ----------
    tool_input
        The action in the computer dialect; a click's coordinate is the centre of ``control``.
    control
        Id of the control that the action goes to; None where it goes to none (wait, screenshot...).
    result
        What the tool answered.
    iteration
        Index of the loop iteration that the move belongs to; None outside loops.
    unplanned
        True for a move that answers a disturbance or a failure, and so stands in no recording of a calm run.
    """

    thought: str
    tool_input: dict[str, Any]
    control: str | None
    result: str
    iteration: int | None = None
    unplanned: bool = False


@dataclass(frozen=True, slots=True)
class Shot:
    """A move together with what the agent saw before making it."""

    move: Move
    before: Desktop


@dataclass(frozen=True, slots=True)
class Play:
    """One performance of a workflow.

    Parameters
    ----------
    final
        The desktop after the last move.
    output
        The extracted data, fitting the kind's ``output_schema``; None unless ``status`` is success.
    error
        The words of the failure; None on success.
    summary
        The agent's closing message.
    break_step
        Index in ``shots`` where a disturbance or failure first made the screen unlike the recording; None when it
        never did.
    """

    shots: tuple[Shot, ...]
    final: Desktop
    output: dict[str, Any] | None
    error: str | None
    status: Literal["success", "task_failed", "error"]
    summary: str
    break_step: int | None = None


@dataclass(frozen=True, slots=True)
class Disturbance:
    """An unexpected message at a fixed step; the agent answers it and goes on.

    Parameters
    ----------
    at
        The mark in the script where the message comes up.
    button
        Id of the button that the agent presses.
    """

    name: str
    at: str
    box: Box
    button: str
    thought: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A way to fail at a fixed step.

    Parameters
    ----------
    status
        ``task_failed`` when the agent gives up, ``error`` when the platform does.
    at
        The mark in the script where it strikes.
    strike
        Makes the desktop show it.
    words
        The error text, from the inputs and a seeded source of the numbers that vary.
    thought
        What the agent thinks when it sees it.
    """

    name: str
    status: Literal["task_failed", "error"]
    at: str
    strike: Callable[[Desktop], None]
    words: Callable[[Mapping[str, Any], random.Random], str]
    thought: str
