"""An organization's own keys for model providers, one slot a provider."""

from pydantic import ConfigDict

from cyberdesk_nb.models._base import ApiModel, OpenEnum, SecretText, Time


class ProviderCredentialSlot(OpenEnum):
    """Which provider a slot is for."""

    ANTHROPIC = "anthropic"
    AWS_BEDROCK = "aws_bedrock"
    GOOGLE = "google"
    OPENAI = "openai"


class ProviderCredentialSource(OpenEnum):
    """Whose key is used."""

    CYBERDESK = "cyberdesk"
    ORGANIZATION = "organization"


class ProviderCredentialStatus(OpenEnum):
    """Whether the stored key works."""

    ACTIVE = "active"
    INVALID = "invalid"
    MISSING = "missing"


class ProviderCredentialAuthType(OpenEnum):
    """What kind of secret a slot holds."""

    API_KEY = "api_key"
    AWS_BEDROCK_API_KEY = "aws_bedrock_api_key"
    AWS_IAM = "aws_iam"
    SERVICE_ACCOUNT_JSON = "service_account_json"


class BedrockAuthMode(OpenEnum):
    """How AWS Bedrock is signed in to."""

    API_KEY = "api_key"
    IAM = "iam"


class ProviderCredentialDisplayMetadata(ApiModel):
    """Hints by which a person knows a stored key; never the key."""

    key_last4: str | None = None
    project_id: str | None = None
    client_email: str | None = None
    aws_region: str | None = None
    access_key_id_last4: str | None = None


class ProviderCredentialResponse(ApiModel):
    """The state of one provider's slot."""

    slot: ProviderCredentialSlot
    display_name: str
    source: ProviderCredentialSource
    covered_providers: list[str]
    status: ProviderCredentialStatus | None = None
    auth_type: ProviderCredentialAuthType | None = None
    display_metadata: ProviderCredentialDisplayMetadata | None = None
    last_error: str | None = None
    activated_at: Time | None = None
    last_validated_at: Time | None = None
    created_at: Time | None = None
    updated_at: Time | None = None


class ProviderCredentialUpsert(ApiModel):
    """The secret to store in a slot."""

    model_config = ConfigDict(extra="forbid")

    api_key: SecretText | None = None
    service_account_json: SecretText | None = None
    bedrock_auth_mode: BedrockAuthMode | None = None
    aws_access_key_id: SecretText | None = None
    aws_secret_access_key: SecretText | None = None
    aws_region: str | None = None


class ProviderCredentialValidationCheck(ApiModel):
    """One live check of a stored key."""

    check: str
    label: str
    ok: bool
    model: str | None = None
    location: str | None = None
    error: str | None = None
    is_auth_error: bool = False


class ProviderCredentialValidationResponse(ApiModel):
    """What validating a slot found."""

    slot: ProviderCredentialSlot
    ok: bool
    checks: list[ProviderCredentialValidationCheck]
    credential: ProviderCredentialResponse
