"""What an agent does in a run: the catalogue's plays, kept as text, and their pictures drawn when asked for."""

from __future__ import annotations

import json
import re
import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from cyberdesk_nb.simulator.catalog import KINDS, Kind, Play
from cyberdesk_nb.simulator.chance import rng

if TYPE_CHECKING:
    from cyberdesk_nb.simulator.screens import Desktop

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_ROW = re.compile(r"\.\d+")
_LIVE_ON_REPLAY = frozenset({"focused_action"})


class ScriptKey(NamedTuple):
    """Names one play: its kind, its inputs (a sample's number, or JSON text), and what goes wrong in it."""

    kind: str
    inputs: int | str
    disturbance: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One step of a script.

    Parameters
    ----------
    signature
        Hash of the action and the control it goes to: equal in every run of the kind, whatever was typed.
    is_live
        Whether a model works on the step even when the rest is replayed (focused action, extraction).
    wait_s
        What the step takes by its own nature.
    """

    thought: str
    tool_input: dict[str, Any]
    result: str
    signature: int
    is_live: bool
    wait_s: float
    iteration: int | None


@dataclass(frozen=True, slots=True)
class Script:
    """The text of one play: its steps, how it ends, and where it first leaves a recording (None: nowhere).

    Parameters
    ----------
    places
        Per step its place in a recording of the play, which holds a loop once: an iteration leads to the first
        one for as long as it does the same.
    live_before
        How many of the first 0, 1, 2, ... steps run live even when the rest is replayed.
    """

    lines: tuple[Line, ...]
    places: tuple[int, ...]
    live_before: tuple[int, ...]
    status: str
    output: dict[str, Any] | None
    error: str | None
    summary: str
    break_step: int | None


class Recent(OrderedDict[K, V], Generic[K, V]):
    """A mapping that keeps the `size` entries used last."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def get_or_make(self, key: K, make: Callable[[], V]) -> V:
        """Return the entry, made now if it is not there."""
        kept = self.get(key)
        if kept is not None:
            self.move_to_end(key)
            return kept
        value = self[key] = make()
        if len(self) > self._size:
            self.popitem(last=False)
        return value


class ScriptLibrary:
    """All plays of one world. Samples are the inputs that the seeded runs share."""

    def __init__(self, seed: int) -> None:
        self.kinds: dict[str, Kind] = {kind.slug: kind for kind in KINDS}
        self._seed = seed
        self._samples: dict[tuple[str, int], dict[str, Any]] = {}
        # A page of a thousand runs asks four thousand times.
        self.script = lru_cache(maxsize=5_000)(self._script)
        self._plays = Recent[ScriptKey, Play](48)
        self._pictures = Recent[str, bytes](1_024)  # some 25 MB: the screens of all seeded trajectories

    def sample(self, kind: str, number: int) -> dict[str, Any]:
        """Return the `number`-th sample inputs of a kind; not to be changed."""
        if (kind, number) not in self._samples:
            dice = rng(self._seed, zlib.crc32(kind.encode()), number)
            self._samples[kind, number] = self.kinds[kind].sample_inputs(dice)
        return self._samples[kind, number]

    def _script(self, key: ScriptKey) -> Script:
        """Return the text of a play."""
        return _script(key.kind, self._play(key))

    def screen(self, key: ScriptKey, n: int, at: datetime | None = None) -> Desktop:
        """Return a copy of the desktop before step `n`, or after the last one; its taskbar shows the time `at`."""
        play = self._plays.get_or_make(key, lambda: self._play(key))
        desktop = (play.shots[n].before if n < len(play.shots) else play.final).copy()
        if at is not None:
            desktop.set_time(at)
        return desktop

    def picture(self, key: ScriptKey, n: int, at: datetime | None = None) -> bytes:
        """Return the PNG of `screen`."""
        desktop = self.screen(key, n, at)
        return self._pictures.get_or_make(desktop.fingerprint(), desktop.render)

    def _play(self, key: ScriptKey) -> Play:
        kind = self.kinds[key.kind]
        inputs = self.sample(key.kind, key.inputs) if isinstance(key.inputs, int) else json.loads(key.inputs)
        return kind.play(inputs, disturbance=key.disturbance, failure=key.failure)


@lru_cache(maxsize=4)
def script_library(seed: int) -> ScriptLibrary:
    """Return the plays of a seed; worlds of one seed share them, since nothing in them changes."""
    return ScriptLibrary(seed)


def signature(kind: str, action: str, control: str | None) -> int:
    """Return the cache-matching hash of a step, whichever row of a table it goes to.

    It has 48 bits, so that a JSON reader in any language keeps it exact.
    """
    text = f"{kind}/{action}/{_ROW.sub('', control or '')}".encode()
    return zlib.crc32(text) << 16 | zlib.adler32(text) & 0xFFFF


def _script(kind: str, play: Play) -> Script:
    lines = tuple(_line(kind, shot.move) for shot in play.shots)
    return Script(
        lines,
        recorded_places(lines),
        tuple(accumulate((line.is_live for line in lines), initial=0)),
        play.status,
        play.output,
        play.error,
        play.summary,
        play.break_step,
    )


def recorded_places(lines: Sequence[Line]) -> tuple[int, ...]:
    """Return each step's place in a recording that holds a loop once."""
    places: list[int] = []
    first: list[tuple[int, int]] = []
    for iteration, steps in groupby(lines, key=lambda line: line.iteration):
        signatures = [line.signature for line in steps]
        repeated = _leading(signatures, [signature for signature, _ in first]) if iteration else 0
        start = max(places, default=-1) + 1
        own = [*(place for _, place in first[:repeated]), *range(start, start + len(signatures) - repeated)]
        places += own
        if not iteration:
            first = list(zip(signatures, own, strict=True))
    return tuple(places)


def _leading(these: Sequence[int], those: Sequence[int]) -> int:
    """Return how many leading items are equal."""
    return next((n for n, (a, b) in enumerate(zip(these, those, strict=False)) if a != b), min(len(these), len(those)))


def _line(kind: str, move: Any) -> Line:
    action = str(move.tool_input["action"])
    waits = action == "wait"
    return Line(
        thought=move.thought,
        tool_input=move.tool_input,
        result=move.result,
        signature=signature(kind, action, move.control),
        is_live=action in _LIVE_ON_REPLAY or "extract_prompt" in move.tool_input,
        wait_s=float(move.tool_input.get("duration", 1.0)) if waits else 0.0,
        iteration=move.iteration,
    )
