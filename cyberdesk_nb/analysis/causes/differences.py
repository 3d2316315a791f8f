"""How each metric of runs is compared between two sets of them: value, difference, interval and test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cyberdesk_nb._extras import load
from cyberdesk_nb.analysis.causes.finding.words import counted
from cyberdesk_nb.analysis.statistics.significance import Estimate, hodges_lehmann, newcombe
from cyberdesk_nb.analysis.statistics.sizes import pooled_share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]

Metric = Literal["success_rate", "infra_error_rate", "task_failure_rate", "duration_s", "queue_wait_s", "cached_share"]

_ENDED = ("success", "task_failed", "infra_error", "check_failed")
_SMALL = 20
_ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric of two sets of runs."""

    n: tuple[int, int]
    values: tuple[float, float]
    difference: Estimate
    p_value: float


@dataclass(frozen=True, slots=True)
class Measure:
    """How a metric is compared, and which columns of runs it needs."""

    columns: tuple[str, ...]
    is_more_better: bool
    compare: Callable[[pd.DataFrame, pd.DataFrame, float], Comparison]


def compared(
    before: pd.DataFrame, after: pd.DataFrame, metrics: Sequence[Metric], confidence: float
) -> Iterator[dict[str, Any]]:
    """Compare two sets of runs, one row for each metric; what cannot be tested has no p-value."""
    for metric in metrics:
        found = MEASURES[metric].compare(before, after, confidence)
        yield {
            "metric": metric,
            "n_before": found.n[0],
            "n_after": found.n[1],
            "value_before": found.values[0],
            "value_after": found.values[1],
            "difference": found.difference.value,
            "difference_low": found.difference.low,
            "difference_high": found.difference.high,
            "p_value": found.p_value,
            "note": _note(metric, before, after, found.n),
        }


def _note(metric: Metric, before: pd.DataFrame, after: pd.DataFrame, n: tuple[int, int]) -> str:
    """Say what limits a comparison."""
    live = sum(_left_out(metric, runs) for runs in (before, after))
    shows = "only a large difference would show" if min(n) else "there is nothing to compare with"
    few = f"few runs: {shows} (n = {n[0]} and {n[1]})" if min(n) < _SMALL else ""
    still = f"{counted(live, 'run')} still going left out" if live else ""
    return "; ".join(part for part in (few, still) if part)


def _left_out(metric: Metric, runs: pd.DataFrame) -> int:
    live = runs["outcome"] == "live"
    # A run that has begun has waited, however it ends.
    return int((live & runs["queue_wait_s"].isna()).sum() if metric == "queue_wait_s" else live.sum())


def _rate(*outcomes: str) -> Callable[[pd.DataFrame, pd.DataFrame, float], Comparison]:
    def compare(before: pd.DataFrame, after: pd.DataFrame, confidence: float) -> Comparison:
        ended = [runs.loc[runs["outcome"].isin(_ENDED), "outcome"] for runs in (before, after)]
        (n_a, n_b), (hits_a, hits_b) = map(len, ended), (int(part.isin(outcomes).sum()) for part in ended)
        stats: Any = load("scipy.stats", extra="analysis")
        table = [[hits_a, n_a - hits_a], [hits_b, n_b - hits_b]]
        return Comparison(
            (n_a, n_b),
            (hits_a / n_a if n_a else np.nan, hits_b / n_b if n_b else np.nan),
            newcombe(hits_a, n_a, hits_b, n_b, confidence),
            float(stats.fisher_exact(table).pvalue) if _can_show(n_a, n_b) else np.nan,
        )

    return compare


def _seconds(
    column: str, outcomes: tuple[str, ...] | None
) -> Callable[[pd.DataFrame, pd.DataFrame, float], Comparison]:
    def compare(before: pd.DataFrame, after: pd.DataFrame, confidence: float) -> Comparison:
        kept = [runs if outcomes is None else runs[runs["outcome"].isin(outcomes)] for runs in (before, after)]
        a, b = (runs[column].dropna().to_numpy(dtype=np.float64) for runs in kept)
        stats: Any = load("scipy.stats", extra="analysis")
        return Comparison(
            (len(a), len(b)),
            (float(np.median(a)) if len(a) else np.nan, float(np.median(b)) if len(b) else np.nan),
            hodges_lehmann([(a, b)], confidence),
            float(stats.mannwhitneyu(a, b).pvalue) if _can_show(len(a), len(b)) else np.nan,
        )

    return compare


def _cached_share(before: pd.DataFrame, after: pd.DataFrame, confidence: float) -> Comparison:
    (cached_a, steps_a), (cached_b, steps_b) = (_steps(runs) for runs in (before, after))
    size, p_value = pooled_share(cached_a, steps_a, cached_b, steps_b, confidence)
    n = len(steps_a), len(steps_b)
    shares = [
        float(part.sum() / whole.sum()) if len(whole) else np.nan
        for part, whole in ((cached_a, steps_a), (cached_b, steps_b))
    ]
    return Comparison(n, (shares[0], shares[1]), size, p_value if _can_show(*n) else np.nan)


def _steps(runs: pd.DataFrame) -> tuple[Floats, Floats]:
    """Give the replayed and all steps of each successful run that has any."""
    steps = runs.loc[runs["outcome"] == "success", ["steps_agentic", "steps_cached"]].astype("float64").dropna()
    total = steps.sum(axis=1).to_numpy(dtype=np.float64)
    return steps["steps_cached"].to_numpy(dtype=np.float64)[total > 0], total[total > 0]


def _can_show(n_before: int, n_after: int) -> bool:
    """Tell whether so many runs could differ beyond chance at all: whether one of all orders is rare enough."""
    if not n_before or not n_after:
        return False
    special: Any = load("scipy.special", extra="analysis")
    return bool(2 / special.comb(n_before + n_after, n_before) <= _ALPHA)


MEASURES: dict[str, Measure] = {
    "success_rate": Measure(("outcome",), True, _rate("success")),
    "infra_error_rate": Measure(("outcome",), False, _rate("infra_error")),
    "task_failure_rate": Measure(("outcome",), False, _rate("task_failed", "check_failed")),
    "duration_s": Measure(("outcome", "duration_s"), False, _seconds("duration_s", ("success",))),
    "queue_wait_s": Measure(("outcome", "queue_wait_s"), False, _seconds("queue_wait_s", None)),
    "cached_share": Measure(("outcome", "steps_agentic", "steps_cached"), True, _cached_share),
}
