"""How much is tried at random: a part of it each time, all of it where CYBERDESK_NB_SEEDS is 10 or more."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

Case = TypeVar("Case")

SEEDS = int(os.environ.get("CYBERDESK_NB_SEEDS", "2"))
"""How many seeded fleets are looked at."""


def some(cases: Sequence[Case], least: int = 1) -> Sequence[Case]:
    """Give the first of the cases, all of them in the long form."""
    return cases if SEEDS >= 10 else cases[:least]


def examples(many: int) -> int:
    """Give how many examples to draw of so many in the long form."""
    return min(many, max(15, many * SEEDS // 10))
