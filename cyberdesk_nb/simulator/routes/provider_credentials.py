"""The organisation's own keys for model providers."""

from typing import Annotated

from fastapi import APIRouter, Response

from cyberdesk_nb import models
from cyberdesk_nb.simulator.web.params import KeptCredentials, SettledWorld
from cyberdesk_nb.simulator.web.schemas import Known, body_of, strict
from cyberdesk_nb.simulator.web.wire import json_response
from cyberdesk_nb.simulator.world.world import Record

router = APIRouter(prefix="/v1/provider-credentials", tags=["provider_credentials"])

_Credential = strict(models.ProviderCredentialResponse)
_Slot = Annotated[models.ProviderCredentialSlot, Known]


@router.get("", response_model=list[_Credential])
async def list_provider_credentials(credentials: KeptCredentials) -> Response:
    """Return all four slots as a bare array, never a secret."""
    return json_response(credentials.listed())


@router.put("/{slot}", response_model=_Credential)
async def upsert_provider_credential(
    world: SettledWorld,
    credentials: KeptCredentials,
    slot: _Slot,
    body: Annotated[Record, body_of(models.ProviderCredentialUpsert)],
) -> Response:
    """Fill a slot with the organisation's own key."""
    return json_response(credentials.upsert(world, str(slot), body))


@router.delete("/{slot}", response_model=_Credential)
async def delete_provider_credential(world: SettledWorld, credentials: KeptCredentials, slot: _Slot) -> Response:
    """Empty a slot; it stays the organisation's, with nothing in it."""
    return json_response(credentials.delete(world, str(slot)))


@router.post("/{slot}/validate", response_model=strict(models.ProviderCredentialValidationResponse))
async def validate_provider_credential(world: SettledWorld, credentials: KeptCredentials, slot: _Slot) -> Response:
    """Try the key of a slot."""
    return json_response(credentials.validate(world, str(slot)))
