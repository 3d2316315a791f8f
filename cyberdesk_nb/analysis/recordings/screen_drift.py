"""How far the screens that replays saw have moved from the recorded ones, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from cyberdesk_nb.analysis.recordings.screens import HASH_BITS, NOISE_BITS, Hasher, Screen
from cyberdesk_nb.analysis.statistics.onsets import find_onset
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames.steps import Step, history_steps, trajectory_steps
from cyberdesk_nb.models import ApiModel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PLACE = ["trajectory_id", "trajectory_step"]
_TIME = pd.DatetimeTZDtype("us", "UTC")
_PROBLEMS_MAX = 200

_DTYPES: dict[str, Any] = {
    "trajectory_id": "str",
    "trajectory_label": "str",
    "trajectory_step": "Int64",
    "action": "str",
    "compared": "int64",
    "differing": "int64",
    "bits_median": "float64",
    "bits_max": "Int64",
    "share_median": "float64",
    "bits_excess": "float64",
    "since": _TIME,
    "bits_since": "float64",
    "breaks": "int64",
    "first_at": _TIME,
    "last_at": _TIME,
    "example_run_id": "str",
    "example_step": "Int64",
}


def screen_drift(
    steps: object,
    recorded: object = None,
    *,
    pictures: Callable[[Step], bytes] | None = None,
    noise_bits: int = NOISE_BITS,
) -> pd.DataFrame:
    """Compare the screen before each replayed step with the one that was recorded for it.

    The agent's first step after replayed ones is compared with the recorded step that would have come next: what it saw
    is why the replay broke.

    Parameters
    ----------
    steps
        Runs with their message histories (models or dicts), or `Step` values of runs, one or an iterable of them; it is
        gone through once, and no picture is kept. Trajectories among them count as `recorded`.
    recorded
        The trajectories that were replayed (models or dicts), or their `Step` values.
    pictures
        Gives the bytes of a step's stored picture. None: only pictures that stand in the records are compared.
    noise_bits
        Screens at most so many bits apart count as the same.

    Returns
    -------
    pandas.DataFrame
        A row for each recorded step that was compared, by ``bits_excess``, then ``bits_median``: ``trajectory_id``,
        ``trajectory_label``, ``trajectory_step``, ``action`` (the recorded one), ``compared``; ``differing``, how many
        of them are more than `noise_bits` apart; ``bits_median`` and ``bits_max`` of 256, ``share_median`` from 0 to 1;
        ``bits_excess``, the mean over all of what lies beyond `noise_bits`, so that a few far ones count, too;
        ``since``, from when on the screen differs (missing where it does not), with ``bits_since``, the median since
        then; ``breaks``, how many replays broke here; ``first_at``, ``last_at``; and the latest that differs, else the
        latest, as an example: ``example_run_id``, ``example_step``. Nothing to compare gives no row.

        ``attrs`` hold ``compared``, ``without_screen`` (replayed steps whose own or recorded screen was never taken),
        ``not_recorded`` (replayed steps of trajectories or positions that were not given) and ``problems`` (pictures
        that could not be read: source, step, reason; the first 200) with ``problem_count``.

    Raises
    ------
    RequestError
        When something is neither a run, a trajectory nor a step; a steps frame holds no pictures.
    ConfigurationError
        When the ``analysis`` extra is not installed.

    Examples
    --------
    >>> screen_drift([]).empty
    True
    """
    tally = _Tally(pictures)
    waiting: list[Sequence[Step]] = []
    for one in recordings(recorded):
        tally.note(one)
    for one in recordings(steps):
        if one and one[0].source == "trajectory":
            tally.note(one)
        elif tally.knows(one):
            tally.compare(one)
        else:
            waiting.append(one)  # its trajectory may still come
    for one in waiting:
        tally.compare(one)
    return _table(tally, noise_bits)


@dataclass(slots=True)
class _Tally:
    """What was compared so far; owns the hashes of the recorded screens."""

    pictures: Callable[[Step], bytes] | None
    recorded: dict[tuple[str, int], tuple[Step, Step | None]] = field(
        default_factory=dict[tuple[str, int], tuple[Step, Step | None]]
    )
    hashes: dict[tuple[str, int], Screen] = field(default_factory=dict[tuple[str, int], Screen])
    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    problems: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    problem_count: int = 0
    without_screen: int = 0
    not_recorded: int = 0

    def note(self, steps: Sequence[Step]) -> None:
        """Take a trajectory's steps as recorded, each with the step whose picture shows its screen."""
        seen_on: Step | None = None
        for step in steps:
            seen_on = step if step.image else seen_on
            self.recorded[step.source_id, step.index] = step, seen_on

    def knows(self, steps: Sequence[Step]) -> bool:
        """Whether every trajectory that a run replayed was given."""
        return all((name, 0) in self.recorded for name in {step.trajectory_id for step in steps if step.trajectory_id})

    def compare(self, steps: Sequence[Step]) -> None:
        """Compare the screens of a run's replayed steps, and of those that broke its replay."""
        hasher = Hasher(self.pictures)
        replayed = list(_replayed(steps))
        shown = [seen_on for _, seen_on, _, _ in replayed if seen_on is not None]
        hasher.screens(shown)
        for step, seen_on, place, is_break in replayed:
            if place not in self.recorded:
                self.not_recorded += 1
                continue
            then, now = self._recorded(place), Screen() if seen_on is None else self._checked(hasher, seen_on)
            if then.bits is None or now.bits is None:
                self.without_screen += not (then.problem or now.problem)
                continue
            labels = (other.trajectory_label for other in (step, *steps) if other.trajectory_id == place[0])
            self.rows.append(
                {
                    "trajectory_id": place[0],
                    "trajectory_label": next(labels, None),
                    "trajectory_step": place[1],
                    "action": self.recorded[place][0].action.name,
                    "bits": int((then.bits != now.bits).sum()),
                    "is_break": is_break,
                    "at": step.at,
                    "example_run_id": step.source_id,
                    "example_step": step.index,
                }
            )

    def _recorded(self, place: tuple[str, int]) -> Screen:
        if place not in self.hashes:
            seen_on = self.recorded[place][1]
            self.hashes[place] = Screen() if seen_on is None else self._checked(Hasher(self.pictures), seen_on)
        return self.hashes[place]

    def _checked(self, hasher: Hasher, step: Step) -> Screen:
        """Hash a step's picture, noting what is wrong with it."""
        screen = hasher.screen(step)
        if screen.problem:
            self.problem_count += 1
            if len(self.problems) < _PROBLEMS_MAX:
                told = {"source": step.source, "source_id": step.source_id, "step": step.index}
                self.problems.append(told | {"reason": screen.problem})
        return screen


def _replayed(steps: Sequence[Step]) -> Iterator[tuple[Step, Step | None, tuple[str, int], bool]]:
    """Yield each replayed step and each that broke a replay: with what shows its screen, and its recorded place."""
    seen_on: Step | None = None
    last: Step | None = None
    for step in steps:
        seen_on = step if step.image else seen_on
        if step.trajectory_id is not None and step.trajectory_step is not None:
            yield step, seen_on, (step.trajectory_id, step.trajectory_step), False
            last = step
        elif last is not None and not _runs_live(step):
            yield step, seen_on, (str(last.trajectory_id), (last.trajectory_step or 0) + step.index - last.index), True
            last = None


def _runs_live(step: Step) -> bool:
    return step.action.name == "focused_action" or (step.action.name == "screenshot" and bool(step.action.text))


def recordings(records: object) -> Iterator[Sequence[Step]]:
    """Yield the steps of each trajectory or run, whatever they are held in."""
    if isinstance(records, ApiModel | Mapping):
        yield _steps_of(cast("ApiModel | Mapping[str, Any]", records))
    elif isinstance(records, Iterable) and not isinstance(records, str | bytes | pd.DataFrame):
        loose: list[Step] = []
        for record in cast("Iterable[object]", records):
            if loose and not (isinstance(record, Step) and _source(record) == _source(loose[0])):
                yield loose
                loose = []
            if isinstance(record, Step):
                loose.append(record)
            else:
                yield from recordings(record)
        if loose:
            yield loose
    elif records is not None:
        kind = type(records).__name__
        raise RequestError(
            f"Screens cannot be read from {kind}.",
            hint="Give runs with their histories and trajectories, or their steps.",
        )


def _source(step: Step) -> tuple[str, str]:
    return step.source, step.source_id


def _steps_of(record: ApiModel | Mapping[str, Any]) -> Sequence[Step]:
    named: Iterable[str] = record.keys() if isinstance(record, Mapping) else record.model_fields_set
    fields = cast("Mapping[str, Any]", record)
    return trajectory_steps(fields) if "trajectory_data" in named else history_steps(fields)


def _table(tally: _Tally, noise_bits: int) -> pd.DataFrame:
    columns = [*_PLACE, "trajectory_label", "action", "bits", "is_break", "at", "example_run_id", "example_step"]
    seen = pd.DataFrame(tally.rows, columns=columns)
    seen["at"] = pd.to_datetime(seen["at"], utc=True)
    seen["differs"] = seen["bits"].astype("Int64") > noise_bits
    rows = [_row(cast("Any", place), group, noise_bits) for place, group in seen.groupby(_PLACE, sort=True)]
    table = pd.DataFrame(rows, columns=list(_DTYPES))
    for name in ("since", "first_at", "last_at"):
        table[name] = pd.to_datetime(table[name], utc=True)
    order = ["bits_excess", "bits_median"]
    table = table.astype(_DTYPES).sort_values(order, ascending=False, kind="stable", ignore_index=True)
    table.attrs = {
        "compared": len(seen),
        "without_screen": tally.without_screen,
        "not_recorded": tally.not_recorded,
        "problem_count": tally.problem_count,
        "problems": tally.problems,
    }
    return table


def _row(place: tuple[str, int], group: pd.DataFrame, noise_bits: int) -> dict[str, Any]:
    ordered = group.sort_values("at", kind="stable", na_position="first")
    bits, differs = ordered["bits"].to_numpy(dtype=np.float64), ordered["differs"].to_numpy(dtype=bool)
    start = _start(differs)
    example = ordered.iloc[int(np.flatnonzero(differs)[-1]) if differs.any() else -1]
    return {
        "trajectory_id": place[0],
        "trajectory_step": place[1],
        **{name: ordered[name].iloc[-1] for name in ("trajectory_label", "action")},
        "compared": len(ordered),
        "differing": int(differs.sum()),
        "bits_median": float(np.median(bits)),
        "bits_max": int(bits.max()),
        "share_median": float(np.median(bits)) / HASH_BITS,
        "bits_excess": float(np.maximum(bits - noise_bits, 0).mean()),
        "since": pd.NaT if start is None else ordered["at"].iloc[start],
        "bits_since": np.nan if start is None else float(np.median(bits[start:])),
        "breaks": int(ordered["is_break"].sum()),
        "first_at": ordered["at"].min(),
        "last_at": ordered["at"].max(),
        "example_run_id": example["example_run_id"],
        "example_step": example["example_step"],
    }


def _start(differs: Any) -> int | None:
    """Return where the screen begins to differ: at a clear change, or at the first that does when most do."""
    found = find_onset(differs)
    if found is not None:
        return found.start
    return int(np.flatnonzero(differs)[0]) if differs.mean() > 0.5 else None
