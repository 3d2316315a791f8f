"""What it costs to pair each step of one recording with each of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cyberdesk_nb._extras import load
from cyberdesk_nb.analysis.recordings.calls import PLACES, call_of, key_of
from cyberdesk_nb.analysis.recordings.screens import HASH_BITS, bits_apart

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from cyberdesk_nb.analysis.recordings.recorded import Steps
    from cyberdesk_nb.analysis.recordings.screens import Screen
    from cyberdesk_nb.frames.steps import Step

GAP = 1.0
"""Cost of leaving one step without a partner."""

MOVE = 1.15
"""Cost of pairing equal steps against the order."""

# A change costs more than one gap and less than two: the shortest way to tell what differs wins. Within these bounds
# the most alike pairs win.
_CHANGED = 1.05
_OTHER_ACTION = 0.3
_OTHER_ARGUMENTS = 0.4
_OTHER_SCREEN = 0.15
_SAME_THOUGHT = -0.2
_CHANGED_MOST = 1.7
_SAME_SIGNATURE = 0.6
_NEVER = 9.0

# Between equal calls the screens and thoughts choose.
_SAME_OTHER_SCREEN = 0.15
_SAME_OTHER_THOUGHT = 0.05

# From here on places (share of the width), screens and texts (share of letters) have nothing in common.
_FAR_SHARE = 0.2
_FAR_BITS = 0.3 * HASH_BITS
_FAR_TEXT = 0.6
_TEXT_MAX = 500
_ROUNDING_PX = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """Every step of `a` beside every step of `b`.

    Attributes
    ----------
    same
        Whether the calls are equal, places within the tolerance.
    cost
        What pairing them costs, between 0 and `_NEVER`; two gaps cost less than what should not be paired.
    distance_px
        How far their places lie apart in pixels of the screen of `a`; NaN where one has none.
    screen_bits
        In how many bits the hashes of their screens differ; NaN where one is not known.
    """

    same: npt.NDArray[np.bool_]
    cost: npt.NDArray[np.float64]
    distance_px: npt.NDArray[np.float64]
    screen_bits: npt.NDArray[np.float64]


def likeness(
    a: Steps, b: Steps, screens_a: Sequence[Screen], screens_b: Sequence[Screen], tolerance_px: float
) -> Likeness:
    """Compare each step of `a` with each of `b`."""
    calls_a, calls_b = [call_of(step) for step in a.steps], [call_of(step) for step in b.steps]
    distance_px = _distances(a, b, tolerance_px)
    placed = ~np.isnan(distance_px)
    near = np.where(placed, distance_px <= tolerance_px + _ROUNDING_PX, ~_any_place(a)[:, None] & ~_any_place(b)[None])
    one_sided = _any_place(a)[:, None] != _any_place(b)[None]
    unlike_place = np.where(one_sided, 1.0, np.minimum(distance_px / a.size[0] / _FAR_SHARE, 1))
    same = near & _equal(calls_a, calls_b, _without_places) & _equal(calls_a, calls_b, _kind_of_place)
    bits = bits_apart(screens_a, screens_b)
    unlike_screen = np.nan_to_num(np.minimum(bits / _FAR_BITS, 1), nan=0.5)
    thoughts = _equal(a.steps, b.steps, _thought)
    signed = _equal(a.steps, b.steps, _signature) & _has(a.steps, b.steps, _signature)
    changed = (
        _CHANGED
        + _OTHER_ACTION * ~_equal(calls_a, calls_b, _name)
        + _OTHER_ARGUMENTS * _unlike_arguments(calls_a, calls_b, unlike_place)
        + _OTHER_SCREEN * unlike_screen
        + _SAME_THOUGHT * (thoughts & _has(a.steps, b.steps, _thought))
    )
    changed = np.where(changed <= _CHANGED_MOST, changed, _NEVER)
    changed = np.where(signed, np.minimum(changed, _SAME_SIGNATURE), changed)
    equal = _SAME_OTHER_SCREEN * unlike_screen + _SAME_OTHER_THOUGHT * ~thoughts
    return Likeness(same, np.where(same, equal, changed), distance_px, bits)


def _distances(a: Steps, b: Steps, tolerance_px: float) -> npt.NDArray[np.float64]:
    """Give how far places lie apart in pixels of the screen of `a`, for a drag at its farther end.

    A size that differs may be another display, or only pictures that were scaled: the reading counts under which more
    places agree, as shares of each screen or as pixels.
    """
    left, right = _places(a), _places(b)
    scale = np.array(a.size * 2) / np.array(b.size * 2)
    readings = [_apart(left, right * scale), _apart(left, right)]
    return max(readings, key=lambda distance: int((distance <= tolerance_px + _ROUNDING_PX).sum()))


def _apart(left: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    apart = np.abs(left[:, None] - right[None])
    return np.fmax(np.hypot(apart[..., 0], apart[..., 1]), np.hypot(apart[..., 2], apart[..., 3]))


def _places(side: Steps) -> npt.NDArray[np.float64]:
    places = [[getattr(step.action, name) for name in PLACES] for step in side.steps]
    return np.array(places, dtype=np.float64).reshape(-1, 4)


def _any_place(side: Steps) -> npt.NDArray[np.bool_]:
    return np.asarray((~np.isnan(_places(side))).any(axis=1))


def _unlike_arguments(
    calls_a: Sequence[dict[str, Any]], calls_b: Sequence[dict[str, Any]], unlike_place: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Give 0 for equal arguments to 1 for arguments that have nothing in common: the mean over places and words."""
    process: Any = load("rapidfuzz.process", extra="analysis")
    indel: Any = load("rapidfuzz.distance.Indel", extra="analysis")
    texts_a, texts_b = ([_words(call)[:_TEXT_MAX] for call in calls] for calls in (calls_a, calls_b))
    unlike = np.zeros((len(calls_a), len(calls_b)))
    if unlike.size:
        apart = np.asarray(process.cdist(texts_a, texts_b, scorer=indel.normalized_distance), dtype=np.float64)
        unlike = np.minimum(apart / _FAR_TEXT, 1)
    worded_a, worded_b = (np.array([bool(text) for text in texts], dtype=np.bool_) for texts in (texts_a, texts_b))
    worded = worded_a[:, None] | worded_b[None]
    parts = np.stack([np.where(worded, unlike, np.nan), unlike_place])
    count = (~np.isnan(parts)).sum(axis=0)
    return np.where(count > 0, np.nan_to_num(parts).sum(axis=0) / np.maximum(count, 1), 0.0)


def _equal(a: Sequence[Any], b: Sequence[Any], key: Callable[[Any], str]) -> npt.NDArray[np.bool_]:
    """Mark the pairs with equal keys."""
    numbers: dict[str, int] = {}
    left = np.array([numbers.setdefault(key(one), len(numbers)) for one in a], dtype=np.int64)
    right = np.array([numbers.setdefault(key(one), len(numbers)) for one in b], dtype=np.int64)
    return left[:, None] == right[None]


def _has(a: Sequence[Step], b: Sequence[Step], key: Callable[[Any], str]) -> npt.NDArray[np.bool_]:
    """Mark the pairs of which both have a key."""
    left, right = (np.array([bool(key(one)) for one in side], dtype=np.bool_) for side in (a, b))
    return left[:, None] & right[None]


def _name(call: dict[str, Any]) -> str:
    return str(call["action"])


def _without_places(call: dict[str, Any]) -> str:
    return key_of({name: value for name, value in call.items() if name not in PLACES})


def _kind_of_place(call: dict[str, Any]) -> str:
    return ",".join(name for name in PLACES if name in call)


def _words(call: dict[str, Any]) -> str:
    """Write the arguments that are no place as one text."""
    return " ".join(str(value) for name, value in call.items() if name not in {"action", *PLACES})


def _thought(step: Step) -> str:
    return step.thought or ""


def _signature(step: Step) -> str:
    return "" if step.signature_hash is None else str(step.signature_hash)
