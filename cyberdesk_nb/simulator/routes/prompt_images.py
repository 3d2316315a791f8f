"""Images that a workflow's prompt shows to the agent."""

from fastapi import APIRouter, Request, Response, UploadFile

from cyberdesk_nb import models
from cyberdesk_nb.simulator.stores.prompt_images import LINK_LIFETIME_S
from cyberdesk_nb.simulator.web.links import PREFIX
from cyberdesk_nb.simulator.web.openapi import error_responses
from cyberdesk_nb.simulator.web.params import KeptPromptImages, SettledWorld, SignedLinks
from cyberdesk_nb.simulator.web.schemas import strict
from cyberdesk_nb.simulator.web.wire import json_response, no_content

router = APIRouter(tags=["workflows"])


@router.post(
    "/v1/workflows/prompt-image",
    status_code=201,
    response_model=strict(models.WorkflowPromptImageResponse),
    responses=error_responses(413),
)
async def upload_workflow_prompt_image(
    request: Request, world: SettledWorld, images: KeptPromptImages, links: SignedLinks, file: UploadFile
) -> Response:
    """Store an image; its `supabase_url` is what a prompt embeds."""
    image = images.add(world, file.filename or "", await file.read())
    stored = {
        "supabase_url": image.supabase_url,
        "signed_url": links.sign(str(request.base_url), f"prompt-images/{image.path}", LINK_LIFETIME_S),
        "filename": image.filename,
        "content_type": image.content_type,
        "size_bytes": len(image.content),
    }
    return json_response(stored, status=201)


@router.delete("/v1/workflows/prompt-image", status_code=204)
async def delete_workflow_prompt_image(images: KeptPromptImages, path: str) -> Response:
    """Delete an image."""
    del images[images.find(path).path]
    return no_content()


@router.get("/v1/workflows/prompt-image/signed-url", response_model=strict(models.WorkflowPromptImageSignedUrlResponse))
async def get_workflow_prompt_image_signed_url(
    request: Request, images: KeptPromptImages, links: SignedLinks, path: str
) -> Response:
    """Return a fresh link to an image, good for an hour."""
    image = images.find(path)
    signed = links.sign(str(request.base_url), f"prompt-images/{image.path}", LINK_LIFETIME_S)
    return json_response({"supabase_url": image.supabase_url, "signed_url": signed, "expires_in": LINK_LIFETIME_S})


@router.get("/v1/workflows/prompt-images", response_model=list[strict(models.WorkflowPromptImageListItem)])
async def list_workflow_prompt_images(images: KeptPromptImages) -> Response:
    """Return the images as a bare array, newest first."""
    return json_response([image.listed() for image in reversed(images.values())])


@router.get(f"{PREFIX}/prompt-images/{{path:path}}", include_in_schema=False)
async def open_prompt_image(
    images: KeptPromptImages, links: SignedLinks, path: str, expires: int, signature: str
) -> Response:
    """Serve the image behind a signed link."""
    links.check(f"prompt-images/{path}", expires, signature)
    image = images.find(path)
    return Response(image.content, media_type=image.content_type, headers={"X-Content-Type-Options": "nosniff"})
