"""How far the report is to be trusted: where each frame comes from, what it lacks, what was looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from cyberdesk_nb.errors import printable
from cyberdesk_nb.report.blocks import Block, Section, Table, Words
from cyberdesk_nb.report.sections._part import part
from cyberdesk_nb.report.study import wholeness

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cyberdesk_nb.report.study import Study

_FETCHED = ("runs", "connections", "machines", "workflows", "usage")


def section(study: Study) -> Section:
    """Make the section."""
    return Section(
        "method",
        "Data and method",
        (part("What was fetched", lambda: _sources(study)), *_looked_for(study), _terms(study)),
    )


def _sources(study: Study) -> Table:
    frames, gaps = study.frames, study.gaps
    rows = [
        (name, f"{len(frames[name]):,}", wholeness(frames[name]) if frames[name].attrs else "as given")
        for name in _FETCHED
        if name in frames
    ]
    missing = [(name, "none", f"not fetched: {gaps[name]}") for name in _FETCHED if name in gaps]
    return Table("What was fetched", ("table", "rows", "completeness"), (False, True, False), (*rows, *missing))


def _looked_for(study: Study) -> Iterable[Block]:
    findings = study.find("findings")
    checked: Any = None if findings is None else findings.attrs.get("checked")
    if isinstance(checked, dict):
        rows = [(str(name).replace("_", " "), printable(str(said))) for name, said in cast("Any", checked).items()]
        yield Table("What was looked for", ("kind", "what was looked at"), (False, False), tuple(rows))


def _terms(study: Study) -> Words:
    return Words(
        f"Intervals hold the true value in {study.scope.level} of cases. Success rate: succeeded runs, of those that "
        "ended and were not cancelled. Task failed is the agent's verdict, platform error the platform's. A wait ends "
        "when the run starts, a duration when it ends; runs without one are left out where a figure does not say "
        "otherwise. "
        f"Days, hours and shown times are those of {study.scope.tz}; times in attached frames are UTC."
    )
