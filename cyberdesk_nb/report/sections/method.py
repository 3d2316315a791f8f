"""How far the report is to be trusted: where each frame comes from, what it lacks, what was looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyberdesk_nb.report.blocks import Block, Section, Table, Words
from cyberdesk_nb.report.cells import text
from cyberdesk_nb.report.sections._part import part
from cyberdesk_nb.report.study import wholeness

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

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
        for name, said in checked.items():  # type: ignore[reportUnknownVariableType]
            yield Words(f"{text(name)}: {text(said)}")  # type: ignore[reportUnknownArgumentType]
    elif isinstance(checked, list | tuple):
        yield Words(f"Looked for: {'; '.join(text(each) for each in checked)}.")  # type: ignore[reportUnknownVariableType]


def _terms(study: Study) -> Words:
    level = f"{study.scope.confidence:.0%}".replace("%", " %")
    return Words(
        f"Intervals hold the true value in {level} of cases. Success rate: succeeded runs, of those that ended and "
        "were not cancelled. Task failed is the agent's verdict, platform error the platform's. A wait ends when "
        "the run starts, a duration when it ends; runs without one are left out where a figure does not say otherwise. "
        f"Days, hours and shown times are those of {study.scope.tz}; times in attached frames are UTC."
    )
