"""What is different now from before, beyond what chance makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyberdesk_nb.report.blocks import Section, Table
from cyberdesk_nb.report.cells import Heading, counts, moment, number, probability, table, words
from cyberdesk_nb.report.sections._part import part

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cyberdesk_nb.report.study import Study


def section(study: Study) -> Section:
    """Make the section."""
    return Section("changes", "What changed", (part("Lately and before", lambda: _compared(study)),))


def _compared(study: Study) -> Table:
    since = moment(study.recent, study.scope.tz)
    return table(
        f"Runs since {since}, and those before",
        study.get("comparison"),
        [
            words("metric", "measure"),
            counts("n_before", "runs before"),
            counts("n_after", "runs since"),
            Heading("before", lambda row: number(row.get("before"))),
            Heading("since", lambda row: number(row.get("after"))),
            Heading("difference (interval)", _difference),
            Heading("p, corrected", lambda row: probability(row.get("p_adjusted"))),
            words("verdict", "in words"),
        ],
        notes=["Corrected for the number of comparisons.", f"{study.freshness()}."],
    )


def _difference(row: Mapping[str, Any]) -> str:
    return f"{number(row.get('difference'))} ({number(row.get('low'))} to {number(row.get('high'))})"
