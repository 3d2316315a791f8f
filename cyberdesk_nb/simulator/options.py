"""The switches of a simulated world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WorldOptions:
    """How large the seeded fleet is, how time passes, and what may go wrong.

    Parameters
    ----------
    seed
        Same seed and same `now`: same world, to the last id.
    now
        Aware time at which the fleet's past ends and its present begins; None is the real time.
    speed
        Virtual seconds per real second while runs are live; 0 stops the clock (see `Clock.advance`).
    machines, runs, trajectories
        Sizes of the seeded fleet.
    workflows
        Number of workflows; None is one of each kind, more are the same kinds at other sites.
    days
        Length of the past in days; it grows where `runs` would not fit on the machines.
    failure_rate
        Share of the runs created through the API that fail, 0 to 1; 1 makes every one fail.
    disturbance_rate
        Share of the runs created through the API that meet an unexpected dialog, 0 to 1.
    planted
        Whether the known causes that `World.truth` names are in the seeded past.
    screens
        False leaves all pictures out (no screenshots in trajectories, no live picture in histories).
    """

    seed: int = 7
    now: datetime | None = None
    speed: float = 20.0
    machines: int = 12
    runs: int = 800
    trajectories: int = 30
    workflows: int | None = None
    days: int = 30
    failure_rate: float = 0.05
    disturbance_rate: float = 0.1
    planted: bool = True
    screens: bool = True

    def __post_init__(self) -> None:
        """Refuse sizes that no fleet can have."""
        if min(self.machines, self.days, 1 if self.workflows is None else self.workflows) < 1:
            raise ValueError("machines, workflows and days must be at least 1")
        if min(self.runs, self.trajectories) < 0:
            raise ValueError("runs and trajectories must be at least 0")
        if not (0 <= self.failure_rate <= 1 and 0 <= self.disturbance_rate <= 1):
            raise ValueError("rates lie between 0 and 1")
        if self.now is not None and self.now.tzinfo is None:
            raise ValueError("now must be an aware datetime")
