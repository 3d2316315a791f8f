"""Usage totals and language model costs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from cyberdesk_nb import models
from cyberdesk_nb.simulator.stores import usage
from cyberdesk_nb.simulator.web.listing import plain_page
from cyberdesk_nb.simulator.web.params import VISIBLE_LLM_COSTS, Limit, SettledWorld, Skip, UtcTime
from cyberdesk_nb.simulator.web.schemas import Known, plain_page_of, strict
from cyberdesk_nb.simulator.web.wire import json_response

router = APIRouter()


@router.get("/v1/usage/aggregate", tags=["usage"], response_model=strict(models.UsageAggregateResponse))
async def get_usage_aggregate(
    world: SettledWorld,
    from_date: UtcTime,
    to_date: UtcTime,
    mode: Annotated[models.UsageMode, Known] = models.UsageMode.SIMULATED,
) -> Response:
    """Sum the steps of the runs created in the period; its start counts, its end does not."""
    return json_response(usage.aggregate(world, from_date=from_date, to_date=to_date, mode=str(mode)))


@router.get(
    "/v1/usage/llm-costs",
    tags=["usage"],
    response_model=plain_page_of(models.RunLlmCostTotalResponse),
    dependencies=[VISIBLE_LLM_COSTS],
)
async def list_llm_costs(
    world: SettledWorld,
    from_date: UtcTime | None = None,
    to_date: UtcTime | None = None,
    skip: Skip = 0,
    limit: Limit = 100,
) -> Response:
    """List what each run cost, newest first; runs without recorded usage are left out."""
    found, total = usage.cost_totals(world, from_date, to_date, skip=skip, limit=limit)
    return json_response(plain_page(found, total=total, skip=skip, limit=limit))


@router.get(
    "/v1/runs/{run_id}/llm-costs",
    tags=["runs"],
    response_model=strict(models.RunLlmCostsResponse),
    dependencies=[VISIBLE_LLM_COSTS],
)
async def get_run_llm_costs(world: SettledWorld, run_id: UUID) -> Response:
    """Return what one run cost, row by row."""
    return json_response(usage.costs(world.run(str(run_id))))
