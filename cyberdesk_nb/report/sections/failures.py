"""What failed, what it has in common, and which part is to blame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyberdesk_nb import charts
from cyberdesk_nb.report.blocks import Block, Examples, Gap, Section, Table
from cyberdesk_nb.report.cells import Heading, counts, kinds, moment, probability, shares, table, words
from cyberdesk_nb.report.sections._part import chart, part

if TYPE_CHECKING:
    import pandas as pd

    from cyberdesk_nb.report.study import Study


def section(study: Study, examples: Examples | None) -> Section:
    """Make the section."""
    shown: Block = examples or Gap("Failed runs to look at", "none were asked for")
    return Section(
        "failures",
        "What failed",
        (
            chart(
                study,
                "Failures by kind",
                charts.failure_pareto,
                lambda: [study.get("failures")],
                height_in=_height_in(study),
            ),
            part("Failures by kind, in numbers", lambda: _kinds(study)),
            part("Which part is to blame", lambda: _blame(study)),
            shown,
        ),
    )


def _height_in(study: Study) -> float:
    kinds = study.find("failures")
    return 1.7 + 0.42 * min(15, max(3, 0 if kinds is None else len(kinds)))


def _kinds(study: Study) -> Table:
    tz = study.scope.tz
    return table(
        "Failures by kind, in numbers",
        study.get("failures"),
        [
            words("error_signature", "kind of error"),
            kinds("outcome"),
            counts("n", "runs"),
            shares("share", "of all failures"),
            counts("machines"),
            counts("workflows"),
            # As words, which may take two lines: on paper times with an offset would squeeze the errors.
            Heading("first seen", lambda row: moment(row.get("first_seen"), tz), numeric=False),
            Heading("last seen", lambda row: moment(row.get("last_seen"), tz), numeric=False),
        ],
        notes=[f"{study.freshness()}."],
    )


def _blame(study: Study) -> Table:
    causes = study.get("attribution")
    return table(
        "Which part is to blame",
        _by_cause(causes),
        [
            kinds("cause"),
            words("subject_name", "which"),
            counts("runs", "failed runs"),
            Heading("smallest p-value", lambda row: probability(row.get("p_value"))),
            words("evidence", most=500),
        ],
        notes=["Undecided: the failures fit chance, or more than one cause.", f"{study.freshness()}."],
    )


def _by_cause(causes: pd.DataFrame) -> pd.DataFrame:
    grouped = causes.groupby(["cause", "subject_name"], dropna=False, observed=True)
    summed = grouped.agg(runs=("run_id", "size"), p_value=("p_value", "min"), evidence=("evidence", "first"))
    return summed.reset_index().sort_values("runs", ascending=False, kind="stable", ignore_index=True)
