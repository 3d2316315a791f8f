"""Histories of whole pages as JSON: runs of one play differ in ids and times only, so that each play has a plate.

What is printed is to the byte the JSON of what `histories.history` says of the same run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
import numpy as np

from cyberdesk_nb.simulator.chance import Words, mixed
from cyberdesk_nb.simulator.engine.plans import step_spans_s
from cyberdesk_nb.simulator.engine.scripts import Recent, ScriptKey
from cyberdesk_nb.simulator.runs.histories import USE, Telling, broken_answer, whole_play
from cyberdesk_nb.simulator.runs.past_runs import to_us
from cyberdesk_nb.simulator.runs.runs import ERROR, Attempt, Run
from cyberdesk_nb.simulator.runs.timetable import Floats, Ints, timetable

_PLATES = 2_500
"""How many plates are kept, some 15 kB each; the runs of eight workflows need fewer."""
_MARK = uuid4().hex
"""Stands before the name of a slot; nobody can guess it, so that no text from outside looks like a slot."""
_SLOT = re.compile(rf"{_MARK}<(\w+)>".encode())


class HistoryPress:
    """Prints histories.

    Parameters
    ----------
    telling_of
        What the history of an attempt at a run is told from.
    """

    def __init__(self, telling_of: Callable[[Run, Attempt], Telling]) -> None:
        self._telling_of = telling_of
        self._plates = Recent[tuple[ScriptKey, int | None, bool], _Plate](_PLATES)

    def set_up(self, runs: Sequence[tuple[Run, Attempt]]) -> list[History]:
        """Return the histories of runs whose agents are done, to be printed when they are sent."""
        tellings = [self._telling_of(run, attempt) for run, attempt in runs]
        plates = [self._plate(telling) for telling in tellings]
        return [History(*parts) for parts in zip(tellings, plates, _steps(tellings, plates), strict=True)]

    def _plate(self, telling: Telling) -> _Plate:
        replay = telling.attempt.replay
        key = (telling.attempt.script, replay and replay.steps, replay is not None and replay.label is not None)
        return self._plates.get_or_make(key, lambda: _plate(telling))


class _Plate(NamedTuple):
    """The history of one play as a format.

    Parameters
    ----------
    ends
        Where each message ends in the text.
    slots
        What comes into the text one after another, as places among a run's values.
    slots_before
        How many slots there are up to the end of each message.
    has_loop
        Whether the text names a loop.
    spans_s
        What the steps take on an ordinary machine.
    picks
        What was made by `pick`, by message.
    """

    text: bytes
    ends: list[int]
    slots: list[int]
    slots_before: list[int]
    has_loop: bool
    spans_s: Floats
    picks: dict[int, Callable[[list[bytes]], Any]]

    def upto(self, last: int) -> bytes:
        """Return the text up to the end of a message; all of it takes no copying."""
        return self.text if last == len(self.ends) - 1 else self.text[: self.ends[last]] + b"]"

    def pick(self, last: int) -> Callable[[list[bytes]], Any]:
        """Return what takes the values for the slots up to the end of a message, one after another."""
        if last not in self.picks:
            self.picks[last] = itemgetter(*self.slots[: self.slots_before[last]])
        return self.picks[last]


@dataclass(frozen=True, slots=True)
class _Blank(Telling):
    """A telling whose ids are slots."""

    def use_id(self, index: int) -> str:
        return _slot(f"use{index}")

    def loop_id(self) -> str:
        return _slot("loop")


def _plate(telling: Telling) -> _Plate:
    script, replay = telling.script, telling.attempt.replay
    if replay is not None:
        label = _slot("label") if replay.label is not None else None
        replay = replace(replay, trajectory_id=_slot("trajectory"), label=label)
    attempt = replace(telling.attempt, replay=replay)
    run = replace(telling.run, id=_slot("run"))
    blank = _Blank(run, attempt, script, _slot("prompt"), telling.org_id, None, telling.event_types)
    steps = range(len(script.lines))
    names = [*_OWN, *(f"{what}{index}" for what in ("use", "call", "answer") for index in steps)]
    places = {name.encode(): place for place, name in enumerate(names)}
    told = msgspec.json.Encoder().encode_lines(whole_play(blank, lambda name: f"{_slot(name)}Z"))
    text = _SLOT.sub(b"%b", told.replace(b"%", b"%%"))
    ends = accumulate(len(line) + 1 for line in text.splitlines())
    slots = [places[name] for name in _SLOT.findall(told)]
    slots_before = accumulate(line.count(_MARK.encode()) for line in told.splitlines())
    spans_s = step_spans_s(script, replay.steps if replay else 0)
    text = b"[" + text[:-1].replace(b"\n", b",") + b"]"
    return _Plate(text, list(ends), slots, list(slots_before), places[b"loop"] in slots, spans_s, {})


def _slot(name: str) -> str:
    return f"{_MARK}<{name}>"


class _Steps(NamedTuple):
    """The values of a run that belong to its times, and how many steps were decided and done before the end."""

    values: list[bytes]
    decided: int
    done: int


def _steps(tellings: Sequence[Telling], plates: Sequence[_Plate]) -> Iterator[_Steps]:
    if not tellings:
        return
    attempts = [telling.attempt for telling in tellings]
    seeds = np.array([attempt.seed for attempt in attempts], np.uint64)
    started = np.array([to_us(attempt.started_at) for attempt in attempts])
    until = np.array([to_us(attempt.work_ends_at) for attempt in attempts])
    times = timetable(
        seeds,
        started,
        np.array([attempt.natural_s for attempt in attempts]),
        [plate.spans_s for plate in plates],
    )
    starts, finishes = _texts(started), _texts(until)
    lengths = np.array([len(plate.spans_s) for plate in plates])
    steps = np.arange(times.done.shape[1], dtype=np.uint64)
    real = steps < lengths[:, None]
    decided, done = ((real & (at <= until[:, None])).sum(axis=1).tolist() for at in times)
    uses = _use_ids(mixed([seeds[:, None], steps, USE])[real])
    calls, answers = (_texts(at[real]) for at in times)
    ends = np.cumsum(lengths).tolist()
    for row, (begin, end) in enumerate(zip([0, *ends], ends, strict=False)):
        values = [starts[row], finishes[row], *uses[begin:end], *calls[begin:end], *answers[begin:end]]
        yield _Steps(values, decided[row], done[row])


class History:
    """The history of one run, not yet printed: a page is printed as it is sent, and never stands whole."""

    __slots__ = ("_plate", "_steps", "_telling")

    def __init__(self, telling: Telling, plate: _Plate, steps: _Steps) -> None:
        self._telling, self._plate, self._steps = telling, plate, steps

    def json(self) -> msgspec.Raw:
        """Print it."""
        telling, plate, steps = self._telling, self._plate, self._steps
        attempt = telling.attempt
        values = [*_own_values(telling, plate), *steps.values]
        ends_well = not attempt.is_cut and attempt.final != ERROR
        last = steps.decided + steps.done + ends_well
        text = plate.upto(last) % plate.pick(last)(values)
        if steps.decided > steps.done and attempt.final == ERROR:
            broken = msgspec.json.encode(broken_answer(telling, steps.done, attempt.work_ends_at))
            text = b"%b,%b]" % (text[:-1], broken)
        return msgspec.Raw(text)


_OWN = ("run", "prompt", "trajectory", "label", "loop", "start", "end")
"""The first values of each run; ids and times of its steps follow."""


def _own_values(telling: Telling, plate: _Plate) -> list[bytes]:
    replay = telling.attempt.replay
    loop = telling.loop_id().encode() if plate.has_loop else b""
    label, trajectory_id = (replay.label or "", replay.trajectory_id) if replay else ("", "")
    return [telling.run.id.encode(), *map(_inside_quotes, (telling.prompt, trajectory_id, label)), loop]


def _inside_quotes(value: str) -> bytes:
    return msgspec.json.encode(value)[1:-1]


def _use_ids(words: Words) -> list[bytes]:
    return [b"toolu_" + text for text in np.frombuffer(words.astype(">u8").tobytes().hex().encode(), "S16").tolist()]


def _texts(us: Ints) -> list[bytes]:
    """Write times as JSON does, without the quotes and the Z."""
    return msgspec.json.encode(us.astype("M8[us]").tolist())[2:-2].split(b'","')
