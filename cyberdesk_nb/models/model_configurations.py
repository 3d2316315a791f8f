"""Language model configurations that workflows and runs may name."""

from typing import Any

from cyberdesk_nb.models._base import ApiModel, Id, SecretText, Time


class ModelConfigurationResponse(ApiModel):
    """One language model configuration; its key stays hidden behind an alias."""

    name: str
    provider: str
    model: str
    id: Id
    is_system_default: bool
    created_at: Time
    updated_at: Time
    description: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    timeout_seconds: float | None = None
    max_retries: int | None = None
    additional_params: dict[str, Any] | None = None
    agent_harness_version_string: str | None = None
    is_computer_use_model: bool = False
    is_archived: bool = False
    organization_id: str | None = None
    api_key_alias: str | None = None


class ModelConfigurationCreate(ApiModel):
    """A language model configuration to add; `api_key` is never read back."""

    name: str
    provider: str
    model: str
    description: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    timeout_seconds: float | None = None
    max_retries: int | None = None
    additional_params: dict[str, Any] | None = None
    agent_harness_version_string: str | None = None
    is_computer_use_model: bool = False
    is_archived: bool = False
    api_key: SecretText | None = None


class ModelConfigurationUpdate(ApiModel):
    """What may change on a model configuration."""

    name: str | None = None
    description: str | None = None
    provider: str | None = None
    model: str | None = None
    api_key: SecretText | None = None
    clear_api_key: bool | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    timeout_seconds: float | None = None
    max_retries: int | None = None
    additional_params: dict[str, Any] | None = None
    agent_harness_version_string: str | None = None
    is_computer_use_model: bool | None = None
    is_archived: bool | None = None
