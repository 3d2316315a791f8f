"""Events that the platform posts to a webhook endpoint."""

from cyberdesk_nb.models._base import ApiModel, Id, Time
from cyberdesk_nb.models.machines import MachineStatus
from cyberdesk_nb.models.runs import RunResponse


class DownedMachine(ApiModel):
    """A machine that stopped answering."""

    machine_id: Id
    organization_id: str
    status: MachineStatus
    last_seen: Time
    reason: str
    name: str | None = None


class DownedMachinesEvent(ApiModel):
    """Event: machines went down."""

    organization_id: str
    machines: list[DownedMachine]
    event_id: Id | None = None
    event_type: str = "downed_machines"
    occurred_at: Time | None = None


class RunCompletedWebhookRunPayload(RunResponse):
    """A run as an event carries it: the fields of `RunResponse`."""


class RunCompletedEvent(ApiModel):
    """Event: a run reached its end, checks included."""

    run: RunCompletedWebhookRunPayload
    event_id: Id | None = None
    event_type: str = "run_complete"
    occurred_at: Time | None = None
