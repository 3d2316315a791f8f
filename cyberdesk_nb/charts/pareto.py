# pyright: reportUnknownMemberType=false
# (matplotlib leaves its **kwargs untyped)
"""What runs fail of, the most frequent first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.patches import Patch

from cyberdesk_nb.analysis.figures.failures import failures
from cyberdesk_nb.charts._style import OUTCOME_COLOURS, OUTCOME_HATCHES, label, new_axes, say_empty, set_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_KINDS_MAX = 12
_ROWS_MIN = 4
_ROW_IN = 0.36
"""Height of a bar whose label of two lines can be read."""


def failure_pareto(failed: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how many runs failed of what, the most frequent on top, each with its share and that of all so far.

    Parameters
    ----------
    failed
        A frame as `failures` gives it, or runs as `runs_frame` gives them.
    ax
        Axes to draw on; None makes new ones.

    Returns
    -------
    matplotlib.axes.Axes
        The most frequent kinds, at most 12 and as many as there is room for, and a bar for all others. The title says
        how many runs failed.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> failure_pareto(runs_frame([])).get_title()
    'What runs failed of (n = 0)'
    """
    table = failed if "n" in failed else failures(failed)
    table = table.sort_values("n", ascending=False, kind="stable", ignore_index=True)
    total = int(table["n"].sum())
    ax = new_axes(ax, height_in=1.5 + 0.36 * max(min(len(table), _KINDS_MAX + 1), _ROWS_MIN))
    kinds = min(_KINDS_MAX, max(_ROWS_MIN, int(ax.bbox.height / ax.figure.dpi / _ROW_IN) - 1))
    # One kind takes no more room than one bar for the others does.
    kinds += len(table) == kinds + 1
    top, rest = table.iloc[:kinds], table.iloc[kinds:]
    set_title(ax, "What runs failed of", total)
    if not total:
        return say_empty(ax, "No failed runs")
    counts = [*top["n"].astype(int), *([int(rest["n"].sum())] if len(rest) else [])]
    names = ["(no words)" if pd.isna(words) else label(words, 2) for words in top["error_signature"]]
    names += [f"{len(rest)} other kinds"] if len(rest) else []
    outcomes = [*top["outcome"].astype(str), *(["other"] if len(rest) else [])]
    _draw(ax, names, counts, outcomes, total)
    return ax


def _draw(ax: Axes, names: list[str], counts: list[int], outcomes: list[str], total: int) -> None:
    so_far = 0
    for row, (count, outcome) in enumerate(zip(counts, outcomes, strict=True)):
        colour, hatch = OUTCOME_COLOURS.get(outcome, "#999999"), OUTCOME_HATCHES.get(outcome)
        ax.barh(row, count, height=0.72, color=colour, edgecolor="white", linewidth=0, hatch=hatch)
        so_far += count
        share = f"{count}  ({count / total:.0%}" + (f", together {so_far / total:.0%})" if row else ")")
        ax.text(count + 0.01 * max(counts), row, f" {share}", va="center", fontsize="small")
    size = max(len(names), _ROWS_MIN)
    ax.set_ylim(size - 0.5, -0.5)
    ax.set_yticks(range(len(names)), names, fontsize="small")
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, 1.4 * max(counts))
    ax.locator_params(axis="x", integer=True, nbins=7)
    ax.grid(axis="x", color="0.92")
    ax.set_xlabel("failed runs")
    kinds = [kind for kind in OUTCOME_COLOURS if kind in outcomes]
    if len(kinds) > 1:
        patches = [
            Patch(facecolor=OUTCOME_COLOURS[kind], edgecolor="white", lw=0, hatch=OUTCOME_HATCHES.get(kind),
                  label=kind.replace("_", " ")) for kind in kinds
        ]  # fmt: skip
        ax.legend(
            handles=patches,
            loc="upper center",
            bbox_to_anchor=(0.5, 0),
            borderaxespad=3.2,
            ncols=len(kinds),
            frameon=False,
        )
