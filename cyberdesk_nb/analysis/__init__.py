"""Frames in, frames out: what the numbers of a fleet say, and how sure they are."""

from cyberdesk_nb.analysis.approvals import approval_queue
from cyberdesk_nb.analysis.attempts import hidden_retries
from cyberdesk_nb.analysis.attribution import attribute_failures
from cyberdesk_nb.analysis.availability import availability, connection_spans
from cyberdesk_nb.analysis.cache_breaks import cache_breaks
from cyberdesk_nb.analysis.capacity import capacity
from cyberdesk_nb.analysis.comparing import compare_periods, compare_versions
from cyberdesk_nb.analysis.diff import diff_trajectories
from cyberdesk_nb.analysis.failures import failures
from cyberdesk_nb.analysis.findings import findings
from cyberdesk_nb.analysis.intervals import wilson
from cyberdesk_nb.analysis.kpis import kpis
from cyberdesk_nb.analysis.reconciling import reconcile_usage
from cyberdesk_nb.analysis.screen_drift import screen_drift
from cyberdesk_nb.analysis.survival import duration_survival
from cyberdesk_nb.analysis.utilisation import utilisation

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
