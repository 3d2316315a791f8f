"""A workflow kind: its prompt and schemas, and how an agent plays it on a drawn desktop."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ._chance import seeded

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from ..screens import Box, Desktop
    from ._take import Take


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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a script that came to its end returns: the extracted data and the closing message."""

    output: dict[str, Any]
    summary: str


class Kind(ABC):
    """One kind of workflow, played by a script on one application."""

    slug: ClassVar[str]
    name: ClassVar[str]
    main_prompt: ClassVar[str]
    input_schema: ClassVar[dict[str, Any]]
    output_schema: ClassVar[dict[str, Any]]
    tags: ClassVar[tuple[str, ...]] = ()
    sensitive: ClassVar[tuple[str, ...]] = ()
    """Names of the secret inputs; the schema has them as ``$name``, prompts and plays only as ``{$name}``."""
    disturbances: ClassVar[tuple[Disturbance, ...]] = ()
    failures: ClassVar[tuple[Failure, ...]] = ()

    @abstractmethod
    def sample_inputs(self, rng: random.Random) -> dict[str, Any]:
        """Return believable inputs that fit ``input_schema``; secrets are not among them."""

    @abstractmethod
    def open(self, inputs: Mapping[str, Any]) -> Desktop:
        """Return the desktop as the agent finds it."""

    @abstractmethod
    def script(self, take: Take, inputs: Mapping[str, Any]) -> Outcome:
        """Make the agent's moves on ``take`` and return what came out of them."""

    def play(self, inputs: Mapping[str, Any], *, disturbance: str | None = None, failure: str | None = None) -> Play:
        """Perform the workflow.

        Parameters
        ----------
        inputs
            Inputs that fit ``input_schema``, without the secrets.
        disturbance, failure
            Name of one of the kind's disturbances or failures; None for a calm, successful performance.

        Raises
        ------
        KeyError
            For a name that the kind does not have.
        """
        from ._take import Stopped, Take, shorten

        inputs = self.defaults() | dict(inputs)
        trouble = self._named(self.disturbances, disturbance)
        end = self._named(self.failures, failure)
        take = Take(self.open(inputs), trouble, end)
        try:
            outcome = self.script(take, inputs)
        except Stopped as stopped:
            # the reason names inputs, which may be any text
            error = shorten(stopped.failure.words(inputs, seeded(self.slug, failure, sorted(inputs.items()))), 500)
            take.give_up(stopped.failure, error)
            return take.finished(stopped.failure.status, None, error, f"I could not finish the task. {error}")
        return take.finished("success", outcome.output, None, outcome.summary)

    def defaults(self) -> dict[str, Any]:
        """Return the inputs to which the schema gives a default."""
        properties: dict[str, dict[str, Any]] = self.input_schema["properties"]
        return {name: rule["default"] for name, rule in properties.items() if "default" in rule}

    @staticmethod
    def _named(known: tuple[Any, ...], name: str | None) -> Any:
        if name is None:
            return None
        for one in known:
            if one.name == name:
                return one
        raise KeyError(name)
