"""The three kinds of launch: one run, many equal runs, a chain of workflows; what is sent and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from cyberdesk_nb.models import (
    RunBulkCreate,
    RunBulkCreateResponse,
    RunCreate,
    RunResponse,
    WorkflowChainCreate,
    WorkflowChainResponse,
)

Request: TypeAlias = RunCreate | RunBulkCreate | WorkflowChainCreate
Reply: TypeAlias = RunResponse | RunBulkCreateResponse | WorkflowChainResponse
Kind: TypeAlias = type[RunCreate] | type[RunBulkCreate] | type[WorkflowChainCreate]

MOST_RUNS = 1000
"""Runs of one bulk launch, as the API allows."""

_NAMES: dict[Kind, str] = {RunCreate: "One run", RunBulkCreate: "Many runs", WorkflowChainCreate: "A chain"}
_VERBS: dict[Kind, str] = {RunCreate: "takes", RunBulkCreate: "at once take", WorkflowChainCreate: "takes"}


class Setting(str):
    """The name of a field of the request in the path of an error: told from an input that has the same name."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Launched:
    """What a launch started.

    Attributes
    ----------
    run_ids
        The runs, in the order in which they were asked for.
    runs
        As much of them as the reply told: all but those of a chain.
    session_id
        The session of a chain.
    labels
        What to call each run; empty where there is one.
    failed
        How many could not be queued, and why, in words; empty where all were.

    """

    run_ids: tuple[str, ...]
    runs: tuple[RunResponse, ...] = ()
    session_id: str | None = None
    labels: tuple[str, ...] = ()
    failed: str = ""


def kind_of(steps: int, count: object) -> Kind:
    """Say which kind of launch so many steps, or so many runs of one step, are."""
    if steps > 1:
        return WorkflowChainCreate
    return RunCreate if count == 1 else RunBulkCreate


def cannot_carry(kind: Kind, field: str) -> str:
    """Say in words that a kind of launch has no such field; empty where it has."""
    return "" if field in kind.model_fields else f"{_NAMES[kind]} {_VERBS[kind]} no such setting: clear it."


def launched(reply: Reply, labels: tuple[str, ...] = ()) -> Launched:
    """Read what a launch started from its reply; `labels` names the steps of a chain."""
    if isinstance(reply, RunResponse):
        return Launched((reply.id,), (reply,))
    if isinstance(reply, WorkflowChainResponse):
        return Launched(tuple(reply.run_ids), session_id=reply.session_id, labels=labels)
    runs = tuple(reply.created_runs)
    numbers = tuple(f"Run {number}" for number in range(1, len(runs) + 1))
    return Launched(tuple(run.id for run in runs), runs, labels=numbers, failed=_failed(reply))


def _failed(reply: RunBulkCreateResponse) -> str:
    if not reply.failed_count and not reply.errors:
        return ""
    why = " ".join(dict.fromkeys(reply.errors or ()))
    return f"{reply.failed_count} of {reply.failed_count + len(reply.created_runs)} runs were not queued. {why}".strip()
