"""When machines could be reached, from their connections: the spans, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cyberdesk_nb._extras import load
from cyberdesk_nb.analysis.machines.reach import (
    DOWN,
    STALE_AFTER_S,
    STATES,
    Span,
    State,
    Timeline,
    clipped,
    timelines,
    told_of,
)
from cyberdesk_nb.analysis.times.timelines import TIME, US, When, Window
from cyberdesk_nb.errors import RequestError, printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

_SPAN_DTYPES: dict[str, Any] = {
    "machine_id": "str",
    "machine_name": "str",
    "state": pd.CategoricalDtype(pd.Index(STATES, dtype="str")),
    "start": TIME,
    "end": TIME,
    "duration_s": "float64",
}

_COUNTS = ["machines", "gaps", "gaps_begun", "gaps_error", "gaps_open", "repaired"]
_SECONDS = ["connected_s", "down_s", "error_s", "unknown_s", "repair_s"]
_SUMMED = [*_COUNTS, *_SECONDS]
_SUMMARY = ["machine_id", "machine_name", *_SUMMED, "longest_gap_s"]
_MEASURES = [
    *("machines", "uptime_share", "uptime_least", "uptime_most", "connected_s", "down_s", "error_s", "unknown_s"),
    *("gaps", "gaps_begun", "gaps_error", "gaps_open", "longest_gap_s"),
    *("mtbf_s", "mtbf_low_s", "mtbf_high_s", "mttr_s"),
]


def connection_spans(
    connections: pd.DataFrame,
    *,
    since: When = None,
    until: When = None,
    machines: pd.DataFrame | None = None,
    stale_after_s: float = STALE_AFTER_S,
) -> pd.DataFrame:
    """Tell for each machine when it was connected, when it was not, and when that cannot be told.

    A machine is connected while any of its connections is. In between it is in the state in which the last of them
    ended: ``error`` after one that broke, else ``disconnected``. Unknown is the time before its first connection, and
    the time after the last ping of an open connection that has been silent for longer than `stale_after_s` at `until`,
    up to the next connection. One that ended without an end that can be used (missing, or before its beginning) counts
    as connected up to its last ping.

    Parameters
    ----------
    connections
        A frame as `connections_frame` gives it, with those that began before the window too: they tell its beginning.
    since, until
        The window. A time, naive is UTC; `since` may be a span back from `until`, such as ``"7d"``. None: the first
        and the last time that the connections tell. Do not let it end later than the data was fetched.
    machines
        A frame as `machines_frame` gives it: those that never connected are then rows, too, all unknown.
    stale_after_s
        How long an open connection may be silent and still count.

    Returns
    -------
    pandas.DataFrame
        ``machine_id``, ``machine_name``, ``state`` (connected, disconnected, error, unknown), ``start``, ``end``,
        ``duration_s``. The spans of a machine follow each other without gap or overlap from `since` to `until`, each in
        another state than the one before. Machines in the order of their names. No machine gives no row.

        ``attrs`` hold ``since``, ``until`` (ISO times), ``left_out`` (connections without a machine or a beginning),
        ``doubtful`` (connections that ended before they began), and ``completeness`` of the connections.

    Raises
    ------
    RequestError
        When a column is missing, or the window is none.

    Examples
    --------
    >>> from cyberdesk_nb.frames import connections_frame
    >>> row = {"id": "c", "machine_id": "m", "websocket_id": "w", "status": "disconnected",
    ...        "connected_at": "2026-11-01T08:00Z", "disconnected_at": "2026-11-01T17:00Z",
    ...        "last_ping": "2026-11-01T17:00Z"}
    >>> connection_spans(connections_frame(row), since="2026-11-01", until="2026-11-02")["state"].tolist()
    ['unknown', 'connected', 'disconnected']
    """
    window, found = timelines(connections, since, until, machines, stale_after_s)
    rows = [
        (timeline.machine_id, timeline.machine_name, span.state, span.start, span.end)
        for timeline in found
        for span in clipped(timeline.spans, window)
    ]
    frame = pd.DataFrame(rows, columns=["machine_id", "machine_name", "state", "start", "end"])
    frame["duration_s"] = (frame["end"] - frame["start"]).astype("float64") / US
    for name in ("start", "end"):
        frame[name] = pd.to_datetime(frame[name].astype("int64"), unit="us", utc=True)
    frame = frame.astype(_SPAN_DTYPES)
    frame.attrs = told_of(connections, window)
    return frame


def availability(
    connections: pd.DataFrame,
    *,
    since: When = None,
    until: When = None,
    by: str | None = "machine_id",
    machines: pd.DataFrame | None = None,
    confidence: float | None = 0.95,
    stale_after_s: float = STALE_AFTER_S,
) -> pd.DataFrame:
    """Summarise when machines could be reached: share, gaps, mean time between failures and to repair.

    Time counts as in `connection_spans`. A gap is a stretch of known time without connection, clean restarts too.

    Parameters
    ----------
    connections, since, until, machines, stale_after_s
        As in `connection_spans`.
    by
        ``machine_id``; another column of `machines` or `connections` (of each machine the first value), whose machines
        are added up; None adds up all.
    confidence
        Of the interval around ``mtbf_s``, which takes gaps to begin at random, at a steady rate while connected (needs
        the extra ``analysis``). None: without one.

    Returns
    -------
    pandas.DataFrame
        The column of `by` (with ``machine_name`` for ``machine_id``); ``machines`` (how many); ``uptime_share`` =
        connected / (connected + down), missing when nothing is known; ``uptime_least`` and ``uptime_most`` (shares of
        the window if all unknown time were down, or connected); ``connected_s``, ``down_s``, ``error_s`` (the part of
        ``down_s`` after a connection broke), ``unknown_s``, which add up to machines x window; ``gaps`` (that lie in
        the window or reach into it), ``gaps_begun`` (that begin in it), ``gaps_error`` (those of them that begin with a
        connection that broke), ``gaps_open`` (that last to its end); ``longest_gap_s`` (within the window);
        ``mtbf_s`` = ``connected_s`` / ``gaps_begun``, with ``mtbf_low_s`` and ``mtbf_high_s``: exact limits for a
        count, so the lower one holds without any gap, too, when ``mtbf_s`` is missing and the upper one infinite;
        ``mttr_s``: the mean full length of gaps that end in the window. A gap that is still open is not in it, so it
        is too low while ``gaps_open`` is not zero. Sorted by machine name or by the value; machines where the value
        of `by` is missing are a group, too.

        ``attrs`` as in `connection_spans`.

    Raises
    ------
    RequestError
        As in `connection_spans`, for a column that neither frame has, and for a confidence that is not between 0 and 1.

    Examples
    --------
    >>> from cyberdesk_nb.frames import connections_frame
    >>> row = {"id": "c", "machine_id": "m", "websocket_id": "w", "status": "disconnected",
    ...        "connected_at": "2026-11-01T00:00Z", "disconnected_at": "2026-11-01T18:00Z",
    ...        "last_ping": "2026-11-01T18:00Z"}
    >>> float(availability(connections_frame(row), since="2026-11-01", until="2026-11-02").uptime_share[0])
    0.75
    """
    if confidence is not None and not 0 < confidence < 1:
        raise RequestError("confidence must lie between 0 and 1.", hint="Use 0.95 for 95 %.")
    window, found = timelines(connections, since, until, machines, stale_after_s)
    table = pd.DataFrame([_summary(timeline, window) for timeline in found], columns=_SUMMARY)
    groups = ["machine_id", "machine_name"] if by == "machine_id" else [by or "all"]
    if by is None:
        table["all"] = 0
    elif by not in table:
        table[by] = table["machine_id"].map(_values(by, connections, machines))
    grouped = table.groupby(groups, dropna=False, sort=by != "machine_id", observed=True)
    summary = grouped[_SUMMED].sum().join(grouped["longest_gap_s"].max()).reset_index()
    if by is None and summary.empty:
        summary = pd.DataFrame({name: [0] for name in [*groups, *_SUMMED]}).assign(longest_gap_s=np.nan)
    rated = _rates(summary, confidence)
    rated.attrs = told_of(connections, window)
    return rated[[*([] if by is None else groups), *_MEASURES]]


def _summary(timeline: Timeline, window: Window) -> dict[str, Any]:
    """Add up one machine's time in the window."""
    seconds = dict.fromkeys(STATES, 0.0)
    for span in clipped(timeline.spans, window):
        seconds[span.state] += (span.end - span.start) / US
    gaps = [gap for gap in _gaps(timeline.spans) if gap.start < window.until and gap.end > window.since]
    begun = [gap for gap in gaps if gap.start >= window.since]
    ended = [gap for gap in gaps if gap.end < window.until and gap.then == "connected"]
    return {
        "machine_id": timeline.machine_id,
        "machine_name": timeline.machine_name,
        "machines": 1,
        "gaps": len(gaps),
        "gaps_begun": len(begun),
        "gaps_error": sum(gap.first == "error" for gap in begun),
        "gaps_open": sum(gap.end >= window.until for gap in gaps),
        "repaired": len(ended),
        "connected_s": seconds["connected"],
        "down_s": seconds["disconnected"] + seconds["error"],
        "error_s": seconds["error"],
        "unknown_s": seconds["unknown"],
        "repair_s": sum((gap.end - gap.start) / US for gap in ended),
        "longest_gap_s": max(
            ((min(gap.end, window.until) - max(gap.start, window.since)) / US for gap in gaps), default=np.nan
        ),
    }


@dataclass(frozen=True, slots=True)
class _Gap:
    """A stretch of known time without connection: how it begins, and what follows it."""

    start: int
    end: int
    first: State
    then: State


def _gaps(spans: Iterable[Span]) -> list[_Gap]:
    stretches = [list(same) for _, same in groupby(spans, key=lambda one: one.state in DOWN)]
    return [
        _Gap(here[0].start, here[-1].end, here[0].state, then[0].state if then else "unknown")
        for here, then in zip(stretches, [*stretches[1:], []], strict=True)
        if here[0].state in DOWN
    ]


def _values(by: str, connections: pd.DataFrame, machines: pd.DataFrame | None) -> pd.Series:
    """Give the value to group by of each machine."""
    if machines is not None and by in machines:
        return machines.drop_duplicates("id").set_index("id")[by]
    if by in connections:
        return connections.dropna(subset="machine_id").groupby("machine_id", observed=True)[by].first()
    raise RequestError(
        f"Neither machines nor connections have a column {printable(repr(by), 60)}.",
        hint="Give machines=ws.machines() to group by what machines have, such as pool_names.",
    )


def _rates(summary: pd.DataFrame, confidence: float | None) -> pd.DataFrame:
    """Add shares, and the mean times between failures and to repair."""
    seconds = summary[[*_SECONDS, "longest_gap_s"]].astype("float64")
    counts = summary[_COUNTS].astype("int64")
    total = seconds["connected_s"] + seconds["down_s"] + seconds["unknown_s"]
    known = seconds["connected_s"] + seconds["down_s"]
    rates = {
        "uptime_share": seconds["connected_s"] / known.where(known > 0),
        "uptime_least": seconds["connected_s"] / total.where(total > 0),
        "uptime_most": (seconds["connected_s"] + seconds["unknown_s"]) / total.where(total > 0),
        "mtbf_s": seconds["connected_s"] / counts["gaps_begun"].where(counts["gaps_begun"] > 0),
        "mttr_s": seconds["repair_s"] / counts["repaired"].where(counts["repaired"] > 0),
    }
    low, high = _mtbf_limits(seconds["connected_s"], counts["gaps_begun"], confidence)
    rated = summary.assign(**rates, mtbf_low_s=low, mtbf_high_s=high)
    texts = [name for name in ("machine_id", "machine_name") if name in rated]
    numbers = dict.fromkeys(_COUNTS, "int64") | dict.fromkeys(seconds, "float64")
    return rated.astype(dict.fromkeys(texts, "str") | numbers)


def _mtbf_limits(
    connected_s: pd.Series, gaps: pd.Series, confidence: float | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Compute exact limits of the time per gap, from those of a Poisson count."""
    time_s, count = connected_s.to_numpy(dtype=np.float64), gaps.to_numpy(dtype=np.float64)
    if confidence is None:
        return np.full_like(time_s, np.nan), np.full_like(time_s, np.nan)
    stats: Any = load("scipy.stats", extra="analysis")
    tail = (1 - confidence) / 2
    time_s = np.where(time_s > 0, time_s, np.nan)
    low = 2 * time_s / stats.chi2.ppf(1 - tail, 2 * count + 2)
    fewest = stats.chi2.ppf(tail, np.maximum(2 * count, 1))
    return low, np.where(count > 0, 2 * time_s / fewest, np.where(np.isnan(time_s), np.nan, np.inf))
