"""Frames in, frames out: what the numbers of a fleet say, and how sure they are.

Each room imports those below it only:

```
causes       who or what is behind it, and whether it is more than chance: findings, attribution, comparisons
planning     what other numbers of machines would do
figures      key figures of runs: rates, waits, durations, failures, first attempts
machines     what machines did with their time          recordings   what recordings do alike, where replay breaks
statistics   intervals, tests, changes since a time
times        windows, periods, stretches of time
```
"""

from cyberdesk_nb.analysis.causes.attribution import attribute_failures
from cyberdesk_nb.analysis.causes.comparing import compare_periods, compare_versions
from cyberdesk_nb.analysis.causes.findings import findings
from cyberdesk_nb.analysis.causes.reconciling import reconcile_usage
from cyberdesk_nb.analysis.figures.attempts import hidden_retries
from cyberdesk_nb.analysis.figures.failures import failures
from cyberdesk_nb.analysis.figures.kpis import kpis
from cyberdesk_nb.analysis.figures.survival import duration_survival
from cyberdesk_nb.analysis.machines.availability import availability, connection_spans
from cyberdesk_nb.analysis.machines.utilisation import utilisation
from cyberdesk_nb.analysis.planning.capacity import capacity
from cyberdesk_nb.analysis.recordings.approvals import approval_queue
from cyberdesk_nb.analysis.recordings.cache_breaks import cache_breaks
from cyberdesk_nb.analysis.recordings.diff import diff_trajectories
from cyberdesk_nb.analysis.recordings.screen_drift import screen_drift
from cyberdesk_nb.analysis.statistics.intervals import wilson

__all__ = [
    "approval_queue",
    "attribute_failures",
    "availability",
    "cache_breaks",
    "capacity",
    "compare_periods",
    "compare_versions",
    "connection_spans",
    "diff_trajectories",
    "duration_survival",
    "failures",
    "findings",
    "hidden_retries",
    "kpis",
    "reconcile_usage",
    "screen_drift",
    "utilisation",
    "wilson",
]
