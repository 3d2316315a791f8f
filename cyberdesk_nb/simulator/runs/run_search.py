"""Search in runs: `mentions` says what is read. Of the seeded runs each different text is read once, not each run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cyberdesk_nb.simulator.chance import mixed
from cyberdesk_nb.simulator.engine.scripts import Recent, ScriptKey
from cyberdesk_nb.simulator.runs.histories import USE, Telling, broken_answer, opening, whole_play
from cyberdesk_nb.simulator.runs.mentions import (
    CALL_ID,
    FIELDS,
    HISTORY,
    in_message,
    mentions,
    message_text,
    run_ids,
    text,
)
from cyberdesk_nb.simulator.runs.past_plays import Play
from cyberdesk_nb.simulator.runs.past_runs import EPOCH, NONE, STATUSES, Bools
from cyberdesk_nb.simulator.runs.records import RunReader
from cyberdesk_nb.simulator.runs.run_book import RunBook
from cyberdesk_nb.simulator.runs.runs import CANCELLED, ERROR, SUCCESS, Attempt, Run
from cyberdesk_nb.simulator.world.store import Store

_AT_ONCE = 65_536
"""Runs whose ids are written at once, in some megabytes."""
_ID_LENGTH = 36
_NEVER = np.iinfo(np.int16).max
_BROKE = STATUSES.index(ERROR)
_FINE = [STATUSES.index(status) for status in (SUCCESS, CANCELLED)]


class RunSearch:
    """Makes sieves of what is searched for."""

    def __init__(self, store: Store, book: RunBook, reader: RunReader) -> None:
        self._past = PastSearch(store, book, reader)
        self._reader = reader

    def sieve(self, words: str, *, deep: bool) -> Search:
        """Return a search; a deep one reads histories, too."""
        return Search(self._past, self._reader, words, deep=deep)


class Search:
    """One search, as a sieve of runs.

    Parameters
    ----------
    words
        What is looked for, in any case.
    deep
        Whether histories are read.
    """

    def __init__(self, past: PastSearch, reader: RunReader, words: str, *, deep: bool) -> None:
        self._past = past
        self._reader = reader
        self._needle = words.casefold()
        self._deep = deep

    def rows(self) -> Bools:
        """Mark the seeded runs that mention the words."""
        found = self._past.in_fields(self._needle)
        return found | self._past.in_histories(self._needle) if self._deep else found

    def passes(self, run: Run, now: datetime) -> bool:
        """Tell whether a run mentions the words."""
        record = self._reader.record(run, now, [*FIELDS, HISTORY] if self._deep else FIELDS)
        return mentions(record, self._needle)


class _Texts(NamedTuple):
    """What the runs of one play say in their fields."""

    inputs: str
    output: str
    error: str


class _Prompts(NamedTuple):
    """The different prompts of runs, filled in, and which of them each run had; one past the last for none."""

    texts: list[str]
    of_run: NDArray[np.int32]


class _Messages(NamedTuple):
    """What plays say after their prompts: the different messages, and which are said at which places, play by play."""

    texts: list[str]
    said: NDArray[np.int32]
    places: NDArray[np.int16]
    starts: NDArray[np.int64]
    of_play: NDArray[np.int32]


class PastSearch:
    """Searches the seeded runs. A needle is what is looked for, folded."""

    def __init__(self, store: Store, book: RunBook, reader: RunReader) -> None:
        self._store = store
        self._book = book
        self._reader = reader
        self._asked = Recent[str, _Prompts](1)

    @cached_property
    def _begun(self) -> Bools:
        return self._book.past.started != NONE

    # fields
    def in_fields(self, needle: str) -> Bools:
        """Mark the runs that mention it in the fields that are always searched."""
        past, of_run = self._book.past, self._book.plays.of_run
        told = [[needle in one for one in texts] for texts in self._texts]
        inputs, outputs, errors = np.array(told, np.bool_).reshape(-1, len(_Texts._fields)).T
        found = self._ids(needle) | inputs[of_run] | (self._begun & ~past.cut & outputs[of_run])
        failed = self._begun & ~np.isin(past.status, _FINE)
        in_script = failed & errors[of_run]
        in_script[list(past.errors)] = False
        found |= in_script
        found[[number for number, words in self._own_words if needle in words]] = True
        return found

    @cached_property
    def _own_words(self) -> list[tuple[int, str]]:
        """What single runs say: errors that are not their script's, and session aliases."""
        past = self._book.past
        shown = ~(self._begun & np.isin(past.status, _FINE))
        words = [(number, text(words)) for number, words in past.errors.items() if shown[number]]
        return [*words, *((number, text(alias)) for number, (_, alias, _) in past.sessions.items())]

    @cached_property
    def _texts(self) -> list[_Texts]:
        """What each play says."""
        past, library = self._book.past, self._book.library
        said: list[_Texts] = []
        for play in self._book.plays.plays:
            kind = past.workflows[int(past.workflow[play.example])].kind
            inputs = library.sample(kind, int(past.sample[play.example]))
            error = [play.script.error] if play.script.error else None
            said.append(_Texts(text(inputs), text(play.script.output), text(error)))
        return said

    def _ids(self, needle: str) -> Bools:
        found = np.zeros(len(self._book.past), np.bool_)
        if len(needle) == _ID_LENGTH:
            number = self._book.ids.number(needle)
            found[[number] if number is not None and number < len(found) else []] = True
        elif re.fullmatch(rf"[0-9a-f-]{{1,{_ID_LENGTH - 1}}}", needle):
            for start in range(0, len(found), _AT_ONCE):
                numbers = np.arange(start, min(start + _AT_ONCE, len(found)), dtype=np.uint64)
                found[start : start + _AT_ONCE] = np.char.find(self._book.ids.texts(numbers), needle.encode()) >= 0
        return found

    # histories
    def in_histories(self, needle: str) -> Bools:
        """Mark the runs whose histories mention it."""
        past, plays = self._book.past, self._book.plays
        seen = plays.seen
        ends_well = ~past.cut & (past.status != _BROKE)
        messages = 1 + seen.decided + seen.done + ends_well
        found = self._begun & ((self._first_message(needle)[plays.of_run] < messages) | self._in_prompts(needle))
        names = [needle in text(one.id) or needle in text(one.label) for one in past.recordings]
        found |= (seen.cached > 0) & np.array([*names, False])[past.trajectory]
        found |= self._in_call_ids(needle)
        broken = np.flatnonzero(past.cut & (past.status == _BROKE) & (seen.decided > seen.done)).tolist()
        for run in self._book.over(broken):
            if run.attempt is not None:
                message = broken_answer(self._reader.telling(run, run.attempt), 0, "")
                found[run.number] |= in_message(message, needle)
        for number in map(self._book.ids.number, run_ids(needle)):
            if number is not None and number < len(found):
                record = self._reader.record(self._book.at(number), self._store.clock.now(), [*FIELDS, HISTORY])
                found[number] |= mentions(record, needle)
        return found

    def _first_message(self, needle: str) -> NDArray[np.int16]:
        """Return, per play, the place of the first message after the prompt that mentions it."""
        messages = self._messages
        told = np.array([*(needle in one for one in messages.texts), False])
        places = np.where(told[messages.said], messages.places, _NEVER)
        return np.minimum.reduceat(places, messages.starts)[messages.of_play]

    @cached_property
    def _messages(self) -> _Messages:
        numbers: dict[str, int] = {}
        said: list[int] = []
        places: list[int] = []
        starts: dict[tuple[int, int | None], int] = {}
        plays = self._book.plays.plays
        for play in plays:
            if _telling_of(play) in starts:
                continue
            starts[_telling_of(play)] = len(said)
            attempt = Attempt(ScriptKey("", 0), 0, EPOCH, 0.0, EPOCH, EPOCH, SUCCESS, replay=play.replay)
            run, kinds = self._book.at(play.example), self._reader.event_types
            telling = Telling(run, attempt, play.script, "", "", None, event_types=kinds)
            texts = [message_text(message) for message in whole_play(telling, str)][1:]
            # Each play ends with a message that nothing is in, so that none is empty.
            said += [*(numbers.setdefault(one, len(numbers)) for one in texts), -1]
            places += range(1, len(texts) + 2)
        rank = {key: number for number, key in enumerate(starts)}
        return _Messages(
            list(numbers),
            np.array(said, np.int32),
            np.array(places, np.int16),
            np.array(list(starts.values()), np.int64),
            np.array([rank[_telling_of(play)] for play in plays], np.int32),
        )

    def _in_prompts(self, needle: str) -> Bools:
        """Mark the begun runs whose prompt, filled in, mentions it."""
        prompts = self._prompts()
        told = [needle in one for one in prompts.texts]
        return np.array([*told, False])[prompts.of_run]

    def _prompts(self) -> _Prompts:
        """Return what the begun runs were asked: it follows from workflow, inputs and parameters, which may change."""
        machines = [
            self._store.machines.get(one or "", {}).get("machine_parameters") for one in self._book.past.machine_ids
        ]
        pools = [[self._store.pools[one]["pool_parameters"] for one in ask.pool_ids if one in self._store.pools]
                 for ask in self._book.past.asks]  # fmt: skip
        prompts = [workflow["main_prompt"] for workflow in self._store.workflows.values()]
        made_of = text([machines, pools, prompts])
        return self._asked.get_or_make(made_of, lambda: self._new_prompts(machines, pools))

    def _new_prompts(self, machines: list[Any], pools: list[Any]) -> _Prompts:
        past, numbers = self._book.past, np.flatnonzero(self._begun)
        keys = past.workflow[numbers].astype(np.int64)
        for values in (past.sample, _classes([*machines, None])[past.machine], _classes(pools)[past.ask]):
            keys *= int(values.max(initial=0)) + 1
            keys += values[numbers]
        _, examples, alike = np.unique(keys, return_index=True, return_inverse=True)
        of_run = np.full(len(past), len(examples), np.int32)
        of_run[numbers] = alike
        return _Prompts([self._prompt(run) for run in self._book.over(numbers[examples].tolist())], of_run)

    def _prompt(self, run: Run) -> str:
        return message_text(opening(self._reader.telling(run, run.attempt), "")) if run.attempt is not None else ""

    def _in_call_ids(self, needle: str) -> Bools:
        decided = self._book.plays.seen.decided
        if CALL_ID.startswith(needle):
            return decided > 0
        found = np.zeros(len(decided), np.bool_)
        named = re.fullmatch(rf"{CALL_ID}([0-9a-f]{{1,16}})", needle)
        if named is not None:
            rest = np.uint64(64 - 4 * len(named[1]))
            seeds = mixed([self._book.past.seed, np.arange(len(decided), dtype=np.uint64)])
            for index in range(int(decided.max(initial=0))):
                found |= (decided > index) & (mixed([seeds, index, USE]) >> rest == np.uint64(int(named[1], 16)))
        return found


def _telling_of(play: Play) -> tuple[int, int | None]:
    """Return what plays that say the same have in common."""
    return id(play.script), play.replay and play.replay.steps


def _classes(values: Iterable[Any]) -> NDArray[np.int64]:
    """Give each value a number, equal ones the same."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(text(value), len(numbers)) for value in values], np.int64)
