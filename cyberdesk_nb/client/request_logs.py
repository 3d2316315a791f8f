"""Request logs: the calls that were relayed to machines."""

from __future__ import annotations

from typing import Any, Unpack

from cyberdesk_nb.client import _operation as api
from cyberdesk_nb.client._call import Options, WriteOptions
from cyberdesk_nb.client._operation import Resource
from cyberdesk_nb.client._paging import Page
from cyberdesk_nb.client._values import Id
from cyberdesk_nb.client._walk import Walk
from cyberdesk_nb.models import RequestLogCreate, RequestLogResponse, RequestLogUpdate


class RequestLogFilters(Options, total=False):
    """What a list of request logs can be narrowed by."""

    machine_id: Id | None
    method: str | None
    status_code: int | None


class RequestLogs(Resource):
    """The calls that were relayed to machines."""

    @api.get("/v1/request-logs")
    async def list(
        self, *, skip: int = 0, limit: int = 100, **filters: Unpack[RequestLogFilters]
    ) -> Page[RequestLogResponse]:
        """Give one page of request logs."""
        ...

    def iter(
        self, *, page_size: int = 1000, windows: int = 8, **filters: Unpack[RequestLogFilters]
    ) -> Walk[RequestLogResponse]:
        """List all request logs; the API has no time filter for them, so the walk pages and checks itself."""
        return Walk(self.list, filters, page_size=page_size, windows=windows)

    @api.post("/v1/request-logs", body=RequestLogCreate)
    async def create(self, body: RequestLogCreate | None = None, **fields: Any) -> RequestLogResponse:
        """Record a relayed call; normally the platform does it."""
        ...

    @api.get("/v1/request-logs/{log_id}")
    async def get(self, log_id: Id, **call: Unpack[Options]) -> RequestLogResponse:
        """Give one request log."""
        ...

    @api.patch("/v1/request-logs/{log_id}", body=RequestLogUpdate)
    async def update(self, log_id: Id, body: RequestLogUpdate | None = None, **fields: Any) -> RequestLogResponse:
        """Change what is given."""
        ...

    @api.delete("/v1/request-logs/{log_id}")
    async def delete(self, log_id: Id, **call: Unpack[WriteOptions]) -> None:
        """Remove a request log."""
        ...
