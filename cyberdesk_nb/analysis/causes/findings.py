"""What is wrong with a fleet, in words, the costliest first, and nothing that may be chance."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from cyberdesk_nb.analysis.causes.finding.cached_share_fell import fallen_cached_shares
from cyberdesk_nb.analysis.causes.finding.connection_gap import connection_gaps
from cyberdesk_nb.analysis.causes.finding.fails_more import bad_machines, bad_workflows
from cyberdesk_nb.analysis.causes.finding.failures_rose import risen_failures
from cyberdesk_nb.analysis.causes.finding.hidden_retry import hidden_retry
from cyberdesk_nb.analysis.causes.finding.queue_at_hour import queues_at_hours
from cyberdesk_nb.analysis.causes.finding.scene import Scene, is_whole
from cyberdesk_nb.analysis.causes.finding.slow_version import slow_versions
from cyberdesk_nb.analysis.causes.reconciling import reconcile_usage
from cyberdesk_nb.analysis.machines.availability import connection_spans
from cyberdesk_nb.analysis.statistics.significance import check_confidence, holm
from cyberdesk_nb.analysis.times.timelines import When, require, window_of
from cyberdesk_nb.errors import RequestError, printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from cyberdesk_nb.analysis.causes.finding.finding import Finding, Search

_NEAR = 0.1
_TIME: Any = pd.DatetimeTZDtype("us", "UTC")
_DTYPES: dict[str, Any] = {
    "kind": "str",
    "subject_kind": "str",
    "subject_id": "str",
    "subject_name": "str",
    "headline": "str",
    "detail": "str",
    "since": _TIME,
    "until": _TIME,
    "n": "int64",
    "effect": "float64",
    "effect_low": "float64",
    "effect_high": "float64",
    "effect_unit": "str",
    "p_value": "float64",
    "p_adjusted": "float64",
    "runs_lost": "float64",
    "hours_lost": "float64",
    "run_ids": "str",
}

_LOOKED_AT = (
    *("id", "workflow_id", "workflow_name", "machine_id", "machine_name", "outcome", "is_priority", "session_id"),
    *("created_at", "started_at", "ended_at", "queue_wait_s", "duration_s"),
    *("steps_agentic", "steps_cached", "cached_share"),
)

# The order matters: what a lost connection or a retry explains tells nothing of machines, workflows and waits.
_FIRST: tuple[Callable[[Scene], Search], ...] = (connection_gaps, hidden_retry)
_THEN: tuple[Callable[[Scene], Search], ...] = (
    bad_machines,
    bad_workflows,
    slow_versions,
    fallen_cached_shares,
    queues_at_hours,
    risen_failures,
)


def findings(
    runs: pd.DataFrame,
    *,
    connections: pd.DataFrame | None = None,
    machines: pd.DataFrame | None = None,
    workflows: pd.DataFrame | None = None,
    usage: pd.DataFrame | None = None,
    since: When = None,
    until: When = None,
    tz: str = "UTC",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Name what is wrong, the costliest first; a fleet without trouble gives no row in 95 of 100 cases.

    Looked for are: ``connection_gap`` (machines that lost their connection together, and runs died), ``hidden_retry``
    (successes whose first attempt failed), ``bad_machine`` and ``bad_workflow`` (fail more than others on the same
    work), ``slow_version`` (takes longer since a time, at the same share of replay), ``cached_share_fell`` (replays
    less since a time), ``queue_at_hour`` (waits pile up at an hour, day after day), ``failures_rose`` (more failures
    since a time). What is estimated is tested, and all tests together are corrected (Holm): where nothing is wrong, the
    chance of any such row is at most ``1 - confidence``. Small effects are left out, however sure.

    Parameters
    ----------
    runs
        As `runs_frame` gives them. A kind whose columns are missing is not looked for, and that is stated.
    connections, machines, workflows, usage
        As their frames give them; None where not known. Connections are needed for ``connection_gap``; names of
        machines come from `machines` where the runs have none; workflows tell when they changed and their last error;
        whether usage of the same time agrees with the runs stands in ``attrs["checked"]``.
    since, until
        Bounds of ``created_at``, both inclusive; as in `connection_spans`. None: all runs given.
    tz
        Time zone of the hours of the day and of the times in words.
    confidence
        Of all rows together, and of each interval.

    Returns
    -------
    pandas.DataFrame
        One row for each finding: ``kind``; ``subject_kind``, ``subject_id``, ``subject_name``; ``headline``, one
        sentence; ``detail``; ``since``, ``until``; ``n`` (runs it rests on); ``effect`` with ``effect_low``,
        ``effect_high`` and ``effect_unit`` (``share``: difference of rates; ``times``; ``s``; ``runs``); ``p_value``
        and ``p_adjusted``, missing where counted and not estimated; ``runs_lost`` and ``hours_lost``; ``run_ids``, a
        JSON list. Sorted by ``runs_lost``, then ``hours_lost``. Names are text from outside, on one line.

        ``attrs``: ``tests``, how many comparisons were corrected for; ``checked``, by kind what was looked at or why it
        could not be; ``n``, the runs looked at; ``completeness`` of the runs.

    Raises
    ------
    RequestError
        When the runs lack ``id`` or ``created_at``, or a time, time zone or confidence is none.
    ConfigurationError
        When the ``analysis`` extra is not installed.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> findings(runs_frame([])).empty
    True
    """
    scene = _scene(runs, connections, machines, workflows, since, until, tz, confidence)
    searches: list[Search] = []
    for search in _FIRST:
        searches.append(search(scene))
        if search is connection_gaps:
            scene.explained = {run_id for _, one in searches[-1].tested if one is not None for run_id in one.run_ids}
    searches += [search(scene) for search in _THEN]
    tested = [pair for search in searches for pair in search.tested]
    kept: list[tuple[Finding, float]] = [(one, float("nan")) for search in searches for one in search.certain]
    for (_, one), adjusted in zip(tested, holm([p for p, _ in tested]).tolist(), strict=True):
        if one is not None and adjusted <= 1 - confidence:
            kept.append((one, adjusted))
    kept = [pair for pair in kept if not _is_told(pair[0], [one for one, _ in kept], scene)]
    kept.sort(key=lambda pair: (-pair[0].runs_lost, -pair[0].hours_lost))
    table = pd.DataFrame([_row(one, adjusted) for one, adjusted in kept], columns=list(_DTYPES)).astype(_DTYPES)
    table.attrs = {
        "tests": len(tested),
        "checked": {search.kind: search.checked for search in searches} | {"usage": _usage(runs, usage)},
        "n": len(scene.runs),
        "completeness": runs.attrs.get("completeness"),
    }
    return table


def _scene(
    runs: pd.DataFrame,
    connections: pd.DataFrame | None,
    machines: pd.DataFrame | None,
    workflows: pd.DataFrame | None,
    since: When,
    until: When,
    tz: str,
    confidence: float,
) -> Scene:
    check_confidence(confidence)
    _check_zone(tz)
    require(runs, ("id", "created_at"), "runs")
    whole = is_whole(runs)
    # Texts of inputs and histories are the most of a frame, and every selection would copy them.
    runs = runs[[name for name in _LOOKED_AT if name in runs]]
    runs.attrs = {}
    runs = runs.drop_duplicates("id").sort_values("created_at", kind="stable", ignore_index=True)
    if (since is not None or until is not None) and len(runs):
        start, end = window_of(since, until, runs["created_at"]).times
        runs = runs[(runs["created_at"] >= start) & (runs["created_at"] <= end)].reset_index(drop=True)
    scene = Scene(runs, workflows=workflows, tz=tz, confidence=confidence, is_whole=whole)
    if connections is not None and len(connections):
        try:
            scene.spans, scene.connections = connection_spans(connections), connections
        except RequestError as error:
            scene.no_spans = error.message
    for kind, frame in (("machine", machines), ("workflow", workflows)):
        if frame is not None and "name" in frame:
            scene.known |= {(kind, key): name for key, name in zip(frame["id"], frame["name"], strict=True)}
    return scene


def _is_told(finding: Finding, others: list[Finding], scene: Scene) -> bool:
    """Tell whether a workflow is slower just because it replays less since about that time, which is said already."""
    if finding.kind != "slow_version":
        return False
    times = scene.runs["created_at"]
    near_s = _NEAR * (times.max() - times.min()).total_seconds()
    return any(
        other.kind == "cached_share_fell"
        and other.subject_id == finding.subject_id
        and _apart_s(other.since, finding.since) <= near_s
        for other in others
    )


def _apart_s(a: pd.Timestamp | None, b: pd.Timestamp | None) -> float:
    return abs((a - b).total_seconds()) if a is not None and b is not None else float("inf")


def _usage(runs: pd.DataFrame, usage: pd.DataFrame | None) -> str:
    """Say whether the server counted the same steps."""
    if usage is None or usage.empty:
        return "not checked: no usage was given"
    try:
        table = reconcile_usage(runs, usage)
    except RequestError as error:
        return f"not checked: {error.message}"
    gaps = table[~table["is_balanced"].fillna(value=False)]
    if gaps.empty:
        return "the server counted the same runs and steps"
    first = gaps.iloc[0]
    size = f"{len(gaps)} of {len(table)} sums, {first['measure']} by {first['gap']}"
    return f"the server counted otherwise ({size}). {first['reason']}"


def _check_zone(tz: str) -> None:
    try:
        ZoneInfo(tz)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise RequestError(
            f"{printable(str(tz), 60)!r} is no time zone.", hint='Use a name such as "Europe/Berlin" or "UTC".'
        ) from None


def _row(finding: Finding, adjusted: float) -> dict[str, Any]:
    row, size = asdict(replace(finding, run_ids=())), finding.size
    row |= {"effect": size.value, "effect_low": size.low, "effect_high": size.high, "effect_unit": finding.unit}
    return row | {"run_ids": json.dumps(finding.run_ids), "p_adjusted": adjusted}
