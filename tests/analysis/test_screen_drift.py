"""Screens that replays saw are compared with the recorded ones: how far they moved, and since when."""

from __future__ import annotations

import base64
import io
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from cyberdesk_nb.analysis.recordings.screen_drift import screen_drift
from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import steps_frame
from cyberdesk_nb.frames.steps import history_steps
from tests.analysis.edits import drawn_screen
from tests.player.pictures import bomb, inline

START = datetime(2026, 11, 1, tzinfo=UTC)
SCREENS = [drawn_screen(random.Random(n)) for n in range(4)]
OTHER = drawn_screen(random.Random(99))


def touched(screen: str) -> str:
    """Return a screen with a spot on it."""
    with Image.open(io.BytesIO(base64.b64decode(screen))) as image:
        spotted = image.convert("RGB")
    spotted.paste("red", (60, 40, 66, 46))
    out = io.BytesIO()
    spotted.save(out, "PNG")
    return inline(out.getvalue())


def recorded(*screens: str | None) -> dict[str, Any]:
    """Return the trajectory `t` with these screens, of waits."""
    steps = [{"func_name": "wait", "pre_check_snapshot": {"screenshot": screen}} for screen in screens]
    return {"id": "t", "trajectory_data": steps}


def run(*screens: str | None, number: int = 0, replayed: int = 4, day: float = 0) -> dict[str, Any]:
    """Return a run that saw these screens before its steps; the first `replayed` ones came from `t`."""
    messages: list[dict[str, Any]] = []
    for index, screen in enumerate(screens):
        if screen is not None:
            key = "image_url" if "://" in screen else "image_base64"
            messages.append({"role": "user", "content": [{"type": "image", key: screen}]})
        use = {"type": "tool_use", "tool_name": "computer", "tool_input": {"action": "wait"}}
        at = (START + timedelta(days=day, seconds=index)).isoformat()
        origin = {"trajectory_id": "t", "trajectory_label": "calm", "step_index": index} if index < replayed else {}
        messages.append({"role": "assistant", "content": [use], "timestamp": at} | origin)
    return {"id": f"r-{number}", "run_message_history": messages}


def test_a_screen_that_changed_is_found_with_its_day() -> None:
    """The step whose screen is another one since some day comes first, with how far and since when."""
    runs = [run(*SCREENS[:2], SCREENS[2] if day < 20 else OTHER, SCREENS[3], number=day, day=day) for day in range(32)]
    random.Random(1).shuffle(runs)
    table = screen_drift(runs, recorded(*SCREENS))
    assert table["trajectory_step"].tolist()[0] == 2
    row = table.iloc[0]
    assert row["since"] == START + timedelta(days=20, seconds=2)
    assert row["bits_since"] > 40
    assert (row["compared"], row["differing"], row["breaks"], row["bits_median"]) == (32, 12, 0, 0)
    assert (row["example_run_id"], row["example_step"], row["trajectory_label"]) == ("r-31", 2, "calm")
    assert table["since"].iloc[1:].isna().all()
    assert (table["bits_max"].iloc[1:] == 0).all()


def test_a_few_screens_far_off_rank_before_many_a_little_off() -> None:
    """A step that sometimes saw quite another screen comes before one that always saw one a little different."""
    runs = [
        run(touched(SCREENS[0]), OTHER if number < 3 else SCREENS[1], number=number, day=number) for number in range(9)
    ]
    table = screen_drift(runs, recorded(*SCREENS), noise_bits=0)
    assert table["trajectory_step"].tolist() == [1, 0]
    assert table["bits_excess"].iloc[0] == pytest.approx(table["bits_max"].iloc[0] / 3)
    assert (table["bits_median"].iloc[0], 0 < table["bits_median"].iloc[1] < 20) == (0, True)


def test_a_break_is_compared_with_the_step_that_should_have_come() -> None:
    """The agent's first own step after replayed ones counts as a sight of the recorded step that it stands for."""
    table = screen_drift([run(SCREENS[0], OTHER, SCREENS[2], replayed=1)], recorded(*SCREENS))
    assert table[["trajectory_step", "breaks", "differing"]].to_numpy().tolist() == [[1, 1, 1], [0, 0, 0]]
    assert table["since"].iloc[0] == START + timedelta(seconds=1)


def test_a_step_without_a_picture_saw_the_last_one() -> None:
    """On both sides a step without a picture of its own is seen on the last one before it."""
    table = screen_drift(run(SCREENS[0], None, SCREENS[1]), recorded(SCREENS[0], SCREENS[0], None))
    bits = table.set_index("trajectory_step")["bits_max"]
    assert (bits[0], bits[1]) == (0, 0)
    assert bits[2] > 20


def test_what_cannot_be_compared_is_counted() -> None:
    """Steps without screens, pictures that cannot be read, and trajectories that were not given are stated."""
    bad = ["?", inline(bomb(8000, 5000)), "supabase://run-images/o/r/1.png"]
    table = screen_drift([run(*bad, SCREENS[0]), run(None, None)], recorded(*SCREENS))
    assert table["compared"].tolist() == [1]
    assert table.attrs["without_screen"] == 2
    assert [(p["source_id"], p["step"]) for p in table.attrs["problems"]] == [("r-0", 0), ("r-0", 1), ("r-0", 2)]
    assert table.attrs["problem_count"] == 3
    unknown = screen_drift(run(*SCREENS), recorded(*SCREENS[:3]) | {"id": "another"})
    assert unknown.empty
    assert unknown.attrs["not_recorded"] == 4


def test_stored_pictures_are_fetched() -> None:
    """With `pictures` stored screens are compared; one that does not come is stated."""

    def pictures(step: Any) -> bytes:
        if step.index == 3:
            raise OSError("gone")
        return base64.b64decode(SCREENS[step.index])

    addresses = [f"supabase://run-images/o/r/{n}.png" for n in range(4)]
    table = screen_drift(run(*addresses), recorded(*SCREENS), pictures=pictures)
    assert table["bits_max"].tolist() == [0, 0, 0]
    assert "gone" in table.attrs["problems"][0]["reason"]


def test_runs_and_trajectories_come_in_any_form_and_order() -> None:
    """One iterable of both, steps instead of records, and a generator give the same table."""
    records = [run(*SCREENS, number=1), recorded(*SCREENS), run(*SCREENS[::-1], number=2, day=1)]
    expected = screen_drift([records[0], records[2]], records[1])
    steps = [step for record in records if "run_message_history" in record for step in history_steps(record)]
    for form in (screen_drift(iter(records)), screen_drift(steps, recorded(*SCREENS))):
        pd.testing.assert_frame_equal(form, expected)


def test_nothing_gives_the_same_columns_and_frames_are_refused() -> None:
    """Nothing to compare gives the columns and dtypes of a full table; a frame holds no pictures and is refused."""
    full = screen_drift(run(*SCREENS), recorded(*SCREENS))
    for empty in (screen_drift([]), screen_drift(recorded(*SCREENS)), screen_drift(run(*SCREENS, replayed=0))):
        assert empty.empty
        assert empty.dtypes.equals(full.dtypes)
    with pytest.raises(RequestError, match="cannot be read from DataFrame"):
        screen_drift(steps_frame([]))


def test_pictures_are_read_one_at_a_time() -> None:
    """Runs are taken from a generator one after another, and none is held once it was compared."""
    alive: list[int] = []

    class Counted(dict[str, Any]):
        def __del__(self) -> None:
            alive.pop()

    def runs() -> Any:
        for number in range(6):
            alive.append(number)
            assert len(alive) <= 2
            yield Counted(run(*SCREENS, number=number))

    assert screen_drift(runs(), recorded(*SCREENS))["compared"].tolist() == [6] * 4
