"""Runs: executions of workflows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Unpack

from cyberdesk_nb.client import _operation as api
from cyberdesk_nb.client._call import Options, WriteOptions
from cyberdesk_nb.client._operation import Resource
from cyberdesk_nb.client._paging import Page
from cyberdesk_nb.client._storage import ImageLimits, fetch_run_image
from cyberdesk_nb.client._values import Id, Include, When
from cyberdesk_nb.client._walk import Walk
from cyberdesk_nb.errors import WaitTimeoutError
from cyberdesk_nb.models import (
    RunBulkCreate,
    RunBulkCreateResponse,
    RunCreate,
    RunField,
    RunImageSignedUrlResponse,
    RunListSortMode,
    RunLlmCostsResponse,
    RunResponse,
    RunResponseWithIncludes,
    RunRetry,
    RunStatus,
    RunUpdate,
    TrajectoryResponse,
    WorkflowChainCreate,
    WorkflowChainResponse,
)


class RunFilters(Options, total=False):
    """What a list of runs can be narrowed by.

    `search` looks in id, inputs, output, error and alias, with `deep_search` also in the message history (slow).
    `fields` names the fields to bring; id, workflow_id, machine_id, status and created_at always come.
    """

    workflow_id: Id | None
    machine_id: Id | None
    session_id: Id | None
    status: RunStatus | str | None
    created_at_from: When | None
    created_at_to: When | None
    search: str | None
    deep_search: bool | None
    fields: Collection[RunField | str] | None
    include: Include


class Runs(Resource):
    """Executions of workflows."""

    @api.get("/v1/runs")
    async def list(
        self,
        *,
        skip: int = 0,
        limit: int = 100,
        sort_mode: RunListSortMode | str | None = None,
        **filters: Unpack[RunFilters],
    ) -> Page[RunResponse]:
        """Give one page of runs, live ones first unless `sort_mode` says else. `include`: workflow, machine(.pools)."""
        ...

    def iter(self, *, page_size: int = 1000, windows: int = 8, **filters: Unpack[RunFilters]) -> Walk[RunResponse]:
        """Walk over all runs, each exactly once, newest first, while the list goes on changing."""
        return Walk(
            self.list,
            {**filters, "sort_mode": "created_at_desc"},
            by="created_at",
            is_newest_first=True,
            page_size=page_size,
            windows=windows,
        )

    @api.post("/v1/runs", body=RunCreate)
    async def create(self, body: RunCreate | None = None, **fields: Any) -> RunResponse:
        """Queue one run; the fields are those of `RunCreate`."""
        ...

    @api.post("/v1/runs/bulk", body=RunBulkCreate)
    async def bulk_create(self, body: RunBulkCreate | None = None, **fields: Any) -> RunBulkCreateResponse:
        """Queue `count` equal runs, up to 1,000."""
        ...

    @api.post("/v1/runs/chain", body=WorkflowChainCreate)
    async def chain(self, body: WorkflowChainCreate | None = None, **fields: Any) -> WorkflowChainResponse:
        """Queue workflows that execute one after another in one session."""
        ...

    @api.get("/v1/runs/{run_id}")
    async def get(self, run_id: Id, *, include: Include = None, **call: Unpack[Options]) -> RunResponseWithIncludes:
        """Give one run. `include`: workflow, machine, machine.pools."""
        ...

    @api.patch("/v1/runs/{run_id}", body=RunUpdate)
    async def update(self, run_id: Id, body: RunUpdate | None = None, **fields: Any) -> RunResponse:
        """Change what is given; `status="cancelled"` stops the run."""
        ...

    @api.delete("/v1/runs/{run_id}")
    async def delete(self, run_id: Id, **call: Unpack[WriteOptions]) -> None:
        """Remove a run with its files."""
        ...

    @api.post("/v1/runs/{run_id}/retry", body=RunRetry)
    async def retry(self, run_id: Id, body: RunRetry | None = None, **fields: Any) -> RunResponse:
        """Run an ended run again under the same id; its outputs and history are erased."""
        ...

    @api.get("/v1/runs/{run_id}/trajectory")
    async def get_trajectory(self, run_id: Id, **call: Unpack[Options]) -> TrajectoryResponse:
        """Give the newest trajectory that a run recorded."""
        ...

    @api.post("/v1/runs/{run_id}/generate-trajectory")
    async def generate_trajectory(self, run_id: Id, **call: Unpack[WriteOptions]) -> TrajectoryResponse:
        """Make a run's newest trajectory one to replay."""
        ...

    @api.get("/v1/runs/{run_id}/llm-costs")
    async def get_llm_costs(self, run_id: Id, **call: Unpack[Options]) -> RunLlmCostsResponse:
        """Give what the models of a run cost, by role and model."""
        ...

    @api.get("/v1/runs/{run_id}/image/signed-url")
    async def get_image_signed_url(
        self, run_id: Id, image_url: str, *, expires_in: int | None = None, **call: Unpack[Options]
    ) -> RunImageSignedUrlResponse:
        """Give a link to a screenshot of a run; `image_url` as the history has it, `expires_in` 10 to 3,600 seconds."""
        ...

    async def image(self, run_id: Id, ref: str, *, limits: ImageLimits | None = None) -> bytes:
        """Fetch a screenshot of a run: the image file that `ref` of its history (`supabase://...`) stands for."""
        return await fetch_run_image(self.transport, self.get_image_signed_url, run_id, ref, limits or ImageLimits())

    async def wait(
        self, run_id: Id, *, poll_s: float = 2.0, timeout_s: float | None = 3600.0, include: Include = None
    ) -> RunResponseWithIncludes:
        """Wait until a run has ended, and give it.

        It is asked for every `poll_s` seconds, for at most `timeout_s` (None: for ever). It has ended with success,
        task_failed, error or cancelled; `running_checks` and statuses unknown here are no end. Raises
        `WaitTimeoutError`, which carries the last known state.
        """
        clock = self.transport.clock
        deadline = None if timeout_s is None else clock.monotonic() + timeout_s
        while not (run := await self.get(run_id, include=include)).is_terminal:
            if deadline is not None and clock.monotonic() + poll_s > deadline:
                raise WaitTimeoutError(
                    f"Run {run.id} is still {run.status} after {timeout_s:g} s.",
                    hint="It goes on; wait again, or stop it with runs.update(run_id, status='cancelled').",
                    run=run,
                )
            await clock.sleep(poll_s)
        return run
