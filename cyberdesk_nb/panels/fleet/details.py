"""What is known of one machine, as texts and table rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from cyberdesk_nb.models import MachineResponse
from cyberdesk_nb.panels.fleet.survey import Survey
from cyberdesk_nb.panels.fleet.view import Row
from cyberdesk_nb.panels.fleet.wording import (
    count_words,
    failure_words,
    moment_words,
    queue_words,
    span_words,
    state_words,
    uptime_words,
)
from cyberdesk_nb.panels.parts import one_line
from cyberdesk_nb.panels.wording import exact_words

RUN_HEADS = ("Outcome", "Workflow", "Started", "Waited", "Took", "Error")
SPAN_HEADS = ("State", "From", "To", "Lasted")
PARAMETER_HEADS = ("Parameter", "Value")
WAITING_HEADS = ("Waits", "Workflow", "For")
ROWS_MAX = 10

_WANTS = {
    "session": "the machine of its session",
    "machine": "this machine",
    "pools": "a machine of its pools",
    "any": "any machine",
}

Cells = list[list[str]]


def fact_lines(machine: MachineResponse, row: Row, survey: Survey) -> list[str]:
    """Say what is known of a machine, a line each."""
    pools = "pools not told" if machine.pools is None else ", ".join(pool.name for pool in machine.pools) or "no pool"
    system = " · ".join(filter(None, (machine.hostname, machine.os_info, machine.version)))
    lines = [
        f"{state_words(row, survey.at, survey.since)}.",
        f"In: {pools}.",
        f"System: {system}." if system else "",
        "" if pd.isna(row["last_seen"]) else f"Last heard of at {moment_words(row['last_seen'], survey.at)}.",
        f"Held by session {machine.reserved_session_id}." if machine.reserved_session_id else "",
        f"{queue_words(row)}." if row["waiting"] else "",
        f"Last error: {row['last_error']}" if isinstance(row["last_error"], str) else "",
    ]
    return [one_line(line[0].upper() + line[1:]) for line in lines if line]


def run_rows(machine_id: str, row: Row, survey: Survey) -> tuple[str, Cells, list[str]]:
    """Give the caption, the cells and the ids of a machine's last runs; those without a beginning have no id."""
    runs = survey.runs
    own = runs[(runs["machine_id"] == machine_id) & runs["started_at"].notna()]
    own = own[own["ended_at"].isna() | (own["ended_at"] >= survey.since)]
    own = own.sort_values("started_at", ascending=False, kind="stable")
    cells: Cells = []
    ids: list[str] = []
    for one in own.head(ROWS_MAX).to_dict("records"):
        outcome = one["outcome"] if isinstance(one["outcome"], str) and one["outcome"] != "live" else one["status"]
        end = survey.at if pd.isna(one["ended_at"]) else one["ended_at"]
        so_far = " so far" if pd.isna(one["ended_at"]) else ""
        cells.append(
            [
                one_line(str(outcome), 40),
                _text(one["workflow_name"], 60),
                moment_words(one["started_at"], survey.at),
                _between(one["created_at"], one["started_at"]),
                _between(one["started_at"], end) + so_far,
                _text(one["error"], 160),
            ]
        )
        ids.append(str(one["id"]))
    days = span_words((survey.at - survey.since).total_seconds())
    if not cells:
        return f"No run was on it in the last {days}.", [], []
    last = (
        "Its run"
        if len(own) == 1
        else f"Its {len(own)} runs"
        if len(own) <= ROWS_MAX
        else f"Its last {ROWS_MAX} of {len(own):,} runs"
    )
    return f"{last} of the last {days}: {failure_words(row)}.", cells, ids


def span_rows(machine_id: str, row: Row, survey: Survey) -> tuple[str, Cells]:
    """Give the caption and the cells of a machine's connection history, the newest first."""
    spans = survey.history.spans
    own = spans[spans["machine_id"] == machine_id].iloc[::-1]
    names = {"error": "connection broken", "unknown": "not known"}
    cells = [
        [
            names.get(str(one["state"]), str(one["state"])),
            moment_words(one["start"], survey.at),
            moment_words(one["end"], survey.at),
            exact_words(one["duration_s"]),
        ]
        for one in own.head(ROWS_MAX).to_dict("records")
    ]
    days = span_words((survey.at - survey.since).total_seconds())
    shown = f" (the last {ROWS_MAX} of {len(own):,} stretches)" if len(own) > ROWS_MAX else ""
    return f"Connection over the last {days}: {uptime_words(row)}{shown}.", cells


def waiting_rows(machine_id: str, survey: Survey) -> tuple[str, Cells]:
    """Give the caption and the cells of the runs that a machine could take."""
    waiting = survey.waiting
    own = waiting[[machine_id in ids for ids in waiting["machine_ids"]]] if len(waiting) else waiting
    cells = [
        [
            _between(one["created_at"], survey.at),
            _text(one["workflow_name"], 60),
            _WANTS[one["wants"]] + (", priority" if one["is_priority"] is True else ""),
        ]
        for one in own.head(ROWS_MAX).to_dict("records")
    ]
    shown = f"; the {ROWS_MAX} that wait longest" if len(own) > ROWS_MAX else ""
    return (f"{count_words(len(own), 'run')} that it could take{shown}:" if cells else ""), cells


def parameter_rows(machine: MachineResponse) -> tuple[str, Cells]:
    """Give the caption and the cells of a machine's parameters: of secret ones only what they are kept under."""
    plain: Mapping[str, Any] = machine.machine_parameters or {}
    secret = machine.machine_sensitive_parameters or {}
    cells = [[one_line(key, 80), _value(value)] for key, value in plain.items()]
    cells += [[one_line(f"${key}", 80), one_line(f"secret, kept as {alias}", 120)] for key, alias in secret.items()]
    return ("Parameters that it gives to its runs:" if cells else ""), cells


def _value(value: Any) -> str:
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str), 200)


def _text(value: Any, limit: int) -> str:
    return one_line(value, limit) if isinstance(value, str) else ""


def _between(start: Any, end: Any) -> str:
    return "" if pd.isna(start) or pd.isna(end) else exact_words((end - start).total_seconds())
