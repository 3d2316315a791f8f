"""Who asks for which run when: office hours in bursts, a nightly batch, chains, and work that is live at the anchor."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from cyberdesk_nb.simulator.chance import named_id, rng
from cyberdesk_nb.simulator.engine.dispatch import ANYWHERE
from cyberdesk_nb.simulator.fleet.layout import BATCH, BILLING, FRONT, Layout
from cyberdesk_nb.simulator.fleet.plants import NIGHTLY_HOUR, Plants
from cyberdesk_nb.simulator.runs.past_runs import US, Ask, Bools, Ints, to_us

NIGHTLY_SHARE = 0.3
BUSY_SHARE = 0.14
"""Share of the machines' time that the past may fill; a larger past reaches further back."""
MEAN_RUN_S = 100.0

_HOUR_WEIGHTS = (0,) * 12 + (0.4, 1.0, 1.3, 1.3, 1.0, 0.8, 1.1, 1.2, 1.0, 0.6, 0.2, 0.05)
_WEEKEND_WEIGHT = 0.12


@dataclass(slots=True)
class Demand:
    """The asked-for runs in the order of creation.

    Parameters
    ----------
    sessions
        Session id, alias and release flag by run number.
    """

    asks: list[Ask]
    created: Ints
    workflow: NDArray[np.int16]
    ask: NDArray[np.int16]
    priority: Bools
    sessions: dict[int, tuple[str, str | None, bool | None]] = field(
        default_factory=dict[int, tuple[str, str | None, bool | None]]
    )


def length_of_past(days: int, runs: int, machines: int) -> int:
    """Return how many days the past has: `days`, or more where so many runs would not fit in."""
    return max(days, int(np.ceil(runs * MEAN_RUN_S / (machines * 86_400 * BUSY_SHARE))))


def demand(
    seed: int,
    shape: Layout,
    pool_ids: list[str],
    cause: Plants,
    weights: list[float],
    runs: int,
    days: int,
    anchor: datetime,
) -> Demand:
    """Draw the demand of the past `days` before `anchor`: exactly `runs` runs."""
    dice = np.random.default_rng([seed, 40])
    asks = _asks(shape, pool_ids)
    nightly = int(NIGHTLY_SHARE * runs) if cause.nightly_workflow is not None else 0
    gap = min(8, runs // 40) if cause.gap_slots else 0
    tail = min(9, runs // 40)
    chains = _chain_sizes(seed, runs)
    office = runs - nightly - gap - tail - sum(chains)
    parts = [
        _office(dice, shape, weights, office, days, anchor),
        _nightly(dice, cause, nightly, days, anchor),
        _gap(dice, cause, gap),
        _tail(dice, weights, tail, anchor),
        _chains(dice, weights, chains, days, anchor),
    ]
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    created, workflow, ask, chain = (column[order] for column in columns)
    priority = (dice.random(runs) < 0.04) & (chain == 0)
    return Demand(
        asks,
        created,
        workflow.astype(np.int16),
        ask.astype(np.int16),
        priority,
        _sessions(seed, chain),
    )


# Asks, by number: 0 any machine, 1..3 one of the pools, 4 the machines that are in both the first two, then one
# for each machine.
ANY, _FIRST_MACHINE = 0, 5


def _asks(shape: Layout, pool_ids: list[str]) -> list[Ask]:
    front, billing = shape.mask(FRONT), shape.mask(BILLING)
    pools = [Ask(None, (pool_ids[pool],), shape.mask(pool)) for pool in (FRONT, BILLING, BATCH)]
    both = Ask(None, (pool_ids[FRONT], pool_ids[BILLING]), front & billing) if front & billing else pools[0]
    return [Ask(None, (), ANYWHERE), *pools, both, *(Ask(slot, (), 1 << slot) for slot in range(shape.size))]


def _pinned(slot: int) -> int:
    return _FIRST_MACHINE + slot


Part = tuple[Ints, Ints, Ints, Ints]
"""Columns of some runs: created, workflow, ask, chain number (0: none)."""


def _office(
    dice: np.random.Generator, shape: Layout, weights: list[float], runs: int, days: int, anchor: datetime
) -> Part:
    """Draw bursts: a person asks for a few runs of one workflow within some minutes."""
    sizes = dice.geometric(0.45, size=max(runs, 1))
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), runs)) + 1]
    burst = np.repeat(np.arange(len(sizes)), sizes)[:runs]
    starts = _office_times(dice, len(sizes), days, anchor)
    within = dice.uniform(4, 70, size=runs).cumsum()
    first = np.searchsorted(burst, burst)
    created = starts[burst] + ((within - within[first]) * US).astype(np.int64) if runs else np.empty(0, np.int64)
    workflow = dice.choice(len(weights), size=len(sizes), p=np.array(weights) / sum(weights))[burst]
    spread = dice.choice(5, size=len(sizes), p=[0.45, 0.22, 0.2, 0.03, 0.1])
    pins = _pinned(0) + dice.integers(0, shape.size, size=len(sizes))
    pins = np.where(np.isin(pins - _pinned(0), shape.off_now), ANY, pins)
    ask = np.where(dice.random(len(sizes)) < 0.15, pins, spread)[burst]
    end = to_us(anchor) - 150 * US
    return np.minimum(created, end - np.arange(runs)[::-1]), workflow, ask, np.zeros(runs, np.int64)


def _office_times(dice: np.random.Generator, count: int, days: int, anchor: datetime) -> Ints:
    """Draw times from the weekly pattern, in UTC hours."""
    start = (anchor - timedelta(days=days)).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    hours = int((anchor - start) / timedelta(hours=1))
    stamps = [start + timedelta(hours=n) for n in range(hours)]
    weights = np.array([_HOUR_WEIGHTS[at.hour] * (_WEEKEND_WEIGHT if at.weekday() > 4 else 1) for at in stamps])
    if not weights.sum():
        weights = np.ones(hours)
    hour = dice.choice(hours, size=count, p=weights / weights.sum())
    return to_us(start) + ((hour + dice.random(count)) * 3600 * US).astype(np.int64)


def _nightly(dice: np.random.Generator, cause: Plants, runs: int, days: int, anchor: datetime) -> Part:
    """Spread the batches evenly over the nights; the runs of one night are created at once."""
    first = (anchor - timedelta(days=days)).replace(hour=NIGHTLY_HOUR, minute=0, second=0, microsecond=0)
    first += timedelta(days=1)
    nights = max(1, (anchor - timedelta(hours=3) - first) // timedelta(days=1) + 1)
    night = np.arange(runs) % nights
    starts = to_us(first) + night * 86_400 * US + dice.integers(0, 90, size=nights)[night] * US
    created = starts + (np.arange(runs) // nights) * 40_000
    workflow = np.full(runs, cause.nightly_workflow or 0)
    return created, workflow, np.full(runs, 1 + BATCH), np.zeros(runs, np.int64)


def _gap(dice: np.random.Generator, cause: Plants, runs: int) -> Part:
    """Put work on the machines that are about to lose their connection."""
    created = to_us(cause.gap_from) - (dice.uniform(5, 30, size=runs) * US).astype(np.int64)
    slots = np.array([_pinned(cause.gap_slots[i % len(cause.gap_slots)]) for i in range(runs)], np.int64)
    return created, np.zeros(runs, np.int64), slots, np.zeros(runs, np.int64)


def _tail(dice: np.random.Generator, weights: list[float], runs: int, anchor: datetime) -> Part:
    """Leave some runs live at the anchor: two thirds anywhere, the rest queueing for one machine."""
    created = to_us(anchor) - (dice.uniform(2, 40, size=runs) * US).astype(np.int64)
    workflow = dice.choice(len(weights), size=runs, p=np.array(weights) / sum(weights))
    ask = np.where(np.arange(runs) % 3 == 2, _pinned(0), ANY)
    return created, workflow, ask, np.zeros(runs, np.int64)


def _chain_sizes(seed: int, runs: int) -> list[int]:
    dice = rng(seed, 41)
    return [dice.choice((2, 2, 3)) for _ in range(min(runs // 130, 400))]


def _chains(dice: np.random.Generator, weights: list[float], sizes: list[int], days: int, anchor: datetime) -> Part:
    number = np.repeat(np.arange(len(sizes)), sizes)
    starts = _office_times(dice, len(sizes), days, anchor - timedelta(hours=1))
    place = np.concatenate([np.arange(size) for size in sizes]) if sizes else np.empty(0, np.int64)
    workflow = (dice.integers(0, len(weights), size=len(sizes))[number] + place) % len(weights)
    return starts[number] + place * 1_000, workflow, np.full(len(number), 1 + FRONT), number + 1


def _sessions(seed: int, chain: Ints) -> dict[int, tuple[str, str | None, bool | None]]:
    """Give each chain a session; its last run releases it."""
    sessions: dict[int, tuple[str, str | None, bool | None]] = {}
    members: dict[int, list[int]] = {}
    for number in np.flatnonzero(chain).tolist():
        members.setdefault(int(chain[number]), []).append(number)
    for key, numbers in members.items():
        session = named_id(seed, "session", key)
        for step, number in enumerate(numbers, start=1):
            sessions[number] = (session, f"step_{step}", True if step == len(numbers) else None)
    return sessions
