"""How long runs wait for a machine, when, and what more machines would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyberdesk_nb.report.blocks import Section, Table
from cyberdesk_nb.report.cells import counts, shares, table, times_taken
from cyberdesk_nb.report.sections._part import chart, part

if TYPE_CHECKING:
    from cyberdesk_nb.report.study import Study


def section(study: Study) -> Section:
    """Make the section."""
    tz = study.scope.tz
    runs = [study.runs]
    return Section(
        "waits",
        "Waiting for a machine",
        (
            chart(study, "Wait by hour of day", "queue_wait_by_hour", lambda: runs, tz=tz),
            chart(study, "Runs by weekday and hour", "weekday_hour_heatmap", lambda: runs, tz=tz),
            chart(study, "Waits", "wait_distribution", lambda: runs),
            chart(study, "Runs at a time", "concurrency", lambda: runs),
            part("What other numbers of machines would do", lambda: _capacity(study)),
        ),
    )


def _capacity(study: Study) -> Table:
    return table(
        "What other numbers of machines would do",
        study.get("capacity"),
        [
            counts("machines"),
            counts("n", "runs"),
            times_taken("wait_mean_s", "mean wait"),
            times_taken("wait_p50_s", "median wait"),
            times_taken("wait_p95_s", "95 % wait less"),
            shares("utilisation", "machines busy"),
        ],
        most=20,
        notes=["The arrivals of these runs, replayed on so many machines.", f"{study.freshness()}."],
    )
