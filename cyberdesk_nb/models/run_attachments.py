"""Files that go into a run or come out of it."""

from cyberdesk_nb.models._base import ApiModel, Id, OpenEnum, SecretText, Time


class AttachmentType(OpenEnum):
    """Whether a file goes in or came out."""

    INPUT = "input"
    OUTPUT = "output"


class RunAttachmentResponse(ApiModel):
    """What is known of one file of a run."""

    filename: str
    content_type: str
    attachment_type: AttachmentType
    id: Id
    run_id: Id
    size_bytes: int
    storage_path: str
    created_at: Time
    target_path: str | None = None
    cleanup_imports_after_run: bool = False
    user_id: Id | None = None
    organization_id: str | None = None
    expires_at: Time | None = None


class RunAttachmentCreate(ApiModel):
    """A file to store with a run; `content` is base64."""

    run_id: Id
    filename: str
    content: str
    content_type: str
    attachment_type: AttachmentType
    target_path: str | None = None
    cleanup_imports_after_run: bool = False
    expires_at: Time | None = None


class RunAttachmentUpdate(ApiModel):
    """When a file expires."""

    expires_at: Time | None = None


class RunAttachmentDownloadUrlResponse(ApiModel):
    """A signed link to a file, good for `expires_in` seconds."""

    url: SecretText
    expires_in: int
