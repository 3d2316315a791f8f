"""What the front end is told of a recording."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from cyberdesk_nb.frames.actions import parse_action
from cyberdesk_nb.frames.steps import Step
from cyberdesk_nb.player.recordings import Ending, Recording
from cyberdesk_nb.player.story import STORY_MAX, TEXT_MAX, build_story

START = datetime(2026, 11, 2, tzinfo=UTC)


def step(index: int, **values: Any) -> Step:
    """Return a step of a run."""
    kwargs = values.pop("kwargs", {"action": "left_click", "coordinate": [10, 20]})
    action = parse_action("computer", [], kwargs)
    return Step(index, "run", "r", action, "computer", [], kwargs, **values)


def story(*steps: Step, ending: Ending | None = None) -> dict[str, Any]:
    """Return what the front end is told of these steps."""
    return build_story(Recording(steps, ending=ending or Ending()))


def test_a_step_shows_the_last_picture_before_it_and_the_next_one_after() -> None:
    """Pictures are carried forward to steps without their own, and the ending's picture follows the last step."""
    told = story(step(0), step(1, image="a"), step(2), step(3, image="b"), ending=Ending(image="end"))
    assert [row["picture"] for row in told["steps"]] == [None, 1, 1, 3]
    assert [row["after"] for row in told["steps"]] == [1, 3, 3, 4]


def test_without_an_ending_nothing_follows_the_last_picture() -> None:
    """The last steps of a trajectory have no screen after them."""
    told = story(step(0, image="a"), step(1))
    assert [row["after"] for row in told["steps"]] == [None, None]


def test_replay_breaks_where_the_agent_takes_over() -> None:
    """Only the first step of the agent after a replayed one is where the replay broke."""
    told = story(*(step(i, is_cached=cached) for i, cached in enumerate([False, True, True, False, False, None])))
    assert [row["broke"] for row in told["steps"]] == [False, False, False, True, False, False]
    assert [row["origin"] for row in told["steps"]] == ["agent", "replayed", "replayed", "agent", "agent", None]


def test_times_become_lengths() -> None:
    """A step took as long as it was until the next; the last one and steps without a time have no length."""
    told = story(step(0, at=START), step(1, at=START + timedelta(seconds=2.5)), step(2), step(3, at=START))
    assert [row["took_s"] for row in told["steps"]] == [2.5, None, None, None]


def test_clocks_that_run_backwards_give_no_negative_length() -> None:
    """A later message with an earlier time counts as no time at all."""
    told = story(step(0, at=START), step(1, at=START - timedelta(seconds=9)))
    assert told["steps"][0]["took_s"] == 0


def test_reach_is_the_farthest_coordinate_of_any_action() -> None:
    """The farthest coordinate counts drag ends, too: it tells whether actions lie beyond their picture."""
    drag = {"action": "left_click_drag", "start_coordinate": [5, 900], "coordinate": [1900, 8]}
    assert story(step(0), step(1, kwargs=drag))["reach"] == {"x": 1900, "y": 900}
    assert story()["reach"] == {"x": 0, "y": 0}


def test_long_texts_are_cut_and_say_so() -> None:
    """A text beyond the bound is cut, with its whole length told."""
    thought = story(step(0, thought="x" * (TEXT_MAX + 5)))["steps"][0]["thought"]
    assert thought.startswith("x" * TEXT_MAX)
    assert "20,005 characters in all" in thought


def test_many_long_texts_are_cut_shorter() -> None:
    """However much the fields hold together, the front end is sent a bounded amount."""
    hostile = "y" * 30_000
    rows = [step(i, thought=hostile, result=hostile, error=hostile, kwargs={"text": hostile}) for i in range(200)]
    assert len(json.dumps(story(*rows))) < 2 * STORY_MAX


def test_a_story_is_json_whatever_the_record_holds() -> None:
    """Odd values in arguments are written as text instead of raising."""
    odd = {"action": "type", "text": {"nested": [1, None]}, "when": START, "number": float("nan")}
    assert "nested" in json.dumps(story(step(0, kwargs=odd)))


def test_arguments_stand_one_a_line() -> None:
    """Named arguments are shown one a line, as recorded."""
    assert story(step(0))["steps"][0]["arguments"] == 'action: "left_click"\ncoordinate: [10, 20]'


def test_a_step_failed_by_its_error_by_giving_up_or_by_the_runs_end() -> None:
    """An error, a declared failure, and the last step of a run that ended with errors count as failed; no other."""
    gave_up = step(2, kwargs={"action": "declare_task_failed", "reason": "locked"})
    steps = [step(0), step(1, error="no such control"), gave_up, step(3)]
    calm, lost = story(*steps), story(*steps, ending=Ending(errors=("lost",)))
    assert [row["failed"] for row in calm["steps"]] == [False, True, True, False]
    assert [row["failed"] for row in lost["steps"]] == [False, True, True, True]
