"""Connections: the websockets over which machines are reached."""

from cyberdesk_nb.models._base import ApiModel, Id, OpenEnum, Time


class ConnectionStatus(OpenEnum):
    """State of a websocket."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    ERROR = "error"


class ConnectionResponse(ApiModel):
    """One websocket of a machine; `disconnected_at` is null while it is open."""

    websocket_id: str
    id: Id
    machine_id: Id
    connected_at: Time
    disconnected_at: Time | None
    last_ping: Time
    status: ConnectionStatus
    ip_address: str | None = None
    user_agent: str | None = None


class ConnectionCreate(ApiModel):
    """A websocket to record; written by the platform, not by customers."""

    websocket_id: str
    machine_id: Id
    ip_address: str | None = None
    user_agent: str | None = None


class ConnectionUpdate(ApiModel):
    """What may change on a connection."""

    status: ConnectionStatus | None = None
    last_ping: Time | None = None
    disconnected_at: Time | None = None
