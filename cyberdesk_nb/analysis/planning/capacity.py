"""How long runs would wait with fewer or more machines: the arrivals of the past, replayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cyberdesk_nb.analysis.planning.past_demand import demand_of, took_machines
from cyberdesk_nb.analysis.planning.past_fleet import fleet_of
from cyberdesk_nb.analysis.planning.replaying import NEVER
from cyberdesk_nb.analysis.statistics.intervals import quantile_interval
from cyberdesk_nb.analysis.times.timelines import US, When, require
from cyberdesk_nb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from cyberdesk_nb.analysis.planning.past_demand import Demand
    from cyberdesk_nb.analysis.planning.past_fleet import Fleet

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

_NEEDED = (
    *("id", "machine_id", "pool_ids", "session_id", "is_priority", "outcome"),
    *("created_at", "started_at", "ended_at"),
)
_SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
_COLUMNS: dict[str, Any] = {
    "machines": "int64",
    "n": "int64",
    "waited_share": "float64",
    "wait_mean_s": "float64",
    **{f"wait_{name}_s": "float64" for name in _SHARES},
    "wait_max_s": "float64",
    "never_started": "int64",
    "utilisation": "float64",
    "machines_observed": "Int64",
    "wait_p95_s_observed": "float64",
    "wait_p95_s_observed_low": "float64",
    "wait_p95_s_observed_high": "float64",
    "wait_p95_s_replayed": "float64",
}


def capacity(
    runs: pd.DataFrame,
    machines: int | Sequence[int] | None = None,
    *,
    connections: pd.DataFrame | None = None,
    machine_pools: pd.DataFrame | None = None,
    as_of: When = None,
) -> pd.DataFrame:
    """Predict how long runs would have waited with another number of machines, by replaying when they were asked for.

    Assumed is that

    - runs with priority go first, then those asked for first;
    - a run may go to any machine that is in all of its pools, or to any at all when it names none; it takes the one
      that it took when that is free, and takes as long as it took on any;
    - a session keeps its machine from its first run to its last;
    - a run that waited while another machine that would do stood free was asked for on the machine that it got;
    - a run that waited while the machine that it got stood free was held by what runs do not tell, such as an attempt
      that a retry has erased: that wait stays, however many machines there are;
    - between a machine and the run's start lies what it took in the past, as the runs show that found a machine free;
      where that lies beyond their upper quartile by more than 1.5 times the distance of the quartiles, the median
      stands for it;
    - nobody would have asked for other runs had the waits been others.

    Of fewer machines than observed those stay that ran most; further ones are like these, in turn, beginning with the
    one that ran most: in the same pools, connected at the same times.

    Parameters
    ----------
    runs
        A frame as `runs_frame` gives it, with all runs of the machines.
    machines
        How many machines, or several numbers to compare. None: as many as observed.
    connections
        A frame as `connections_frame` gives it: machines take no runs while they are not connected. None: they always
        do. Time of which it is not known whether a machine was connected counts when a run was on it then.
    machine_pools
        A frame as `machine_pools_frame` gives it. A machine is in these pools, and in those for which it was seen to
        run.
    as_of
        When the frame was fetched; naive is UTC. None: the latest time in it.

    Returns
    -------
    pandas.DataFrame
        A row for each number of machines, in the order given: ``machines``, ``n`` (runs replayed), ``waited_share``
        (those for which no machine was free), ``wait_mean_s``, ``wait_p50_s``, ``wait_p90_s``, ``wait_p95_s``,
        ``wait_p99_s`` (linear between neighbours), ``wait_max_s``, ``never_started`` (runs for which there is no
        machine; their wait is infinite), ``utilisation`` (share of the machines' connected time that runs take, from
        the first creation to the last end).

        To judge it by: ``machines_observed``, ``wait_p95_s_observed`` (of the same runs in the past), and
        ``wait_p95_s_replayed`` with the machines observed. Where the last two differ, something that is not assumed
        made runs wait, and the other rows are as far off. ``wait_p95_s_observed_low`` and
        ``wait_p95_s_observed_high``, the 95 % interval of what was observed, by the ranks of the waits, tell how far it
        rests on few of them; an end that so few runs do not tell is missing. No prediction is surer than that. It takes
        the waits for independent; those of one queue are alike, so that it is rather too narrow.

        ``attrs`` hold ``left_out`` (by reason: runs that never took a machine, and those without times that make
        sense), ``going_on`` (runs still on a machine: they count as ending at `as_of`), ``unexplained`` (runs that
        waited while the machine that they got stood free), ``pinned`` (runs taken as asked for on
        one machine), ``start_delay_s`` (the median). Without runs the figures are missing, and without
        `machines` there is no row.

    Raises
    ------
    RequestError
        When a column is missing, for a number of machines below 1, and without `machines` when no run names one.
    ConfigurationError
        When scipy is not installed (the extra `analysis`), which bounds the observed wait.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> int(capacity(runs_frame([]), 3).machines[0])
    3
    """
    require(runs, _NEEDED, "runs")
    past, left_out, going_on = took_machines(runs[list(_NEEDED)], as_of)
    fleet = fleet_of(past, connections, machine_pools)
    known = len(fleet.spans)
    counts = [machines] if isinstance(machines, int) else [known] if machines is None else list(machines)
    if machines is None and past.empty:
        counts = []
    if any(count < 1 for count in counts):
        raise RequestError(
            "No run names its machine." if machines is None else "The number of machines must be 1 or more.",
            hint="Give how many machines to replay the runs on.",
        )
    demand = demand_of(past, fleet)
    waits = {count: _waits(demand, fleet.of_size(count)) for count in {*counts, known} if count}
    low_s, high_s = quantile_interval(demand.waited / US, 0.95)
    observed = {
        "machines_observed": known or pd.NA,
        "wait_p95_s_observed": _quantile(demand.waited / US, 0.95),
        "wait_p95_s_observed_low": low_s,
        "wait_p95_s_observed_high": high_s,
        "wait_p95_s_replayed": waits[known]["wait_p95_s"] if known else np.nan,
    }
    table = pd.DataFrame([waits[count] | observed for count in counts], columns=list(_COLUMNS)).astype(_COLUMNS)
    table.attrs = {
        "left_out": left_out,
        "going_on": going_on,
        "pinned": int(demand.is_pinned.sum()),
        "unexplained": int((demand.held > 0).sum()),
        "start_delay_s": float(np.median(demand.delay)) / US if len(past) else None,
        "completeness": runs.attrs.get("completeness"),
    }
    return table


def _waits(demand: Demand, fleet: Fleet) -> dict[str, Any]:
    """Replay the runs and sum up their waits."""
    queued = demand.queued(fleet)
    started = queued < NEVER
    wait_s = np.where(started, (demand.held + queued + demand.delay) / US, np.inf)
    n = len(queued)
    return {
        "machines": len(fleet.spans),
        "n": n,
        "waited_share": float((queued > 0).mean()) if n else np.nan,
        "wait_mean_s": float(wait_s.mean()) if n else np.nan,
        **{f"wait_{name}_s": _quantile(wait_s, share) for name, share in _SHARES.items()},
        "wait_max_s": float(wait_s.max()) if n else np.nan,
        "never_started": int((~started).sum()),
        "utilisation": _utilisation(demand, fleet, queued),
    }


def _utilisation(demand: Demand, fleet: Fleet, queued: Ints) -> float:
    """Give the share of the time that machines took runs in which they had one."""
    started = queued < NEVER
    if not started.any():
        return np.nan
    taken = (demand.taken + demand.delay)[started]
    first = int(demand.created.min())
    last = int((demand.asked[started] + queued[started] + taken).max())
    there = sum(max(0, min(end, last) - max(start, first)) for spans in fleet.spans for start, end in spans)
    return float(taken.sum()) / there if there else np.nan


def _quantile(wait_s: Floats, share: float) -> float:
    """Give a quantile, linear between neighbours; next to an infinite wait the longer of them."""
    if not len(wait_s):
        return np.nan
    return float(np.quantile(wait_s, share, method="linear" if np.isfinite(wait_s).all() else "higher"))
