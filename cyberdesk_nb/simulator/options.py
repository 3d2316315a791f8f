"""The switches of a simulated world, and of the API in front of it.

Where it is not known how the real API behaves, the default is the likeliest way and a switch gives the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

TrajectoryImages = Literal["inline", "reference"]


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
    trajectory_images
        How trajectories hold their screenshots: "inline" as base64 PNG, "reference" as
        `supabase://trajectory-images/...`, which nothing can sign, as for all trajectory images.
    equal_spaces
        Whether displays have the size of the screenshots, so that coordinates, `dimensions` and pixels of the display
        are one space; otherwise displays are larger and coordinates those of the screenshot.
    event_types
        Whether messages of histories carry an `event_type`: "replay_ended" where the agent takes over from a
        trajectory, "run_summary" at the end. The real names are not known, and by default there are none.
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
    trajectory_images: TrajectoryImages = "inline"
    equal_spaces: bool = False
    event_types: bool = False

    def __post_init__(self) -> None:
        """Refuse sizes that no fleet can have."""
        if min(self.machines, self.days, 1 if self.workflows is None else self.workflows) < 1:
            raise ValueError("machines, workflows and days must be at least 1")
        if min(self.runs, self.trajectories) < 0:
            raise ValueError("runs and trajectories must be at least 0")
        if not (0 <= self.failure_rate <= 1 and 0 <= self.disturbance_rate <= 1):
            raise ValueError("rates lie between 0 and 1")
        if self.trajectory_images not in get_args(TrajectoryImages):
            raise ValueError(f"trajectory_images is one of {', '.join(get_args(TrajectoryImages))}")
        if self.now is not None and self.now.tzinfo is None:
            raise ValueError("now must be an aware datetime")


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """The switches of the API itself, beside those of the world behind it.

    Parameters
    ----------
    requests_per_minute
        Rate limit of the key; None leaves limits and their headers out, as the real API may.
    legacy_errors
        Answer errors in the shape of older API versions: `detail` as text and `errors` by field.
    retry_of_live_run
        Status that refuses the retry of a run that has not ended: 409 or 400.
    input_errors
        Shape of the 422 for inputs that do not fit a workflow's `input_schema`: "structured" with `details.errors`, or
        "fastapi" with a list in `detail`.
    llm_costs
        Whether the organisation may see what its language models cost; a 403 where it may not.

    """

    requests_per_minute: int | None = None
    legacy_errors: bool = False
    retry_of_live_run: Literal[400, 409] = 409
    input_errors: Literal["structured", "fastapi"] = "structured"
    llm_costs: bool = True

    def __post_init__(self) -> None:
        """Refuse what no API does."""
        if self.requests_per_minute is not None and self.requests_per_minute < 1:
            raise ValueError("requests_per_minute must be at least 1")
        if self.retry_of_live_run not in {400, 409}:
            raise ValueError("retry_of_live_run is 400 or 409")
        if self.input_errors not in {"structured", "fastapi"}:
            raise ValueError("input_errors is structured or fastapi")
