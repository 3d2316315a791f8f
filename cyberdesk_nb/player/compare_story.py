"""What the comparison's front end is told: both recordings, and a row for each pair of steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from cyberdesk_nb.analysis.recordings.calls import call_of, differences
from cyberdesk_nb.analysis.recordings.diff import words_of
from cyberdesk_nb.analysis.recordings.screens import HASH_BITS, NOISE_BITS
from cyberdesk_nb.player.recordings import Recording, recorded_run, recorded_trajectory
from cyberdesk_nb.player.story import build_story

if TYPE_CHECKING:
    from cyberdesk_nb.player.redaction import Redaction, Redactor

_VALUE_MAX = 2_000


def recorded(record: object) -> Recording:
    """Read a trajectory or a run: a model or a dict of the same shape."""
    has = record.__contains__ if isinstance(record, Mapping) else partial(hasattr, record)
    read = recorded_trajectory if has("trajectory_data") else recorded_run
    return read(cast("object", record))


def build_comparison(a: Recording, b: Recording, frame: pd.DataFrame) -> dict[str, Any]:
    """Describe a comparison for the front end.

    Parameters
    ----------
    a, b
        The recordings, perhaps with texts masked.
    frame
        How their steps are aligned, as `diff_trajectories` gives it.

    Returns
    -------
    dict
        JSON-able. Pictures of `b` have the positions after those of `a`, from ``offset`` on.
    """
    stories = build_story(a), build_story(b)
    return {
        "title": f"{stories[0]['title']} | {stories[1]['title']}",
        "a": stories[0],
        "b": stories[1],
        "offset": len(a.images),
        "rows": [_row(a, b, cast("dict[str, Any]", row)) for row in frame.to_dict("records")],
    }


def redactors(redact: Redaction, a: Recording, b: Recording) -> tuple[Redactor, Redactor]:
    """Give what masks each recording: values of either are masked in both."""
    from cyberdesk_nb.player.redaction import Redactor

    inputs = {name: [side.inputs.get(name) for side in (a, b)] for name in {**a.inputs, **b.inputs}}
    actions = [step.action for side in (a, b) for step in side.steps if redact.typed_text]
    typed = tuple(action.text for action in actions if action.name == "type" and action.text)
    both = replace(redact, values=(*redact.values, *typed))
    return Redactor(both, replace(a, inputs=inputs)), Redactor(both, replace(b, inputs=inputs))


def _row(a: Recording, b: Recording, row: dict[str, Any]) -> dict[str, Any]:
    i, j = (None if pd.isna(row[name]) else int(row[name]) for name in ("step_a", "step_b"))
    told: dict[str, Any] = {"op": row["op"], "a": i, "b": j, "changes": [], "screen": None}
    if i is None or j is None:
        return told
    if row["op"] == "changed":
        calls = call_of(a.steps[i]), call_of(b.steps[j])
        # The names come from the frame: masked values may be equal where the values were not.
        names = [name for name in {**calls[0], **calls[1]} if name in str(row["changed"]).split(", ")]
        names = names or list(differences(*calls))
        told["changes"] = [{"name": name, **_values(name, *calls)} for name in names]
    told["screen"] = _screens(row)
    return told


def _values(name: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, str]:
    return {"a": words_of(a.get(name), _VALUE_MAX), "b": words_of(b.get(name), _VALUE_MAX)}


def _screens(row: Mapping[str, Any]) -> str | None:
    """Say how alike the screens before the two steps are."""
    if pd.isna(row["screen_bits"]):
        return "The screens could not be compared: at least one was not recorded or cannot be read."
    bits = int(row["screen_bits"])
    if bits <= NOISE_BITS:
        return "Both saw the same screen."
    return f"The screens differ in {bits} of {HASH_BITS} bits ({100 * bits / HASH_BITS:.0f} %)."
