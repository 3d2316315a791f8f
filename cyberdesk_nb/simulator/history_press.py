"""Histories of whole pages as JSON: runs of one play differ in ids and times only, so that each play has a plate.

What is printed is to the byte the JSON of what `histories.history` says of the same run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import uuid4

import msgspec
import numpy as np

from cyberdesk_nb.simulator.chance import Words, mixed
from cyberdesk_nb.simulator.histories import USE, Telling, broken_answer, whole_play
from cyberdesk_nb.simulator.past_runs import to_us
from cyberdesk_nb.simulator.plans import step_spans_s
from cyberdesk_nb.simulator.runs import ERROR, Attempt, Run
from cyberdesk_nb.simulator.scripts import Recent, ScriptKey
from cyberdesk_nb.simulator.timetable import Floats, Ints, timetable

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
        self._plates = Recent[tuple[ScriptKey, int, bool], _Plate](_PLATES)

    def print(self, runs: Sequence[tuple[Run, Attempt]]) -> list[msgspec.Raw]:
        """Return the histories of runs whose agents are done."""
        tellings = [self._telling_of(run, attempt) for run, attempt in runs]
        plates = [self._plate(telling) for telling in tellings]
        return [_print(*parts) for parts in zip(tellings, plates, _steps(tellings, plates), strict=True)]

    def _plate(self, telling: Telling) -> _Plate:
        replay = telling.attempt.replay
        key = (telling.attempt.script, replay.steps if replay else 0, replay is not None and replay.label is not None)
        return self._plates.get_or_make(key, lambda: _plate(telling))


class _Plate(NamedTuple):
    """The messages of one play as formats with named slots; what its steps take, and the names of their slots."""

    messages: list[bytes]
    spans_s: Floats
    names: list[bytes]


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
    messages = whole_play(blank, lambda name: f"{_slot(name)}Z")
    formats = [_SLOT.sub(rb"%(\1)b", msgspec.json.encode(message).replace(b"%", b"%%")) for message in messages]
    names = [f"{what}{index}".encode() for what in ("use", "call", "answer") for index in range(len(script.lines))]
    return _Plate(formats, step_spans_s(script, replay.steps if replay else 0), names)


def _slot(name: str) -> str:
    return f"{_MARK}<{name}>"


class _Steps(NamedTuple):
    """What comes into the slots of a run's steps, and how many were decided and done before the end."""

    values: list[bytes]
    decided: int
    done: int


def _steps(tellings: Sequence[Telling], plates: Sequence[_Plate]) -> Iterator[_Steps]:
    if not tellings:
        return
    attempts = [telling.attempt for telling in tellings]
    seeds = np.array([attempt.seed for attempt in attempts], np.uint64)
    times = timetable(
        seeds,
        np.array([to_us(attempt.started_at) for attempt in attempts]),
        np.array([attempt.natural_s for attempt in attempts]),
        [plate.spans_s for plate in plates],
    )
    lengths = np.array([len(plate.spans_s) for plate in plates])
    steps = np.arange(times.done.shape[1], dtype=np.uint64)
    real = steps < lengths[:, None]
    until = np.array([to_us(attempt.work_ends_at) for attempt in attempts])[:, None]
    decided, done = ((real & (at <= until)).sum(axis=1).tolist() for at in times)
    uses = _use_ids(mixed([seeds[:, None], steps, USE])[real])
    calls, answers = (_texts(at[real]) for at in times)
    ends = np.cumsum(lengths).tolist()
    for row, (begin, end) in enumerate(zip([0, *ends], ends, strict=False)):
        yield _Steps([*uses[begin:end], *calls[begin:end], *answers[begin:end]], decided[row], done[row])


def _print(telling: Telling, plate: _Plate, steps: _Steps) -> msgspec.Raw:
    attempt = telling.attempt
    ends_well = not attempt.is_cut and attempt.final != ERROR
    shown = b",".join(plate.messages[: 1 + steps.decided + steps.done + ends_well])
    text = shown % (dict(zip(plate.names, steps.values, strict=True)) | _own_values(telling))
    if steps.decided > steps.done and attempt.final == ERROR:
        text += b"," + msgspec.json.encode(broken_answer(telling, steps.done, attempt.work_ends_at))
    return msgspec.Raw(b"[%b]" % text)


def _own_values(telling: Telling) -> dict[bytes, bytes]:
    """Return what comes into the slots that are not a step's."""
    attempt, replay = telling.attempt, telling.attempt.replay
    start, end = _texts(np.array([to_us(attempt.started_at), to_us(attempt.work_ends_at)]))
    return {
        b"run": telling.run.id.encode(),
        b"prompt": _inside_quotes(telling.prompt),
        b"trajectory": _inside_quotes(replay.trajectory_id) if replay else b"",
        b"label": _inside_quotes(replay.label or "") if replay else b"",
        b"loop": telling.loop_id().encode(),
        b"start": start,
        b"end": end,
    }


def _inside_quotes(value: str) -> bytes:
    return msgspec.json.encode(value)[1:-1]


def _use_ids(words: Words) -> list[bytes]:
    return [b"toolu_" + text for text in np.frombuffer(words.astype(">u8").tobytes().hex().encode(), "S16").tolist()]


def _texts(us: Ints) -> list[bytes]:
    """Write times as JSON does, without the quotes and the Z."""
    return msgspec.json.encode(us.astype("M8[us]").tolist())[2:-2].split(b'","')
