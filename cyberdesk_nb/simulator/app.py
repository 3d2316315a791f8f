"""The FastAPI app of a simulated world."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from fastapi import FastAPI, Security
from fastapi.security import HTTPBearer
from starlette.middleware import Middleware

from cyberdesk_nb._version import __version__
from cyberdesk_nb.simulator.faults.control import Faults
from cyberdesk_nb.simulator.faults.layer import FaultLayer
from cyberdesk_nb.simulator.options import ApiOptions
from cyberdesk_nb.simulator.persistence.journal import Journal
from cyberdesk_nb.simulator.persistence.layer import Journaled
from cyberdesk_nb.simulator.persistence.masks import kept_body
from cyberdesk_nb.simulator.routes import ROUTERS
from cyberdesk_nb.simulator.stores.desks import Desks
from cyberdesk_nb.simulator.stores.prompt_images import PromptImages
from cyberdesk_nb.simulator.stores.provider_credentials import ProviderCredentials
from cyberdesk_nb.simulator.web import errors
from cyberdesk_nb.simulator.web.auth import RequireKey
from cyberdesk_nb.simulator.web.idempotency import Answers, Idempotency
from cyberdesk_nb.simulator.web.legacy_errors import LegacyErrors
from cyberdesk_nb.simulator.web.links import Links
from cyberdesk_nb.simulator.web.openapi import complete_description, error_responses
from cyberdesk_nb.simulator.web.rate_limit import RateLimit
from cyberdesk_nb.simulator.world.world import World


def create_app(
    world: World,
    options: ApiOptions | None = None,
    *,
    links: Links | None = None,
    faults: Faults | None = None,
    journal: Journal | None = None,
) -> FastAPI:
    """Return the app that serves `world`; `app.state` is what it keeps beside the world."""
    answers = Answers(kept_body)
    options = options or ApiOptions()
    app = _app(_middleware(world, options, faults, answers, journal))
    app.state.options = options
    app.state.world = world
    app.state.links = links or Links()
    app.state.answers = answers
    app.state.provider_credentials = ProviderCredentials()
    app.state.prompt_images = PromptImages()
    app.state.desks = Desks()
    return app


def bare_routes(app: FastAPI) -> FastAPI:
    """Return the routes of `app` over the same state, with nothing before them."""
    bare = _app([])
    bare.state = app.state
    return bare


def _app(middleware: Sequence[Middleware]) -> FastAPI:
    app = _routed(middleware)
    app.openapi = _description
    return app


@cache
def _description() -> dict[str, Any]:
    """Describe the API, once for all worlds: they have the same routes, and to describe these takes a second."""
    return complete_description(_routed([]).openapi())


def _routed(middleware: Sequence[Middleware]) -> FastAPI:
    """Return the routes behind `middleware`; FastAPI's own pages are off because they load from a CDN."""
    app = FastAPI(
        title="Cyberdesk Cloud",
        version="1.0.0",
        description=f"Local simulator of the API (cyberdesk-nb {__version__}).",
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        middleware=middleware,
        # Documents the scheme; the middleware is what enforces it, before anything is validated.
        dependencies=[Security(HTTPBearer(auto_error=False))],
    )
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router, responses=error_responses(400, 401, 403, 404, 409, 429))
    return app


def _middleware(
    world: World, options: ApiOptions, faults: Faults | None, answers: Answers, journal: Journal | None
) -> list[Middleware]:
    """Return what stands before the routes, outermost first; a refused request leaves no trace further in."""
    stack = [Middleware(FaultLayer, faults=faults)] if faults is not None else []
    if options.legacy_errors:
        stack.append(Middleware(LegacyErrors))
    stack.append(Middleware(RequireKey, api_key=world.api_key))
    if options.requests_per_minute is not None:
        stack.append(Middleware(RateLimit, per_minute=options.requests_per_minute))
    stack.append(Middleware(Idempotency, answers=answers))
    if journal is not None:
        stack.append(Middleware(Journaled, journal=journal, world=world))
    return stack
