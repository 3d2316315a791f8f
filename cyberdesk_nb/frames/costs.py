"""The tables of what language models cost: in all for each run, and for each role and model of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cyberdesk_nb.frames._build import build
from cyberdesk_nb.frames._choice import Columns
from cyberdesk_nb.frames._columns import EXTRA, Column, Joined, Table
from cyberdesk_nb.frames._embedded import build_embedded

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

# fmt: off
TOTALS = Table(
    "run_costs",
    (
        Column("run_id", "string", "Run that the models worked for.", "identity", required=True),
        Column("workflow_id", "string", "Workflow of the run.", "identity", required=True),
        Column("workflow_name", "string", "Name of that workflow, when workflows are given as `included`.", "identity",
               source=Joined("workflow_id", "workflow")),
        Column("created_at", "time", "When the run was asked for.", "identity", required=True),
        Column("total_cost_usd", "number", "What its models cost; missing where no price is known.", "cost",
               unit="USD"),
        Column("has_unpriced", "boolean", "Whether something in it has no known price.", "cost", required=True),
        EXTRA,
    ),
    key="run_id",
)

TABLE = Table(
    "llm_costs",
    (
        Column("run_id", "string", "Run that the model worked for.", "identity", source="run.run_id", required=True),
        Column("role", "string", "What the model did in the run.", "identity", required=True),
        Column("model", "string", "The model.", "identity", required=True),
        Column("billing_platform", "string", "Who bills for it.", "identity", required=True),
        Column("endpoint_type", "string", "Kind of endpoint that was called.", "identity", required=True),
        Column("call_count", "integer", "How often it was called.", "tokens", unit="calls", required=True),
        Column("input_tokens", "integer", "All input tokens.", "tokens", unit="tokens", required=True),
        Column("uncached_input_tokens", "integer", "Input tokens that came from no cache.", "tokens", unit="tokens",
               required=True),
        Column("cache_read_tokens", "integer", "Input tokens read from the provider's cache.", "tokens", unit="tokens",
               required=True),
        Column("cache_write_5m_tokens", "integer", "Tokens written to its cache for 5 minutes.", "tokens",
               unit="tokens", required=True),
        Column("cache_write_1h_tokens", "integer", "Tokens written to its cache for an hour.", "tokens", unit="tokens",
               required=True),
        Column("output_tokens", "integer", "Output tokens.", "tokens", unit="tokens", required=True),
        Column("reasoning_tokens", "integer", "Tokens of reasoning.", "tokens", unit="tokens", required=True),
        Column("cost_usd", "number", "What it cost; missing where no price is known.", "cost", unit="USD"),
        Column("source", "string", "Where the counts come from.", "cost", required=True),
        Column("run_total_cost_usd", "number", "What the whole run cost, the same on each of its rows.", "run",
               source="run.total_cost_usd", unit="USD"),
        Column("run_has_unpriced", "boolean", "Whether something in the run has no known price.", "run",
               source="run.has_unpriced", required=True),
        EXTRA,
    ),
    unlisted=("position",),
    key="run.run_id",
)
# fmt: on


def run_costs_frame(
    records: object,
    *,
    columns: Columns = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Make a frame of what runs cost (`GET /v1/usage/llm-costs`), one row for each run, in the order given.

    Arguments, errors and ``attrs`` are those of `runs_frame`; the columns are those of ``columns("run_costs")``. Where
    ``has_unpriced`` is true, ``total_cost_usd`` leaves something out or is missing: it is no zero.

    Examples
    --------
    >>> run_costs_frame([]).empty
    True
    """
    return build(TOTALS, records, columns=columns, included=included, completeness=completeness, strict=strict)


def llm_costs_frame(
    records: object,
    *,
    columns: Columns = None,
    included: object = None,
    completeness: Mapping[str, Any] | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Make a frame of model costs, one row for each role and model of each run, in the order given.

    Parameters
    ----------
    records
        Answers of `GET /v1/runs/{run_id}/llm-costs`, as models, dicts, JSON bytes or iterables of these.
    columns, included, completeness, strict
        As in `runs_frame`.

    Returns
    -------
    pandas.DataFrame
        The columns of ``columns("llm_costs")``; empty input gives the same columns and dtypes. A run for which no
        usage was recorded has no row.

    Raises
    ------
    IncompleteError, RequestError, PayloadError
        As `runs_frame`.

    Examples
    --------
    >>> llm_costs_frame({"run_id": "r", "has_unpriced": False, "rows": []}).empty
    True
    """
    return build_embedded(
        TABLE,
        records,
        "rows",
        "run",
        columns=columns,
        included=included,
        completeness=completeness,
        strict=strict,
    )
