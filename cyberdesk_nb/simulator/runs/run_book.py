"""All runs of a world: the seeded ones as columns, the live and the changed ones as objects over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cyberdesk_nb.simulator.chance import RunIds
from cyberdesk_nb.simulator.engine.scripts import ScriptLibrary
from cyberdesk_nb.simulator.refusals import not_found
from cyberdesk_nb.simulator.runs.past_plays import PastPlays
from cyberdesk_nb.simulator.runs.past_runs import STATUSES, Bools, PastRuns, to_us
from cyberdesk_nb.simulator.runs.runs import LIVE, Run

Numbers = NDArray[np.int64]

_AT_ONCE = 4_096


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of runs asks for; None asks for nothing. `created_at_to` is in the range, `created_before` is not."""

    workflow_id: str | None = None
    machine_id: str | None = None
    session_id: str | None = None
    status: str | None = None
    created_at_from: datetime | None = None
    created_at_to: datetime | None = None
    created_before: datetime | None = None

    def passes(self, run: Run, now: datetime) -> bool:
        """Tell whether a run is asked for."""
        wanted = (self.workflow_id, self.machine_id, self.session_id, self.status)
        actual = (run.workflow_id, run.machine_id, run.session_id, run.status(now))
        if any(want is not None and want != have for want, have in zip(wanted, actual, strict=True)):
            return False
        start, end, before = self.created_at_from, self.created_at_to, self.created_before
        if before is not None and run.created_at >= before:
            return False
        return (start is None or run.created_at >= start) and (end is None or run.created_at <= end)


class Sieve(Protocol):
    """What else a list asks for, beside its filter."""

    def rows(self) -> Bools:
        """Mark the seeded runs that are asked for."""
        ...

    def passes(self, run: Run, now: datetime) -> bool:
        """Tell whether a run is asked for."""
        ...


class RunBook:
    """Finds runs, by number and by id.

    Parameters
    ----------
    past
        The seeded rows. A row that is live, changed or deleted is hidden here and, unless deleted, held in `own`.
    """

    def __init__(self, past: PastRuns, seed: int, library: ScriptLibrary) -> None:
        self.past = past
        self.own: dict[int, Run] = {}
        self.ids = RunIds(seed)
        self.library = library
        self._shown: Bools = np.ones(len(past), np.bool_)
        self._next = len(past)
        self._by_end: Numbers | None = None

    def number_for_next(self) -> tuple[int, str]:
        """Take the next number, and its id."""
        number, self._next = self._next, self._next + 1
        return number, self.ids.of(number)

    def add(self, run: Run) -> None:
        """Add a run made through the API."""
        self.own[run.number] = run

    def find(self, run_id: str) -> Run:
        """Return a run to be read; one from the past is made anew. Raises the 404."""
        number = self.ids.number(run_id)
        if number is not None and number in self.own:
            return self.own[number]
        if number is None or number >= len(self.past) or not self._shown[number]:
            raise not_found("Run", run_id)
        return self.past.run(number, self.ids, self.library)

    def take(self, run_id: str) -> Run:
        """Return a run to be changed: from now on it is held as an object. Raises the 404."""
        return self.own_past(self.find(run_id).number)

    def own_past(self, number: int) -> Run:
        """Hold a run as an object."""
        if number not in self.own:
            self.own[number] = self.past.run(number, self.ids, self.library)
            self._shown[number] = False
        return self.own[number]

    def drop(self, run: Run) -> None:
        """Forget a run."""
        self.own.pop(run.number, None)
        if run.number < len(self.past):
            self._shown[run.number] = False

    def drop_workflow(self, workflow_id: str) -> None:
        """Forget all runs of a workflow."""
        for run in [run for run in self.own.values() if run.workflow_id == workflow_id]:
            self.drop(run)
        for index, workflow in enumerate(self.past.workflows):
            if workflow.id == workflow_id:
                self._shown &= self.past.workflow != index

    def forget_machine(self, machine_id: str) -> None:
        """Keep a deleted machine's runs, with no machine."""
        self.past.machine_ids = [None if one == machine_id else one for one in self.past.machine_ids]
        for run in self.own.values():
            run.machine_id = None if run.machine_id == machine_id else run.machine_id
            run.wanted_machine_id = None if run.wanted_machine_id == machine_id else run.wanted_machine_id

    def of_session(self, session_id: str) -> list[Run]:
        """Return a session's runs in the order of creation."""
        numbers = [n for n, (key, _, _) in self.past.sessions.items() if key == session_id and self._shown[n]]
        runs = [self.past.run(n, self.ids, self.library) for n in numbers]
        runs += [run for run in self.own.values() if run.session_id == session_id]
        return sorted(runs, key=lambda run: run.number)

    def live(self, now: datetime) -> Iterator[Run]:
        """Go over the runs that have not ended."""
        return (run for run in list(self.own.values()) if run.is_live(now))

    # lists
    @cached_property
    def plays(self) -> PastPlays:
        """What the seeded runs play."""
        return PastPlays(self.past, self.library)

    def matching(self, wanted: Filter, now: datetime, sieve: Sieve | None = None) -> tuple[list[Run], Bools]:
        """Return what is asked for: of the runs held as objects, and a mark for each seeded row."""
        own = [run for run in self.own.values() if wanted.passes(run, now)]
        rows = self._rows(wanted)
        if sieve is not None:
            own = [run for run in own if sieve.passes(run, now)]
            rows &= sieve.rows()
        return own, rows

    def listed(
        self, wanted: Filter, now: datetime, *, newest_first: bool, sieve: Sieve | None = None
    ) -> tuple[list[Run], Numbers]:
        """Return what is asked for: live runs in their order, then the numbers of the others in theirs.

        `newest_first` orders all by creation, so that nothing comes before the numbers.
        """
        own, shown = self.matching(wanted, now, sieve)
        if newest_first:
            rows = np.flatnonzero(shown)
            own.sort(key=lambda run: (run.created_at, run.number))
            keys = [to_us(run.created_at) for run in own]
            return [], _merge(rows, self.past.created, [run.number for run in own], keys)
        rows = self._ended_order()[shown[self._ended_order()]]
        live = [run for run in own if run.is_live(now)]
        live.sort(key=lambda run: (-LIVE.index(run.status(now)), run.created_at, run.number), reverse=True)
        done = sorted((to_us(run.ended_at(now) or now), run.number) for run in own if not run.is_live(now))
        return live, _merge(rows, self.past.ended, [number for _, number in done], [at for at, _ in done])

    def at(self, number: int) -> Run:
        """Return the run of a number that `listed` gave."""
        return self.all_at([number])[0]

    def all_at(self, numbers: Sequence[int]) -> list[Run]:
        """Return the runs of numbers that `listed` gave, in their order."""
        seeded = self.past.runs([number for number in numbers if number not in self.own], self.ids, self.library)
        found = iter(seeded)
        return [self.own[number] if number in self.own else next(found) for number in numbers]

    def over(self, numbers: Sequence[int]) -> Iterator[Run]:
        """Go over the runs of any number of numbers, some thousands of them held at once."""
        for start in range(0, len(numbers), _AT_ONCE):
            yield from self.all_at(numbers[start : start + _AT_ONCE])

    def _ended_order(self) -> Numbers:
        if self._by_end is None:
            self._by_end = np.argsort(self.past.ended, kind="stable")
        return self._by_end

    def _rows(self, wanted: Filter) -> Bools:
        """Mark the shown rows that a filter lets through."""
        past, rows = self.past, self._shown.copy()
        if wanted.workflow_id is not None:
            rows &= past.workflow == _index([one.id for one in past.workflows], wanted.workflow_id)
        if wanted.machine_id is not None:
            rows &= past.machine == _index(past.machine_ids, wanted.machine_id)
        if wanted.session_id is not None:
            members = [n for n, (key, _, _) in past.sessions.items() if key == wanted.session_id]
            rows &= np.isin(np.arange(len(past)), members)
        if wanted.status is not None:
            rows &= past.status == _index(STATUSES, wanted.status)
        if wanted.created_at_from is not None:
            rows &= past.created >= to_us(wanted.created_at_from)
        if wanted.created_at_to is not None:
            rows &= past.created <= to_us(wanted.created_at_to)
        if wanted.created_before is not None:
            rows &= past.created < to_us(wanted.created_before)
        return rows


def _index(items: Sequence[str | None], item: str) -> int:
    return items.index(item) if item in items else -2


def _merge(rows: Numbers, keys: NDArray[np.int64], own: list[int], own_keys: list[int]) -> Numbers:
    """Put own runs among the rows, both rising by key; return all, falling."""
    if own:
        rows = np.insert(rows, np.searchsorted(keys[rows], own_keys, side="right"), own)
    return rows[::-1]
