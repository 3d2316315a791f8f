"""Whether the service works. None of this needs a key but the check of the machines."""

from __future__ import annotations

from typing import Any, Unpack

from cyberdesk_nb.client import _operation as api
from cyberdesk_nb.client._call import Options
from cyberdesk_nb.client._operation import Resource
from cyberdesk_nb.models import MachinesHealthCheckResponse


class Health(Resource):
    """Whether the service works."""

    @api.get("/v1/health", needs_key=False)
    async def check(self, **call: Unpack[Options]) -> dict[str, Any]:
        """Tell whether the API answers."""
        ...

    @api.get("/v1/health/db", needs_key=False)
    async def db(self, **call: Unpack[Options]) -> Any:
        """Tell whether the API reaches its database."""
        ...

    @api.get("/v1/health/machines", also={503: MachinesHealthCheckResponse})
    async def machines(self, **call: Unpack[Options]) -> MachinesHealthCheckResponse:
        """Ask every connected machine for its display; `status` is "error" where one does not answer."""
        ...

    @api.get("/", needs_key=False)
    async def info(self, **call: Unpack[Options]) -> Any:
        """Ask what the service says of itself."""
        ...

    @api.get("/health", needs_key=False)
    async def service(self, **call: Unpack[Options]) -> Any:
        """Tell whether the service and what it depends on work."""
        ...

    @api.get("/health/db", needs_key=False)
    async def service_db(self, **call: Unpack[Options]) -> Any:
        """Tell whether the service reaches its database."""
        ...

    @api.get("/health/live", needs_key=False)
    async def live(self, **call: Unpack[Options]) -> Any:
        """Tell whether the process answers at all."""
        ...

    @api.get("/health/ready", needs_key=False)
    async def ready(self, **call: Unpack[Options]) -> Any:
        """Tell whether the service can take work."""
        ...
