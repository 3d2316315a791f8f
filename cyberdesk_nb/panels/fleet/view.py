"""What the tiles show: records put into words and groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pandas as pd

from cyberdesk_nb.models import MachineResponse
from cyberdesk_nb.panels.fleet.states import STATES
from cyberdesk_nb.panels.fleet.survey import Survey
from cyberdesk_nb.panels.fleet.wording import (
    MARKS,
    count_words,
    failure_words,
    moment_words,
    name_words,
    queue_words,
    session_words,
    span_words,
    state_words,
    uptime_words,
)
from cyberdesk_nb.panels.naming import name_of
from cyberdesk_nb.panels.parts import one_line

Row = dict[str, Any]

_NO_POOL = ("no pool", "No pool")
_NOT_TOLD = ("pools not told", "Pools not told")
_NAMED_MAX = 4


def rows_of(survey: Survey) -> list[Row]:
    """Give the states of a survey, a dict a machine."""
    return [{str(name): value for name, value in row.items()} for row in survey.states.to_dict("records")]


def tiles_view(survey: Survey, wanted: Callable[[Row], bool]) -> dict[str, Any]:
    """Say what the tiles of the machines that are `wanted` show, and in which groups they stand.

    A machine in several pools stands in each of them; those in none stand in a group of their own.
    """
    rows = [row for row in rows_of(survey) if wanted(row)]
    records = {one.id: one for one in survey.machines}
    tiles = {row["id"]: _tile(row, survey) for row in rows}
    groups: list[dict[str, Any]] = []
    for key, name in _groups(survey):
        members = [row for row in rows if key in _pool_keys(records[row["id"]])]
        if members or (len(rows) == len(records) and key not in {_NO_POOL[0], _NOT_TOLD[0]}):
            note = _group_note(members, survey, key)
            groups.append({"id": key, "name": name, "note": note, "members": [row["id"] for row in members]})
    return {"tiles": tiles, "groups": groups}


def strips_view(survey: Survey) -> dict[str, Any]:
    """Say what the strips of all machines show: by machine, the state, share and words of each mark."""
    return {
        key: [[mark.state, round(mark.share, 4), mark.words] for mark in marks]
        for key, marks in survey.history.strips.items()
    }


def summary_words(survey: Survey) -> str:
    """Say how many machines there are and what they do."""
    rows = rows_of(survey)
    if not rows:
        return "This organization has no machine yet."
    return f"{count_words(len(rows), 'machine')}: {_counts(rows)}. {_waiting_words(survey)}".strip()


def trouble_words(survey: Survey) -> str:
    """Say which machines are down and since when, and which runs no machine can take; empty where all is well."""
    down = [row for row in rows_of(survey) if row["state"] in {"error", "offline"}]
    named = [
        f"{name_words(row)} since {moment_words(row['since'], survey.at)}" for row in down if not pd.isna(row["since"])
    ]
    more = f" and {len(down) - _NAMED_MAX} more" if len(down) > _NAMED_MAX else ""
    parts = [f"Down: {'; '.join(named[:_NAMED_MAX])}{more}."] if named else []
    stranded = int((survey.waiting["machine_ids"].map(len) == 0).sum()) if len(survey.waiting) else 0
    if stranded:
        verb = "waits" if stranded == 1 else "wait"
        parts.append(
            f"{count_words(stranded, 'run')} {verb} for a machine that is not there, or for pools that share none."
        )
    return " ".join(parts)


def _tile(row: Row, survey: Survey) -> dict[str, Any]:
    words = state_words(row, survey.at, survey.since)
    lines = [line for line in (session_words(row), queue_words(row), failure_words(row), uptime_words(row)) if line]
    days = span_words((survey.at - survey.since).total_seconds())
    name = name_words(row)
    return {
        "id": row["id"],
        "name": name,
        "state": row["state"],
        "mark": MARKS[row["state"]],
        "trouble": bool(row["trouble"]),
        "words": words,
        "lines": lines,
        "label": f"{name}: {'; '.join([words, *lines])}, over the last {days}.",
    }


def _groups(survey: Survey) -> Iterable[tuple[str, str]]:
    """Give id and name of each pool that is listed or that a machine names, by name, then what stands for none."""
    known = {pool.id: pool for one in survey.machines for pool in one.pools or ()}
    known |= {pool.id: pool for pool in survey.pools}
    named = sorted(((key, name_of(pool)) for key, pool in known.items()), key=lambda one: (one[1].casefold(), one[0]))
    return [*named, _NO_POOL, _NOT_TOLD]


def _pool_keys(machine: MachineResponse) -> set[str]:
    if machine.pools is None:
        return {_NOT_TOLD[0]}
    return {pool.id for pool in machine.pools} or {_NO_POOL[0]}


def _group_note(members: Sequence[Row], survey: Survey, key: str) -> str:
    waiting = (
        survey.waiting[[key in ids for ids in survey.waiting["pool_ids"]]] if len(survey.waiting) else survey.waiting
    )
    parts = [_counts(members) if members else "no machine is in this pool"]
    if len(waiting):
        verb = "waits" if len(waiting) == 1 else "wait"
        parts.append(f"{count_words(len(waiting), 'run')} {verb} for this pool, {_longest(waiting, survey)}")
    return " · ".join(parts)


def _counts(rows: Sequence[Row]) -> str:
    counts = {state: sum(row["state"] == state for row in rows) for state in reversed(STATES)}
    return ", ".join(f"{count} {_state_name(state)}" for state, count in counts.items() if count)


def _state_name(state: str) -> str:
    return {"error": "with a broken connection", "unknown": "in an unknown state"}.get(state, state)


def _waiting_words(survey: Survey) -> str:
    waiting = survey.waiting
    if waiting.empty:
        return "No run waits."
    anywhere = int((waiting["wants"] == "any").sum())
    more = f", {anywhere:,} of them for any machine" if anywhere else ""
    verb = "waits" if len(waiting) == 1 else "wait"
    return one_line(f"{count_words(len(waiting), 'run')} {verb}{more}, {_longest(waiting, survey)}.")


def _longest(waiting: pd.DataFrame, survey: Survey) -> str:
    first = waiting["created_at"].min()
    if pd.isna(first):
        return "nobody knows how long"
    return f"the longest for {span_words((survey.at - first).total_seconds())}"
