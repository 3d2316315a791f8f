"""The faults of a running simulator, as its handle shows them: rules that can change at any time, and a log."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from starlette.types import Scope

from cyberdesk_nb.simulator.faults.asked import identity_of, query_of
from cyberdesk_nb.simulator.faults.delivery import Closing
from cyberdesk_nb.simulator.faults.dice import Dice
from cyberdesk_nb.simulator.faults.fault import Fault
from cyberdesk_nb.simulator.faults.operations import Operations
from cyberdesk_nb.simulator.faults.reading import checked_rule, read_plan
from cyberdesk_nb.simulator.faults.rules import Plan, Rule
from cyberdesk_nb.simulator.web.auth import is_open
from cyberdesk_nb.simulator.web.links import PREFIX

LOG_MAX = 10_000

FaultSource: TypeAlias = "str | Path | Mapping[str, Any] | Plan | Rule | Sequence[Rule]"
"""A preset's name, a file, the content of one, or rules."""


@dataclass(frozen=True, slots=True)
class Injected:
    """What was done to one request.

    `number` counts all requests of the simulator from 1, `faults` are the kinds in order, `rules` the names of their
    rules, `notes` what some kinds say of themselves (rows made and deleted), `status` is that of the answer; None
    where none was sent in full.
    """

    number: int
    at: datetime
    method: str
    path: str
    query: str
    rules: tuple[str, ...]
    faults: tuple[str, ...]
    notes: tuple[str, ...]
    status: int | None


@dataclass(frozen=True, slots=True)
class Armed:
    """A rule in force, with its counts."""

    rule: Rule
    dice: Dice
    seen: Counter[str] = field(default_factory=Counter[str])
    turns: Counter[str] = field(default_factory=Counter[str])

    def strikes(self, scope: Scope, find: Callable[[], str]) -> bool:
        """Count a request and tell whether it is struck; `find` names its operation."""
        on = self.rule.on
        if not on.fits(scope["method"], scope["path"], query_of(scope)) or (on.operation and not on.names(find())):
            return False
        if not on.path and not on.operation and _is_aside(scope["path"]):
            return False
        identity = identity_of(scope)
        self.turns[identity] += 1
        counted = identity if on.per == "request" else ""
        self.seen[counted] += 1
        is_chosen = on.probability == 1 or self.dice.unit("fires", identity, self.turns[identity]) < on.probability
        return is_chosen and on.counts(self.seen[counted])


class Faults:
    """The rules of one simulator. Changing them is safe from any thread and holds from the next request on.

    Attributes
    ----------
    log
        What was injected to which request, oldest first; the last 10,000 are kept.

    Examples
    --------
    >>> from cyberdesk_nb.simulator.faults import Faults, Status
    >>> faults = Faults()
    >>> with faults.active(Status(status=503), path="/v1/runs", first=2) as rule:
    ...     faults.rules == (rule,)
    True
    >>> faults.rules
    ()

    """

    def __init__(self, source: FaultSource | None = None, *, seed: int = 0) -> None:
        self.seed = seed
        self.log: deque[Injected] = deque(maxlen=LOG_MAX)
        self.closing = Closing()
        self._lock = threading.Lock()
        self._armed: tuple[Armed, ...] = ()
        self._requests = 0
        self._added = 0
        if source is not None:
            self.use(source)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in force."""
        return tuple(armed.rule for armed in self._armed)

    def add(self, *do: Fault | Mapping[str, Any], name: str = "", **on: Any) -> Rule:
        """Put a rule in force: what to do, and as keywords the conditions of `On`; gives the rule."""
        rule = checked_rule({"do": list(do), "on": on, "name": name})
        self._arm([rule], self.seed)
        return rule

    def use(self, source: FaultSource) -> tuple[Rule, ...]:
        """Put the rules of a preset, a file or a plan in force, beside those that are; gives them."""
        if isinstance(source, Rule):
            rules, seed = [source], None
        elif isinstance(source, Sequence) and not isinstance(source, str):
            rules, seed = list(source), None
        else:
            plan = read_plan(source)
            rules, seed = list(plan.rules), plan.seed
        self._arm(rules, self.seed if seed is None else seed)
        return tuple(rules)

    def remove(self, *rules: Rule) -> None:
        """Take rules out of force; those that are not are passed over."""
        with self._lock:
            self._armed = tuple(one for one in self._armed if not any(one.rule is rule for rule in rules))

    def clear(self) -> None:
        """Take all rules out of force and empty the log; what is added then begins to count anew, as at the start."""
        with self._lock:
            self._armed = ()
            self._requests = self._added = 0
            self.log.clear()

    @contextmanager
    def active(self, *do: Fault | Mapping[str, Any], name: str = "", **on: Any) -> Generator[Rule]:
        """Put a rule in force for the length of a `with` block."""
        rule = self.add(*do, name=name, **on)
        try:
            yield rule
        finally:
            self.remove(rule)

    @contextmanager
    def using(self, source: FaultSource) -> Generator[tuple[Rule, ...]]:
        """Put the rules of a preset, a file or a plan in force for the length of a `with` block."""
        rules = self.use(source)
        try:
            yield rules
        finally:
            self.remove(*rules)

    def close(self) -> None:
        """Let everything go that a fault holds back."""
        self.closing.set()

    def striking(self, scope: Scope, operations: Operations) -> tuple[int, list[Armed]]:
        """Count a request; gives its number and the rules that strike it."""

        def find() -> str:
            operation = operations.find(scope["method"], scope["path"])
            return operation.name if operation else ""

        with self._lock:
            self._requests += 1
            return self._requests, [one for one in self._armed if one.strikes(scope, find)]

    def note(
        self, number: int, scope: Scope, struck: Iterable[Armed], notes: Iterable[str], status: int | None
    ) -> None:
        """Write down what was done to a request."""
        rules = [one.rule for one in struck]
        self.log.append(
            Injected(
                number,
                datetime.now(UTC),
                scope["method"],
                scope["path"],
                scope["query_string"].decode("latin-1"),
                tuple(rule.name for rule in rules),
                tuple(fault.fault for rule in rules for fault in rule.do),
                tuple(notes),
                status,
            )
        )

    def _arm(self, rules: Sequence[Rule], seed: int) -> None:
        with self._lock:
            self._armed += tuple(Armed(rule, Dice(seed, self._added + place)) for place, rule in enumerate(rules))
            self._added += len(rules)

    def __repr__(self) -> str:
        return f"<Faults: {len(self._armed)} rules, {len(self.log)} injected>"


def _is_aside(path: str) -> bool:
    """Tell whether a path is health or description, which only a rule that names it strikes."""
    return is_open(path) and not path.startswith(f"{PREFIX}/")
