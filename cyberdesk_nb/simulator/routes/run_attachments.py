"""Files of runs: those that go in and those that come out."""

import base64
import re
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, Field

from cyberdesk_nb import models
from cyberdesk_nb.simulator.refusals import Refusal, not_found
from cyberdesk_nb.simulator.web.links import PREFIX
from cyberdesk_nb.simulator.web.listing import newest_first, plain_page
from cyberdesk_nb.simulator.web.params import Limit, SettledWorld, SignedLinks, Skip, text
from cyberdesk_nb.simulator.web.schemas import Known, base64_text, body_of, plain_page_of, strict
from cyberdesk_nb.simulator.web.wire import json_response, no_content
from cyberdesk_nb.simulator.world.world import Record, World

router = APIRouter(tags=["run_attachments"])

_Attachment = strict(models.RunAttachmentResponse)
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?", re.ASCII)


@router.get("/v1/run-attachments", response_model=plain_page_of(models.RunAttachmentResponse))
async def list_run_attachments(
    world: SettledWorld,
    run_id: UUID | None = None,
    attachment_type: Annotated[models.AttachmentType, Known] | None = None,
    skip: Skip = 0,
    limit: Limit = 100,
) -> Response:
    """List attachments, newest first, without their content."""
    found = newest_first(
        attachment
        for attachment in world.run_attachments.values()
        if text(run_id) in (None, attachment["run_id"]) and attachment_type in (None, attachment["attachment_type"])
    )
    return json_response(plain_page(found[skip : skip + limit], total=len(found), skip=skip, limit=limit))


@router.post("/v1/run-attachments", status_code=201, response_model=_Attachment)
async def create_run_attachment(
    world: SettledWorld,
    body: Annotated[
        Record,
        body_of(models.RunAttachmentCreate, content=AfterValidator(base64_text), filename=Field(min_length=1)),
    ],
) -> Response:
    """Store a file with a run."""
    world.run(body["run_id"])
    content = base64.b64decode(body.pop("content"))
    attachment_id = world.new_id("attachment")
    attachment = {
        "target_path": None,
        "cleanup_imports_after_run": False,
        "expires_at": None,
        **body,
        "id": attachment_id,
        "size_bytes": len(content),
        "storage_path": f"run-attachments/{world.org_id}/{body['run_id']}/{attachment_id}",
        "created_at": world.clock.now(),
        "user_id": world.user_id,
        "organization_id": world.org_id,
    }
    world.run_attachments[attachment_id] = attachment
    world.attachment_bytes[attachment_id] = content
    linked: list[str] = world.run(body["run_id"])[_links_key(attachment)] or []
    world.update_run(body["run_id"], {_links_key(attachment): [*linked, attachment_id]})
    return json_response(attachment, status=201)


@router.get("/v1/run-attachments/{attachment_id}", response_model=_Attachment)
async def get_run_attachment(world: SettledWorld, attachment_id: UUID) -> Response:
    """Return what is known of one attachment."""
    return json_response(_attachment(world, attachment_id))


@router.put("/v1/run-attachments/{attachment_id}", response_model=_Attachment)
async def update_run_attachment(
    world: SettledWorld, attachment_id: UUID, body: Annotated[Record, body_of(models.RunAttachmentUpdate)]
) -> Response:
    """Change when an attachment expires; nothing else of it can change."""
    attachment = _attachment(world, attachment_id)
    if "expires_at" in body:
        attachment["expires_at"] = body["expires_at"]
    return json_response(attachment)


@router.delete("/v1/run-attachments/{attachment_id}", status_code=204)
async def delete_run_attachment(world: SettledWorld, attachment_id: UUID) -> Response:
    """Delete an attachment and its file."""
    attachment = _attachment(world, attachment_id)
    del world.run_attachments[attachment["id"]]
    world.attachment_bytes.pop(attachment["id"], None)
    linked: list[str] = world.run(attachment["run_id"])[_links_key(attachment)] or []
    left = [attachment_id for attachment_id in linked if attachment_id != attachment["id"]]
    world.update_run(attachment["run_id"], {_links_key(attachment): left or None})
    return no_content()


@router.get(
    "/v1/run-attachments/{attachment_id}/download",
    response_class=Response,
    responses={200: {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def download_run_attachment(world: SettledWorld, attachment_id: UUID) -> Response:
    """Return the file itself."""
    return _file(world, attachment_id)


@router.get(
    "/v1/run-attachments/{attachment_id}/download-url", response_model=strict(models.RunAttachmentDownloadUrlResponse)
)
async def get_run_attachment_download_url(
    request: Request,
    world: SettledWorld,
    links: SignedLinks,
    attachment_id: UUID,
    expires_in: Annotated[int, Query(ge=10, le=3600)] = 300,
) -> Response:
    """Return a link that downloads the file without the API key."""
    attachment = _attachment(world, attachment_id)
    url = links.sign(str(request.base_url), f"run-attachments/{attachment['id']}", expires_in)
    return json_response({"url": url, "expires_in": expires_in})


@router.get(f"{PREFIX}/run-attachments/{{attachment_id}}", include_in_schema=False)
async def open_run_attachment(
    world: SettledWorld, links: SignedLinks, attachment_id: UUID, expires: int, signature: str
) -> Response:
    """Serve the file behind a signed link."""
    links.check(f"run-attachments/{attachment_id}", expires, signature)
    return _file(world, attachment_id)


def _attachment(world: World, attachment_id: UUID) -> Record:
    attachment = world.run_attachments.get(str(attachment_id))
    if attachment is None:
        raise not_found("Attachment", str(attachment_id))
    return attachment


def _links_key(attachment: Record) -> str:
    return f"{attachment['attachment_type']}_attachment_ids"


def _file(world: World, attachment_id: UUID) -> Response:
    attachment = _attachment(world, attachment_id)
    expires_at = attachment["expires_at"]
    if expires_at is not None and expires_at <= world.clock.now():
        raise Refusal(404, f"Attachment {attachment_id} has expired", code="attachment_expired")
    content_type = attachment["content_type"]
    headers = {
        # Names and types come from users: neither may open as a page here or break out of its header.
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(attachment['filename'], safe='')}",
        "X-Content-Type-Options": "nosniff",
    }
    media_type = content_type if _MEDIA_TYPE.fullmatch(content_type) else "application/octet-stream"
    return Response(world.attachment_bytes[attachment["id"]], media_type=media_type, headers=headers)
