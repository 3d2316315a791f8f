"""Files that go into runs or come out of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Unpack

from cyberdesk_nb.client import _operation as api
from cyberdesk_nb.client._call import Options, WriteOptions
from cyberdesk_nb.client._operation import Resource
from cyberdesk_nb.client._paging import Page
from cyberdesk_nb.client._storage import download_attachment
from cyberdesk_nb.client._values import Id
from cyberdesk_nb.client._walk import Walk
from cyberdesk_nb.models import (
    AttachmentType,
    RunAttachmentCreate,
    RunAttachmentDownloadUrlResponse,
    RunAttachmentResponse,
    RunAttachmentUpdate,
)


class RunAttachmentFilters(Options, total=False):
    """What a list of attachments can be narrowed by."""

    run_id: Id | None
    attachment_type: AttachmentType | str | None


class RunAttachments(Resource):
    """Files that go into runs or come out of them."""

    @api.get("/v1/run-attachments")
    async def list(
        self, *, skip: int = 0, limit: int = 100, **filters: Unpack[RunAttachmentFilters]
    ) -> Page[RunAttachmentResponse]:
        """Give one page of attachments."""
        ...

    def iter(
        self, *, page_size: int = 1000, windows: int = 8, **filters: Unpack[RunAttachmentFilters]
    ) -> Walk[RunAttachmentResponse]:
        """List all attachments; the API has no time filter for them, so the walk pages and checks itself."""
        return Walk(self.list, filters, page_size=page_size, windows=windows)

    @api.post("/v1/run-attachments", body=RunAttachmentCreate)
    async def create(self, body: RunAttachmentCreate | None = None, **fields: Any) -> RunAttachmentResponse:
        """Store a file with a run; `content` is base64."""
        ...

    @api.get("/v1/run-attachments/{attachment_id}")
    async def get(self, attachment_id: Id, **call: Unpack[Options]) -> RunAttachmentResponse:
        """Give what is known of one attachment."""
        ...

    @api.put("/v1/run-attachments/{attachment_id}", body=RunAttachmentUpdate)
    async def update(
        self, attachment_id: Id, body: RunAttachmentUpdate | None = None, **fields: Any
    ) -> RunAttachmentResponse:
        """Set when an attachment expires."""
        ...

    @api.delete("/v1/run-attachments/{attachment_id}")
    async def delete(self, attachment_id: Id, **call: Unpack[WriteOptions]) -> None:
        """Remove an attachment and its file."""
        ...

    @api.get("/v1/run-attachments/{attachment_id}/download")
    async def download(self, attachment_id: Id, **call: Unpack[Options]) -> bytes:
        """Give the content of an attachment, in memory; `download_to` writes a file instead."""
        ...

    @api.get("/v1/run-attachments/{attachment_id}/download-url")
    async def get_download_url(
        self, attachment_id: Id, *, expires_in: int | None = None, **call: Unpack[Options]
    ) -> RunAttachmentDownloadUrlResponse:
        """Give a link to an attachment; `expires_in` 10 to 3,600 seconds."""
        ...

    async def download_to(self, attachment_id: Id, directory: str | Path, *, timeout_s: float = 600.0) -> Path:
        """Write an attachment into a directory, under a safe form of its own name, and give the path.

        The content goes to a temporary file first, and becomes visible whole or not at all. A file that is there
        already is never overwritten: the new one gets a number.
        """
        return await download_attachment(self.transport, await self.get(attachment_id), Path(directory), timeout_s)
