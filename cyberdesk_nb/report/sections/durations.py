"""How long runs take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyberdesk_nb import charts
from cyberdesk_nb.report.blocks import Section, Table
from cyberdesk_nb.report.cells import Heading, between, count, duration, table
from cyberdesk_nb.report.sections._part import chart, part

if TYPE_CHECKING:
    from cyberdesk_nb.report.study import Study

import pandas as pd

_SHARES = (0.5, 0.25, 0.1, 0.05, 0.01)


def section(study: Study) -> Section:
    """Make the section."""
    runs = [study.runs]
    workflows = int(study.runs["workflow_id"].nunique())
    return Section(
        "durations",
        "How long runs take",
        (
            chart(
                study,
                "Duration by workflow",
                charts.duration_by_workflow,
                lambda: runs,
                height_in=1.4 + 0.3 * min(20, max(4, workflows)),
            ),
            chart(study, "Durations", charts.duration_distribution, lambda: runs, as_of=study.scope.until),
            part("How long until they end", lambda: _survival(study)),
        ),
    )


def _survival(study: Study) -> Table:
    curve = study.get("durations").sort_values("time_s", kind="stable", ignore_index=True)
    rows = [curve[curve["survival"] <= share].head(1).assign(share=share) for share in _SHARES]
    going = int(study.get("durations").attrs.get("censored", curve["censored"].sum()))
    return table(
        "How long until they end, those still going counted as such",
        pd.concat(rows, ignore_index=True),
        [
            Heading("runs that take longer, at most", lambda row: f"{row['share']:.0%}".replace("%", " %")),
            Heading("than", lambda row: duration(row["time_s"])),
            Heading("share then (interval)", lambda row: between(row["survival"], row["low"], row["high"])),
            Heading("runs that took so long", lambda row: count(row["at_risk"])),
        ],
        notes=[f"Kaplan-Meier; runs still going, counted as lasting longer: {going:,}.", f"{study.freshness()}."],
    )
