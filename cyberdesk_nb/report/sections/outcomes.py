"""How runs ended: over time, by workflow, by machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyberdesk_nb import charts
from cyberdesk_nb.report.blocks import Block, Section, Table
from cyberdesk_nb.report.cells import Heading, counts, shares, table, text, times_taken
from cyberdesk_nb.report.sections._part import chart, part

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cyberdesk_nb.report.study import Study


def section(study: Study) -> Section:
    """Make the section."""
    return Section(
        "outcomes",
        "How runs ended",
        (
            chart(
                study,
                "Outcomes over time",
                charts.outcomes_over_time,
                lambda: [study.runs],
                freq=study.freq,
                tz=study.scope.tz,
                notes=["Runs count when they were created; live ones have not ended."],
            ),
            chart(
                study,
                "Success rate over time",
                charts.success_rate_over_time,
                lambda: [study.runs],
                freq=study.freq,
                tz=study.scope.tz,
                confidence=study.scope.confidence,
                notes=[f"Of the runs that ended and were not cancelled; Wilson intervals, {study.scope.level}."],
            ),
            _rates(study, "workflow"),
            _rates(study, "machine"),
        ),
    )


def _rates(study: Study, noun: str) -> Block:
    title = f"By {noun}"

    def make() -> Table:
        frame = study.get(f"kpis_by_{noun}").sort_values("n", ascending=False, kind="stable", ignore_index=True)
        return table(
            title,
            frame,
            [
                Heading(noun, lambda row: _name(row, noun), numeric=False),
                counts("n", "runs"),
                counts("ended", "ended"),
                shares(
                    "success_rate", f"succeeded, of ended ({study.scope.level} interval)", "success_low", "success_high"
                ),
                counts("infra_error", "platform errors"),
                counts("task_failed", "task failed"),
                counts("check_failed", "check failed"),
                counts("live", "live"),
                times_taken("queue_wait_p95_s", "95 % wait less"),
                times_taken("duration_p50_s", "median duration"),
            ],
            notes=[f"Wilson intervals; n = {len(study.runs):,} runs; {study.freshness()}."],
        )

    return part(title, make)


def _name(row: Mapping[str, Any], noun: str) -> str:
    for name in (row.get(f"{noun}_name"), row.get(f"{noun}_id")):
        if isinstance(name, str):
            return text(name)
    return f"(no {noun})"
