"""Pools: named groups of machines; a machine may be in several."""

from typing import Any

from cyberdesk_nb.models._base import ApiModel, Id, SecretValues, Time


class PoolResponse(ApiModel):
    """One pool. Sensitive parameters are vault aliases, never values."""

    name: str
    id: Id
    organization_id: str
    created_at: Time
    updated_at: Time
    description: str | None = None
    pool_parameters: dict[str, Any] | None = None
    pool_sensitive_parameters: dict[str, str] | None = None
    machine_count: int | None = 0


class PoolCreate(ApiModel):
    """A pool to create."""

    name: str
    description: str | None = None
    pool_parameters: dict[str, Any] | None = None
    pool_sensitive_parameters: SecretValues | None = None


class PoolUpdate(ApiModel):
    """What may change on a pool."""

    name: str | None = None
    description: str | None = None
    pool_parameters: dict[str, Any] | None = None
    pool_sensitive_parameters: SecretValues | None = None


class MachinePoolAssignment(ApiModel):
    """Machines to add to a pool, or to remove from it."""

    machine_ids: list[Id]
