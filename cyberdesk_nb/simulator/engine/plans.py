"""The life of one attempt at a run, planned when it is placed: how much is replayed, and how long it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cyberdesk_nb.simulator.engine.scripts import Line, Script
from cyberdesk_nb.simulator.runs.timetable import LEAD_S, TAIL_S, Floats

AGENTIC_S = 7.0
"""Mean time of a step that a model decides."""
CACHED_S = 1.6
"""Mean time of a step that is replayed, screen comparison included."""


@dataclass(frozen=True, slots=True)
class Replay:
    """The trajectory that a run follows, and how many of its leading steps match."""

    trajectory_id: str
    label: str | None
    steps: int


def matching_steps(script: Script, recorded: Sequence[int]) -> int:
    """Return how many leading steps of a script can be replayed from a recording's step signatures."""
    end = len(script.lines) if script.break_step is None else script.break_step
    for index, line in enumerate(script.lines[:end]):
        if index >= len(recorded) or line.signature != recorded[index]:
            return index
    return end


def is_cached(line: Line, index: int, replayed: int) -> bool:
    """Tell whether step `index` is replayed, the first `replayed` steps being so unless they always run live."""
    return index < replayed and not line.is_live


def count_cached(script: Script, decided: int, replayed: int) -> int:
    """Return how many of the first `decided` steps are replayed."""
    reach = min(decided, replayed)
    return reach - script.live_before[reach]


def nominal_s(script: Script, replayed: int) -> float:
    """Return how long a script takes on an ordinary machine."""
    return LEAD_S + TAIL_S + sum(_step_s(line, i, replayed) for i, line in enumerate(script.lines))


def step_spans_s(script: Script, replayed: int) -> Floats:
    """Return what each step takes on an ordinary machine."""
    return np.array([_step_s(line, i, replayed) for i, line in enumerate(script.lines)])


def _step_s(line: Line, index: int, replayed: int) -> float:
    return line.wait_s + (CACHED_S if is_cached(line, index, replayed) else AGENTIC_S)
