"""Which step of one recording is which of the other: the cheapest alignment in order, then what was moved."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from cyberdesk_nb._extras import load

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

_NEAREST = 0.01
"""Of equal steps those join that stand nearest to each other."""

Pair = tuple[int | None, int | None]
"""A step of each side; None where a side has none."""


def align(cost: npt.NDArray[np.float64], gap: float) -> list[Pair]:
    """Align two sequences so that the sum of all costs is the smallest that keeps both orders.

    Parameters
    ----------
    cost
        What pairing each of the first with each of the second costs, not negative.
    gap
        What leaving one without a partner costs.

    Returns
    -------
    list of pairs
        In order; every position of both occurs once.
    """
    rows, columns = cost.shape
    if not rows or not columns:
        return [*((i, None) for i in range(rows)), *((None, j) for j in range(columns))]
    bio: Any = load("Bio.Align", extra="analysis")
    size = max(rows, columns)
    scores = np.zeros((size, size))
    scores[:rows, :columns] = -cost
    aligner = bio.PairwiseAligner(mode="global", open_gap_score=-gap, extend_gap_score=-gap)
    aligner.substitution_matrix = bio.substitution_matrices.Array(alphabet=tuple(range(size)), dims=2, data=scores)
    best = aligner.align(np.arange(rows, dtype=np.int32), np.arange(columns, dtype=np.int32))[0]
    return list(_pairs(best.coordinates.T.tolist()))


def _pairs(corners: list[list[int]]) -> Iterable[Pair]:
    """Walk from corner to corner of the alignment's path."""
    for (i, j), (i_end, j_end) in pairwise(corners):
        if i < i_end and j < j_end:
            yield from zip(range(i, i_end), range(j, j_end), strict=True)
        yield from ((k, None) for k in range(i, i_end) if j == j_end)
        yield from ((None, k) for k in range(j, j_end) if i == i_end)


def find_moved(
    pairs: list[Pair], same: npt.NDArray[np.bool_], cost: npt.NDArray[np.float64], gap: float, move: float
) -> tuple[list[Pair], set[Pair]]:
    """Pair equal steps that the order kept apart, where that is cheaper than what the alignment did with them.

    Parameters
    ----------
    pairs
        As `align` gives them.
    same
        Which steps are equal.
    cost
        As for `align`; it also chooses where several are equal.
    gap, move
        What leaving one without a partner costs, and what a move does.

    Returns
    -------
    tuple
        The pairs, a moved one at its place in the second sequence, and those of them that were moved.
    """
    settled = [(i, j) for i, j in pairs if i is not None and j is not None and same[i, j]]
    loose_a = sorted({i for i, _ in pairs if i is not None} - {i for i, _ in settled})
    loose_b = sorted({j for _, j in pairs if j is not None} - {j for _, j in settled})
    if not loose_a or not loose_b:
        return pairs, set()
    window = np.ix_(loose_a, loose_b)
    apart = np.abs(np.subtract.outer(np.array(loose_a) / len(same), np.array(loose_b) / same.shape[1]))
    gain = np.where(same[window], move + cost[window] + _NEAREST * apart - 2 * gap, 0.0)
    for i, j in pairs:
        if i is not None and j is not None and not same[i, j]:
            gain[loose_a.index(i), loose_b.index(j)] = cost[i, j] - 2 * gap
    optimize: Any = load("scipy.optimize", extra="analysis")
    rows, columns = optimize.linear_sum_assignment(np.minimum(gain, 0.0))
    partners: dict[int, int] = {
        loose_b[column]: loose_a[row]
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        if gain[row, column] < 0
    }
    return _rejoined(pairs, set(settled), partners), {(i, j) for j, i in partners.items() if same[i, j]}


def _rejoined(pairs: list[Pair], settled: set[tuple[int, int]], partners: dict[int, int]) -> list[Pair]:
    """Give all pairs with the new partners, each where its second step stands."""
    taken = set(partners.values())
    joined: list[Pair] = []
    for i, j in pairs:
        if (i, j) in settled:
            joined.append((i, j))
            continue
        if i is not None and i not in taken:
            joined.append((i, None))
        if j is not None:
            joined.append((partners.get(j), j))
    return joined
