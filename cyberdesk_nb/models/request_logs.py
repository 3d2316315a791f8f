"""Request logs: calls that the platform relayed to a machine."""

from cyberdesk_nb.models._base import ApiModel, Id, Time


class RequestLogResponse(ApiModel):
    """One relayed call; `completed_at` is null until it ended."""

    request_id: str
    method: str
    path: str
    id: Id
    machine_id: Id
    created_at: Time
    completed_at: Time | None
    status_code: int | None = None
    request_size_bytes: int | None = None
    response_size_bytes: int | None = None
    duration_ms: int | None = None
    error_message: str | None = None
    organization_id: str | None = None


class RequestLogCreate(ApiModel):
    """A relayed call to record."""

    request_id: str
    method: str
    path: str
    machine_id: Id
    status_code: int | None = None
    request_size_bytes: int | None = None
    response_size_bytes: int | None = None
    duration_ms: int | None = None
    error_message: str | None = None


class RequestLogUpdate(ApiModel):
    """What may change on a request log."""

    status_code: int | None = None
    response_size_bytes: int | None = None
    completed_at: Time | None = None
    duration_ms: int | None = None
    error_message: str | None = None
