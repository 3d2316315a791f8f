"""What connections say about the whole time of each machine: when it was connected, and what it was in between."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import pandas as pd

from cyberdesk_nb.analysis.times.timelines import US, When, Window, bare, micros, require, window_of
from cyberdesk_nb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

State = Literal["connected", "disconnected", "error", "unknown"]
STATES: tuple[State, ...] = ("connected", "disconnected", "error", "unknown")
DOWN = ("disconnected", "error")

STALE_AFTER_S = 300.0
"""An open connection that was silent for longer is not known to be there still."""

TIMES = ("connected_at", "disconnected_at", "last_ping")
"""Columns that tell a time."""

_NEEDED = ("machine_id", "status", *TIMES)
_RANK = ("unknown", "disconnected", "error")
_BEGINNING = -(2**62)
_END = 2**62


@dataclass(frozen=True, slots=True)
class _Claim:
    """A connection says: connected from `start` to `end`, and `after` that in this state."""

    start: int
    end: int
    after: State


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one machine's time, in microseconds."""

    start: int
    end: int
    state: State


@dataclass(frozen=True, slots=True)
class Timeline:
    """All time of one machine, from the beginning to the end of the world."""

    machine_id: str
    machine_name: str | None
    spans: tuple[Span, ...]


def timelines(
    connections: pd.DataFrame, since: When, until: When, machines: pd.DataFrame | None, stale_after_s: float
) -> tuple[Window, list[Timeline]]:
    """Read all connections: the window that is meant, and the time of each machine, in the order of names."""
    require(connections, _NEEDED, "connections")
    if machines is not None:
        require(machines, ("id",), "machines")
    if stale_after_s < 0:
        raise RequestError("stale_after_s is below zero.", hint="Give how many seconds of silence still count.")
    rows = bare(connections, (*_NEEDED, "machine_name"))
    window = window_of(since, until, *(rows[name] for name in TIMES))
    names = machine_names(rows, machines)
    claims: dict[str, list[_Claim]] = {machine_id: [] for machine_id in names}
    usable = rows[rows["machine_id"].notna() & rows["connected_at"].notna()]
    for machine_id, claim in zip(usable["machine_id"].tolist(), _claims(usable, window, stale_after_s), strict=True):
        claims[str(machine_id)].append(claim)
    found = [Timeline(machine_id, names[machine_id], tuple(_spans(told))) for machine_id, told in claims.items()]
    return window, sorted(found, key=lambda one: (one.machine_name or one.machine_id, one.machine_id))


def machine_names(rows: pd.DataFrame, machines: pd.DataFrame | None = None) -> dict[str, str | None]:
    """Give the name of each machine that rows or the list of machines know; None where none is told."""
    parts = [bare(rows, ("machine_id", "machine_name"))]
    if machines is not None:
        parts.insert(0, bare(machines, ("id", "name")).rename(columns={"id": "machine_id", "name": "machine_name"}))
    known = pd.concat(parts, ignore_index=True).dropna(subset="machine_id")
    if "machine_name" not in known:
        return dict.fromkeys(map(str, known["machine_id"].unique()))
    first = known.astype({"machine_name": object}).groupby("machine_id", observed=True)["machine_name"].first()
    return {str(machine_id): None if pd.isna(name) else str(name) for machine_id, name in first.items()}


def _claims(rows: pd.DataFrame, window: Window, stale_after_s: float) -> Iterator[_Claim]:
    """Read what each connection says."""
    start = micros(rows["connected_at"]).tolist()
    ends = micros(rows["disconnected_at"]).tolist()
    is_open = rows["disconnected_at"].isna().tolist()
    pings = np.maximum(micros(rows["connected_at"]), micros(rows["last_ping"])).tolist()
    told = rows["status"].astype(object).tolist()
    stale_us = round(stale_after_s * US)
    for begin, end, still_open, heard, status in zip(start, ends, is_open, pings, told, strict=True):
        if not still_open and end >= begin:
            yield _Claim(begin, end, "error" if status == "error" else "disconnected")
        elif still_open and status in DOWN:
            yield _Claim(begin, heard, status)
        elif still_open and status == "connected" and heard + stale_us >= window.until:
            yield _Claim(begin, max(heard, window.until), "unknown")
        else:
            yield _Claim(begin, heard, "unknown")


def _spans(claims: Iterable[_Claim]) -> Iterator[Span]:
    """Join the claims of a machine to its whole time; neighbours in the same state are one span."""
    reach, after = _BEGINNING, cast("State", "unknown")
    pieces: list[Span] = []
    for claim in sorted(claims, key=lambda one: (one.start, one.end, _RANK.index(one.after))):
        if claim.start > reach:
            pieces.append(Span(reach, claim.start, after))
        if claim.end > max(reach, claim.start):
            pieces.append(Span(max(reach, claim.start), claim.end, "connected"))
        if claim.end >= reach:
            reach, after = claim.end, claim.after
    pieces.append(Span(reach, _END, after))
    for _, same in groupby(pieces, key=lambda one: one.state):
        joined = list(same)
        yield Span(joined[0].start, joined[-1].end, joined[0].state)


def clipped(spans: Iterable[Span], window: Window) -> Iterator[Span]:
    """Cut spans to a window, and leave out what has no length in it."""
    for span in spans:
        start, end = max(span.start, window.since), min(span.end, window.until)
        if end > start:
            yield Span(start, end, span.state)


def told_of(connections: pd.DataFrame, window: Window) -> dict[Any, Any]:
    """Give what a reader must know beside the rows."""
    lost = connections["machine_id"].isna() | connections["connected_at"].isna()
    backwards = connections["disconnected_at"] < connections["connected_at"]
    since, until = window.times
    return {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "left_out": int(lost.sum()),
        "doubtful": int((backwards & ~lost).sum()),
        "completeness": connections.attrs.get("completeness"),
    }
