"""Provider credentials: whose keys pay for the models."""

from __future__ import annotations

from typing import Any, Unpack

from cyberdesk_nb.client import _operation as api
from cyberdesk_nb.client._call import Options, WriteOptions
from cyberdesk_nb.client._operation import Resource
from cyberdesk_nb.client._values import Rows
from cyberdesk_nb.models import (
    ProviderCredentialResponse,
    ProviderCredentialSlot,
    ProviderCredentialUpsert,
    ProviderCredentialValidationResponse,
)


class ProviderCredentials(Resource):
    """Whose keys pay for the models; secrets can be written, never read."""

    @api.get("/v1/provider-credentials")
    async def list(self, **call: Unpack[Options]) -> Rows[ProviderCredentialResponse]:
        """List all four slots: anthropic, openai, google, aws_bedrock."""
        ...

    @api.put("/v1/provider-credentials/{slot}", body=ProviderCredentialUpsert)
    async def upsert(
        self, slot: ProviderCredentialSlot | str, body: ProviderCredentialUpsert | None = None, **fields: Any
    ) -> ProviderCredentialResponse:
        """Set the credential of a slot."""
        ...

    @api.delete("/v1/provider-credentials/{slot}")
    async def delete(
        self, slot: ProviderCredentialSlot | str, **call: Unpack[WriteOptions]
    ) -> ProviderCredentialResponse:
        """Drop the credential of a slot; runs that need it fail from then on."""
        ...

    @api.post("/v1/provider-credentials/{slot}/validate")
    async def validate(
        self, slot: ProviderCredentialSlot | str, **call: Unpack[WriteOptions]
    ) -> ProviderCredentialValidationResponse:
        """Try the credential of a slot with one live call."""
        ...
