"""How a launch panel reaches the API: one call per launch, and one list per look at what was launched."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cyberdesk_nb.client import Client
from cyberdesk_nb.models import RunBulkCreate, RunCreate, RunField, RunResponse

if TYPE_CHECKING:
    from cyberdesk_nb.panels.launch.launches import Launched, Reply, Request

_PAGE = 1000
_INCLUDE = ["workflow", "machine"]
# All but the history and what it cost: those of a thousand runs are many megabytes.
_HEAVY = {RunField.RUN_MESSAGE_HISTORY, RunField.USAGE_METADATA}
_FIELDS = [field for field in RunField if field not in _HEAVY]


async def send_launch(client: Client, request: Request, idempotency_key: str) -> Reply:
    """Send a launch (`POST /v1/runs`, `/v1/runs/bulk` or `/v1/runs/chain`)."""
    if isinstance(request, RunCreate):
        return await client.runs.create(request, idempotency_key=idempotency_key)
    if isinstance(request, RunBulkCreate):
        return await client.runs.bulk_create(request, idempotency_key=idempotency_key)
    return await client.runs.chain(request, idempotency_key=idempotency_key)


async def read_launched(client: Client, launched: Launched) -> list[RunResponse]:
    """Read the runs of a launch: one in full, several by lists, without their histories."""
    if len(launched.run_ids) == 1:
        return [await client.runs.get(launched.run_ids[0], include=_INCLUDE)]
    wanted = set(launched.run_ids)
    found: dict[str, RunResponse] = {}
    skip = 0
    while wanted - found.keys():
        page = await client.runs.list(
            skip=skip,
            limit=_PAGE,
            sort_mode="created_at_desc",
            fields=_FIELDS,
            include=_INCLUDE,
            **_where(launched),
        )
        found |= {run.id: run for run in page.items if run.id in wanted}
        skip += len(page.items)
        if not page.items or len(page.items) < _PAGE:
            break
    return list(found.values())


def _where(launched: Launched) -> dict[str, Any]:
    """Narrow the list to the launch: by its session, or by its workflow and the moments at which its runs were made."""
    if launched.session_id is not None:
        return {"session_id": launched.session_id}
    times = [run.created_at for run in launched.runs]
    # Whether the end of a window belongs to it differs between servers.
    second = timedelta(seconds=1)
    return {
        "workflow_id": launched.runs[0].workflow_id,
        "created_at_from": min(times) - second,
        "created_at_to": max(times) + second,
    }
