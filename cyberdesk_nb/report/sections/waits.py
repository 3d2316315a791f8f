"""How long runs wait for a machine, when, and what more machines would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyberdesk_nb import charts
from cyberdesk_nb.report.blocks import Section, Table
from cyberdesk_nb.report.cells import count, counts, duration, shares, table, times_taken
from cyberdesk_nb.report.sections._part import chart, part

if TYPE_CHECKING:
    import pandas as pd

    from cyberdesk_nb.report.study import Study


def section(study: Study) -> Section:
    """Make the section."""
    tz = study.scope.tz
    runs = [study.runs]
    return Section(
        "waits",
        "Waiting for a machine",
        (
            chart(study, "Wait by hour of day", charts.queue_wait_by_hour, lambda: runs, tz=tz),
            chart(study, "Runs by weekday and hour", charts.weekday_hour_heatmap, lambda: runs, tz=tz),
            chart(study, "Waits", charts.wait_distribution, lambda: runs, as_of=study.scope.until),
            chart(
                study,
                "Runs at a time",
                charts.concurrency,
                lambda: runs,
                since=study.since,
                until=study.scope.until,
                tz=tz,
            ),
            part("What other numbers of machines would do", lambda: _capacity(study)),
        ),
    )


def _capacity(study: Study) -> Table:
    frame = study.get("capacity")
    return table(
        "What other numbers of machines would do",
        frame,
        [
            counts("machines"),
            counts("n", "runs"),
            times_taken("wait_mean_s", "mean wait"),
            times_taken("wait_p50_s", "median wait"),
            times_taken("wait_p95_s", "95 % wait less"),
            counts("never_started", "never start"),
            shares("utilisation", "machines busy"),
        ],
        most=20,
        notes=[_judged(frame), f"{study.freshness()}."],
    )


def _judged(frame: pd.DataFrame) -> str:
    """Say how far the replay is to be believed: what it makes of the machines that there were."""
    first = frame.iloc[0]
    return (
        "Predicted: the same runs, asked for at the same times, on so many machines. With the "
        f"{count(first['machines_observed'])} observed it gives {duration(first['wait_p95_s_replayed'])} for 95 %, "
        f"where {duration(first['wait_p95_s_observed'])} were seen (95 % interval "
        f"{duration(first['wait_p95_s_observed_low'])} to {duration(first['wait_p95_s_observed_high'])}); where they "
        "differ, the other rows are as far off. Runs that waited beside their own free machine, taken to wait as "
        f"long with any number: {count(frame.attrs['unexplained'])}."
    )
