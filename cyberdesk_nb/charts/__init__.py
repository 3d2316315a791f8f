"""Frames as matplotlib axes: each function takes a frame and an `ax`, draws, and returns the axes."""

from cyberdesk_nb.charts.click_map import click_map
from cyberdesk_nb.charts.durations import duration_by_workflow
from cyberdesk_nb.charts.outcomes import outcomes_over_time
from cyberdesk_nb.charts.waits import queue_wait_by_hour

__all__ = ["click_map", "duration_by_workflow", "outcomes_over_time", "queue_wait_by_hour"]
