"""Steps: how many were replayed, and whether our sum is the platform's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyberdesk_nb import charts
from cyberdesk_nb.report.blocks import Section, Table
from cyberdesk_nb.report.cells import counts, kinds, table, words
from cyberdesk_nb.report.sections._part import chart, part
from cyberdesk_nb.report.study import UnavailableError

if TYPE_CHECKING:
    from cyberdesk_nb.report.study import Study


def section(study: Study) -> Section:
    """Make the section."""
    return Section(
        "steps",
        "Steps",
        (
            chart(
                study,
                "Cached share",
                charts.cached_share_trend,
                lambda: [study.runs],
                freq=study.freq,
                tz=study.scope.tz,
                confidence=study.scope.confidence,
            ),
            part("Our steps against the platform's", lambda: _reconciled(study)),
        ),
    )


def _reconciled(study: Study) -> Table:
    if study.scope.filters:
        raise UnavailableError("the platform sums all runs of a time, and this report is about some of them")
    return table(
        "Our steps against the platform's",
        study.get("reconciliation"),
        [
            kinds("measure"),
            counts("usage", "the platform's"),
            counts("runs", "from runs"),
            counts("gap"),
            words("reason", "in words", most=500),
        ],
        notes=[f"{study.freshness()}."],
    )
