"""A workflow kind: its prompt and schemas, and how an agent plays it on a drawn desktop."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ._chance import seeded
from ._play import Disturbance, Failure, Play
from ._take import Stopped, Take, shorten

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

    from ..screens import Desktop

T = TypeVar("T", Disturbance, Failure)


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
        inputs = self.defaults() | dict(inputs)
        take = Take(self.open(inputs), _named(self.disturbances, disturbance), _named(self.failures, failure))
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


def _named(known: Sequence[T], name: str | None) -> T | None:
    if name is None:
        return None
    for one in known:
        if one.name == name:
            return one
    raise KeyError(name)
