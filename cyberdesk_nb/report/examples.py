"""Runs that failed, to be looked at: which ones, and what is shown of each."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

import pandas as pd
from PIL import Image

from cyberdesk_nb.errors import printable
from cyberdesk_nb.report.blocks import Example, Examples
from cyberdesk_nb.report.cells import duration, is_missing, moment, text
from cyberdesk_nb.report.figures import data_uri
from cyberdesk_nb.report.study import reason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cyberdesk_nb.report.study import Study

FAILED = ("task_failed", "infra_error", "check_failed")
_WIDTH_PX = 360
_ERROR_MAX = 600


class Recordings(Protocol):
    """Gives what was recorded of a run; made where the network is."""

    def last_screen(self, run_id: str) -> bytes | str:
        """Give the picture of a run's last screen, or why there is none."""
        ...

    def write_replay(self, run_id: str, path: Path) -> None:
        """Write a run's replay as one HTML file; raises `CyberdeskError` when it cannot."""
        ...


@dataclass(frozen=True, slots=True)
class Chosen:
    """A run to show, and what it stands for."""

    run_id: str
    why: str


def choose(study: Study, most: int) -> list[Chosen]:
    """Choose failed runs: one for each finding that cost runs, then the newest of each kind of failure."""
    runs = study.runs
    failed = set(runs.loc[runs["outcome"].isin(FAILED), "id"])
    chosen: dict[str, Chosen] = {}
    for headline, ids in _of_findings(study.find("findings")):
        found = next((each for each in ids if each in failed and each not in chosen), None)
        if found is not None:
            chosen[found] = Chosen(found, headline)
    kinds = study.find("failures")
    for kind in () if kinds is None else kinds.head(most).to_dict("records"):
        newest, count = str(kind["example_run_id"]), int(kind["n"])
        of = f"The newest of {count:,} failures of this kind" if count > 1 else "The only failure of its kind"
        chosen.setdefault(newest, Chosen(newest, of))
    return list(chosen.values())[:most]


def show(study: Study, chosen: list[Chosen], recordings: Recordings | None, why_no_screen: str = "") -> Examples:
    """Show the chosen runs with their last screens."""
    runs = study.runs
    total = int(runs["outcome"].isin(FAILED).sum())
    rows = {str(row["id"]): row for row in runs[runs["id"].isin([one.run_id for one in chosen])].to_dict("records")}
    shown = tuple(
        _example(study, one, cast("Mapping[str, Any]", rows[one.run_id]), recordings, why_no_screen) for one in chosen
    )
    count = f"{len(shown)} of {total:,} failed runs are shown" if total else "No run failed"
    return Examples("Failed runs to look at", shown, (f"{count}.",))


def _of_findings(findings: pd.DataFrame | None) -> list[tuple[str, list[str]]]:
    if findings is None or "run_ids" not in findings:
        return []
    found: list[tuple[str, list[str]]] = []
    costly = findings[findings["runs_lost"] > 0]
    for headline, ids in zip(costly["headline"], costly["run_ids"], strict=True):
        try:
            listed: Any = json.loads(ids) if isinstance(ids, str) else ids
        except ValueError:
            continue
        if isinstance(listed, list):
            found.append((text(headline), [str(each) for each in cast("list[Any]", listed)]))
    return found


def _example(
    study: Study, one: Chosen, row: Mapping[str, Any], recordings: Recordings | None, why_no_screen: str
) -> Example:
    tz = study.scope.tz
    facts = (
        ("workflow", _named(row, "workflow")),
        ("machine", _named(row, "machine")),
        ("created", moment(row["created_at"], tz)),
        ("duration", duration(row["duration_s"])),
        ("outcome", text(row["outcome"]).replace("_", " ")),
        ("run", text(one.run_id)),
    )
    error = "" if is_missing(row["error"]) else printable(str(row["error"]), _ERROR_MAX)
    screen, note = (None, why_no_screen) if why_no_screen else _screen(one.run_id, recordings)
    return Example(one.run_id, one.why, facts, error, screen, note)


def _named(row: Mapping[str, Any], noun: str) -> str:
    name = row.get(f"{noun}_name")
    return text(row.get(f"{noun}_id") if is_missing(name) else name)


def _screen(run_id: str, recordings: Recordings | None) -> tuple[str | None, str]:
    if recordings is None:
        return None, "Screens were not fetched."
    try:
        found = recordings.last_screen(run_id)
        return (None, found) if isinstance(found, str) else (data_uri("image/webp", small(found)), "Last screen.")
    except Exception as error:  # noqa: BLE001 - a picture from outside may break a reader in any way
        return None, f"The last screen could not be had: {reason(error)}"


def small(picture: bytes) -> bytes:
    """Give a picture as a small one, without anything but its pixels."""
    with Image.open(io.BytesIO(picture)) as image:
        shown = image.convert("RGB")
    shown.thumbnail((_WIDTH_PX, _WIDTH_PX))
    out = io.BytesIO()
    shown.save(out, "WEBP", quality=70, method=4)
    return out.getvalue()
