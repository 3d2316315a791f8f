"""Clicks are drawn where they landed, each by its share of its own screen, over a screen that stands for all."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from cyberdesk_nb.charts import click_map
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import runs_frame, steps_frame
from cyberdesk_nb.frames.steps import trajectory_steps
from tests.analysis.edits import drawn_screen
from tests.player.pictures import bomb, inline

USUAL, RARE = drawn_screen(random.Random(1)), drawn_screen(random.Random(2))


@pytest.fixture(autouse=True)
def canvas() -> Iterator[None]:
    """Draw without a window, and leave no figure open."""
    with mpl.rc_context({"backend": "Agg"}):
        yield
    plt.close("all")


def click(x: float, y: float, screen: str | None = None, **more: Any) -> dict[str, Any]:
    """Return one step that clicks."""
    return {"func_name": "click", "args": [x, y], "kwargs": more, "pre_check_snapshot": {"screenshot": screen}}


def trajectory(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a trajectory."""
    return {"id": "t", "trajectory_data": list(steps)} | more


def points(ax: Axes) -> dict[str, list[list[float]]]:
    """Return the points drawn, by the name in the legend."""
    ax.figure.canvas.draw()
    return {str(dots.get_label()): np.asarray(dots.get_offsets()).round(6).tolist() for dots in ax.collections}


def test_clicks_stand_where_they_landed_by_kind() -> None:
    """Each kind of click has its own mark and count, at its place; what is no click is not drawn."""
    other: dict[str, Any] = {"func_name": "scroll", "args": [5, 5]}
    ax = click_map(steps_frame(trajectory(click(100, 50), click(7, 8), click(9, 9, button="right"), other)))
    assert points(ax) == {"left (2)": [[100, 50], [7, 8]], "right (1)": [[9, 9]]}
    assert ax.get_title() == "Where clicks land (n = 3)"
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, 1024), (768, 0))


def test_the_screen_most_like_the_others_is_shown() -> None:
    """Over several screens the one that most clicks saw is drawn, in its own pixels, and the title says of how many."""
    ax = click_map(trajectory(click(64, 48, RARE), click(1, 1, USUAL), click(2, 2, USUAL), click(3, 3)))
    (image,) = ax.get_images()
    expected = click_map(trajectory(click(1, 1, USUAL))).get_images()[0]
    assert np.array_equal(np.asarray(image.get_array()), np.asarray(expected.get_array()))
    assert points(ax) == {"left (4)": [[64, 48], [1, 1], [2, 2], [3, 3]]}
    assert "over the most usual of 4 screens" in ax.get_title()


def test_clicks_on_other_displays_land_at_their_share() -> None:
    """Coordinates of a larger display are scaled to the screen shown, and the axis says that sizes differ."""
    large = trajectory(click(1920, 1080), dimensions={"width": 3840, "height": 2160})
    ax = click_map([large, trajectory(click(512, 384))])
    assert points(ax) == {"left (2)": [[1920, 1080], [1920, 1080]]}
    assert "2 sizes" in ax.get_xlabel()


def test_clicks_outside_are_stated() -> None:
    """A click beyond its screen is counted in the title instead of being drawn at the edge."""
    ax = click_map(trajectory(click(5000, 5), click(5, 5)))
    assert points(ax) == {"left (1)": [[5, 5]]}
    assert "n = 1, 1 outside of the screen not shown" in ax.get_title()


@pytest.mark.parametrize("steps", [[], trajectory(), trajectory({"func_name": "wait"}), steps_frame([])])
def test_without_clicks_it_says_so(steps: object) -> None:
    """Nothing to draw is said in words."""
    ax = click_map(steps)
    assert [text.get_text() for text in ax.texts] == ["No clicks"]
    assert "n = 0" in ax.get_title()


def test_pictures_that_cannot_be_read_are_passed_over() -> None:
    """Broken, oversized and stored pictures leave the clicks drawn, without a screen or over another one."""
    bad = ["?", inline(bomb(8000, 5000)), "supabase://run-images/a.png"]
    ax = click_map(trajectory(*(click(n, n, screen) for n, screen in enumerate(bad))))
    assert len(points(ax)["left (3)"]) == 3
    assert not ax.get_images()
    stored = trajectory(click(1, 1, "supabase://run-images/a.png"))
    assert click_map(stored, pictures=lambda _step: base64.b64decode(USUAL)).get_images()


def test_steps_generators_and_given_axes_are_taken() -> None:
    """A generator and a list of steps are drawn alike, on the caller's axes, and a foreign frame is refused."""
    record = trajectory(click(1, 2, USUAL))
    _, ax = plt.subplots()
    assert click_map(iter([record]), ax) is ax
    assert points(click_map(trajectory_steps(record))) == points(ax) == {"left (1)": [[1, 2]]}
    with pytest.raises(RequestError, match="lacks the columns action"):
        click_map(runs_frame([]))
