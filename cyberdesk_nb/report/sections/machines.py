"""What machines did, and when they could be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyberdesk_nb import charts
from cyberdesk_nb.report.blocks import Section, Table
from cyberdesk_nb.report.cells import (
    NOTHING,
    Heading,
    count,
    counts,
    duration,
    is_missing,
    shares,
    table,
    times_taken,
    words,
)
from cyberdesk_nb.report.sections._part import chart, part
from cyberdesk_nb.report.study import wholeness

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cyberdesk_nb.report.study import Study


def section(study: Study) -> Section:
    """Make the section."""
    machines = int(study.runs["machine_id"].nunique())
    height_in = 1.6 + 0.26 * min(40, max(4, machines))
    return Section(
        "machines",
        "Machines",
        (
            chart(
                study,
                "Runs and connections of each machine",
                charts.machine_timeline,
                lambda: [study.runs, study.find("connections")],
                height_in=height_in,
                since=study.since,
                until=study.scope.until,
                tz=study.scope.tz,
            ),
            chart(
                study,
                "What machines did",
                charts.utilisation_bars,
                lambda: [study.get("utilisation")],
                height_in=height_in,
            ),
            part("What machines did, in numbers", lambda: _utilisation(study)),
            part("When machines could be reached", lambda: _availability(study)),
        ),
    )


def _utilisation(study: Study) -> Table:
    frame = study.get("utilisation").sort_values("busy_share", ascending=False, kind="stable", ignore_index=True)
    return table(
        "What machines did, in numbers",
        frame,
        [
            words("machine_name", "machine"),
            counts("runs"),
            shares("busy_share", "busy"),
            shares("idle_share", "idle"),
            shares("reserved_share", "reserved"),
            shares("offline_share", "offline"),
            shares("unknown_share", "not known"),
        ],
        notes=[f"{study.freshness()}."],
    )


def _availability(study: Study) -> Table:
    frame = study.get("availability").sort_values("uptime_share", kind="stable", ignore_index=True)
    return table(
        "When machines could be reached",
        frame,
        [
            words("machine_name", "machine"),
            shares("uptime_share", "up, of the known time"),
            Heading("gaps", _gaps),
            times_taken("down_s", "down"),
            times_taken("unknown_s", "not known"),
            Heading(f"mean time between gaps ({study.scope.level} interval)", _between_gaps),
            times_taken("mttr_s", "mean time to return"),
        ],
        notes=[
            "A gap that still lasts is not in the mean time to return.",
            f"Of connections: {wholeness(study.get('connections'))}.",
        ],
    )


def _gaps(row: Mapping[str, Any]) -> str:
    """Give how many gaps there were, and whether one of them still lasts."""
    return f"{count(row['gaps'])}{', still down' if row['gaps_open'] else ''}"


def _between_gaps(row: Mapping[str, Any]) -> str:
    """Give the mean time, or without a gap how long it is at least."""
    low, high = row["mtbf_low_s"], row["mtbf_high_s"]
    if is_missing(row["mtbf_s"]):
        return NOTHING if is_missing(low) else f"at least {duration(low)}"
    return f"{duration(row['mtbf_s'])} ({duration(low)} to {duration(high)})"
