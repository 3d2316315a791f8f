# pyright: reportUnknownMemberType=false
# (matplotlib leaves its **kwargs untyped)
"""Where clicks land, over a screen that stands for all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from cyberdesk_nb.analysis.recordings.screen_drift import recordings
from cyberdesk_nb.analysis.recordings.screens import HASH_BITS, Hasher, bits_apart
from cyberdesk_nb.charts._style import new_axes, say_empty
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import steps_frame
from cyberdesk_nb.frames.spaces import ASSUMED_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes
    from PIL import Image

    from cyberdesk_nb.frames.steps import Step

# Okabe and Ito's palette; the shapes keep the kinds apart in grey print, too.
_KINDS = {
    "left_click": ("left", "o", "#0072B2"),
    "right_click": ("right", "^", "#D55E00"),
    "middle_click": ("middle", "v", "#CC79A7"),
    "double_click": ("double", "s", "#009E73"),
    "triple_click": ("triple", "D", "#E69F00"),
}
_NEEDED = ("action", "x_share", "y_share", "space_width_px", "space_height_px")
_SCREENS_MAX = 1_500


def click_map(
    steps: object,
    ax: Axes | None = None,
    *,
    pictures: Callable[[Step], bytes] | None = None,
) -> Axes:
    """Draw where clicks land, each at its share of its own screen, over the screen that is most like all of them.

    Parameters
    ----------
    steps
        Trajectories or runs with their message histories (models or dicts), or their steps, which bring their pictures
        along; or a frame as `steps_frame` gives it, which is drawn without a screen.
    ax
        Axes to draw on; None makes new ones.
    pictures
        Gives the bytes of a step's stored picture. None: only pictures that stand in the records are looked at.

    Returns
    -------
    matplotlib.axes.Axes
        In pixels of the screen shown. The title says how many clicks, over how many screens, and how many clicks lie
        outside of their screen and are not drawn; the legend how many of each kind. Steps without a place are no
        clicks. Without clicks it says so.

    Raises
    ------
    RequestError
        When steps cannot be read from what is given.

    Examples
    --------
    >>> step = {"func_name": "click", "args": [512, 384]}
    >>> click_map(steps_frame({"id": "t", "trajectory_data": [step]})).get_title()
    'Where clicks land (n = 1)'
    """
    if isinstance(steps, pd.DataFrame):
        frame, screen, seen = steps, None, 0
    else:
        records = list(cast("Iterable[object]", steps)) if isinstance(steps, Iterator) else steps
        screen, seen = _screen(list(recordings(records)), Hasher(pictures))
        frame = steps_frame(records)
    missing = [name for name in _NEEDED if name not in frame]
    if missing:
        hint = "Take the frame from steps_frame or ws.steps."
        raise RequestError(f"The frame of steps lacks the columns {', '.join(missing)}.", hint=hint)
    clicks = frame[frame["action"].isin(list(_KINDS)) & frame["x_share"].notna() & frame["y_share"].notna()]
    inside = clicks["x_share"].between(0, 1) & clicks["y_share"].between(0, 1)
    ax = new_axes(ax, height_in=6)
    outside = f", {int((~inside).sum())} outside of the screen not shown" if not inside.all() else ""
    over = f"; over the most usual of {seen} screens" if screen is not None else ""
    ax.set_title(f"Where clicks land (n = {int(inside.sum())}{outside}{over})")
    if not inside.any():
        return say_empty(ax, "No clicks")
    _draw(ax, clicks[inside], screen)
    return ax


def _draw(ax: Axes, clicks: pd.DataFrame, screen: Image.Image | None) -> None:
    width, height = (float(screen.width), float(screen.height)) if screen is not None else _usual_size(clicks)
    if screen is not None:
        # Faded, so that the marks stand out.
        ax.imshow(np.asarray(screen), extent=(0, width, height, 0), alpha=0.55, interpolation="bilinear", zorder=0)
    for action, (name, marker, colour) in _KINDS.items():
        some = clicks[clicks["action"] == action]
        if len(some):
            ax.scatter(
                some["x_share"] * width,
                some["y_share"] * height,
                s=46,
                marker=marker,
                facecolor=colour,
                edgecolor="white",
                linewidth=0.8,
                alpha=0.75,
                label=f"{name} ({len(some)})",
                zorder=3,
            )
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)
    ax.set_aspect("equal")
    sizes = clicks[["space_width_px", "space_height_px"]].drop_duplicates()
    note = f"; clicks from screens of {len(sizes)} sizes, by share" if len(sizes) > 1 else ""
    ax.set_xlabel(f"pixels of {width:g}x{height:g}{note}")
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, title="click")


def _usual_size(clicks: pd.DataFrame) -> tuple[float, float]:
    sizes = clicks[["space_width_px", "space_height_px"]].dropna().value_counts()
    return ASSUMED_SIZE if sizes.empty else (float(sizes.index[0][0]), float(sizes.index[0][1]))


def _screen(found: Sequence[Sequence[Step]], hasher: Hasher) -> tuple[Image.Image | None, int]:
    """Choose the screen that differs least from all others on which there was a click; and say of how many."""
    shown: list[Step] = []
    for one in found:
        seen_on: Step | None = None
        for step in one:
            seen_on = step if step.image else seen_on
            if step.action.name in _KINDS and seen_on is not None:
                shown.append(seen_on)
    hashed = [
        (step, screen) for step, screen in zip(shown, hasher.screens(shown), strict=True) if screen.bits is not None
    ]
    if not hashed:
        return None, 0
    # Beyond this many, every few of them stand for all: the table of distances grows with the square.
    some = hashed[:: 1 + len(hashed) // _SCREENS_MAX]
    screens = [screen for _, screen in some]
    apart = np.minimum(bits_apart(screens, screens), HASH_BITS).sum(axis=1)
    picture = hasher.picture(some[int(np.argmin(apart))][0])
    return (None, 0) if picture is None or isinstance(picture, str) else (picture, len(hashed))
