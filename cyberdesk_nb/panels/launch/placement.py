"""Choose where a run may be placed: any machine, one machine, or the machines that are in all of some pools."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import ipywidgets as w

from cyberdesk_nb.models import MachineResponse, MachineStatus, PoolResponse
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form import FieldError
from cyberdesk_nb.panels.launch.checking import Supply
from cyberdesk_nb.panels.naming import distinct_names, name_of

ANY, MACHINE, POOLS = "Any machine", "One machine", "Pools"


class Placement:
    """Three ways to place a run. `machine` beats `pools`, as on the server; `edited` is called after each change."""

    def __init__(
        self, machines: Sequence[MachineResponse], pools: Sequence[PoolResponse], edited: Callable[[], None]
    ) -> None:
        self._machines = sorted(machines, key=lambda one: (one.status != MachineStatus.CONNECTED, name_of(one)))
        self._pools = list(pools)
        self._edited = edited
        self._way = w.ToggleButtons(options=[ANY, MACHINE, POOLS], description="Run on")
        names = distinct_names(self._machines)
        options = [
            (f"{name}  ·  {_state(one)}", index)
            for index, (name, one) in enumerate(zip(names, self._machines, strict=True))
        ]
        self._machine = w.Dropdown(description="Machine", options=options, value=0 if options else None)
        self._boxes = [w.Checkbox(description=name, indent=False) for name in distinct_names(self._pools)]
        self._pool_list = parts.column(*self._boxes, looks=("pools",))
        self._note = parts.words("", "help")
        self._error = parts.words("", "error")
        parts.classed(self._way, "field", "views")
        parts.classed(self._machine, "field")
        self.widget = parts.column(self._way, self._machine, self._pool_list, self._note, self._error)
        for control in (self._way, self._machine, *self._boxes):
            parts.observe(control, self._changed)
        self._arrange()

    @property
    def machine(self) -> MachineResponse | None:
        """The one machine chosen; None where any, or one of some pools, may take the run."""
        index: int | None = parts.value_of(self._machine)
        return self._machines[index] if self._is(MACHINE) and index is not None else None

    @machine.setter
    def machine(self, machine: MachineResponse | None) -> None:
        if machine is not None:
            self._machine.value = self._machines.index(machine)
        self._way.value = ANY if machine is None else MACHINE

    @property
    def pools(self) -> list[PoolResponse]:
        """The pools that a machine must be in, all of them; none where the pools do not decide."""
        if not self._is(POOLS):
            return []
        return [pool for pool, box in zip(self._pools, self._boxes, strict=True) if parts.value_of(box)]

    @pools.setter
    def pools(self, pools: Iterable[PoolResponse]) -> None:
        wanted = {pool.id for pool in pools}
        for pool, box in zip(self._pools, self._boxes, strict=True):
            box.value = pool.id in wanted
        self._way.value = POOLS if wanted else ANY

    @property
    def problem(self) -> str:
        """What must still be chosen, in words; empty when nothing."""
        if self._is(MACHINE) and self.machine is None:
            return "There is no machine to choose."
        return "Choose at least one pool." if self._is(POOLS) and not self.pools else ""

    def supply(self) -> Supply:
        """Say which inputs the machines and pools fill in: for sure where one machine is chosen, else possibly."""
        if self.machine is not None:
            return Supply(_plain(self.machine), frozenset(_secret(self.machine)))
        known = {key: value for pool in self.pools for key, value in _pool_plain(pool).items()}
        possible = {key for machine in self._candidates() for key in (*_plain(machine), *_secret(machine))}
        possible |= {f"${key}" for pool in self.pools for key in pool.pool_sensitive_parameters or {}}
        return Supply(known, frozenset(possible))

    def show_errors(self, errors: Iterable[FieldError]) -> list[FieldError]:
        """Show the errors about machine and pools here; returns the others."""
        found = list(errors)
        mine = [error for error in found if error.path and error.path[0] in ("machine_id", "pool_ids")]
        parts.say(self._error, " ".join(error.message for error in mine))
        # What is still to be chosen is said once.
        told = any(error.message == self.problem for error in mine)
        parts.say(self._note, "" if told else self._note_words())
        return [error for error in found if error not in mine]

    def _candidates(self) -> list[MachineResponse]:
        """Give the machines that may take the run; one whose pools are not told counts as in."""
        wanted = {pool.id for pool in self.pools}
        return [one for one in self._machines if one.pools is None or wanted <= {pool.id for pool in one.pools}]

    def _is(self, way: str) -> bool:
        return parts.value_of(self._way) == way

    def _changed(self, _: object) -> None:
        self._arrange()
        self._edited()

    def _arrange(self) -> None:
        parts.visible(self._machine, shown=self._is(MACHINE))
        parts.visible(self._pool_list, shown=self._is(POOLS))
        parts.say(self._note, self._note_words())

    def _note_words(self) -> str:
        if self.problem:
            return self.problem
        if self.machine is not None:
            return f"{_outlook(self.machine)} {_fills_in(self.supply())}".strip()
        if any(one.pools is None for one in self._machines) and self.pools:
            return "The run goes to a machine that is in all of these pools."
        candidates = self._candidates()
        free = sum(one.status == MachineStatus.CONNECTED and one.is_available for one in candidates)
        where = " in all of these pools" if len(self.pools) > 1 else " in this pool" if self.pools else ""
        return f"{_machines(len(candidates))}{where}, {free} free now. {_fills_in(self.supply())}".strip()


def _machines(count: int) -> str:
    return f"{count} machine" if count == 1 else f"{count} machines"


def _state(machine: MachineResponse) -> str:
    if machine.status != MachineStatus.CONNECTED:
        return parts.one_line(machine.status, 40)
    if machine.reserved_session_id is not None:
        return "connected, reserved by a session"
    return "connected, free" if machine.is_available else "connected, busy"


def _outlook(machine: MachineResponse) -> str:
    if machine.status != MachineStatus.CONNECTED:
        return "It is not connected: the run waits until it is."
    if machine.reserved_session_id is not None:
        return "A session holds it: the run waits until it is released."
    return "" if machine.is_available else "It is busy: the run waits for its turn."


def _fills_in(supply: Supply) -> str:
    names = ", ".join(supply.known)
    return parts.one_line(f"It fills in, where left empty: {names}.", 300) if names else ""


def _plain(machine: MachineResponse) -> Mapping[str, Any]:
    return machine.machine_parameters or {}


def _secret(machine: MachineResponse) -> list[str]:
    return [f"${key}" for key in machine.machine_sensitive_parameters or {}]


def _pool_plain(pool: PoolResponse) -> Mapping[str, Any]:
    return pool.pool_parameters or {}
