"""Health of the service and of the connected machines."""

from cyberdesk_nb.models._base import ApiModel, OpenEnum


class MachinesHealthCheckResponseScope(OpenEnum):
    """How wide the probe reached."""

    ALL_ORGANIZATIONS = "all_organizations"
    ORGANIZATION = "organization"


class MachinesHealthCheckResponseStatus(OpenEnum):
    """Verdict of the probe."""

    ERROR = "error"
    OK = "ok"


class MachineHealthCheckError(ApiModel):
    """A machine that failed its health probe."""

    machine_id: str
    error: str
    organization_id: str | None = None
    machine_name: str | None = None
    status_code: int | None = None


class MachinesHealthCheckResponse(ApiModel):
    """What probing every connected machine found."""

    status: MachinesHealthCheckResponseStatus
    scope: MachinesHealthCheckResponseScope
    checked_machines: int
    healthy_machines: int
    errored_machines: list[MachineHealthCheckError]
    message: str
