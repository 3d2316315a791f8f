"""The first screen: what to look at first, the key figures, and how far they are to be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cyberdesk_nb.analysis.statistics.intervals import quantile_interval
from cyberdesk_nb.report.cells import (
    NOTHING,
    between,
    count,
    duration,
    is_missing,
    moment,
    number,
    probability,
    share,
    text,
)
from cyberdesk_nb.report.study import UnavailableError, wholeness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cyberdesk_nb.report.study import Study

_FINDINGS_MAX = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at: a sentence, more of it, and the figures behind it."""

    headline: str
    detail: str
    facts: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A key figure: its name, its value, and what is to be known of it."""

    name: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What the first screen says.

    Attributes
    ----------
    findings
        The most important first.
    verdict
        What is said above them, or in their place.
    figures
        The key figures.
    trust
        Age and completeness of the data, a sentence each.
    is_whole
        Whether all data came.
    """

    findings: tuple[Finding, ...]
    verdict: str
    figures: tuple[Figure, ...]
    trust: tuple[str, ...]
    is_whole: bool


def summarise(study: Study) -> Summary:
    """Make the first screen."""
    findings, verdict = _findings(study)
    return Summary(findings, verdict, _figures(study), _trust(study), _is_whole(study))


def _findings(study: Study) -> tuple[tuple[Finding, ...], str]:
    try:
        table = study.get("findings")
    except UnavailableError as error:
        return (), f"What to look at first could not be worked out: {error}"
    tests: Any = table.attrs.get("tests")
    after = f" of {tests:,} comparisons" if isinstance(tests, int) else ""
    if not len(study.runs):
        return (), "There are no runs in this time, so that there is nothing to look at."
    if table.empty:
        nothing = f"Nothing stands out: none{after or ' of what was compared'} shows a difference beyond chance."
        return (), nothing + _alone(study)
    rows = table.head(_FINDINGS_MAX).to_dict("records")
    more = f" The first {len(rows)} of {len(table)}; the attached frame has all." if len(table) > len(rows) else ""
    corrected = f"corrected for the number{after or ' of comparisons'}"
    verdict = f"What stands out beyond chance ({study.scope.level}, {corrected}).{more}{_alone(study)}"
    return tuple(_finding(row) for row in rows), verdict  # type: ignore[arg-type]


def _alone(study: Study) -> str:
    """Say that one machine or one workflow has no others to be worse than: silence is no praise then."""
    alone = [noun for noun in ("machine", "workflow") if study.runs[f"{noun}_id"].nunique() == 1]
    return f" All runs are of one {' and one '.join(alone)}, which is not compared with others." if alone else ""


def _finding(row: Mapping[str, Any]) -> Finding:
    effect = _effect(row)
    p = row.get("p_adjusted")
    lost = row.get("runs_lost")
    facts = [
        "" if is_missing(row.get("n")) else f"n = {count(row['n'])}",
        effect,
        "" if is_missing(p) else f"p {'' if probability(p).startswith('<') else '= '}{probability(p)}, corrected",
        "" if is_missing(lost) or not float(str(lost)) else f"{count(round(float(str(lost))))} runs lost",
    ]
    detail = row.get("detail")
    return Finding(text(row.get("headline")), "" if is_missing(detail) else str(detail), "; ".join(filter(None, facts)))


def _effect(row: Mapping[str, Any]) -> str:
    unit = row.get("effect_unit")
    read = {"share": share, "s": duration, "runs": count}.get(str(unit), number)
    value, low, high = (row.get(name) for name in ("effect", "effect_low", "effect_high"))
    if is_missing(value) or unit == "runs":
        return ""
    interval = "" if is_missing(low) or is_missing(high) else f" ({read(low)} to {read(high)})"
    if unit == "times":
        return f"{read(value)} times{interval}"
    return f"difference {read(value)}{interval}" if unit in ("share", "s") else f"effect {read(value)}{interval}"


def _figures(study: Study) -> tuple[Figure, ...]:
    row: Mapping[Any, Any] = study.get("kpis").iloc[0].to_dict()
    rate = between(row["success_rate"], row["success_low"], row["success_high"])
    value, _, interval = rate.partition(" (")
    ended = f"{interval.rstrip(')')} of {count(row['ended'])} ended" if interval else "none ended"
    live = f", {count(row['live'])} still going" if row["live"] else ""
    return (
        Figure("runs", count(row["n"]), f"{count(row['ended'])} ended, {count(row['cancelled'])} cancelled{live}"),
        Figure("succeeded", value, ended),
        Figure("platform errors", share(row["infra_error_rate"]), _failed(row)),
        _quantile(study, "95 % wait less than", "queue_wait_s", 0.95, "started"),
        _quantile(study, "median duration", "duration_s", 0.5, "ended"),
        Figure("steps replayed", _percent(row["cached_share"]), _steps(row)),
    )


def _failed(row: Mapping[Any, Any]) -> str:
    interval = between(row["infra_error_rate"], row["infra_error_low"], row["infra_error_high"]).partition(" (")[2]
    if not interval:
        return "none ended"
    task = between(row["task_failed_rate"], row["task_failed_low"], row["task_failed_high"])
    return f"{interval.rstrip(')')}, {count(row['infra_error'])} runs; task failed: {task}"


def _quantile(study: Study, name: str, column: str, at: float, did: str) -> Figure:
    values = study.runs[column].dropna()
    low, high = quantile_interval(values, at, study.scope.confidence)
    interval = "" if is_missing(low) or is_missing(high) else f"{duration(low)} to {duration(high)}, "
    value = values.quantile(at) if len(values) else None
    return Figure(name, duration(value), f"{interval}of {len(values):,} that {did}")


def _percent(value: Any) -> str:
    return NOTHING if is_missing(value) else f"{100 * float(value):.1f} %"


def _steps(row: Mapping[Any, Any]) -> str:
    return f"of {count(row['steps_agentic'] + row['steps_cached'])} steps"


def _trust(study: Study) -> tuple[str, ...]:
    scope, runs = study.scope, study.runs
    lines = [f"Runs: {study.freshness()}.", f"Fetched {moment(scope.made_at, scope.tz)}."]
    behind = [
        f"{name.capitalize()}: {wholeness(frame)}."
        for name, frame in study.frames.items()
        if name in ("connections", "machines", "workflows") and not wholeness(frame).startswith("Data complete")
    ]
    missing = [f"No {name}: {why}." for name, why in study.gaps.items() if name in ("connections", "machines", "usage")]
    unknown = int(runs["outcome"].isna().sum())
    odd = [f"{unknown:,} runs have a status that this version does not know."] if unknown else []
    return (*lines, *behind, *missing, *odd)


def _is_whole(study: Study) -> bool:
    return wholeness(study.runs).startswith("Data complete")
