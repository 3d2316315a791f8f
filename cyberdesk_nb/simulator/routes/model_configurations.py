"""Model configurations: the platform's own, and those that the organisation added."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from cyberdesk_nb import models
from cyberdesk_nb.simulator.refusals import Refusal, not_found
from cyberdesk_nb.simulator.web.params import SettledWorld
from cyberdesk_nb.simulator.web.schemas import body_of, strict
from cyberdesk_nb.simulator.web.wire import json_response, no_content
from cyberdesk_nb.simulator.world.world import Record, World

router = APIRouter(prefix="/v1/model-configurations", tags=["model_configurations"])

_Configuration = strict(models.ModelConfigurationResponse)
_LENGTHS = {
    "name": Field(min_length=1, max_length=255),
    "provider": Field(min_length=1, max_length=50),
    "model": Field(min_length=1, max_length=255),
}
_EMPTY = dict.fromkeys(
    (
        "description",
        "temperature",
        "max_tokens",
        "timeout_seconds",
        "max_retries",
        "additional_params",
        "agent_harness_version_string",
        "api_key_alias",
    )
)
_NEVER_NULL = {"name", "provider", "model", "is_computer_use_model", "is_archived"}


@router.get("", response_model=list[_Configuration])
async def list_model_configurations(world: SettledWorld) -> Response:
    """Return the platform's configurations and the organisation's own, as a bare array."""
    configurations = world.model_configurations.values()
    return json_response(sorted(configurations, key=lambda one: (not one["is_system_default"], one["name"])))


@router.post("", status_code=201, response_model=_Configuration)
async def create_model_configuration(
    world: SettledWorld, body: Annotated[Record, body_of(models.ModelConfigurationCreate, **_LENGTHS)]
) -> Response:
    """Add a configuration; its key is stored behind an alias and never read back."""
    now = world.clock.now()
    api_key = body.pop("api_key", None)
    configuration: Record = {
        "id": world.new_id("model"),
        "is_system_default": False,
        "created_at": now,
        "updated_at": now,
        "organization_id": world.org_id,
        "is_computer_use_model": False,
        "is_archived": False,
        **_EMPTY,
        **body,
        "api_key_alias": world.new_id("model-key") if api_key else None,
    }
    world.model_configurations[configuration["id"]] = configuration
    return json_response(configuration, status=201)


@router.get("/{model_configuration_id}", response_model=_Configuration)
async def get_model_configuration(world: SettledWorld, model_configuration_id: UUID) -> Response:
    """Return one configuration."""
    return json_response(_configuration(world, model_configuration_id))


@router.patch("/{model_configuration_id}", response_model=_Configuration)
async def update_model_configuration(
    world: SettledWorld,
    model_configuration_id: UUID,
    body: Annotated[Record, body_of(models.ModelConfigurationUpdate, **_LENGTHS)],
) -> Response:
    """Change one of the organisation's own configurations."""
    configuration = _own(world, model_configuration_id)
    if body.pop("clear_api_key", None):
        configuration["api_key_alias"] = None
    if body.pop("api_key", None):
        configuration["api_key_alias"] = world.new_id("model-key")
    changes = {key: value for key, value in body.items() if value is not None or key not in _NEVER_NULL}
    configuration.update(changes, updated_at=world.clock.now())
    return json_response(configuration)


@router.delete("/{model_configuration_id}", status_code=204)
async def delete_model_configuration(world: SettledWorld, model_configuration_id: UUID) -> Response:
    """Delete one of the organisation's own configurations."""
    del world.model_configurations[_own(world, model_configuration_id)["id"]]
    return no_content()


def _configuration(world: World, configuration_id: UUID) -> Record:
    configuration = world.model_configurations.get(str(configuration_id))
    if configuration is None:
        raise not_found("Model configuration", str(configuration_id))
    return configuration


def _own(world: World, configuration_id: UUID) -> Record:
    configuration = _configuration(world, configuration_id)
    if configuration["is_system_default"]:
        raise Refusal(403, "The platform's own configurations cannot be changed", code="system_default")
    return configuration
