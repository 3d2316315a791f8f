"""When the steps of attempts are decided and done: of one attempt as of a whole page of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cyberdesk_nb.simulator.chance import Words, mixed

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAD_S = 5.0
"""From the start of the run to its first step."""
TAIL_S = 3.0
"""From the last step to the end of the work: the output is put together."""
_ACTING_SHARE = 0.15
"""Share of a step's time that lies between the agent's decision and the answer of the machine."""
_US = 1_000_000


class Timetable(NamedTuple):
    """Microseconds since 1970, one row per attempt and one column per step; short rows repeat their last time."""

    decided: Ints
    done: Ints


def timetable(seeds: Words, started: Ints, natural_s: Floats, spans_s: Sequence[Floats]) -> Timetable:
    """Return when the steps happen.

    Parameters
    ----------
    seeds
        Of the step times, one per attempt, as `started` and `natural_s` are.
    started
        Microseconds since 1970.
    natural_s
        Time of each whole script.
    spans_s
        What each step takes on an ordinary machine, in an array per attempt.
    """
    width = max(len(spans) for spans in spans_s)
    usual = np.zeros((len(spans_s), width))
    for row, spans in enumerate(spans_s):
        usual[row, : len(spans)] = spans
    luck = mixed([seeds[:, None], np.arange(width, dtype=np.uint64)]) / 2.0**64
    # Added one after another, not pairwise as `sum` does, so that the last end is the whole to the last bit.
    ends = np.add.accumulate(usual * (0.6 + 0.8 * luck), axis=1)
    scale = np.maximum(natural_s - LEAD_S - TAIL_S, 0.1 * natural_s) / ends[:, -1]
    done_s = np.minimum(LEAD_S, 0.5 * natural_s)[:, None] + scale[:, None] * ends
    decided_s = done_s - _ACTING_SHARE * np.diff(done_s, axis=1, prepend=0.0)
    return Timetable(started[:, None] + _to_us(decided_s), started[:, None] + _to_us(done_s))


def _to_us(seconds: Floats) -> Ints:
    """Round as `timedelta(seconds=...)` does."""
    part, whole = np.modf(seconds)
    return whole.astype(np.int64) * _US + np.rint(part * _US).astype(np.int64)
