"""Who caused each failure: the connection, the platform, the machine, the workflow, or nobody that can be named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cyberdesk_nb._extras import load
from cyberdesk_nb.analysis.causes.finding.connection_gap import TOGETHER_S, deaths, losses
from cyberdesk_nb.analysis.causes.finding.scene import ENDED, FAILED, Scene
from cyberdesk_nb.analysis.causes.finding.words import counted, percent
from cyberdesk_nb.analysis.machines.availability import connection_spans
from cyberdesk_nb.analysis.statistics.significance import Excess, check_confidence, excess, holm
from cyberdesk_nb.analysis.times.timelines import US, micros, require

if TYPE_CHECKING:
    from collections.abc import Iterator

CAUSES = ("connection", "platform", "machine", "workflow", "undecided")
_DTYPES: dict[str, Any] = {
    "run_id": "str",
    "created_at": pd.DatetimeTZDtype("us", "UTC"),
    "workflow_name": "str",
    "machine_name": "str",
    "outcome": "str",
    "error_signature": "str",
    "cause": pd.CategoricalDtype(pd.Index(CAUSES, dtype="str")),
    "subject_id": "str",
    "subject_name": "str",
    "evidence": "str",
    "attributable": "float64",
    "p_value": "float64",
    "p_adjusted": "float64",
}
_NEEDED = ("id", "created_at", "workflow_id", "machine_id", "outcome", "started_at", "ended_at")
_SAYS_CONNECTION = r"connect|websocket|network|unreachable|offline|no answer|tunnel|socket|1006"
_AT_ONCE_S = 60.0
_WINDOWS_S = (600.0, 3600.0)
_MACHINES_LEAST, _WORKFLOWS_LEAST = 3, 2
_HALF = 0.5
_KINDS = {"a platform error": ("infra_error",), "a failed task or check": ("task_failed", "check_failed")}


@dataclass(frozen=True, slots=True)
class _Verdict:
    """The cause of a failure."""

    cause: str
    evidence: str
    subject_id: str | None = None
    subject_name: str | None = None
    attributable: float = np.nan
    p_value: float = np.nan
    p_adjusted: float = np.nan


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A machine or workflow, and how much more often than others it fails in one way."""

    kind: str
    key: str
    outcomes: tuple[str, ...]
    way: str
    found: Excess

    @property
    def attributable(self) -> float:
        """Share of its failures beyond what the others would have had."""
        return max(0.0, 1 - self.found.expected / self.found.hits) if self.found.hits else 0.0


def attribute_failures(
    runs: pd.DataFrame, connections: pd.DataFrame | None = None, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Tell for each failed run what caused it, with the evidence; undecided where nothing can be shown.

    Causes are looked for in this order, and a run that is explained no longer counts in the next step:

    - ``connection``: a platform error within 10 minutes of the loss of its machine's connection while it ran, and the
      error speaks of a connection, or it came within a minute.
    - ``platform``: within 10 or 60 minutes far more runs than usual ended in a platform error, on three machines and
      two workflows or more, no machine with over half of them (binomial, corrected for all windows).
    - ``machine``, ``workflow``: it fails in this way (platform errors; failed tasks and checks) more often than the
      others do on the same workflows, or machines (exact conditional test, corrected for all machines, workflows and
      ways), and at least twice as often. Where both do, the one to which the larger share is due.

    Parameters
    ----------
    runs
        As `runs_frame` gives them: the failed ones and those that did not fail, without which nothing can be compared.
    connections
        As `connections_frame` gives them; None: no failure is put down to a connection, and that is stated.
    confidence
        Of all machines and workflows that are named, together.

    Returns
    -------
    pandas.DataFrame
        One row for each run whose outcome is ``task_failed``, ``infra_error`` or ``check_failed``, newest first:
        ``run_id``, ``created_at``, ``workflow_name``, ``machine_name``, ``outcome``, ``error_signature``, ``cause``,
        ``subject_id`` and ``subject_name`` (the machine or workflow; missing for several), ``evidence`` in words and
        numbers, ``attributable`` (share of such failures of the subject that is beyond what the others have: how likely
        it is the cause of this one), ``p_value``, ``p_adjusted`` (missing where it was seen and not estimated).

        ``attrs``: ``causes``, how many failures have which; ``tests``, how many comparisons were corrected for;
        ``checked``, what was looked at; ``completeness`` of the runs.

    Raises
    ------
    RequestError
        When a column is missing.
    ConfigurationError
        When the ``analysis`` extra is not installed.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> attribute_failures(runs_frame([])).empty
    True
    """
    check_confidence(confidence)
    require(runs, _NEEDED, "runs")
    names = [*_NEEDED, *("workflow_name", "machine_name", "error", "error_signature")]
    known = runs[[name for name in names if name in runs]]
    known.attrs = {}
    known = known.dropna(subset="id").drop_duplicates("id")
    known = known.sort_values("created_at", ascending=False, kind="stable", ignore_index=True)
    scene = Scene(known, confidence=confidence)
    verdicts: dict[str, _Verdict] = {}
    if connections is not None and len(connections):
        verdicts |= _connection(scene, connection_spans(connections))
    scene.explained = set(verdicts)
    verdicts |= _platform(scene)
    scene.explained = set(verdicts)
    suspects = list(_suspects(scene))
    verdicts |= _blamed(scene, suspects)
    rest = _undecided(connections is not None, len(suspects))
    failed = known[known["outcome"].isin(FAILED)]
    rows = [_row(run, verdicts.get(run["id"], rest)) for run in failed.to_dict("records")]
    table = pd.DataFrame(rows, columns=list(_DTYPES)).astype(_DTYPES)
    table.attrs = {
        "causes": {str(cause): int(n) for cause, n in table["cause"].value_counts(sort=False).items()},
        "tests": len(suspects),
        "checked": {
            "connection": "losses of connection"
            if connections is not None
            else "not checked: no connections were given",
            "platform": f"windows of {' and '.join(f'{length_s / 60:.0f}' for length_s in _WINDOWS_S)} minutes",
            "machine, workflow": f"{len(suspects)} comparisons with the others",
        },
        "completeness": runs.attrs.get("completeness"),
    }
    return table


def _row(run: dict[Any, Any], verdict: _Verdict) -> dict[str, Any]:
    return {
        "run_id": run["id"],
        **{
            name: run.get(name)
            for name in ("created_at", "workflow_name", "machine_name", "outcome", "error_signature")
        },
        **{name: getattr(verdict, name) for name in _Verdict.__slots__},
    }


def _connection(scene: Scene, spans: pd.DataFrame) -> dict[str, _Verdict]:
    """Find the runs that died with their machine's connection."""
    gaps = losses(spans)
    dead = deaths(scene.runs, gaps)
    late_s = (dead["ended_at"] - dead["lost_at"]).dt.total_seconds()
    says = dead["error"].fillna("").str.contains(_SAYS_CONNECTION, case=False) if "error" in dead else late_s < 0
    lost_us, machines = micros(gaps["start"]), gaps["machine_id"].to_numpy(dtype=object)
    found: dict[str, _Verdict] = {}
    for run, late, said, at_us in zip(dead.to_dict("records"), late_s, says, micros(dead["lost_at"]), strict=True):
        if not said and late > _AT_ONCE_S:
            continue
        others = len(set(machines[np.abs(lost_us - at_us) <= TOGETHER_S * US])) - 1
        name = scene.name("machine", run["machine_id"])
        when = f"{run['lost_at']:%Y-%m-%d %H:%M:%S} UTC"
        evidence = f"Machine {name} lost its connection at {when}, {max(0.0, late):.0f} s before the run ended"
        evidence += "; the error speaks of it" if said else "; the error does not speak of it"
        evidence += f". {counted(others, 'other machine')} lost theirs within two minutes." if others else "."
        found[run["id"]] = _Verdict("connection", evidence, run["machine_id"], name)
    return found


def _platform(scene: Scene) -> dict[str, _Verdict]:
    """Find windows in which far more runs than usual failed, on several machines and workflows."""
    ended = scene.ended().dropna(subset=["ended_at", "machine_id"]).sort_values("ended_at", kind="stable")
    failed = (ended["outcome"] == "infra_error").to_numpy()
    starts = np.flatnonzero(failed)
    if not len(starts):
        return {}
    times = micros(ended["ended_at"])
    hits = np.concatenate([[0], np.cumsum(failed)])
    stats: Any = load("scipy.stats", extra="analysis")
    found: dict[str, _Verdict] = {}
    for length_s in _WINDOWS_S:
        ends = np.searchsorted(times, times[starts] + int(length_s * US), side="right")
        n, k = ends - starts, hits[ends] - hits[starts]
        usual = (hits[-1] - k + 1) / (len(ended) - n + 2)
        # A window begins at a failure: that one is given, the others are chance.
        p_values = stats.binom.sf(k - 2, np.maximum(n - 1, 0), np.minimum(usual, 1.0))
        adjusted = np.minimum(1.0, p_values * len(starts) * len(_WINDOWS_S))
        for place in np.flatnonzero((adjusted <= 1 - scene.confidence) & (k >= _MACHINES_LEAST)).tolist():
            window = ended.iloc[starts[place] : ends[place]]
            struck = window[window["outcome"] == "infra_error"]
            by_machine = struck["machine_id"].value_counts()
            if len(by_machine) < _MACHINES_LEAST or struck["workflow_id"].nunique() < _WORKFLOWS_LEAST:
                continue
            if by_machine.iloc[0] > _HALF * len(struck):
                continue
            evidence = (
                f"{len(struck)} of {len(window)} runs that ended within {length_s / 60:.0f} minutes from "
                f"{struck['ended_at'].iloc[0]:%Y-%m-%d %H:%M:%S} UTC had a platform error, on {len(by_machine)} "
                f"machines and {struck['workflow_id'].nunique()} workflows; usual are {percent(float(usual[place]))}."
            )
            share = max(0.0, 1 - float(usual[place]) * len(window) / len(struck))
            verdict = _Verdict("platform", evidence, None, None, share, float(p_values[place]), float(adjusted[place]))
            found |= {run_id: verdict for run_id in struck["id"] if run_id not in found}
    return found


def _suspects(scene: Scene) -> Iterator[_Suspect]:
    """Compare each machine with the others on the same workflows, and each workflow on the same machines."""
    ended = scene.ended()
    ended = ended[ended["outcome"].isin(ENDED) & ended["machine_id"].notna() & ended["workflow_id"].notna()]
    for kind, other in (("machine", "workflow"), ("workflow", "machine")):
        keys, names = pd.factorize(ended[f"{kind}_id"])
        strata = pd.factorize(ended[f"{other}_id"])[0]
        if len(names) < 2:
            continue
        for way, outcomes in _KINDS.items():
            hits = ended["outcome"].isin(outcomes).to_numpy()
            for number, key in enumerate(names):
                yield _Suspect(kind, str(key), outcomes, way, excess(hits, keys == number, strata))


def _blamed(scene: Scene, suspects: list[_Suspect]) -> dict[str, _Verdict]:
    """Give the failures of those that fail more than chance allows; the larger share goes first."""
    adjusted = holm([suspect.found.p_value for suspect in suspects]).tolist()
    guilty = [
        (suspect, p)
        for suspect, p in zip(suspects, adjusted, strict=True)
        if p <= 1 - scene.confidence and suspect.attributable >= _HALF
    ]
    ended = scene.ended()
    found: dict[str, _Verdict] = {}
    named: set[str] = set()
    for suspect, p in sorted(guilty, key=lambda pair: -pair[0].attributable):
        if not _stands_alone(ended, suspect, named, 1 - scene.confidence):
            continue
        named.add(suspect.key)
        name, one = scene.name(suspect.kind, suspect.key), suspect.found
        where = "workflows" if suspect.kind == "machine" else "machines"
        evidence = (
            f"{one.hits} of {one.n} runs of {suspect.kind} {name} ended in {suspect.way}; the other {suspect.kind}s "
            f"would have had {one.expected:.1f} on the same {where} (p = {p:.2g}, corrected for {len(suspects)} "
            "comparisons)."
        )
        verdict = _Verdict(suspect.kind, evidence, suspect.key, name, suspect.attributable, one.p_value, p)
        mine = ended[(ended[f"{suspect.kind}_id"] == suspect.key) & ended["outcome"].isin(suspect.outcomes)]
        found |= {run_id: verdict for run_id in mine["id"] if run_id not in found}
    return found


def _stands_alone(ended: pd.DataFrame, suspect: _Suspect, named: set[str], alpha: float) -> bool:
    """Tell whether a suspect fails more apart from those named before, too: one's failures are not the other's."""
    other = "workflow_id" if suspect.kind == "machine" else "machine_id"
    apart = ended[~ended[other].isin(named) & ended[other].notna() & ended[f"{suspect.kind}_id"].notna()]
    mine = (apart[f"{suspect.kind}_id"] == suspect.key).to_numpy()
    hits = apart["outcome"].isin(suspect.outcomes).to_numpy()
    return excess(hits, mine, pd.factorize(apart[other])[0]).p_value <= alpha


def _undecided(with_connections: bool, tests: int) -> _Verdict:
    seen = "no loss of its machine's connection explains it" if with_connections else "connections were not given"
    compared = f"no more than chance in {tests} comparisons" if tests else "nothing to compare with"
    return _Verdict("undecided", f"Neither its machine nor its workflow fails more than others: {compared}; {seen}.")
