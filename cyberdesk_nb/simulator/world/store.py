"""What the parts of a world share: the resources by id, who is in which slot, the clock and the seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from cyberdesk_nb.simulator.chance import named_id
from cyberdesk_nb.simulator.clock import Clock
from cyberdesk_nb.simulator.engine.scripts import ScriptLibrary
from cyberdesk_nb.simulator.fleet.layout import DISPLAYS, SCREENSHOT
from cyberdesk_nb.simulator.options import WorldOptions
from cyberdesk_nb.simulator.refusals import not_found

Record = dict[str, Any]
Table = dict[str, Record]


def _table() -> Table:
    return {}


@dataclass(slots=True)
class Store:
    """The resources of one organisation; each dict is wire records by id.

    Parameters
    ----------
    slots
        Dispatcher slot by machine id; `machine_at` is the way back. Slots of deleted machines are not used again.
    displays
        Size of the real display by machine id.
    kinds
        Catalogue slug by workflow id.
    keyless_providers
        Model providers for which the organisation has a slot and no key that works.
    """

    options: WorldOptions
    clock: Clock
    library: ScriptLibrary
    org_id: str
    user_id: str
    machines: Table = field(default_factory=_table)
    pools: Table = field(default_factory=_table)
    workflows: Table = field(default_factory=_table)
    connections: Table = field(default_factory=_table)
    request_logs: Table = field(default_factory=_table)
    workflow_tags: Table = field(default_factory=_table)
    workflow_tag_groups: Table = field(default_factory=_table)
    run_attachments: Table = field(default_factory=_table)
    model_configurations: Table = field(default_factory=_table)
    workflow_tag_ids: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    attachment_bytes: dict[str, bytes] = field(default_factory=dict[str, bytes])
    pool_members: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    slots: dict[str, int] = field(default_factory=dict[str, int])
    machine_at: dict[int, str] = field(default_factory=dict[int, str])
    displays: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    kinds: dict[str, str] = field(default_factory=dict[str, str])
    keyless_providers: set[str] = field(default_factory=set[str])
    _counters: dict[str, Callable[[], int]] = field(default_factory=dict[str, Callable[[], int]])

    def new_id(self, noun: str) -> str:
        """Return the next id for a thing made through the API."""
        counter = self._counters.setdefault(noun, count(1).__next__)
        return named_id(self.options.seed, f"made/{noun}", counter())

    def seat(self, machine_id: str, display: int) -> int:
        """Give a machine the next slot."""
        slot = max(self.machine_at, default=-1) + 1
        self.slots[machine_id] = slot
        self.machine_at[slot] = machine_id
        self.displays[machine_id] = SCREENSHOT if self.options.equal_spaces else DISPLAYS[display]
        return slot

    def pool_mask(self, pool_id: str) -> int:
        """Return the slots of a pool's machines as a bit mask."""
        return sum(1 << self.slots[machine] for pool, machine in self.pool_members if pool == pool_id)

    def machine(self, machine_id: str) -> Record:
        """Return a machine or raise the 404."""
        return found(self.machines, "Machine", machine_id)

    def pool(self, pool_id: str) -> Record:
        """Return a pool or raise the 404."""
        return found(self.pools, "Pool", pool_id)

    def workflow(self, workflow_id: str) -> Record:
        """Return a workflow or raise the 404."""
        return found(self.workflows, "Workflow", workflow_id)


def found(table: Table, noun: str, key: str) -> Record:
    """Return an entry of a table or raise the 404."""
    if key not in table:
        raise not_found(noun, key)
    return table[key]
