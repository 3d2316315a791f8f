"""Health checks and the service's own page; all but the machine check need no key."""

from fastapi import APIRouter, Response

from cyberdesk_nb import models
from cyberdesk_nb._version import __version__
from cyberdesk_nb.simulator.web.params import SettledWorld
from cyberdesk_nb.simulator.web.schemas import strict
from cyberdesk_nb.simulator.web.wire import json_response

router = APIRouter()

_MACHINES = strict(models.MachinesHealthCheckResponse)
_DATABASE = {"status": "healthy", "database": "connected"}
_SERVICE = {"status": "healthy", "service": "cyberdesk-simulator", "version": __version__}


@router.get("/v1/health", tags=["health"], response_model=dict[str, str])
async def health_check() -> Response:
    """Tell that the service answers."""
    return json_response(_SERVICE)


@router.get("/v1/health/db", tags=["health"])
async def database_health_check() -> Response:
    """Tell that the store answers."""
    return json_response(_DATABASE)


@router.get("/v1/health/machines", tags=["health"], response_model=_MACHINES, responses={503: {"model": _MACHINES}})
async def health_machines(world: SettledWorld) -> Response:
    """Ask every machine that should be connected; 503 when one is in error."""
    checked = [machine for machine in world.machines.values() if machine["status"] != "disconnected"]
    errors = [
        {
            "machine_id": machine["id"],
            "error": "The machine does not answer",
            "organization_id": world.org_id,
            "machine_name": machine["name"],
            "status_code": 503,
        }
        for machine in checked
        if machine["status"] == "error"
    ]
    body = {
        "status": "error" if errors else "ok",
        "scope": "organization",
        "checked_machines": len(checked),
        "healthy_machines": len(checked) - len(errors),
        "errored_machines": errors,
        "message": f"{len(checked) - len(errors)} of {len(checked)} connected machines answered",
    }
    return json_response(body, status=503 if errors else 200)


@router.get("/", tags=["default"])
async def root() -> Response:
    """Name the service."""
    return json_response(_SERVICE)


@router.get("/health", tags=["default"])
async def health() -> Response:
    """Tell that the service and what it depends on answer."""
    return json_response(_SERVICE)


@router.get("/health/db", tags=["default"])
async def health_db() -> Response:
    """Tell that the store answers."""
    return json_response(_DATABASE)


@router.get("/health/live", tags=["default"])
async def health_live() -> Response:
    """Tell that the process lives."""
    return json_response({"status": "alive"})


@router.get("/health/ready", tags=["default"])
async def health_ready() -> Response:
    """Tell that the service can take requests."""
    return json_response({"status": "ready"})
