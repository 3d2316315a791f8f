"""Machines: the Windows desktops that runs execute on."""

from __future__ import annotations

from typing import Any, Unpack

from cyberdesk_nb.client import _operation as api
from cyberdesk_nb.client._call import Options, WriteOptions
from cyberdesk_nb.client._operation import Resource
from cyberdesk_nb.client._paging import Page
from cyberdesk_nb.client._values import Id, Include, Rows, When
from cyberdesk_nb.client._walk import Walk
from cyberdesk_nb.models import (
    CyberdriverShutdownRequest,
    CyberdriverWebSessionResponse,
    MachineCreate,
    MachinePoolUpdate,
    MachineResponse,
    MachineResponseWithIncludes,
    MachineStatus,
    MachineUpdate,
    PoolResponse,
)


class MachineFilters(Options, total=False):
    """What a list of machines can be narrowed by; `search` looks in id, name and hostname, `name` is exact."""

    search: str | None
    name: str | None
    status: MachineStatus | str | None
    created_at_from: When | None
    created_at_to: When | None
    include: Include


class Machines(Resource):
    """The desktops that runs execute on."""

    @api.get("/v1/machines")
    async def list(
        self, *, skip: int = 0, limit: int = 100, **filters: Unpack[MachineFilters]
    ) -> Page[MachineResponse]:
        """Give one page of machines. `include`: pools."""
        ...

    def iter(
        self, *, page_size: int = 1000, windows: int = 8, **filters: Unpack[MachineFilters]
    ) -> Walk[MachineResponse]:
        """Walk over all machines, each exactly once."""
        return Walk(self.list, filters, by="created_at", page_size=page_size, windows=windows)

    @api.post("/v1/machines", body=MachineCreate)
    async def create(self, body: MachineCreate | None = None, **fields: Any) -> MachineResponse:
        """Register a machine; normally the desktop driver does it."""
        ...

    @api.get("/v1/machines/{machine_id}")
    async def get(
        self, machine_id: Id, *, include: Include = None, **call: Unpack[Options]
    ) -> MachineResponseWithIncludes:
        """Give one machine. `include`: pools."""
        ...

    @api.patch("/v1/machines/{machine_id}", body=MachineUpdate)
    async def update(self, machine_id: Id, body: MachineUpdate | None = None, **fields: Any) -> MachineResponse:
        """Change what is given; an explicit None is sent as null, which differs from leaving it out."""
        ...

    async def clear_session(self, machine_id: Id, **call: Unpack[WriteOptions]) -> MachineResponse:
        """Free a reserved machine; the run that it executes, or that waits for it, is cancelled."""
        return await self.update(machine_id, reserved_session_id=None, **call)

    @api.delete("/v1/machines/{machine_id}")
    async def delete(self, machine_id: Id, **call: Unpack[WriteOptions]) -> None:
        """Remove a machine with its connections and logs; its runs stay, without a machine."""
        ...

    @api.get("/v1/machines/{machine_id}/pools")
    async def get_pools(self, machine_id: Id, **call: Unpack[Options]) -> Rows[PoolResponse]:
        """List the pools that a machine is in."""
        ...

    @api.put("/v1/machines/{machine_id}/pools", body=MachinePoolUpdate)
    async def update_pools(
        self, machine_id: Id, body: MachinePoolUpdate | None = None, **fields: Any
    ) -> MachineResponse:
        """Put a machine into exactly the pools given."""
        ...

    @api.post("/v1/machines/{machine_id}/cyberdriver/web-session")
    async def create_web_session(self, machine_id: Id, **call: Unpack[WriteOptions]) -> CyberdriverWebSessionResponse:
        """Get a short-lived grant to view a machine in a browser."""
        ...

    @api.post("/v1/machines/{machine_id}/cyberdriver/shutdown", body=CyberdriverShutdownRequest, optional_body=True)
    async def shutdown_cyberdriver(
        self, machine_id: Id, body: CyberdriverShutdownRequest | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Stop the driver on a machine: it goes offline until started there."""
        ...
