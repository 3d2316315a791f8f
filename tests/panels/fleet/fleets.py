"""Small fleets at a moment of their own, shared by the tests of the fleet panel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from cyberdesk_nb.frames import runs_frame
from cyberdesk_nb.models import (
    ConnectionResponse,
    ConnectionStatus,
    MachineResponse,
    PoolResponse,
    RunResponse,
    RunStatus,
    WorkflowResponse,
)
from cyberdesk_nb.panels.fleet.survey import RUN_COLUMNS, Survey, history_of, survey
from tests.panels import records
from tests.panels.records import AT

SINCE = AT - timedelta(days=7)
LOOKUP = records.workflow("Patient lookup")


def ago(**span: float) -> datetime:
    """Give the time so long before now."""
    return AT - timedelta(**span)


def ran(
    machine: MachineResponse, run_id: str, status: str = "success", *, ended: datetime | None, **more: Any
) -> RunResponse:
    """Make a run that took a minute on a machine, or is on it since a minute where it has not ended."""
    start = (ended or AT) - timedelta(minutes=1)
    times = {"created_at": start - timedelta(seconds=5), "started_at": start, "ended_at": ended}
    made = records.run(RunStatus(status), run_id=run_id, machine_id=machine.id, workflow_id=LOOKUP.id)
    return made.model_copy(update={"run_message_history": None, **times, **more})


def waits(run_id: str, *, since: datetime = AT, **more: Any) -> RunResponse:
    """Make a run that waits."""
    return records.run(run_id=run_id, workflow_id=LOOKUP.id, **more).model_copy(
        update={"run_message_history": None, "created_at": since}
    )


def wire(
    machine: MachineResponse,
    begun: datetime | None,
    ended: datetime | None = None,
    status: str = "",
    *,
    ping: datetime | None = None,
) -> ConnectionResponse:
    """Make a connection; open where it has no end."""
    told = status or ("connected" if ended is None else "disconnected")
    return ConnectionResponse.model_construct(
        id=f"{machine.id}-{begun}",
        machine_id=machine.id,
        websocket_id="w",
        connected_at=begun,
        disconnected_at=ended,
        last_ping=ping or ended or AT,
        status=ConnectionStatus(told),
    )


def frame_of(*runs: RunResponse, workflows: Sequence[WorkflowResponse] = (LOOKUP,)) -> pd.DataFrame:
    """Make the frame of runs that a survey rests on."""
    return runs_frame(list(runs), columns=RUN_COLUMNS, included=list(workflows))


def surveyed(
    machines: Sequence[MachineResponse],
    runs: Sequence[RunResponse] = (),
    connections: Sequence[ConnectionResponse] = (),
    pools: Sequence[PoolResponse] = (),
    **more: Any,
) -> Survey:
    """Make the survey of a fleet."""
    history = history_of(machines, connections, since=SINCE, until=AT)
    workflows = more.pop("workflows", (LOOKUP,))
    told: dict[str, Any] = {"at": AT, "since": SINCE} | more
    return survey(machines, pools, frame_of(*runs, workflows=workflows), connections, history, **told)
