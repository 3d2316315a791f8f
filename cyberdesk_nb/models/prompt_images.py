"""Images that a workflow's prompt shows to the agent."""

from cyberdesk_nb.models._base import ApiModel, SecretText, Time


class WorkflowPromptImageResponse(ApiModel):
    """A prompt image just stored, with a signed link good for an hour."""

    supabase_url: str
    signed_url: SecretText
    filename: str
    content_type: str
    size_bytes: int


class WorkflowPromptImageListItem(ApiModel):
    """One stored prompt image."""

    supabase_url: str
    path: str
    filename: str
    created_at: Time | None = None
    size_bytes: int | None = None


class WorkflowPromptImageSignedUrlResponse(ApiModel):
    """A fresh signed link to a prompt image."""

    supabase_url: str
    signed_url: SecretText
    expires_in: int
