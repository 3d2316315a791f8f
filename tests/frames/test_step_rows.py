"""The steps frame holds the peculiarities of real recordings."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from cyberdesk_nb.errors import IncompleteError
from cyberdesk_nb.frames import steps_frame
from cyberdesk_nb.frames.steps import trajectory_steps
from cyberdesk_nb.models import TrajectoryResponse
from tests.player.pictures import inline, picture

PNG = "iVBORw0KGgo="


def step(func_name: str, kwargs: dict[str, Any], **snapshot: Any) -> dict[str, Any]:
    """Give one recorded step."""
    return {"func_name": func_name, "args": [], "kwargs": kwargs, "pre_check_snapshot": snapshot, "result": ""}


# Shaped like recordings of real desktop work: several actions on one picture, retries, foreign names, Chinese text.
RECORDING: dict[str, Any] = {
    "id": "t-1",
    "workflow_id": "w-1",
    "dimensions": {"width": 1024, "height": 768},
    "is_approved": False,
    "has_been_approved": False,
    "is_generated": True,
    "is_main": False,
    "created_at": "2026-11-01T00:00:00Z",
    "updated_at": "2026-11-01T00:00:00Z",
    "trajectory_data": [
        step("PlanAction", {"element": ["打开菜单", "选择第二个"]}, screenshot=PNG, last_agent_thought="plan"),
        step(
            "computer", {"action": "double_click", "coordinate": [827, 192]}, screenshot=PNG, last_agent_thought="open"
        ),
        step("computer", {"action": "type", "text": "圆形"}, screenshot=None, last_agent_thought=""),
        step("computer", {"action": "wait", "duration": 1.0}, screenshot=None, last_agent_thought=""),
        step(
            "computer",
            {"action": "left_click_drag", "start_coordinate": [320, 316], "coordinate": [492, 428]},
            screenshot="supabase://trajectory-images/org/t-1/2.png",
        )
        | {"result": "need_retry: 请选择"},
        {"func_name": "click", "args": [512, 384], "kwargs": {}},
    ],
}


def test_a_recording_keeps_every_step_in_order() -> None:
    """Unknown actions, steps without a picture and Chinese text are rows like any other."""
    frame = steps_frame(RECORDING, strict=True)
    assert frame["step"].tolist() == [0, 1, 2, 3, 4, 5]
    assert frame["action"].tolist() == ["PlanAction", "double_click", "type", "wait", "left_click_drag", "left_click"]
    assert frame["is_known"].tolist() == [False, True, True, True, True, True]
    assert json.loads(frame["kwargs"][0]) == {"element": ["打开菜单", "选择第二个"]}
    assert (frame["text"][2], frame["result"][4]) == ("圆形", "need_retry: 请选择")
    assert frame["is_cached"].isna().all()


def test_no_picture_stands_in_the_frame() -> None:
    """The frame says where the pictures are and how large, and holds none of their bytes."""
    frame = steps_frame(RECORDING)
    assert frame["image_kind"].astype("str").fillna("-").tolist() == ["inline", "inline", "-", "-", "stored", "-"]
    assert frame["image_size_bytes"].fillna(-1).tolist() == [8, 8, -1, -1, -1, -1]
    assert frame["image_ref"][4] == "supabase://trajectory-images/org/t-1/2.png"
    assert not frame.astype(str).apply(lambda column: column.str.contains(PNG)).any(axis=None)


def clicks(*places: tuple[int, int], seen: str | None = None, **fields: Any) -> dict[str, Any]:
    """Give a trajectory of clicks, with one picture before the second one."""
    data: list[dict[str, Any]] = [
        {"func_name": "click", "args": list(place), "pre_check_snapshot": {}} for place in places
    ]
    if seen:
        data[1]["pre_check_snapshot"] = {"screenshot": seen}
    return {"id": "t", "trajectory_data": data, **fields}


DISPLAY: dict[str, Any] = {"dimensions": {"width": 2048, "height": 1536}}


@pytest.mark.parametrize(
    ("recording", "space", "x_share"),
    [
        (clicks((512, 1), (1, 1), seen=inline(picture(size=(640, 480)))), "screenshot", 0.8),
        (clicks((512, 1), (1, 1), seen=inline(picture(size=(640, 480))), **DISPLAY), "screenshot", 0.8),
        (clicks((512, 1), (641, 1), seen=inline(picture(size=(640, 480))), **DISPLAY), "display", 0.25),
        (clicks((512, 1), (641, 1), seen=inline(picture(size=(640, 480)))), "screenshot", 0.8),
        (clicks((512, 1), (1, 1), **DISPLAY), "assumed", 0.5),
        (clicks((512, 1), (1, 800), **DISPLAY), "display", 0.25),
        (clicks((512, 1)), "assumed", 0.5),
        (clicks((512, 1), (1, 1), seen="iVBORw0KGgo="), "assumed", 0.5),
    ],
)
def test_shares_are_of_the_space_they_came_from(recording: dict[str, Any], space: str, x_share: float) -> None:
    """Coordinates count the screenshot's pixels, or the display's where one lies beyond; the frame says which."""
    row = steps_frame(recording).iloc[0]
    assert (row["space"], row["x_share"], row["x"]) == (space, x_share, 512)
    assert row["screenshot_x"] == x_share * row["screenshot_width_px"]
    seen = recording["trajectory_data"][-1]["pre_check_snapshot"].get("screenshot") or PNG
    assert row["screenshot_width_px"] == (1024 if seen == PNG else 640)


def test_a_screen_without_width_has_no_shares() -> None:
    """A width of zero divides nothing."""
    frame = steps_frame(clicks((1, 900), dimensions={"width": 0, "height": 1000}))
    assert frame["x_share"].isna().all()
    assert frame["y_share"][0] == 0.9


def test_records_bytes_models_and_steps_give_the_same_rows() -> None:
    """A trajectory as a dict, as a model and as page bytes gives one frame; its steps alone give the same actions."""
    frame = steps_frame(RECORDING)
    pd.testing.assert_frame_equal(steps_frame([TrajectoryResponse.model_validate(RECORDING)]), frame)
    pd.testing.assert_frame_equal(steps_frame(json.dumps({"items": [RECORDING]}).encode()), frame)
    alone = steps_frame(trajectory_steps(RECORDING))
    recorded = ["action", "x", "y", "x2", "y2", "text", "thought", "result", "kwargs", "image_kind"]
    pd.testing.assert_frame_equal(alone[recorded], frame[recorded])


def test_time_between_steps_stays_within_one_run() -> None:
    """The time since the step before is measured inside each run, never from one run to the next."""

    def run(run_id: str, *seconds: int) -> dict[str, Any]:
        content = [{"type": "tool_use", "tool_name": "computer", "tool_input": {"action": "wait"}}]
        times = [f"2026-11-01T00:00:{second:02d}Z" for second in seconds]
        history = [{"role": "assistant", "timestamp": time, "content": content} for time in times]
        return {"id": run_id, "run_message_history": history}

    frame = steps_frame([run("a", 1, 4), run("b", 10, 30)])
    assert frame["since_previous_s"].fillna(-1).tolist() == [-1, 3, -1, 20]
    assert frame["is_cached"].tolist() == [False] * 4


def test_what_is_no_record_is_stated() -> None:
    """Something else among the records has no step and is not passed over in silence."""
    frame = steps_frame([7, RECORDING])
    assert (len(frame), frame.attrs["rows_dropped"]) == (6, 1)
    with pytest.raises(IncompleteError):
        steps_frame([7], strict=True)


@pytest.mark.parametrize(
    ("data", "column"),
    [
        ("none", "trajectory_data"),
        ([{"func_name": "click", "args": "1,2", "kwargs": {}}], "args"),
        ([{"func_name": "computer", "args": [], "kwargs": '{"action": "wait"}'}], "kwargs"),
    ],
)
def test_a_call_in_another_form_is_stated(data: Any, column: str) -> None:
    """Arguments or steps that cannot be read as such are a problem with their raw value, not an empty list."""
    frame = steps_frame({"id": "t", "trajectory_data": data})
    assert [(each["row_id"], each["column"]) for each in frame.attrs["problems"]] == [("t", column)]


def test_step_values_of_one_recording_share_its_screen() -> None:
    """Steps given as values are placed as those of their whole record are: by its pictures, its reach, its display."""
    shot = inline(picture(size=(800, 600)))
    calls = [(10, 10, shot), (1900, 30, None), (500, 1000, None)]
    record = {
        "id": "t",
        "dimensions": {"width": 1920, "height": 1080},
        "trajectory_data": [
            {"func_name": "click", "args": [x, y], "pre_check_snapshot": {"screenshot": image}} for x, y, image in calls
        ],
    }
    other = {"id": "u", "trajectory_data": [{"func_name": "click", "args": [512, 384]}]}
    whole = steps_frame([record, other])
    values = steps_frame([*trajectory_steps(record), *trajectory_steps(other)], dimensions=(1920, 1080))
    shown = ["x_share", "y_share", "space", "space_width_px"]
    pd.testing.assert_frame_equal(values[shown], whole[shown])
    assert whole["space"].tolist() == ["display"] * 3 + ["assumed"]
