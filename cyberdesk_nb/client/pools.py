"""Pools: named sets of machines."""

from __future__ import annotations

from typing import Any, Unpack

from cyberdesk_nb.client import _operation as api
from cyberdesk_nb.client._call import Options, WriteOptions
from cyberdesk_nb.client._operation import Resource
from cyberdesk_nb.client._paging import Page
from cyberdesk_nb.client._values import Id, Include
from cyberdesk_nb.client._walk import Walk
from cyberdesk_nb.models import (
    MachinePoolAssignment,
    PoolCreate,
    PoolResponse,
    PoolResponseWithIncludes,
    PoolUpdate,
    PoolWithMachines,
)


class PoolFilters(Options, total=False):
    """A list of pools cannot be narrowed."""

    include: Include


class Pools(Resource):
    """Named sets of machines."""

    @api.get("/v1/pools")
    async def list(
        self, *, skip: int = 0, limit: int = 100, **filters: Unpack[PoolFilters]
    ) -> Page[PoolResponseWithIncludes]:
        """Give one page of pools. `include`: machines."""
        ...

    def iter(
        self, *, page_size: int = 1000, windows: int = 8, **filters: Unpack[PoolFilters]
    ) -> Walk[PoolResponseWithIncludes]:
        """List all pools; the API has no time filter for them, so the walk pages and checks itself."""
        return Walk(self.list, filters, page_size=page_size, windows=windows)

    @api.post("/v1/pools", body=PoolCreate)
    async def create(self, body: PoolCreate | None = None, **fields: Any) -> PoolResponse:
        """Make a pool."""
        ...

    @api.get("/v1/pools/{pool_id}")
    async def get(
        self, pool_id: Id, *, include: Include = None, include_machines: bool | None = None, **call: Unpack[Options]
    ) -> PoolResponseWithIncludes:
        """Give one pool. `include`: machines (`include_machines` is the API's older form of it)."""
        ...

    @api.patch("/v1/pools/{pool_id}", body=PoolUpdate)
    async def update(self, pool_id: Id, body: PoolUpdate | None = None, **fields: Any) -> PoolResponse:
        """Change what is given."""
        ...

    @api.delete("/v1/pools/{pool_id}")
    async def delete(self, pool_id: Id, **call: Unpack[WriteOptions]) -> None:
        """Remove a pool; its machines stay."""
        ...

    @api.post("/v1/pools/{pool_id}/machines", body=MachinePoolAssignment)
    async def add_machines(
        self, pool_id: Id, body: MachinePoolAssignment | None = None, **fields: Any
    ) -> PoolWithMachines:
        """Put machines into a pool."""
        ...

    @api.delete("/v1/pools/{pool_id}/machines", body=MachinePoolAssignment)
    async def remove_machines(self, pool_id: Id, body: MachinePoolAssignment | None = None, **fields: Any) -> None:
        """Take machines out of a pool."""
        ...
