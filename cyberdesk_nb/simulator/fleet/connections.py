"""Thirty days of websockets: nightly restarts, short dropouts, one long outage, and the planted gap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from cyberdesk_nb.simulator.chance import rng
from cyberdesk_nb.simulator.fleet.layout import Layout
from cyberdesk_nb.simulator.fleet.plants import Plants


@dataclass(frozen=True, slots=True)
class Outage:
    """A time without connection; `is_clean` when the machine closed it itself (a restart)."""

    start: datetime
    end: datetime
    is_clean: bool


def outages(seed: int, slot: int, shape: Layout, cause: Plants, since: datetime, anchor: datetime) -> list[Outage]:
    """Return a machine's outages between `since` and `anchor`, in order, not overlapping; the last may go on."""
    dice = rng(seed, 30, slot)
    found = [*_restarts(dice, since, anchor), *_dropouts(dice, since, anchor)]
    if slot == shape.size - 1 and shape.size >= 4:
        found.append(_long_outage(dice, since, anchor))
    if slot in cause.gap_slots:
        found.append(Outage(cause.gap_from, cause.gap_until, is_clean=False))
    if slot in shape.off_now:
        hours = (0.7, 71.0)[shape.off_now.index(slot) % 2]
        found.append(Outage(anchor - timedelta(hours=hours), anchor + timedelta(days=3650), is_clean=False))
    return _merged(found, anchor)


def _restarts(dice: Random, since: datetime, anchor: datetime) -> list[Outage]:
    """Restart each morning before the office opens."""
    minute = dice.randrange(60)
    day = since.replace(hour=10, minute=minute, second=0, microsecond=0)
    starts = [day + timedelta(days=n, seconds=dice.uniform(0, 240)) for n in range((anchor - since).days + 1)]
    pauses = [dice.uniform(50, 170) for _ in starts]
    return [
        Outage(start, start + timedelta(seconds=pause), is_clean=True)
        for start, pause in zip(starts, pauses, strict=True)
        if since < start < anchor - timedelta(minutes=10)
    ]


def _dropouts(dice: Random, since: datetime, anchor: datetime) -> list[Outage]:
    found: list[Outage] = []
    at = since + timedelta(days=dice.expovariate(0.12))
    while at < anchor - timedelta(hours=1):
        found.append(Outage(at, at + timedelta(seconds=dice.uniform(8, 95)), is_clean=False))
        at += timedelta(days=dice.expovariate(0.12))
    return found


def _long_outage(dice: Random, since: datetime, anchor: datetime) -> Outage:
    start = since + (anchor - since) * dice.uniform(0.35, 0.45)
    return Outage(start, start + timedelta(hours=dice.uniform(20, 34)), is_clean=False)


def _merged(found: list[Outage], anchor: datetime) -> list[Outage]:
    """Join outages that touch: an overlapped one is part of the longer trouble."""
    merged: list[Outage] = []
    for outage in sorted(found, key=lambda one: one.start):
        if outage.start >= anchor:
            continue
        if merged and outage.start <= merged[-1].end + timedelta(seconds=60):
            last = merged.pop()
            merged.append(Outage(last.start, max(last.end, outage.end), last.is_clean and outage.is_clean))
        else:
            merged.append(outage)
    return merged
