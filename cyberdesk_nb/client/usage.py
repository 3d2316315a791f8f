"""Usage: steps and model costs."""

from __future__ import annotations

from typing import Unpack

from cyberdesk_nb.client import _operation as api
from cyberdesk_nb.client._call import Options
from cyberdesk_nb.client._operation import Resource
from cyberdesk_nb.client._paging import Page
from cyberdesk_nb.client._values import When
from cyberdesk_nb.client._walk import Walk
from cyberdesk_nb.models import RunLlmCostTotalResponse, UsageAggregateResponse, UsageMode


class LlmCostFilters(Options, total=False):
    """The time in which the runs were created."""

    from_date: When | None
    to_date: When | None


class Usage(Resource):
    """Steps and model costs."""

    @api.get("/v1/usage/aggregate")
    async def aggregate(
        self, from_date: When, to_date: When, *, mode: UsageMode | str | None = None, **call: Unpack[Options]
    ) -> UsageAggregateResponse:
        """Sum the agentic and cached steps of a time, `to_date` not included; `mode` simulated (default) or billed."""
        ...

    @api.get("/v1/usage/llm-costs")
    async def llm_costs(
        self, *, skip: int = 0, limit: int = 100, **filters: Unpack[LlmCostFilters]
    ) -> Page[RunLlmCostTotalResponse]:
        """Give one page of what each run's models cost, the newest run first."""
        ...

    def iter_llm_costs(
        self, *, page_size: int = 1000, windows: int = 8, **filters: Unpack[LlmCostFilters]
    ) -> Walk[RunLlmCostTotalResponse]:
        """Walk over what each run's models cost, each run exactly once."""
        return Walk(
            self.llm_costs,
            filters,
            by="created_at",
            bounds=("from_date", "to_date"),
            key="run_id",
            page_size=page_size,
            windows=windows,
        )
