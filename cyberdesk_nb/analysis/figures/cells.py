"""The rows of a table over groups and periods, and which of them each run belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cyberdesk_nb.analysis.times.periods import period_borders, zone
from cyberdesk_nb.analysis.times.timelines import micros
from cyberdesk_nb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from cyberdesk_nb.analysis.times.timelines import Window

    Ints = npt.NDArray[np.int64]

_CELLS_MAX = 2_000_000


@dataclass(frozen=True, slots=True)
class Cells:
    """Each group in each period, and in a last place for runs without a date; group by group, in order of time.

    Attributes
    ----------
    keys
        The columns to group by, a row for each group.
    starts
        Of the periods; None when there are none to tell apart.
    borders
        Where each period begins and where the last one ends, in microseconds since 1970.
    group, place
        Of each run.
    """

    keys: pd.DataFrame
    starts: pd.DatetimeIndex | None
    borders: Ints
    group: Ints
    place: Ints

    @property
    def places(self) -> int:
        """How many there are in a group: its periods, and the one for runs without a date."""
        return len(self.borders)

    @property
    def count(self) -> int:
        """How many cells there are."""
        return len(self.keys) * self.places

    @property
    def of_run(self) -> Ints:
        """The cell of each run."""
        return self.group * self.places + self.place

    def rows(self) -> pd.DataFrame:
        """Say what each cell is: its keys, its period, and ``is_row``: one without a date is only with such a run."""
        group, place = np.divmod(np.arange(self.count), self.places)
        table = self.keys.iloc[group].reset_index(drop=True)
        if self.starts is not None:
            # A place beyond the last is no time.
            table["period"] = pd.Series(self.starts).reindex(place).array
        table["is_row"] = (place < self.places - 1) | np.isin(np.arange(self.count), self.of_run)
        return table


def cells_of(runs: pd.DataFrame, by: Sequence[str], freq: str | None, tz: str, window: Window | None) -> Cells:
    """Give the cells by columns and by the period of ``created_at``; without `freq` the window is the only period.

    The index of `runs` must count from 0.
    """
    keys, group = _groups(runs, by)
    zone(tz)
    if freq is None:
        ends = (0, 0) if window is None else (window.since, window.until)
        return Cells(keys, None, np.array(ends, np.int64), group, np.zeros(len(runs), np.int64))
    times = period_borders(runs["created_at"], freq, tz)
    borders = micros(pd.Series(times)) if len(times) else np.zeros(1, np.int64)
    if len(keys) * len(borders) > _CELLS_MAX:
        raise RequestError(
            f"{len(keys):,} groups in {len(borders):,} periods are too many rows.",
            hint="Take longer periods, or group by less.",
        )
    place = np.searchsorted(borders, micros(runs["created_at"]), side="right") - 1
    place = np.where(runs["created_at"].isna(), len(borders) - 1, place)
    return Cells(keys, times[:-1], borders, group, place)


def _groups(runs: pd.DataFrame, by: Sequence[str]) -> tuple[pd.DataFrame, Ints]:
    """Give the keys of the groups in order, and the group of each run; without columns all runs are one."""
    if not by:
        return pd.DataFrame(index=[0]), np.zeros(len(runs), np.int64)
    try:
        group = runs.groupby(list(by), dropna=False, observed=True).ngroup()
    except TypeError as error:  # lists, which pandas cannot compare
        raise RequestError(f"by = {', '.join(by)} cannot be grouped by: {error}.", hint="Make it text first.") from None
    firsts = group.drop_duplicates().sort_values().index
    return runs.loc[firsts, list(by)].reset_index(drop=True), group.to_numpy().astype(np.int64)
