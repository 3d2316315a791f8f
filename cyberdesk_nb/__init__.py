"""Jupyter toolkit for the Cyberdesk API: async client, DataFrames, panels, replay, and a local simulator."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cyberdesk_nb._extras import load
from cyberdesk_nb._version import __version__

if TYPE_CHECKING:
    from cyberdesk_nb import charts, errors, models
    from cyberdesk_nb.analysis import (
        approval_queue,
        attribute_failures,
        availability,
        cache_breaks,
        capacity,
        compare_periods,
        compare_versions,
        connection_spans,
        diff_trajectories,
        duration_survival,
        failures,
        findings,
        hidden_retries,
        kpis,
        reconcile_usage,
        screen_drift,
        utilisation,
    )
    from cyberdesk_nb.charts import click_map
    from cyberdesk_nb.client import Client, Limits, Page
    from cyberdesk_nb.errors import CyberdeskError
    from cyberdesk_nb.frames import (
        as_table,
        assert_complete,
        attachments_frame,
        columns,
        connections_frame,
        decode,
        error_signature,
        expand,
        image,
        llm_costs_frame,
        machine_pools_frame,
        machines_frame,
        messages_frame,
        pools_frame,
        problems,
        read_parquet,
        request_logs_frame,
        run_checks_frame,
        run_costs_frame,
        run_fields,
        runs_frame,
        steps_frame,
        tag_groups_frame,
        tags_frame,
        trajectories_frame,
        usage_frame,
        workflow_tags_frame,
        workflows_frame,
    )
    from cyberdesk_nb.models import RunStatus
    from cyberdesk_nb.panels import LaunchPanel
    from cyberdesk_nb.panels.fleet import FleetPanel
    from cyberdesk_nb.panels.monitor import Monitor
    from cyberdesk_nb.player import Redaction, TrajectoryComparison, TrajectoryPlayer
    from cyberdesk_nb.report import Report
    from cyberdesk_nb.simulator import simulator
    from cyberdesk_nb.workspace import Workspace, connect, demo

# Where each public name lives. A name is loaded when it is first used, so that importing the package stays light.
_HOMES = {
    "Client": "client",
    "CyberdeskError": "errors",
    "FleetPanel": "panels.fleet",
    "LaunchPanel": "panels",
    "Limits": "client",
    "Monitor": "panels.monitor",
    "Page": "client",
    "Redaction": "player",
    "Report": "report",
    "RunStatus": "models",
    "TrajectoryComparison": "player",
    "TrajectoryPlayer": "player",
    "Workspace": "workspace",
    "approval_queue": "analysis",
    "as_table": "frames",
    "assert_complete": "frames",
    "attachments_frame": "frames",
    "attribute_failures": "analysis",
    "availability": "analysis",
    "cache_breaks": "analysis",
    "capacity": "analysis",
    "click_map": "charts",
    "columns": "frames",
    "compare_periods": "analysis",
    "compare_versions": "analysis",
    "connect": "workspace",
    "connection_spans": "analysis",
    "connections_frame": "frames",
    "decode": "frames",
    "demo": "workspace",
    "diff_trajectories": "analysis",
    "duration_survival": "analysis",
    "error_signature": "frames",
    "expand": "frames",
    "failures": "analysis",
    "findings": "analysis",
    "hidden_retries": "analysis",
    "image": "frames",
    "kpis": "analysis",
    "llm_costs_frame": "frames",
    "machine_pools_frame": "frames",
    "machines_frame": "frames",
    "messages_frame": "frames",
    "pools_frame": "frames",
    "problems": "frames",
    "read_parquet": "frames",
    "reconcile_usage": "analysis",
    "request_logs_frame": "frames",
    "run_checks_frame": "frames",
    "run_costs_frame": "frames",
    "run_fields": "frames",
    "runs_frame": "frames",
    "screen_drift": "analysis",
    "simulator": "simulator",
    "steps_frame": "frames",
    "tag_groups_frame": "frames",
    "tags_frame": "frames",
    "trajectories_frame": "frames",
    "usage_frame": "frames",
    "utilisation": "analysis",
    "workflow_tags_frame": "frames",
    "workflows_frame": "frames",
}
_MODULES = ("charts", "errors", "models")

__all__ = [
    "Client",
    "CyberdeskError",
    "FleetPanel",
    "LaunchPanel",
    "Limits",
    "Monitor",
    "Page",
    "Redaction",
    "Report",
    "RunStatus",
    "TrajectoryComparison",
    "TrajectoryPlayer",
    "Workspace",
    "__version__",
    "approval_queue",
    "as_table",
    "assert_complete",
    "attachments_frame",
    "attribute_failures",
    "availability",
    "cache_breaks",
    "capacity",
    "charts",
    "click_map",
    "columns",
    "compare_periods",
    "compare_versions",
    "connect",
    "connection_spans",
    "connections_frame",
    "decode",
    "demo",
    "diff_trajectories",
    "duration_survival",
    "error_signature",
    "errors",
    "expand",
    "failures",
    "findings",
    "hidden_retries",
    "image",
    "kpis",
    "llm_costs_frame",
    "machine_pools_frame",
    "machines_frame",
    "messages_frame",
    "models",
    "pools_frame",
    "problems",
    "read_parquet",
    "reconcile_usage",
    "request_logs_frame",
    "run_checks_frame",
    "run_costs_frame",
    "run_fields",
    "runs_frame",
    "screen_drift",
    "simulator",
    "steps_frame",
    "tag_groups_frame",
    "tags_frame",
    "trajectories_frame",
    "usage_frame",
    "utilisation",
    "workflow_tags_frame",
    "workflows_frame",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"cyberdesk_nb.{name}")
    if name not in _HOMES:
        msg = f"module 'cyberdesk_nb' has no attribute {name!r}"
        raise AttributeError(msg)
    home = f"cyberdesk_nb.{_HOMES[name]}"
    value = getattr(load(home, extra="demo") if name == "simulator" else import_module(home), name)
    # A submodule of the same name (`cyberdesk_nb.simulator`) binds itself here on import; the public name wins.
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
