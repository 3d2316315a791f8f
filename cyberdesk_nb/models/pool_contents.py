"""Pools together with the machines in them (apart from `pools`, because a machine embeds its pools)."""

from cyberdesk_nb.models._base import IncludedResource
from cyberdesk_nb.models.machines import MachineResponse
from cyberdesk_nb.models.pools import PoolResponse


class PoolResponseWithIncludes(PoolResponse):
    """One pool with what `include` asked for."""

    machines: list[MachineResponse] | None = None
    included: list[IncludedResource] | None = None


class PoolWithMachines(PoolResponse):
    """One pool with its machines."""

    machines: list[MachineResponse] | None = None
