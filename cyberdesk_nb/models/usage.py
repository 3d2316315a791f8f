"""Usage: step totals over a period, and what the language models cost."""

from cyberdesk_nb.models._base import ApiModel, Id, OpenEnum, Time


class UsageMode(OpenEnum):
    """Whether all steps or only billed steps are summed."""

    BILLED = "billed"
    SIMULATED = "simulated"


class UsageAggregateResponse(ApiModel):
    """Steps summed over a period."""

    total_agentic_steps: int
    total_cached_steps: int
    period_start: Time
    period_end: Time
    mode: UsageMode
    runs_counted: int


class RunLlmCostRow(ApiModel):
    """What one model cost in one role; `cost_usd` is null where no price is known."""

    role: str
    billing_platform: str
    model: str
    endpoint_type: str
    call_count: int
    input_tokens: int
    uncached_input_tokens: int
    cache_read_tokens: int
    cache_write_5m_tokens: int
    cache_write_1h_tokens: int
    output_tokens: int
    reasoning_tokens: int
    source: str
    cost_usd: float | None = None


class RunLlmCostsResponse(ApiModel):
    """What one run cost, row by row."""

    run_id: Id
    has_unpriced: bool
    rows: list[RunLlmCostRow]
    total_cost_usd: float | None = None


class RunLlmCostTotalResponse(ApiModel):
    """What one run cost; `has_unpriced` says that a price is missing."""

    run_id: Id
    workflow_id: Id
    created_at: Time
    has_unpriced: bool
    total_cost_usd: float | None = None
