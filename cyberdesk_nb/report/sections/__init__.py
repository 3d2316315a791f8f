"""The sections of a report, each a file; `all_sections` makes them in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tqdm.auto import tqdm

from cyberdesk_nb.report.sections import changes, durations, failures, machines, method, outcomes, steps, waits

if TYPE_CHECKING:
    from cyberdesk_nb.report.blocks import Examples, Section
    from cyberdesk_nb.report.study import Study

_BAR_AFTER_S = 0.7


def all_sections(study: Study, examples: Examples | None) -> list[Section]:
    """Make every section; a part that cannot be made says why in its place."""
    makers = [
        lambda: outcomes.section(study),
        lambda: failures.section(study, examples),
        lambda: changes.section(study),
        lambda: waits.section(study),
        lambda: durations.section(study),
        lambda: machines.section(study),
        lambda: steps.section(study),
        lambda: method.section(study),
    ]
    return [make() for make in tqdm(makers, desc="report", unit=" sections", delay=_BAR_AFTER_S, leave=False)]
