"""Frames as matplotlib axes: each function takes a frame and an `ax`, draws, and returns the axes."""

from cyberdesk_nb.charts.cached import cached_share_trend
from cyberdesk_nb.charts.click_map import click_map
from cyberdesk_nb.charts.concurrency import concurrency
from cyberdesk_nb.charts.distributions import duration_distribution, wait_distribution
from cyberdesk_nb.charts.durations import duration_by_workflow
from cyberdesk_nb.charts.heatmap import weekday_hour_heatmap
from cyberdesk_nb.charts.outcomes import outcomes_over_time
from cyberdesk_nb.charts.pareto import failure_pareto
from cyberdesk_nb.charts.success import success_rate_over_time
from cyberdesk_nb.charts.timeline import machine_timeline
from cyberdesk_nb.charts.utilisation import utilisation_bars
from cyberdesk_nb.charts.waits import queue_wait_by_hour

__all__ = [
    "cached_share_trend",
    "click_map",
    "concurrency",
    "duration_by_workflow",
    "duration_distribution",
    "failure_pareto",
    "machine_timeline",
    "outcomes_over_time",
    "queue_wait_by_hour",
    "success_rate_over_time",
    "utilisation_bars",
    "wait_distribution",
    "weekday_hour_heatmap",
]
