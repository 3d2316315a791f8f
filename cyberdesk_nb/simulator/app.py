"""The FastAPI app of a simulated world."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI, Security
from fastapi.security import HTTPBearer
from starlette.middleware import Middleware

from cyberdesk_nb._version import __version__
from cyberdesk_nb.simulator.faults.control import Faults
from cyberdesk_nb.simulator.faults.layer import FaultLayer
from cyberdesk_nb.simulator.routes import ROUTERS
from cyberdesk_nb.simulator.stores.desks import Desks
from cyberdesk_nb.simulator.stores.prompt_images import PromptImages
from cyberdesk_nb.simulator.stores.provider_credentials import ProviderCredentials
from cyberdesk_nb.simulator.web import errors
from cyberdesk_nb.simulator.web.auth import RequireKey
from cyberdesk_nb.simulator.web.idempotency import Idempotency
from cyberdesk_nb.simulator.web.legacy_errors import LegacyErrors
from cyberdesk_nb.simulator.web.links import Links
from cyberdesk_nb.simulator.web.openapi import complete_description, error_responses
from cyberdesk_nb.simulator.web.rate_limit import RateLimit
from cyberdesk_nb.simulator.world import World


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """The switches of the API itself, beside those of the world behind it.

    Parameters
    ----------
    requests_per_minute
        Rate limit of the key; None leaves limits and their headers out, as the real API may.
    legacy_errors
        Answer errors in the shape of older API versions.

    """

    requests_per_minute: int | None = None
    legacy_errors: bool = False


def create_app(
    world: World, options: ApiOptions | None = None, *, links: Links | None = None, faults: Faults | None = None
) -> FastAPI:
    """Return the app that serves `world`; FastAPI's own pages are off because they load from a CDN."""
    app = FastAPI(
        title="Cyberdesk Cloud",
        version="1.0.0",
        description=f"Local simulator of the API (cyberdesk-nb {__version__}).",
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        middleware=_middleware(world, options or ApiOptions(), faults),
        # Documents the scheme; the middleware is what enforces it, before anything is validated.
        dependencies=[Security(HTTPBearer(auto_error=False))],
    )
    app.state.world = world
    app.state.links = links or Links()
    app.state.provider_credentials = ProviderCredentials()
    app.state.prompt_images = PromptImages()
    app.state.desks = Desks()
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router, responses=error_responses(400, 401, 403, 404, 409, 429))
    complete_description(app)
    return app


def _middleware(world: World, options: ApiOptions, faults: Faults | None) -> list[Middleware]:
    """Return what stands before the routes, outermost first; a refused request leaves no trace further in."""
    stack = [Middleware(FaultLayer, faults=faults)] if faults is not None else []
    if options.legacy_errors:
        stack.append(Middleware(LegacyErrors))
    stack.append(Middleware(RequireKey, api_key=world.api_key))
    if options.requests_per_minute is not None:
        stack.append(Middleware(RateLimit, per_minute=options.requests_per_minute))
    stack.append(Middleware(Idempotency))
    return stack
