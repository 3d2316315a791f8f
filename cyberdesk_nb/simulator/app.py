"""The FastAPI app of a simulated world."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Security
from fastapi.security import HTTPBearer
from starlette.middleware import Middleware

from cyberdesk_nb._version import __version__
from cyberdesk_nb.simulator.routes import ROUTERS
from cyberdesk_nb.simulator.stores.prompt_images import PromptImages
from cyberdesk_nb.simulator.stores.provider_credentials import ProviderCredentials
from cyberdesk_nb.simulator.web import errors
from cyberdesk_nb.simulator.web.auth import RequireKey
from cyberdesk_nb.simulator.web.links import Links
from cyberdesk_nb.simulator.web.openapi import ERROR_RESPONSES, document_idempotency
from cyberdesk_nb.simulator.world import World


def create_app(world: World, *, links: Links | None = None) -> FastAPI:
    """Return the app that serves `world`.

    The middleware does what needs no route (the key); FastAPI's own pages are off because they load from a CDN.
    """
    app = FastAPI(
        title="Cyberdesk Cloud",
        version="1.0.0",
        description=f"Local simulator of the API (cyberdesk-nb {__version__}).",
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        middleware=[Middleware(RequireKey, api_key=world.api_key)],
        # Documents the scheme; the middleware is what enforces it, before anything is validated.
        dependencies=[Security(HTTPBearer(auto_error=False))],
    )
    app.state.world = world
    app.state.links = links or Links()
    app.state.provider_credentials = ProviderCredentials()
    app.state.prompt_images = PromptImages()
    errors.install(app)
    responses: dict[int | str, dict[str, Any]] = ERROR_RESPONSES
    for router in ROUTERS:
        app.include_router(router, responses=responses)
    document_idempotency(app)
    return app
