"""Connections: the websockets that machines were reached over."""

from __future__ import annotations

from typing import Any, Unpack

from cyberdesk_nb.client import _operation as api
from cyberdesk_nb.client._call import Options, WriteOptions
from cyberdesk_nb.client._operation import Resource
from cyberdesk_nb.client._paging import Page
from cyberdesk_nb.client._values import Id
from cyberdesk_nb.client._walk import Walk
from cyberdesk_nb.models import ConnectionCreate, ConnectionResponse, ConnectionStatus, ConnectionUpdate


class ConnectionFilters(Options, total=False):
    """What a list of connections can be narrowed by."""

    machine_id: Id | None
    status: ConnectionStatus | str | None


class Connections(Resource):
    """The websockets that machines were reached over."""

    @api.get("/v1/connections")
    async def list(
        self, *, skip: int = 0, limit: int = 100, **filters: Unpack[ConnectionFilters]
    ) -> Page[ConnectionResponse]:
        """Give one page of connections."""
        ...

    def iter(
        self, *, page_size: int = 1000, windows: int = 8, **filters: Unpack[ConnectionFilters]
    ) -> Walk[ConnectionResponse]:
        """List all connections; the API has no time filter for them, so the walk pages and checks itself."""
        return Walk(self.list, filters, page_size=page_size, windows=windows)

    @api.post("/v1/connections", body=ConnectionCreate)
    async def create(self, body: ConnectionCreate | None = None, **fields: Any) -> ConnectionResponse:
        """Record a connection; normally the platform does it."""
        ...

    @api.get("/v1/connections/{connection_id}")
    async def get(self, connection_id: Id, **call: Unpack[Options]) -> ConnectionResponse:
        """Give one connection."""
        ...

    @api.patch("/v1/connections/{connection_id}", body=ConnectionUpdate)
    async def update(
        self, connection_id: Id, body: ConnectionUpdate | None = None, **fields: Any
    ) -> ConnectionResponse:
        """Change what is given."""
        ...

    @api.delete("/v1/connections/{connection_id}")
    async def delete(self, connection_id: Id, **call: Unpack[WriteOptions]) -> None:
        """Remove the record of a connection."""
        ...
