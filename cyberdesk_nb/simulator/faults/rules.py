"""The rules: which requests are struck, and by what."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cached_property
from typing import Annotated, Any, Literal, Self, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from cyberdesk_nb.simulator.faults.bodies import Body
from cyberdesk_nb.simulator.faults.errors import Headers, Status
from cyberdesk_nb.simulator.faults.fields import BadValues, ExtraFields, HostileText, UnknownEnums
from cyberdesk_nb.simulator.faults.lists import Rows
from cyberdesk_nb.simulator.faults.operations import pattern_of
from cyberdesk_nb.simulator.faults.pictures import BadPictures, ExpiredLinks, Skew
from cyberdesk_nb.simulator.faults.wires import Cut, Delay, Length, Stall

AnyFault = Annotated[
    Status | Headers | Delay | Stall | Cut | Length | Body | Rows | ExpiredLinks | Skew | UnknownEnums | BadValues
    | ExtraFields | HostileText | BadPictures,
    Field(discriminator="fault"),
]  # fmt: skip


def _as_list(value: Any) -> list[Any]:
    return list(cast("list[Any]", value)) if isinstance(value, list | tuple) else [value]


Words = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
Count = Annotated[int, Field(ge=1)]


class _Checked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class On(_Checked):
    """Which requests a rule strikes: those that fit every condition given; none given is every request to the API.

    The conditions after `query` count the requests that fit the ones before.
    """

    method: Words = ()
    path: Words = ()
    """`/v1/runs`, `/v1/runs/{run_id}` (braces: any one part), `/v1/runs/*` (star: anything), or with an id in it."""
    operation: Words = ()
    """As the API's description names it, in full or without its ending: `list_runs_v1_runs_get`, `list_runs`."""
    query: dict[str, str] = Field(default={})
    """Parameters that must be there, with a star for any text: `{status = "error", include = "*machine*"}`."""
    after: Annotated[int, Field(ge=0)] = 0
    """Leave so many alone first, and count from there."""
    first: Count | None = None
    """Only the first so many."""
    nth: tuple[Count, ...] = ()
    """Only those: 1 is the first."""
    every: Count | None = None
    """Only each so many-th."""
    burst: Count = 1
    """Of each `every`, the last so many in a row."""
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Only this share, decided by seed, rule, request (method, path, query) and how often it came."""
    per: Literal["rule", "request"] = "rule"
    """What is counted: all requests together, or each one (by method, path and query) for itself, so that with
    `first = 1` its repetition goes well."""

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.burst > (self.every or 1):
            raise ValueError("burst must not be larger than every")
        return self

    def fits(self, method: str, path: str, query: list[tuple[str, str]]) -> bool:
        """Tell whether method, path and query fit."""
        if self.method and method not in {one.upper() for one in self.method}:
            return False
        if self.path and not any(one.fullmatch(path) for one in self._patterns):
            return False
        return all(
            any(name == key and fnmatchcase(value, wanted) for key, value in query)
            for name, wanted in self.query.items()
        )

    def names(self, operation: str) -> bool:
        """Tell whether an operation is one of those named."""
        return any(operation == one or operation.startswith(f"{one}_v1_") for one in self.operation)

    def counts(self, number: int) -> bool:
        """Tell whether the `number`-th request that fits (1 is the first) is to be struck."""
        number -= self.after
        if number < 1 or (self.first is not None and number > self.first):
            return False
        if self.nth and number not in self.nth:
            return False
        return self.every is None or (number - 1) % self.every >= self.every - self.burst

    @cached_property
    def _patterns(self) -> list[Any]:
        return [pattern_of(one) for one in self.path]


class Rule(_Checked):
    """What happens to which requests."""

    do: Annotated[tuple[AnyFault, ...], BeforeValidator(_as_list), Field(min_length=1)]
    """One fault or several; each works on what the one before has left."""
    on: On = On()
    name: str = ""
    """How the log calls it."""


class Plan(_Checked):
    """What a rules file holds."""

    seed: int | None = None
    """Seed of all that is left to chance; none: that of the fleet."""
    use: Words = ()
    """Presets whose rules come first."""
    rules: tuple[Rule, ...] = ()
