"""What machines did with their time: ran, were held for a session, idled, were down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cyberdesk_nb.analysis.machines.reach import DOWN, STALE_AFTER_S, TIMES, machine_names, timelines
from cyberdesk_nb.analysis.times.timelines import US, Stretches, When, Window, bare, micros, overlay, require, window_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from cyberdesk_nb.analysis.times.timelines import Pieces

USES = ("busy", "reserved", "idle", "offline", "unknown")
_PLACED = ("id", "machine_id", "machine_name", "outcome", "session_id", "release_session_after")
_NEEDED = ("id", "machine_id", "outcome", "started_at", "ended_at", "session_id", "release_session_after")

_DTYPES: dict[str, Any] = {
    "machine_id": "str",
    "machine_name": "str",
    "runs": "int64",
    **{f"{use}_s": "float64" for use in USES},
    **{f"{use}_share": "float64" for use in USES},
    "double_booked_s": "float64",
    "busy_offline_s": "float64",
}


@dataclass(frozen=True, slots=True)
class Work:
    """Runs on machines, as stretches of time, and what could not be placed.

    Attributes
    ----------
    placed
        The runs that have usable times, with their columns, ``is_live``, and ``start`` and ``end`` in microseconds; a
        live one ends with the window.
    without_times
        How many ended at a time that is not told, or before they began.
    """

    placed: pd.DataFrame
    without_times: int


def place_runs(runs: pd.DataFrame, window: Window) -> Work:
    """Read when which run was on a machine."""
    begun = bare(runs, (*_PLACED, "started_at", "ended_at"))
    begun = begun[begun["started_at"].notna()]
    is_live = (begun["outcome"] == "live") & begun["ended_at"].isna()
    start, told = micros(begun["started_at"]), micros(begun["ended_at"])
    end = np.where(is_live, np.maximum(start, window.until), told)
    is_usable = is_live.to_numpy() | (begun["ended_at"].notna().to_numpy() & (told >= start))
    table = begun.drop(columns=["started_at", "ended_at"]).assign(is_live=is_live, start=start, end=end)
    return Work(table[is_usable].reset_index(drop=True), int((~is_usable & (start < window.until)).sum()))


def utilisation(
    runs: pd.DataFrame,
    connections: pd.DataFrame | None = None,
    machines: pd.DataFrame | None = None,
    *,
    since: When = None,
    until: When = None,
    stale_after_s: float = STALE_AFTER_S,
) -> pd.DataFrame:
    """Tell what each machine did with its time.

    Each moment counts once, as the first of these that holds: **busy** (a run is on it, from its start to its end, live
    ones to `until`), **offline** (its connection is known to be down), **reserved** (a session holds it between runs),
    **idle** (it is connected), **unknown**.

    A session holds its machine from one of its runs to the next, unless the earlier one released it; and from its last
    run to `until` when the machine says so, or when a further run of it waits. Where neither tells how long a session
    lasted, the time after its last run does not count as reserved. Attempts that a retry erased are not in runs: their
    time counts as idle.

    Parameters
    ----------
    runs
        A frame as `runs_frame` gives it, with those that began before the window too: they may reach into it.
    connections
        A frame as `connections_frame` gives it. None: idle and offline cannot be told apart, and both are unknown.
    machines
        A frame as `machines_frame` gives it, fetched at about `until`: those without a run are then rows, too.
    since, until, stale_after_s
        As in `connection_spans`; None: the first and the last time that runs and connections tell.

    Returns
    -------
    pandas.DataFrame
        ``machine_id``, ``machine_name``, ``runs`` (that were on it in the window), ``busy_s``, ``reserved_s``,
        ``idle_s``, ``offline_s``, ``unknown_s`` (which add up to the window), the same as shares of the window
        (``busy_share``, ...), ``double_booked_s`` (the part of ``busy_s`` with more than one run), ``busy_offline_s``
        (the part with the connection down). In the order of machine names. No machine gives no row.

        ``attrs`` hold ``since``, ``until`` (ISO times), ``runs_without_machine`` (in the window, on a machine that was
        deleted), ``runs_without_times`` (that began, and whose end is missing or too early; both are in no row),
        ``sessions_without_end`` (how long they held a machine is not told), ``completeness`` of the runs.

    Raises
    ------
    RequestError
        When a column is missing, or the window is none.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> row = {"id": "r", "workflow_id": "w", "machine_id": "m", "status": "success", "created_at": "2026-11-01T06:00Z",
    ...        "started_at": "2026-11-01T06:00Z", "ended_at": "2026-11-01T12:00Z"}
    >>> float(utilisation(runs_frame(row), since="2026-11-01", until="2026-11-02").busy_share[0])
    0.25
    """
    require(runs, _NEEDED, "runs")
    completeness = runs.attrs.get("completeness")
    runs = bare(runs, (*_NEEDED, "machine_name"))
    told_at = [] if connections is None else [connections[name] for name in TIMES if name in connections]
    window = window_of(since, until, runs["started_at"], runs["ended_at"], *told_at)
    work = place_runs(runs, window)
    here = work.placed[(work.placed["start"] < window.until) & (work.placed["end"] > window.since)]
    placed = work.placed[work.placed["machine_id"].notna()]
    holds, endless = _holds(placed, runs, machines, window)
    layers = {"busy": placed, "reserved": holds}
    if connections is not None:
        layers |= _reach(connections, window, stale_after_s)
    names = _names(runs, connections, machines)
    keys = pd.Index(sorted(names, key=lambda key: (names[key] or key, key)), dtype="str")
    pieces = overlay({name: _stretches(rows, keys) for name, rows in layers.items()}, len(keys), window)
    table = _add_up(pieces, len(keys), window)
    table.insert(0, "runs", here["machine_id"].value_counts().reindex(keys, fill_value=0).to_numpy())
    table.insert(0, "machine_name", [names[key] for key in keys])
    table.insert(0, "machine_id", keys)
    told = table.astype(_DTYPES)
    first, last = window.times
    told.attrs = {
        "since": first.isoformat(),
        "until": last.isoformat(),
        "runs_without_machine": int(here["machine_id"].isna().sum()),
        "runs_without_times": work.without_times,
        "sessions_without_end": endless,
        "completeness": completeness,
    }
    return told


def _holds(
    placed: pd.DataFrame, runs: pd.DataFrame, machines: pd.DataFrame | None, window: Window
) -> tuple[pd.DataFrame, int]:
    """Give the stretches between runs in which a session holds its machine, and how many have no end that is told."""
    rows = placed[placed["session_id"].notna()].sort_values(["machine_id", "session_id", "start", "end"])
    gives_up = runs["release_session_after"].fillna(value=False).astype(bool)
    rows["is_released"] = ~rows["is_live"] & rows["release_session_after"].fillna(value=False).astype(bool)
    session = [rows["machine_id"], rows["session_id"]]
    reach = rows.groupby(session, observed=True)["end"].cummax()
    grouped = rows.assign(reach=reach).groupby(session, observed=True)
    then = grouped["start"].shift(-1)
    is_last = then.isna()
    between = ~is_last & ~rows["is_released"]
    last = rows[is_last]
    is_held = _is_held(last, machines) | (~last["is_released"] & last["session_id"].isin(_waiting(runs)))
    stretches = pd.concat(
        [
            pd.DataFrame({"machine_id": rows["machine_id"], "start": reach, "end": then})[between],
            pd.DataFrame({"machine_id": last["machine_id"], "start": reach[is_last], "end": window.until})[is_held],
        ]
    )
    # The run that should have released a chain's session may have been cancelled before it began.
    is_over = last["session_id"].isin(runs.loc[gives_up, "session_id"].dropna())
    return stretches, int((~is_held & ~is_over & ~last["is_live"]).sum())


def _is_held(last: pd.DataFrame, machines: pd.DataFrame | None) -> pd.Series:
    """Tell of the last run of each session on a machine whether the machine says that the session still holds it."""
    if machines is None or "reserved_session_id" not in machines:
        return pd.Series(data=False, index=last.index)
    holder = machines.drop_duplicates("id").set_index("id")["reserved_session_id"]
    return last["machine_id"].map(holder) == last["session_id"]


def _waiting(runs: pd.DataFrame) -> pd.Series:
    """Give the sessions of which a run has not begun yet."""
    return runs.loc[(runs["outcome"] == "live") & runs["started_at"].isna(), "session_id"].dropna()


def _reach(connections: pd.DataFrame, window: Window, stale_after_s: float) -> dict[str, pd.DataFrame]:
    since, until = window.times
    _, found = timelines(connections, since, until, None, stale_after_s)
    rows = [(one.machine_id, span.start, span.end, span.state) for one in found for span in one.spans]
    frame = pd.DataFrame(rows, columns=["machine_id", "start", "end", "state"])
    return {"offline": frame[frame["state"].isin(DOWN)], "connected": frame[frame["state"] == "connected"]}


def _names(
    runs: pd.DataFrame, connections: pd.DataFrame | None, machines: pd.DataFrame | None
) -> dict[str, str | None]:
    """Give the machines of all frames with their names."""
    frames = [runs] if connections is None else [runs, connections]
    parts = [bare(frame, ("machine_id", "machine_name")) for frame in frames]
    return machine_names(pd.concat(parts, ignore_index=True), machines)


def _stretches(rows: pd.DataFrame, keys: pd.Index) -> Stretches:
    start, end = (rows[name].to_numpy(dtype=np.int64) for name in ("start", "end"))
    return Stretches(keys.get_indexer(pd.Index(rows["machine_id"].astype("str"))).astype(np.int64), start, end)


def _add_up(pieces: Pieces, rows: int, window: Window) -> pd.DataFrame:
    """Add up the pieces by what the machine did in them."""
    lasting = pieces.end - pieces.start
    never = np.zeros(len(lasting), dtype=np.int64)
    busy, held, down, up = (pieces.depth.get(name, never) for name in ("busy", "reserved", "offline", "connected"))
    use = np.select([busy > 0, down > 0, held > 0, up > 0], [0, 3, 1, 2], 4)
    table: dict[str, npt.NDArray[np.float64]] = {
        f"{name}_s": _sum(pieces, rows, use == number) for number, name in enumerate(USES)
    }
    table |= {f"{name}_share": table[f"{name}_s"] / window.seconds for name in USES}
    parts: Mapping[str, npt.NDArray[np.bool_]] = {
        "double_booked_s": busy > 1,
        "busy_offline_s": (busy > 0) & (down > 0),
    }
    return pd.DataFrame(table | {name: _sum(pieces, rows, part) for name, part in parts.items()})


def _sum(pieces: Pieces, rows: int, kept: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Add up the length of some pieces for each row, in seconds."""
    total = np.zeros(rows, dtype=np.int64)
    np.add.at(total, pieces.row[kept], (pieces.end - pieces.start)[kept])
    return total / US
