"""What the seeded runs play: a few thousand different plays among a million runs, so that each is looked at once."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cyberdesk_nb.simulator.chance import mixed
from cyberdesk_nb.simulator.engine.plans import Replay, count_cached, step_spans_s
from cyberdesk_nb.simulator.engine.scripts import Script, ScriptLibrary
from cyberdesk_nb.simulator.runs.past_runs import NONE, Bools, Ints, PastRuns
from cyberdesk_nb.simulator.runs.timetable import timetable

_AT_ONCE = 4_096
"""Runs whose steps are timed at once, in some megabytes."""

Counts = NDArray[np.int16]


class Play(NamedTuple):
    """What some runs have in common: their script and what of it is replayed. `example` is one of these runs."""

    script: Script
    replay: Replay | None
    example: int

    @property
    def replayed(self) -> int:
        """The number of leading steps that follow a recording."""
        return self.replay.steps if self.replay else 0


class Seen(NamedTuple):
    """How much of its play each run's history shows: steps decided, those done, and the decided ones replayed."""

    decided: Counts
    done: Counts
    cached: Counts


class PastPlays:
    """Tells the plays of the seeded runs.

    Attributes
    ----------
    of_run
        Index in `plays` of what each run plays; it means nothing for a run that never began.
    plays
        The different plays.
    """

    def __init__(self, past: PastRuns, library: ScriptLibrary) -> None:
        self._past = past
        keys = past.workflow.astype(np.int64)
        for column in (past.sample, past.disturbance, past.failure, past.trajectory):
            keys *= int(column.max(initial=NONE)) - NONE + 1
            keys += column - NONE
        _, examples, of_run = np.unique(keys, return_index=True, return_inverse=True)
        self.of_run: NDArray[np.int32] = of_run.astype(np.int32)
        self.plays: list[Play] = []
        for number in examples.tolist():
            script, replay = past.play(number, library)
            self.plays.append(Play(library.script(script), replay, number))

    @cached_property
    def seen(self) -> Seen:
        """How far each run came; zeros where it never began."""
        past = self._past
        begun = past.started != NONE
        lengths = np.array([len(play.script.lines) for play in self.plays], np.int16)
        decided = np.where(begun, lengths[self.of_run], np.int16(0)) if len(past) else np.empty(0, np.int16)
        done = decided.copy()
        cut = np.flatnonzero(begun & past.cut)
        for start in range(0, len(cut), _AT_ONCE):
            numbers = cut[start : start + _AT_ONCE]
            decided[numbers], done[numbers] = self._in_time(numbers)
        return Seen(decided, done, self._cached(decided))

    def _in_time(self, numbers: Ints) -> tuple[Ints, Ints]:
        """Count the steps of some runs that were decided, and done, before the work ended."""
        past = self._past
        plays: list[Play] = [self.plays[index] for index in self.of_run[numbers].tolist()]
        times = timetable(
            mixed([past.seed, numbers.astype(np.uint64)]),
            past.started[numbers],
            past.natural_s[numbers].astype(np.float64),
            [step_spans_s(play.script, play.replayed) for play in plays],
        )
        lengths: Ints = np.array([len(play.script.lines) for play in plays])
        real: Bools = np.arange(times.done.shape[1], dtype=np.int64) < lengths[:, None]
        until: Ints = past.work_ended[numbers][:, None]
        return _count(real & (times.decided <= until)), _count(real & (times.done <= until))

    def _cached(self, decided: Counts) -> Counts:
        """Count the replayed steps among the first `decided` of each run."""
        longest = max((len(play.script.lines) for play in self.plays), default=0)
        table = np.zeros((len(self.plays), longest + 1), np.int16)
        for row, play in zip(table, self.plays, strict=True):
            steps = len(play.script.lines)
            row[: steps + 1] = [count_cached(play.script, count, play.replayed) for count in range(steps + 1)]
        return table[self.of_run, decided]


def _count(marks: Bools) -> Ints:
    return np.count_nonzero(marks, axis=1)
