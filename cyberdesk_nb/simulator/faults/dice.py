"""Chance that replays: every decision follows from the seed, the rule and what is decided about."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from cyberdesk_nb.simulator.chance import mix

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Dice:
    """The chance of one rule: nothing is drawn in turn, so requests that overlap do not disturb each other."""

    seed: int
    rule: int

    def number(self, *place: object) -> int:
        """Return the even 64-bit number that belongs to a place."""
        words = "\0".join(str(part) for part in place).encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(words, digest_size=8).digest()
        return mix(self.seed, self.rule, int.from_bytes(digest, "big"))

    def unit(self, *place: object) -> float:
        """Return the number in [0, 1) that belongs to a place."""
        return self.number(*place) / (1 << 64)

    def pick(self, options: Sequence[T], *place: object) -> T:
        """Return the option that belongs to a place."""
        return options[self.number(*place) % len(options)]
