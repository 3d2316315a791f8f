"""Model configurations: which model does what, and how."""

from __future__ import annotations

from typing import Any, Unpack

from cyberdesk_nb.client import _operation as api
from cyberdesk_nb.client._call import Options, WriteOptions
from cyberdesk_nb.client._operation import Resource
from cyberdesk_nb.client._values import Id, Rows
from cyberdesk_nb.models import ModelConfigurationCreate, ModelConfigurationResponse, ModelConfigurationUpdate


class ModelConfigurations(Resource):
    """Which model does what, and how."""

    @api.get("/v1/model-configurations")
    async def list(self, **call: Unpack[Options]) -> Rows[ModelConfigurationResponse]:
        """List the platform's model configurations and the organization's own."""
        ...

    @api.post("/v1/model-configurations", body=ModelConfigurationCreate)
    async def create(self, body: ModelConfigurationCreate | None = None, **fields: Any) -> ModelConfigurationResponse:
        """Make a model configuration; its `api_key` can be written, never read."""
        ...

    @api.get("/v1/model-configurations/{model_configuration_id}")
    async def get(self, model_configuration_id: Id, **call: Unpack[Options]) -> ModelConfigurationResponse:
        """Give one model configuration."""
        ...

    @api.patch("/v1/model-configurations/{model_configuration_id}", body=ModelConfigurationUpdate)
    async def update(
        self, model_configuration_id: Id, body: ModelConfigurationUpdate | None = None, **fields: Any
    ) -> ModelConfigurationResponse:
        """Change what is given; the platform's own cannot be changed."""
        ...

    @api.delete("/v1/model-configurations/{model_configuration_id}")
    async def delete(self, model_configuration_id: Id, **call: Unpack[WriteOptions]) -> None:
        """Remove a model configuration."""
        ...
