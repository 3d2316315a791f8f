"""What a report looks at: frames of one time, and what was worked out of them, each when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from cyberdesk_nb.analysis.causes.attribution import attribute_failures
from cyberdesk_nb.analysis.causes.comparing import compare_periods
from cyberdesk_nb.analysis.causes.findings import findings
from cyberdesk_nb.analysis.causes.reconciling import reconcile_usage
from cyberdesk_nb.analysis.figures.failures import failures
from cyberdesk_nb.analysis.figures.kpis import kpis
from cyberdesk_nb.analysis.figures.survival import duration_survival
from cyberdesk_nb.analysis.machines.availability import availability
from cyberdesk_nb.analysis.machines.utilisation import utilisation
from cyberdesk_nb.errors import CyberdeskError, printable
from cyberdesk_nb.report.cells import duration, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime


# The longest stretch of days that periods of a length are charted for.
_PERIODS = ((2, "h"), (100, "D"), (730, "W-MON"))


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of which fleet a report is about.

    Attributes
    ----------
    source
        Whose fleet, in words.
    since, until
        The time; `since` is None for everything up to `until`.
    made_at
        When the data was fetched.
    filters
        What narrows the runs, by kind: ``{"workflow": "Invoices"}``.
    tz
        Time zone of days, hours and shown times.
    confidence
        Of all intervals.
    """

    source: str
    since: datetime | None
    until: datetime
    made_at: datetime
    filters: Mapping[str, str] = field(default_factory=dict[str, str])
    tz: str = "UTC"
    confidence: float = 0.95

    @property
    def level(self) -> str:
        """The confidence in words."""
        return f"{100 * self.confidence:.6g} %"


class UnavailableError(Exception):
    """A frame that there is not; the text says why."""


class Study:
    """Frames by name: those that were fetched, and those that are worked out of them.

    Parameters
    ----------
    scope
        What they are about.
    fetched
        ``runs``, and where they are known ``connections``, ``machines``, ``workflows``, ``usage``.
    missing
        Why a frame was not fetched, by its name.
    """

    def __init__(self, scope: Scope, fetched: Mapping[str, pd.DataFrame], missing: Mapping[str, str]) -> None:
        self.scope = scope
        self._frames = dict(fetched)
        self._missing = dict(missing)

    @property
    def runs(self) -> pd.DataFrame:
        """The runs of the report."""
        return self._frames["runs"]

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """All frames that there are so far."""
        return dict(self._frames)

    @property
    def gaps(self) -> dict[str, str]:
        """Why frames are not there, by name, so far."""
        return dict(self._missing)

    def get(self, name: str) -> pd.DataFrame:
        """Give a frame; raises `UnavailableError` when it cannot be had."""
        if name in self._missing:
            raise UnavailableError(self._missing[name])
        if name not in self._frames:
            try:
                self._frames[name] = _MADE[name](self)
            except UnavailableError as error:
                self._missing[name] = str(error)
                raise
            except Exception as error:  # one broken analysis must not take the whole report along
                self._missing[name] = reason(error)
                raise UnavailableError(self._missing[name]) from error
        return self._frames[name]

    def find(self, name: str) -> pd.DataFrame | None:
        """Give a frame, or None when it cannot be had."""
        try:
            return self.get(name)
        except UnavailableError:
            return None

    @property
    def since(self) -> datetime:
        """Start of the time that the runs cover: as asked for, or the first run."""
        if self.scope.since is not None:
            return self.scope.since
        first = self.runs["created_at"].min()
        return self.scope.until if pd.isna(first) else first.to_pydatetime()

    @property
    def recent(self) -> datetime:
        """Where what changed lately begins: the last week, of shorter times the later half."""
        return self.scope.until - min((self.scope.until - self.since) / 2, pd.Timedelta(days=7))

    @property
    def freq(self) -> str:
        """Length of the periods of charts over time: so many that they can be told apart."""
        created = self.runs["created_at"].dropna()
        if created.empty:
            return "D"
        days = (created.max() - created.min()) / pd.Timedelta(days=1)
        return next((freq for most, freq in _PERIODS if days <= most), "MS")

    def freshness(self) -> str:
        """Say how old the newest run is, and whether all came."""
        newest = self.runs["created_at"].max()
        if pd.isna(newest):
            age = "no run to tell the data's age by"
        else:
            behind_s = max(0.0, (self.scope.until - newest.to_pydatetime()).total_seconds())
            age = f"newest run {moment(newest, self.scope.tz)}, {duration(behind_s)} before the report's end"
        return f"{wholeness(self.runs)}; {age}"


def wholeness(frame: pd.DataFrame) -> str:
    """Say whether a frame holds all rows, and how many values could not be read."""
    record: Mapping[str, Any] | None = frame.attrs.get("completeness")
    unread = frame.attrs.get("problem_count") or 0
    note = f", {unread:,} values could not be read" if unread else ""
    if record is None:
        return f"Completeness not known{note}"
    if record.get("complete") is True:
        return f"Data complete{note}"
    return f"DATA NOT COMPLETE: {printable(str(record.get('why') or 'not every row was reached'))}{note}"


def reason(error: Exception) -> str:
    """Say in words why something could not be made."""
    said = str(error) if isinstance(error, CyberdeskError) else f"{type(error).__name__}: {error}"
    return printable(said, 240)


def _window(study: Study) -> dict[str, Any]:
    return {"since": study.since, "until": study.scope.until}


def _findings(study: Study) -> pd.DataFrame:
    others: dict[str, Any] = {name: study.find(name) for name in ("connections", "machines", "workflows", "usage")}
    scope = study.scope
    return findings(study.runs, **others, **_window(study), tz=scope.tz, confidence=scope.confidence)


def _kpis(by: list[str] | None, freq: str | None = None) -> Callable[[Study], pd.DataFrame]:
    def make(study: Study) -> pd.DataFrame:
        scope = study.scope
        return kpis(study.runs, by, freq, tz=scope.tz, confidence=scope.confidence)

    return make


def _capacity(study: Study) -> pd.DataFrame:
    from cyberdesk_nb.analysis.planning.capacity import capacity

    observed = int(study.runs["machine_id"].nunique())
    if not observed:
        raise UnavailableError("no run names a machine")
    numbers = [number for number in range(observed - 1, observed + 2) if number > 0]
    return capacity(study.runs, numbers, connections=study.find("connections"), as_of=study.scope.until)


_MADE: dict[str, Callable[[Study], pd.DataFrame]] = {
    "findings": _findings,
    "kpis": _kpis(None),
    "kpis_by_day": _kpis(None, "D"),
    "kpis_by_workflow": _kpis(["workflow_id", "workflow_name"]),
    "kpis_by_machine": _kpis(["machine_id", "machine_name"]),
    "failures": lambda study: failures(study.runs),
    "attribution": lambda study: attribute_failures(
        study.runs, study.find("connections"), confidence=study.scope.confidence
    ),
    "comparison": lambda study: compare_periods(study.runs, study.recent, confidence=study.scope.confidence),
    "comparison_by_workflow": lambda study: compare_periods(
        study.runs, study.recent, by=["workflow_id", "workflow_name"], confidence=study.scope.confidence
    ),
    "waits": lambda study: duration_survival(study.runs, "queue_wait_s", as_of=study.scope.until),
    "durations": lambda study: duration_survival(study.runs, "duration_s", as_of=study.scope.until),
    "capacity": _capacity,
    "availability": lambda study: availability(
        study.get("connections"), **_window(study), confidence=study.scope.confidence
    ),
    "utilisation": lambda study: utilisation(
        study.runs, study.find("connections"), study.find("machines"), **_window(study)
    ),
    "reconciliation": lambda study: reconcile_usage(study.runs, study.get("usage")),
}
"""How each frame is worked out."""
