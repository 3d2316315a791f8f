"""The causes that are planted in the seeded past, for analysis to find: where they are and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cyberdesk_nb.simulator.catalog import Kind
from cyberdesk_nb.simulator.fleet.layout import BILLING, Layout

NIGHTLY_HOUR = 6
"""UTC hour at which the nightly batch is submitted."""

BAD_MACHINE_ERROR_RATE = 0.38
SLOW_FACTOR = 1.8
BREAK_RATE = 0.65


@dataclass(frozen=True, slots=True)
class Plants:
    """Planted causes; None where the fleet is too small for one or where none were asked for.

    Parameters
    ----------
    bad_machine
        Slot of the machine that fails more than the others.
    slow_workflow, slow_since
        Index of the workflow whose version of that time is slower by `SLOW_FACTOR`.
    broken_workflow, broken_disturbance, broken_since
        Index of the workflow whose replay breaks over an unexpected message since then.
    gap_slots, gap_from, gap_until
        Machines of one site that lost their connection together.
    retries
        How many runs failed first and hide it behind a retry.
    nightly_workflow
        Index of the workflow that is submitted in bulk each night; it is always there.
    """

    bad_machine: int | None
    slow_workflow: int | None
    slow_since: datetime
    broken_workflow: int | None
    broken_disturbance: int
    broken_since: datetime
    gap_slots: tuple[int, ...]
    gap_from: datetime
    gap_until: datetime
    retries: int
    nightly_workflow: int | None


def plants(kinds: tuple[Kind, ...], shape: Layout, anchor: datetime, days: int, runs: int, *, planted: bool) -> Plants:
    """Choose the places of the planted causes."""
    nightly = next((i for i, kind in enumerate(kinds) if "report" in kind.slug), len(kinds) - 1)
    office = [i for i in range(len(kinds)) if i != nightly]
    broken = next((i for i in office[1:] if kinds[i].disturbances), None)
    gap = planted and shape.size >= 8 and days >= 2
    gap_from = _weekday_before(anchor, min(6.0, 0.2 * days)).replace(hour=15, minute=10, second=0, microsecond=0)
    return Plants(
        bad_machine=1 if planted and shape.size >= 4 else None,
        slow_workflow=office[0] if planted and office else None,
        slow_since=anchor - timedelta(days=min(12.0, 0.4 * days)),
        broken_workflow=broken if planted else None,
        broken_disturbance=0,
        broken_since=anchor - timedelta(days=min(10.0, 0.33 * days)),
        gap_slots=tuple(slot for slot in shape.pools[BILLING] if slot not in shape.off_now) if gap else (),
        gap_from=gap_from,
        gap_until=gap_from + timedelta(hours=2, minutes=40),
        retries=max(2, runs // 250) if planted and runs >= 50 else 0,
        nightly_workflow=nightly if planted else None,
    )


def _weekday_before(anchor: datetime, days: float) -> datetime:
    when = anchor - timedelta(days=days)
    while when.weekday() > 4:
        when -= timedelta(days=1)
    return when
