"""Screenshots of runs: a signed link for a reference in a history, and the picture behind it."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic_core import to_json

from cyberdesk_nb import models
from cyberdesk_nb.simulator.refusals import Refusal
from cyberdesk_nb.simulator.web.links import PREFIX
from cyberdesk_nb.simulator.web.params import SettledWorld, SignedLinks
from cyberdesk_nb.simulator.web.schemas import strict
from cyberdesk_nb.simulator.web.wire import json_response, png_response

router = APIRouter(tags=["runs"])

_REFERENCE = re.compile(r"supabase://run-images/[^/]+/(?P<run_id>[0-9a-f-]{36})/(?P<n>\d{1,6})\.png")


@router.get("/v1/runs/{run_id}/image/signed-url", response_model=strict(models.RunImageSignedUrlResponse))
async def get_run_image_signed_url(
    request: Request,
    world: SettledWorld,
    links: SignedLinks,
    run_id: UUID,
    image_url: str,
    expires_in: Annotated[int, Query(ge=10, le=3600)] = 3600,
) -> Response:
    """Return a link to one screenshot; the reference must stand in that run's history."""
    history = world.run(str(run_id))["run_message_history"]
    reference = _REFERENCE.fullmatch(image_url)
    if reference is None or not _occurs(image_url, history):
        raise Refusal(404, "This image does not occur in the run", code="image_not_found")
    path = f"run-images/{reference['run_id']}/{reference['n']}.png"
    signed = links.sign(str(request.base_url), path, expires_in)
    return json_response({"supabase_url": image_url, "signed_url": signed, "expires_in": expires_in})


@router.get(f"{PREFIX}/run-images/{{run_id}}/{{n}}.png", include_in_schema=False)
async def open_run_image(
    world: SettledWorld, links: SignedLinks, run_id: UUID, n: int, expires: int, signature: str
) -> Response:
    """Serve the picture behind a signed link."""
    links.check(f"run-images/{run_id}/{n}.png", expires, signature)
    return png_response(world.run_image(str(run_id), n))


def _occurs(reference: str, history: object) -> bool:
    return to_json(reference) in to_json(history)
