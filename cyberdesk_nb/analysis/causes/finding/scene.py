"""What findings are looked for in: the runs, and what else is known of their time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from cyberdesk_nb.analysis.causes.finding.words import named

if TYPE_CHECKING:
    from collections.abc import Iterable

_NARROWING = ("workflow_id", "machine_id", "status", "session_id", "search")
FAILED = ("task_failed", "infra_error", "check_failed")
ENDED = ("success", *FAILED)


@dataclass(slots=True)
class Scene:
    """The fleet as it was.

    Attributes
    ----------
    runs
        In the order of creation, one row for each id.
    connections, spans
        As `connections_frame` and `connection_spans` give them; None when no connections are known.
    no_spans
        Why there are no spans, where there are none.
    workflows
        As `workflows_frame` gives them; None when not known.
    is_whole
        Whether all that the machines did is in the runs: where it is not, machines look idle.
    explained
        Ids of runs whose failure has been explained: it tells nothing of machines and workflows.
    retried
        Ids of runs whose wait holds a failed first attempt.
    known
        Names by kind and id, where they do not stand with the runs.
    told
        Names by kind and id as the runs tell them; filled when the first one of a kind is asked for.
    """

    runs: pd.DataFrame
    connections: pd.DataFrame | None = None
    spans: pd.DataFrame | None = None
    no_spans: str = "no connections were given"
    workflows: pd.DataFrame | None = None
    tz: str = "UTC"
    confidence: float = 0.95
    is_whole: bool = True
    explained: set[str] = field(default_factory=set[str])
    retried: set[str] = field(default_factory=set[str])
    known: dict[tuple[str, Any], Any] = field(default_factory=dict[tuple[str, Any], Any])
    told: dict[str, dict[Any, Any]] = field(default_factory=dict[str, dict[Any, Any]])

    def lacking(self, *columns: str) -> str:
        """Say which of these columns the runs do not have; empty when all are there."""
        missing = [name for name in columns if name not in self.runs.columns]
        return f"not checked: the runs lack {', '.join(missing)}" if missing else ""

    def ended(self) -> pd.DataFrame:
        """Give the runs that count for rates: ended by themselves, and not explained otherwise."""
        runs = self.runs
        return runs[runs["outcome"].isin(ENDED) & ~runs["id"].isin(self.explained)]

    def name(self, kind: str, key: object) -> str:
        """Give the name of a machine or workflow; its id where no run tells the name."""
        if kind not in self.told:
            self.told[kind] = self._told_by_runs(kind)
        return named(self.told[kind].get(key, self.known.get((kind, key))), key)

    def names(self, kind: str, keys: Iterable[object]) -> list[str]:
        """Give the names of several."""
        return [self.name(kind, key) for key in keys]

    def _told_by_runs(self, kind: str) -> dict[Any, Any]:
        columns = [f"{kind}_id", f"{kind}_name"]
        if not set(columns).issubset(self.runs.columns):
            return {}
        latest = self.runs[columns].dropna().drop_duplicates(columns[0], keep="last")
        return dict(zip(latest[columns[0]], latest[columns[1]], strict=True))


def began(runs: pd.DataFrame) -> pd.Series:
    """Give when each run began, or was asked for where it never did."""
    return runs["started_at"].fillna(runs["created_at"]) if "started_at" in runs else runs["created_at"]


def is_whole(runs: pd.DataFrame) -> bool:
    """Whether a frame holds all that was done in its time, as far as it tells."""
    told = runs.attrs.get("completeness")
    if not isinstance(told, Mapping):
        return True
    told = cast("Mapping[str, Any]", told)
    filters = cast("Mapping[str, Any]", told.get("filters") or {})
    fetched = told.get("rows")
    is_cut = isinstance(fetched, int) and len(runs) < fetched
    return told.get("complete") is True and not is_cut and not any(name in filters for name in _NARROWING)
