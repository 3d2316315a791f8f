"""Query parameters and dependencies that many routes take."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import AfterValidator

from cyberdesk_nb.simulator.refusals import Refusal
from cyberdesk_nb.simulator.stores.prompt_images import PromptImages
from cyberdesk_nb.simulator.stores.provider_credentials import ProviderCredentials
from cyberdesk_nb.simulator.web.links import Links
from cyberdesk_nb.simulator.world.world import World


def _as_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


Skip = Annotated[int, Query(ge=0)]
Limit = Annotated[int, Query(ge=1, le=1000)]
UtcTime = Annotated[datetime, AfterValidator(_as_utc)]
"""A time of a filter; without a zone it is UTC, as everywhere in this API."""


async def _settled_world(request: Request) -> World:
    world: World = request.app.state.world
    world.settle()
    return world


async def _links(request: Request) -> Links:
    return request.app.state.links


async def _credentials(request: Request) -> ProviderCredentials:
    return request.app.state.provider_credentials


async def _prompt_images(request: Request) -> PromptImages:
    return request.app.state.prompt_images


async def _llm_costs(request: Request) -> None:
    if not request.app.state.options.llm_costs:
        raise Refusal(403, "This organization may not see LLM costs", code="feature_disabled")


SettledWorld = Annotated[World, Depends(_settled_world)]
"""The world with every event up to now applied: what each route reads and changes."""
SignedLinks = Annotated[Links, Depends(_links)]
KeptCredentials = Annotated[ProviderCredentials, Depends(_credentials)]
KeptPromptImages = Annotated[PromptImages, Depends(_prompt_images)]
VISIBLE_LLM_COSTS = Depends(_llm_costs)
"""What operations on LLM costs depend on."""


def text(value: object) -> str | None:
    """Return an id or enum of a query as the world spells it; None stays None."""
    return None if value is None else str(value)
