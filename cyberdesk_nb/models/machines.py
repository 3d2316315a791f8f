"""Machines: Windows desktops reached over a websocket, and their pools from the machine's side."""

from typing import Any

from cyberdesk_nb.models._base import ApiModel, Id, IncludedResource, OpenEnum, SecretText, SecretValues, Time
from cyberdesk_nb.models.pools import PoolResponse


class MachineStatus(OpenEnum):
    """Whether a machine's websocket is up."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    ERROR = "error"


class MachineResponse(ApiModel):
    """One machine. Sensitive parameters are vault aliases, never values."""

    id: Id
    unkey_key_id: str
    status: MachineStatus
    is_available: bool
    alerts_enabled: bool
    created_at: Time
    last_seen: Time
    name: str | None = None
    version: str | None = None
    hostname: str | None = None
    os_info: str | None = None
    machine_parameters: dict[str, Any] | None = None
    machine_sensitive_parameters: dict[str, str] | None = None
    user_id: Id | None = None
    organization_id: str | None = None
    reserved_session_id: Id | None = None
    linked_keepalive_machine_id: Id | None = None
    physical_server_id: str | None = None
    pools: list[PoolResponse] | None = None


class MachineResponseWithIncludes(MachineResponse):
    """One machine with what `include` asked for."""

    included: list[IncludedResource] | None = None


class MachineCreate(ApiModel):
    """A machine to register; normally the desktop driver does it."""

    fingerprint: str
    unkey_key_id: str
    name: str | None = None
    version: str | None = None
    hostname: str | None = None
    os_info: str | None = None
    machine_parameters: dict[str, Any] | None = None
    machine_sensitive_parameters: SecretValues | None = None


class MachineUpdate(ApiModel):
    """What may change on a machine; an explicit null `reserved_session_id` frees it and cancels its run."""

    name: str | None = None
    version: str | None = None
    hostname: str | None = None
    os_info: str | None = None
    status: MachineStatus | None = None
    is_available: bool | None = None
    alerts_enabled: bool | None = None
    last_seen: Time | None = None
    reserved_session_id: Id | None = None
    machine_parameters: dict[str, Any] | None = None
    machine_sensitive_parameters: SecretValues | None = None


class MachinePoolUpdate(ApiModel):
    """All the pools of a machine; replaces the set."""

    pool_ids: list[Id]


class CyberdriverWebSessionEndpoints(ApiModel):
    """Relay addresses of a browser view."""

    hbbs_url: str
    hbbr_url: str


class CyberdriverWebSessionResponse(ApiModel):
    """A short-lived grant to view a machine in a browser."""

    machine_id: Id
    rustdesk_peer_id: str
    desktop_label: str
    selected_organization_id: str
    token: SecretText
    expires_at: int
    mode: str
    endpoints: CyberdriverWebSessionEndpoints
    public_key: str
    features: dict[str, bool]
