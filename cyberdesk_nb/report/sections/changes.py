"""What is different now from before, beyond what chance makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyberdesk_nb.report.blocks import Block, Section, Table, Words
from cyberdesk_nb.report.cells import Heading, counts, duration, moment, probability, share, table, words
from cyberdesk_nb.report.sections._part import part

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import pandas as pd

    from cyberdesk_nb.report.study import Study


def section(study: Study) -> Section:
    """Make the section."""
    return Section(
        "changes",
        "What changed",
        (
            part("Lately and before", lambda: _fleet(study)),
            part("Workflows that changed", lambda: _workflows(study)),
        ),
    )


def _fleet(study: Study) -> Table:
    since = moment(study.recent, study.scope.tz)
    return _compared(study, f"Runs since {since}, and those before", study.get("comparison"), [])


def _workflows(study: Study) -> Block:
    compared = study.get("comparison_by_workflow")
    changed = compared[compared["verdict"].isin(["better", "worse"])].reset_index(drop=True)
    if changed.empty:
        return Words(f"No workflow shows a difference beyond chance ({_tests(compared)}).")
    return _compared(study, "Workflows that changed", changed, [words("workflow_name", "workflow")], compared)


def _compared(
    study: Study, title: str, frame: pd.DataFrame, first: list[Heading], whole: pd.DataFrame | None = None
) -> Table:
    return table(
        title,
        frame,
        [
            *first,
            Heading("measure", lambda row: str(row["metric"]).removesuffix("_s").replace("_", " "), numeric=False),
            counts("n_before", "runs before"),
            counts("n_after", "runs since"),
            Heading("before", lambda row: _value(row, "value_before")),
            Heading("since", lambda row: _value(row, "value_after")),
            Heading("difference (interval)", _difference),
            Heading("p, corrected", lambda row: probability(row.get("p_adjusted"))),
            words("verdict", "in words"),
        ],
        notes=[f"Of times the medians; {_tests(frame if whole is None else whole)}; {study.freshness()}."],
    )


def _tests(frame: pd.DataFrame) -> str:
    return f"corrected for {frame.attrs.get('comparisons', len(frame)):,} comparisons"


def _value(row: Mapping[str, Any], name: str) -> str:
    read = duration if str(row["metric"]).endswith("_s") else share
    return read(row.get(name))


def _difference(row: Mapping[str, Any]) -> str:
    low, high = (_value(row, f"difference_{end}") for end in ("low", "high"))
    return f"{_value(row, 'difference')} ({low} to {high})"
