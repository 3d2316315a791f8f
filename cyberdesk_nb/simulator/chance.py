"""Chance that can be asked again: numbers and ids that follow from a seed and a place, in any order."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
Words = NDArray[np.uint64]

_64 = (1 << 64) - 1
_62 = (1 << 62) - 1
_ODD = 0x9E3779B97F4A7C15
_ODD_62 = _ODD & _62
_ODD_62_INVERSE = pow(_ODD_62, -1, 1 << 62)
_NAMESPACE = UUID("6f4f7dd4-52e5-4d0c-9a53-5f0f3b2c9c11").bytes


def mix(*parts: int) -> int:
    """Hash integers to 64 even bits (the finalizer of splitmix64, once per part)."""
    state = 0
    for part in parts:
        state = (state + part + _ODD) & _64
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _64
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _64
        state ^= state >> 31
    return state


def mixed(parts: Sequence[int | Words]) -> Words:
    """Hash as `mix` does, many at once: each part is one number or an array, and they broadcast."""
    state = np.zeros(1, np.uint64)
    for part in parts:
        state = state + np.asarray(part, np.uint64) + np.uint64(_ODD)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state ^= state >> np.uint64(31)
    return state


def unit(*parts: int) -> float:
    """Return the number in [0, 1) that belongs to `parts`."""
    return mix(*parts) / (1 << 64)


def rng(*parts: int) -> random.Random:
    """Return the generator that belongs to `parts`."""
    return random.Random(mix(*parts))


def weighted(items: Sequence[tuple[T, float]], share: float) -> T:
    """Return the item at `share` (0 to 1) of the summed weights."""
    left = share * sum(weight for _, weight in items)
    for item, weight in items:
        left -= weight
        if left < 0:
            return item
    return items[-1][0]


def named_id(seed: int, kind: str, number: int | str) -> str:
    """Return the uuid of the `number`-th thing of a kind in the world of `seed`."""
    # As uuid5 makes it, in a third of its time: a page of runs asks for a thousand.
    words = hashlib.sha1(_NAMESPACE + f"{seed}/{kind}/{number}".encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(words[16], 16) & 3]
    return f"{words[:8]}-{words[8:12]}-5{words[13:16]}-{variant}{words[17:20]}-{words[20:32]}"


class RunIds:
    """The uuid of every run number, and back: a million runs need no table of ids."""

    def __init__(self, seed: int) -> None:
        self._high_key = mix(seed, 1)
        self._low_key = mix(seed, 2) & _62

    def of(self, number: int) -> str:
        """Return the id of run `number`."""
        high = mix(self._high_key, number)
        low = ((number * _ODD_62) & _62) ^ self._low_key
        text = f"{high >> 16:012x}4{high & 0xFFF:03x}{low | 1 << 63:016x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def texts(self, numbers: Words) -> NDArray[np.bytes_]:
        """Return the ids of many runs."""
        high = mixed([self._high_key, numbers])
        low = (numbers * np.uint64(_ODD_62) & np.uint64(_62)) ^ np.uint64(self._low_key) | np.uint64(1 << 63)
        high = high & np.uint64(_64 ^ 0xFFFF) | np.uint64(0x4000) | high & np.uint64(0xFFF)
        digits = np.frombuffer(np.stack([high, low], axis=1).astype(">u8").tobytes().hex().encode(), np.uint8)
        texts = np.full((len(numbers), 36), ord("-"), np.uint8)
        texts[:, [place for place in range(36) if place not in {8, 13, 18, 23}]] = digits.reshape(-1, 32)
        return texts.view("S36")[:, 0]

    def number(self, run_id: str) -> int | None:
        """Return the number behind an id; None when this world never gives out that id."""
        try:
            low = UUID(run_id).int & _62
        except ValueError:
            return None
        number = ((low ^ self._low_key) * _ODD_62_INVERSE) & _62
        return number if self.of(number) == run_id.lower() else None
