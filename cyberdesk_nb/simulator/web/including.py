"""`include`: which related records a call asked for, and the entries that answer it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cyberdesk_nb.simulator.refusals import Refusal
from cyberdesk_nb.simulator.world.world import Record, World


def parse_include(include: str | None, allowed: tuple[str, ...]) -> frozenset[str] | None:
    """Return the names asked for, None where there are none; a name that is not allowed is a 400."""
    names = frozenset(name.strip() for name in (include or "").split(",") if name.strip())
    unknown = sorted(names.difference(allowed))
    if unknown:
        raise Refusal(
            400,
            f"Unknown include value: {', '.join(unknown)}. Allowed: {', '.join(allowed)}",
            code="invalid_include",
            details={"unknown": unknown, "allowed": list(allowed)},
        )
    return names or None


class Included:
    """The `included` array of one answer: each related record once, in the order in which it was first named."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._entries: dict[tuple[str, str], Record] = {}

    def add(self, kind: str, record: Mapping[str, Any]) -> None:
        """Add one related record under its `type`; a second time changes nothing."""
        self._entries.setdefault((kind, record["id"]), {"type": kind, **record})

    def add_workflow(self, workflow_id: str | None) -> None:
        """Add the workflow of a run or trajectory; none when it is gone."""
        workflow = self._world.workflows.get(workflow_id or "")
        if workflow is not None:
            self.add("workflow", workflow)

    def add_machine(self, machine_id: str | None, *, with_pools: bool) -> None:
        """Add the machine of a run, with its pools embedded and as entries of their own when they were asked for."""
        machine = self._world.machines.get(machine_id or "")
        if machine is None:
            return
        pools = self._world.pools_of_machine(machine["id"]) if with_pools else None
        self.add("machine", {**machine, "pools": pools})
        self.add_all("pool", pools or ())

    def add_all(self, kind: str, records: Iterable[Mapping[str, Any]]) -> None:
        """Add several related records of one type."""
        for record in records:
            self.add(kind, record)

    def entries(self) -> list[Record]:
        """Return the array."""
        return list(self._entries.values())
