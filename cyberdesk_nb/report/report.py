"""The fleet report: made of frames, shown in a notebook, saved as one file."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cyberdesk_nb.errors import CyberdeskError
from cyberdesk_nb.report.attachments import Attachment, Form, attach
from cyberdesk_nb.report.blocks import Examples
from cyberdesk_nb.report.examples import choose, show
from cyberdesk_nb.report.files import Staged, staged
from cyberdesk_nb.report.rendering import Listed, Replay, render
from cyberdesk_nb.report.sections import all_sections
from cyberdesk_nb.report.study import Study, reason
from cyberdesk_nb.report.summary import summarise

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from cyberdesk_nb.report.blocks import Section
    from cyberdesk_nb.report.examples import Chosen, Recordings
    from cyberdesk_nb.report.study import Scope
    from cyberdesk_nb.report.summary import Summary

PAGE_MAX = 7_900_000
"""Largest page in bytes: what does not fit lies beside it."""

_LEFT_OUT = frozenset(
    {
        "extra",
        "usage_metadata",
        "sensitive_input_aliases",
        "machine_sensitive_parameters",
        "unkey_key_id",
        "run_message_history",
    }
)
_ORDER = ("findings", "runs", "kpis", "kpis_by_day", "kpis_by_workflow", "kpis_by_machine", "failures", "attribution")


@dataclass(frozen=True, slots=True)
class Saved:
    """A report that was written.

    Attributes
    ----------
    path
        The page.
    size_bytes
        Its size.
    beside
        Files that belong to it: replays, and frames that had no room in it.
    """

    path: Path
    size_bytes: int
    beside: tuple[Path, ...] = ()


class Report:
    """A fleet report; made by `Workspace.report`.

    As the last line of a cell it shows itself.

    Attributes
    ----------
    findings : pandas.DataFrame or None
        What stands out, the most important first; None when it could not be worked out.
    frames : dict of str to pandas.DataFrame
        Every frame behind the report, by name, as it is attached: without secrets and masked values.
    saved : Saved or None
        Where it was written last.
    """

    def __init__(
        self,
        study: Study,
        summary: Summary,
        sections: Sequence[Section],
        *,
        chosen: Sequence[Chosen] = (),
        recordings: Recordings | None = None,
        form: Form | None = "parquet",
        notes: Sequence[str] = (),
    ) -> None:
        self.frames = {name: _attachable(frame) for name, frame in study.frames.items()}
        self.findings = study.find("findings")
        self.saved: Saved | None = None
        self._scope = study.scope
        self._summary = summary
        self._sections = list(sections)
        self._chosen = list(chosen)
        self._recordings = recordings
        self._form: Form | None = form
        self._notes = list(notes)

    def __repr__(self) -> str:
        where = f", saved as {str(self.saved.path)!r}" if self.saved else ""
        found = "no" if self.findings is None else len(self.findings)
        return f"<Report: {len(self.frames['runs']):,} runs, {found} findings{where}>"

    def in_words(self) -> str:
        """Say what to look at first and where the report is, a line each, as for a terminal."""
        lines = [self._summary.verdict, *(f"- {finding.headline}" for finding in self._summary.findings)]
        if self.saved is not None:
            beside = f", and {len(self.saved.beside)} files beside it" if self.saved.beside else ""
            lines.append(f"{self.saved.path}: {self.saved.size_bytes / 1e6:.1f} MB{beside}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        page = render(
            self._scope,
            self._summary,
            self._sections,
            frame_notes=["The frames are in report.frames; report.save(path) attaches them to the file.", *self._notes],
            no_replays="The file that report.save(path) writes links to the replay.",
            base="about:srcdoc",
        )
        # A sandbox without rights: no script runs, and nothing can reach the notebook around it.
        return (
            f'<iframe sandbox="" srcdoc="{html.escape(page)}" title="Fleet report" loading="lazy" '
            'style="width:100%;height:760px;border:1px solid #8886;border-radius:6px;background:#fff"></iframe>'
        )

    def save(self, path: str | os.PathLike[str]) -> Saved:
        """Write the report as one HTML file, and beside it the replays of the failed runs that it shows.

        Parameters
        ----------
        path
            The file; an existing one is replaced when the new one is whole. Replays go to the folder
            ``<name>_replays``, frames that have no room in the file to ``<name>_frames``; both are kept up with it.

        Returns
        -------
        Saved
            Path, size and the files beside it.

        Raises
        ------
        ConfigurationError
            When something cannot be written; what was there before stays.
        """
        with staged(path) as files:
            replays = self._write_replays(files)
            listed, notes = self._write_frames(files, room=PAGE_MAX - len(self._page(replays, [], [])))
            page = self._page(replays, listed, notes)
            files.write_page(page)
            beside = files.commit()
        self.saved = Saved(Path(path), len(page), beside)
        return self.saved

    def _page(self, replays: Mapping[str, Replay], listed: Sequence[Listed], notes: Sequence[str]) -> bytes:
        return render(
            self._scope,
            self._summary,
            self._sections,
            attachments=listed,
            frame_notes=[*notes, *self._notes],
            replays=replays,
            no_replays="Replays were not written.",
        ).encode("utf-8", "replace")

    def _write_replays(self, files: Staged) -> dict[str, Replay]:
        if self._recordings is None or not self._chosen:
            return {}
        folder, name = files.folder("replays")
        replays: dict[str, Replay] = {}
        for place, one in enumerate(self._chosen, 1):
            file = f"report-replay-{place}.html"
            try:
                self._recordings.write_replay(one.run_id, folder / file)
                replays[one.run_id] = Replay(f"{name}/{file}")
            except CyberdeskError as error:
                (folder / file).unlink(missing_ok=True)
                replays[one.run_id] = Replay(None, reason(error).rstrip("."))
        return replays

    def _write_frames(self, files: Staged, room: int) -> tuple[list[Listed], list[str]]:
        if self._form is None:
            return [], ["No frames are attached."]
        attached = attach(self.frames, self._form, room, _ORDER)
        listed = [self._listed(one, files, self._form) for one in attached]
        notes = ["Not attached: raw usage counters, unknown fields, message histories, names of secrets."]
        if self._form == "csv":
            notes.append("In CSV an apostrophe stands before texts that a spreadsheet would run as a formula.")
        return listed, notes

    def _listed(self, one: Attachment, files: Staged, form: Form) -> Listed:
        shown = (one.name, one.title, one.rows, one.columns, one.size)
        if one.is_inside:
            return Listed(*shown, place="in this file", href=one.uri(form))
        folder, name = files.folder("frames")
        (folder / one.name).write_bytes(one.content)
        return Listed(*shown, place=f"beside this file, which has no room for it: {name}", href=f"{name}/{one.name}")


def make_report(
    scope: Scope,
    fetched: Mapping[str, pd.DataFrame],
    missing: Mapping[str, str],
    *,
    recordings: Recordings | None = None,
    replays: int = 6,
    why_no_screen: str = "",
    form: Form | None = "parquet",
    notes: Sequence[str] = (),
) -> Report:
    """Work everything out and lay it out.

    Parameters
    ----------
    scope
        Which part of which fleet it is about.
    fetched, missing
        Frames by name, without secrets, and why others are not there; see `Study`.
    recordings
        Gives screens and replays of failed runs. None shows the runs without.
    replays
        Most failed runs to show.
    why_no_screen
        Why no screen may be shown; "" shows them.
    form
        How frames are attached; None attaches none.
    notes
        What is said beside the attached frames.
    """
    study = Study(scope, fetched, missing)
    for name in ("kpis", "kpis_by_day", "findings"):
        study.find(name)
    chosen = choose(study, replays)
    examples: Examples | None = show(study, chosen, recordings, why_no_screen) if replays else None
    sections = all_sections(study, examples)
    return Report(
        study,
        summarise(study),
        sections,
        chosen=chosen,
        recordings=recordings,
        form=form,
        notes=notes,
    )


def _attachable(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns=[name for name in frame.columns if name in _LEFT_OUT])
