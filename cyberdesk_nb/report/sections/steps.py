"""Steps: how many were replayed, and whether our sum is the platform's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyberdesk_nb.report.blocks import Section, Table
from cyberdesk_nb.report.cells import Heading, number, table, text, words
from cyberdesk_nb.report.sections._part import chart, part
from cyberdesk_nb.report.study import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cyberdesk_nb.report.study import Study


def section(study: Study) -> Section:
    """Make the section."""
    return Section(
        "steps",
        "Steps",
        (
            chart(study, "Cached share", "cached_share_trend", lambda: [study.runs], tz=study.scope.tz),
            part("Our steps against the platform's", lambda: _reconciled(study)),
        ),
    )


def _reconciled(study: Study) -> Table:
    if study.scope.filters:
        raise UnavailableError("the platform sums all runs of a time, and this report is about some of them")
    frame = study.get("reconciliation")
    return table(
        "Our steps against the platform's",
        frame,
        [words(str(name)) if frame[name].dtype.kind not in "iuf" else _numbers(str(name)) for name in frame.columns],
        notes=[f"{study.freshness()}."],
    )


def _numbers(name: str) -> Heading:
    def read(row: Mapping[str, Any]) -> str:
        value = row.get(name)
        return text(f"{value:,}") if isinstance(value, int) else number(value)

    return Heading(name.replace("_", " "), read)
