"""Runs that were tried more than once: a retry overwrites what it repeats, and only traces of it stay elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from cyberdesk_nb.analysis.figures.idle_waits import idle_waits
from cyberdesk_nb.analysis.machines.availability import connection_spans
from cyberdesk_nb.analysis.times.timelines import US, micros, require

if TYPE_CHECKING:
    from collections.abc import Iterator

_SLACK = pd.Timedelta(seconds=1)
_DELAY_US = 60 * US
_WHEN = "%Y-%m-%d %H:%M:%S"
_ODD_LEAST, _ODD_SHARE = 3, 0.02
_NEEDED = (
    *("id", "workflow_id", "machine_id", "outcome", "is_priority", "session_id"),
    *("created_at", "started_at", "ended_at", "queue_wait_s"),
)
Row = dict[str, Any]

_COLUMNS: dict[str, Any] = {
    "run_id": "string",
    "workflow_id": "string",
    "outcome": "string",
    "started_at": "datetime64[us, UTC]",
    "evidence": "string",
    "certainty": "string",
    "detail": "string",
    "first_started_at": "datetime64[us, UTC]",
}
_SURE, _LIKELY, _POSSIBLE = "sure", "likely", "possible"
_STRENGTH = {_SURE: 0, _LIKELY: 1, _POSSIBLE: 2}


def hidden_retries(
    runs: pd.DataFrame,
    workflows: pd.DataFrame | None = None,
    trajectories: pd.DataFrame | None = None,
    attachments: pd.DataFrame | None = None,
    connections: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Find runs of which an earlier attempt was overwritten by a retry (`POST /v1/runs/{run_id}/retry`).

    A retry keeps the run's id and ``created_at`` and clears the rest, so that a failure can hide behind a success, and
    the time of the first attempt counts as a wait. An attempt that left no trace is not found: there may be more.

    Parameters
    ----------
    runs
        A frame as `runs_frame` gives it.
    workflows
        A frame as `workflows_frame` gives it: a workflow remembers the last of its runs that ended in an error.
    trajectories
        A frame as `trajectories_frame` gives it: a recording made before its run began is of an earlier attempt.
    attachments
        A frame as `attachments_frame` gives it: so is a file that came out of a run before it began.
    connections
        A frame as `connections_frame` gives it, to see which machines stood idle; only together with all runs of the
        machines, as one that is not there leaves its machine idle.

    Returns
    -------
    pandas.DataFrame
        A row for each run and kind of evidence, the surest first, then by ``started_at``: ``run_id``, ``workflow_id``,
        ``outcome`` (now), ``started_at`` (now), ``evidence``, ``certainty``, ``detail`` (a sentence),
        ``first_started_at`` (missing where it is not known). The evidence:

        - ``error_note``: the workflow's note names the run; ``sure`` when it names an earlier start of it, or the run
          waits again; ``likely`` when it only contradicts the outcome.
        - ``earlier_recording``, ``earlier_file``: ``likely``, as users can store these, too.
        - ``overtaken``: ``possible``; later runs of no higher priority began on the very machine that it then got,
          a minute or more after it was asked for and before it began.
        - ``idle_machine``: ``possible``; that machine was connected and free for 5 minutes and
          half of the wait or more.

        The last two are for runs outside of sessions. Where more than 3 runs and 2 % of all show one of them, this is
        how the fleet is run and no trace: those rows are left out. ``attrs["looked_at"]`` names the evidence looked
        for, ``attrs["withheld"]`` how many rows of which kind were left out.

    Raises
    ------
    RequestError
        When a frame lacks a column that is needed.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> hidden_retries(runs_frame([])).empty
    True
    """
    require(runs, _NEEDED, "runs")
    runs = runs.dropna(subset="id").drop_duplicates("id")
    found: dict[str, list[Row]] = {}
    withheld: dict[str, int] = {}
    if workflows is not None:
        require(workflows, ("last_errored_run_id", "last_errored_run_start"), "workflows")
        found["error_note"] = list(_noted(runs, workflows))
    if trajectories is not None:
        require(trajectories, ("run_id", "created_at"), "trajectories")
        found["earlier_recording"] = list(_made_before(runs, trajectories, "earlier_recording"))
    if attachments is not None:
        require(attachments, ("run_id", "created_at", "attachment_type"), "attachments")
        out = attachments[attachments["attachment_type"] == "output"]
        found["earlier_file"] = list(_made_before(runs, out, "earlier_file"))
    queued = runs[runs["machine_id"].notna()].dropna(subset=["created_at", "started_at"])
    odd = {"overtaken": list(_overtaken(queued))}
    if connections is not None:
        odd["idle_machine"] = list(_idle(queued, connections))
    for kind, rows in odd.items():
        if len(rows) > max(_ODD_LEAST, _ODD_SHARE * len(queued)):
            withheld[kind] = len(rows)
        else:
            found[kind] = rows
    table = pd.DataFrame([row for rows in found.values() for row in rows], columns=list(_COLUMNS))
    # A column without any time has no time zone, and pandas would not give it one.
    for name in ("started_at", "first_started_at"):
        table[name] = pd.to_datetime(table[name], utc=True)
    table = table.astype(_COLUMNS)
    order = table.assign(certainty=table["certainty"].map(_STRENGTH)).sort_values(["certainty", "started_at", "run_id"])
    table = table.loc[order.index].reset_index(drop=True)
    table.attrs = {"looked_at": [*found, *withheld], "withheld": withheld}
    return table


def _row(run: Row, evidence: str, certainty: str, detail: str, first: object = pd.NaT) -> Row:
    known = {name: run[name] for name in ("workflow_id", "outcome", "started_at")}
    found = {"evidence": evidence, "certainty": certainty, "detail": detail, "first_started_at": first}
    return {"run_id": run["id"], **known, **found}


def _rows(frame: pd.DataFrame) -> list[Row]:
    return cast("list[Row]", frame.to_dict("records"))


def _noted(runs: pd.DataFrame, workflows: pd.DataFrame) -> Iterator[Row]:
    """Compare what each workflow remembers of its last error with what that run is now."""
    notes = workflows[["last_errored_run_id", "last_errored_run_start"]].drop_duplicates("last_errored_run_id")
    for run in _rows(runs.merge(notes, left_on="id", right_on="last_errored_run_id")):
        first: pd.Timestamp = run["last_errored_run_start"]
        now: pd.Timestamp = run["started_at"]
        waits_again = now is pd.NaT and run["outcome"] == "live"
        if first is not pd.NaT and (waits_again or first < now - _SLACK):
            then = "waits again" if waits_again else f"began at {now:{_WHEN}} UTC"
            detail = f"An attempt that began at {first:{_WHEN}} UTC ended in an error; the run now {then}."
            yield _row(run, "error_note", _SURE, detail, first)
        elif run["outcome"] == "success" or (run["outcome"] == "live" and first is pd.NaT):
            # A run that was live when it was fetched may have ended in this very error since.
            detail = f"The workflow remembers that it ended in an error; now it is {run['outcome']}."
            yield _row(run, "error_note", _LIKELY, detail)


def _made_before(runs: pd.DataFrame, made: pd.DataFrame, name: str) -> Iterator[Row]:
    """Find what was made out of a run before it began."""
    times = made[["run_id", "created_at"]].rename(columns={"run_id": "id", "created_at": "made_at"})
    joined = runs.merge(times.sort_values("made_at"), on="id")
    is_before: pd.Series = (joined["made_at"] < joined["started_at"] - _SLACK) & (
        joined["made_at"] >= joined["created_at"]
    )
    what = "A recording of it was" if name == "earlier_recording" else "A file that came out of it was"
    for run in _rows(joined[is_before].drop_duplicates("id")):
        detail = f"{what} made at {run['made_at']:{_WHEN}} UTC; it began at {run['started_at']:{_WHEN}} UTC."
        yield _row(run, name, _LIKELY, detail)


def _overtaken(runs: pd.DataFrame) -> Iterator[Row]:
    """Find runs that waited while later ones began on the machine that they then got."""
    alone = runs[runs["session_id"].isna()].reset_index(drop=True)
    times = alone[["machine_id", "created_at", "started_at", "is_priority"]]
    for _, group in times.groupby("machine_id", observed=True):
        in_order = group.sort_values("started_at")
        later, waited_min = _later(in_order)
        was = later > 0
        # Only of these a row is made: where many waited, few were overtaken.
        found = _rows(alone.loc[in_order.index[was]])
        for run, count, minutes in zip(found, later[was].tolist(), waited_min[was].tolist(), strict=True):
            them = f"{count} later run{'s' if count > 1 else ''}"
            detail = f"It waited {minutes:.0f} min, while {them} began on the machine that it then got."
            yield _row(run, "overtaken", _POSSIBLE, detail)


def _later(runs: pd.DataFrame) -> tuple[np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.float64]]]:
    """Count for each run of a machine, in the order in which they began, those that overtook it; and its wait."""
    created, started = micros(runs["created_at"]), micros(runs["started_at"])
    priority = runs["is_priority"].fillna(value=False).to_numpy(dtype=np.bool_)
    firsts = np.searchsorted(started, created + _DELAY_US)
    lasts = np.searchsorted(started, started - _DELAY_US)
    later = np.zeros(len(runs), np.int64)
    for place in np.flatnonzero(firsts < lasts).tolist():
        between = slice(int(firsts[place]), int(lasts[place]))
        overtook = (created[between] > created[place]) & (priority[between] <= priority[place])
        later[place] = np.count_nonzero(overtook)
    return later, (started - created) / US / 60


def _idle(runs: pd.DataFrame, connections: pd.DataFrame) -> Iterator[Row]:
    """Find runs that waited while the machine that they then got was connected and free."""
    if runs.empty or connections.empty:
        return
    spans = connection_spans(connections, since=runs["created_at"].min(), until=runs["started_at"].max() + _SLACK)
    waits = idle_waits(runs, spans).rename(columns={"run_id": "id"})
    for run in _rows(runs.merge(waits, on="id")):
        minutes = f"{run['wait_s'] / 60:.0f} min, {run['idle_s'] / 60:.0f} of them"
        detail = f"It waited {minutes} while the machine that it then got was free."
        yield _row(run, "idle_machine", _POSSIBLE, detail)
