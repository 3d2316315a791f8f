"""What happens in a stretch of clock time: how many runs end in it, and how many are on machines at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cyberdesk_nb.analysis.times.timelines import US, Stretches, micros, overlay

if TYPE_CHECKING:
    import numpy.typing as npt

    from cyberdesk_nb.analysis.figures.cells import Cells
    from cyberdesk_nb.analysis.times.timelines import Window

    Ints = npt.NDArray[np.int64]

_MEASURES = ("observed_h", "throughput_per_h", "concurrency_max", "concurrency_mean")


def clock_measures(
    runs: pd.DataFrame, cells: Cells, window: Window | None, is_done: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """Measure each group in each period, so far as it lies in a window.

    Parameters
    ----------
    runs
        With ``outcome``, ``started_at``, ``ended_at``.
    cells
        The groups and periods.
    window
        The time that was observed; None when there is none.
    is_done
        Which runs count for the throughput.

    Returns
    -------
    pandas.DataFrame
        A row for each cell: ``observed_h`` (hours of its period that lie in the window), ``throughput_per_h`` (how many
        runs ended in one of these), ``concurrency_max`` (the most runs on machines at once), ``concurrency_mean`` (over
        time). A run is on a machine from its start up to, not including, its end; to the end of the window when it is
        live. Missing where nothing of the period was observed.
    """
    if window is None:
        return pd.DataFrame(np.nan, index=range(cells.count), columns=list(_MEASURES))
    cut = np.clip(cells.borders, window.since, window.until)
    observed_s = np.append(np.diff(cut) / US, 0.0)
    observed_s = np.tile(np.where(observed_s > 0, observed_s, np.nan), len(cells.keys))
    most, busy_us = _busy(runs, cells, window, cut)
    values = (
        observed_s / 3600,
        _ends(runs, cells, window, is_done) / (observed_s / 3600),
        np.where(np.isnan(observed_s), np.nan, most),
        busy_us / US / observed_s,
    )
    return pd.DataFrame(dict(zip(_MEASURES, values, strict=True)))


def _ends(runs: pd.DataFrame, cells: Cells, window: Window, is_done: npt.NDArray[np.bool_]) -> Ints:
    """Count the ends in each cell; one at the last instant of the window belongs to it."""
    ended = micros(runs["ended_at"])
    place = np.searchsorted(cells.borders, np.minimum(ended, window.until - 1), side="right") - 1
    counted = is_done & (ended >= window.since) & (ended <= window.until) & (place >= 0) & (place < cells.places - 1)
    return np.bincount((cells.group * cells.places + place)[counted], minlength=cells.count)


def _busy(runs: pd.DataFrame, cells: Cells, window: Window, cut: Ints) -> tuple[Ints, Ints]:
    """Give for each cell the most runs at once, and the sum of the time of all."""
    is_live = (runs["outcome"].isna() | (runs["outcome"] == "live")).to_numpy(dtype=np.bool_)
    ends = runs["ended_at"].notna().to_numpy()
    held = runs["started_at"].notna().to_numpy() & (ends | is_live)
    end = np.where(ends, micros(runs["ended_at"]), window.until)
    groups = np.arange(len(cells.keys), dtype=np.int64)
    layers = {
        "busy": Stretches(cells.group[held], micros(runs["started_at"])[held], end[held]),
        # Cuts the window at the borders of periods.
        "period": Stretches(
            np.repeat(groups, cells.places - 1), np.tile(cut[:-1], len(groups)), np.tile(cut[1:], len(groups))
        ),
    }
    pieces = overlay(layers, len(groups), window)
    place = np.searchsorted(cut, pieces.start, side="right") - 1
    inside = (place >= 0) & (place < cells.places - 1)
    number, depth = (pieces.row * cells.places + place)[inside], pieces.depth["busy"][inside]
    most, busy_us = np.zeros(cells.count, np.int64), np.zeros(cells.count, np.int64)
    np.maximum.at(most, number, depth)
    np.add.at(busy_us, number, depth * (pieces.end - pieces.start)[inside])
    return most, busy_us
