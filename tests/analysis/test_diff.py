"""Two recordings are aligned step by step: nothing is lost, and what was edited is found again."""

from __future__ import annotations

import os
import random
import sys
from typing import Any

import pandas as pd
import pytest

from cyberdesk_nb.analysis import diff_trajectories
from cyberdesk_nb.errors import ConfigurationError, RequestError
from cyberdesk_nb.frames import steps_frame
from cyberdesk_nb.frames.steps import trajectory_steps
from cyberdesk_nb.models import RunResponse, TrajectoryResponse
from tests.analysis.edits import Told, edited, recording
from tests.player import samples
from tests.player.pictures import bomb, inline, picture

CASES = int(os.environ.get("CYBERDESK_NB_DIFF_CASES", "40"))
STARTED = "2026-01-01T00:00:00Z"
HOSTILE = '<img src=x onerror="boom()">\u202e\x1b[31m</script>' + "x" * 100_000


def trajectory(*calls: tuple[str, list[Any]] | dict[str, Any]) -> dict[str, Any]:
    """Return a trajectory of these calls, without pictures unless a call has one."""
    steps = [call if isinstance(call, dict) else {"func_name": call[0], "args": call[1]} for call in calls]
    return {"id": "t", "trajectory_data": steps}


def told(frame: pd.DataFrame) -> Told:
    """Return what the frame says was done."""
    rows = frame[["op", "step_a", "step_b"]].astype(object).where(frame[["op", "step_a", "step_b"]].notna(), None)
    return {(op, a, b) for op, a, b in rows.itertuples(index=False)}


def ops(frame: pd.DataFrame) -> list[str]:
    """Return the op of each row."""
    return frame["op"].tolist()


def test_a_known_edit_script_is_found_again() -> None:
    """Of random recordings with random edits at least 95 in 100 give exactly those edits back."""
    wrong: list[int] = []
    for seed in range(CASES):
        rng = random.Random(seed)
        steps = recording(rng)
        after, script = edited(rng, steps)
        frame = diff_trajectories({"trajectory_data": steps}, {"trajectory_data": after})
        if told(frame) != script:
            wrong.append(seed)
    assert len(wrong) <= 0.05 * CASES, wrong


def test_every_step_of_both_stands_once_and_in_order() -> None:
    """No step of either recording is lost or told twice, whatever they have in common; `b` is in its own order."""
    rng = random.Random(11)
    for _ in range(10):
        a, b = recording(rng), recording(rng)
        frame = diff_trajectories({"trajectory_data": a}, {"trajectory_data": b})
        assert sorted(frame["step_a"].dropna()) == list(range(len(a)))
        assert frame["step_b"].dropna().tolist() == list(range(len(b)))
        kept = frame.loc[frame["op"].isin(["same", "changed", "deleted"]), "step_a"]
        assert kept.is_monotonic_increasing


def test_each_op_says_what_it_means() -> None:
    """A new step, a lost one, a changed argument and a moved step are each told with their steps and values."""
    a = trajectory(("click", [1, 2]), ("type", ["Ada"]), ("key", ["Enter"]), ("wait", []), ("click", [500, 400]))
    b = trajectory(("scroll", [900, 700]), ("key", ["Enter"]), ("wait", []), ("click", [500, 430]), ("type", ["Ada"]))
    frame = diff_trajectories(a, b)
    assert told(frame) == {
        ("deleted", 0, None),
        ("inserted", None, 0),
        ("same", 2, 1),
        ("same", 3, 2),
        ("changed", 4, 3),
        ("moved", 1, 4),
    }
    changed = frame[frame["op"] == "changed"].iloc[0]
    assert (changed["changed"], changed["what"], changed["distance_px"]) == ("y", "y: 400 \u2192 430", 30)
    assert frame.attrs["counts"] == {"same": 2, "changed": 1, "moved": 1, "inserted": 1, "deleted": 1}


def test_both_dialects_of_a_call_are_the_same_call() -> None:
    """`click` with positional arguments is `computer` with a coordinate; an argument of its own makes a change."""
    a = trajectory(("click", [850, 450]), ("type", ["x"]), {"func_name": "drag", "kwargs": {"a": 1}})
    b = trajectory(
        {"func_name": "computer", "kwargs": {"action": "left_click", "coordinate": [850, 450]}},
        {"func_name": "computer", "kwargs": {"action": "type", "text": "x", "model": "m"}},
        {"func_name": "drag", "kwargs": {"a": 2}},
    )
    frame = diff_trajectories(a, b)
    assert ops(frame) == ["same", "changed", "changed"]
    assert frame["what"].tolist() == ["", 'model: (none) \u2192 "m"', "a: 1 \u2192 2"]


def test_a_signature_joins_what_arguments_would_part() -> None:
    """Steps with one signature are one step with other arguments, although another step is more alike."""
    first = {"func_name": "type", "args": ["Mr Smith"], "step_signature_hash": 7}
    second = {"func_name": "click", "args": [3, 3], "step_signature_hash": 7}
    frame = diff_trajectories(trajectory(first), trajectory(second, ("type", ["Mr Smit"])))
    assert told(frame) == {("changed", 0, 0), ("inserted", None, 1)}


def test_screens_choose_between_equal_steps() -> None:
    """Of two equal steps the one that saw the same screen is kept, the other one is deleted."""
    performance = samples.play(1)
    screens = [inline(performance.shots[n].before.render()) for n in (0, len(performance.shots) - 1)]
    a = trajectory(*({"func_name": "wait", "pre_check_snapshot": {"screenshot": screen}} for screen in screens))
    for kept in (0, 1):
        frame = diff_trajectories(a, {"trajectory_data": [a["trajectory_data"][kept]]})
        assert told(frame) == {("same", kept, 0), ("deleted", 1 - kept, None)}
        assert frame.loc[frame["op"] == "same", "screen_bits"].tolist() == [0]


def test_pictures_that_cannot_be_read_are_stated() -> None:
    """Broken, oversized and stored pictures are named with their step; the steps are aligned without them."""
    bad = ["?", inline(picture()[:60]), inline(bomb(8000, 5000)), inline(b"<svg/>"), "supabase://run-images/a/b/1.png"]
    steps = [
        {"func_name": "click", "args": [n, n], "pre_check_snapshot": {"screenshot": screen}}
        for n, screen in enumerate([*bad, None])
    ]
    frame = diff_trajectories(trajectory(*steps), trajectory(*steps))
    assert ops(frame) == ["same"] * 6
    assert [problem["step"] for problem in frame.attrs["problems"] if problem["side"] == "a"] == [0, 1, 2, 3, 4]
    assert "megapixels" in frame.attrs["problems"][2]["reason"]
    assert frame.attrs["without_screen"] == 6


def test_stored_pictures_are_fetched_when_asked() -> None:
    """With `pictures` the screens of a run count; one that cannot be fetched is stated."""
    performance = samples.play()
    run, fetch = samples.run(performance), samples.fetcher(performance)
    asked: list[int] = []

    def pictures(step: Any) -> bytes:
        asked.append(step.index)
        if step.index == 2:
            raise OSError("gone")
        return fetch(step.image).result()

    frame = diff_trajectories(run, samples.trajectory(performance), pictures=pictures)
    assert set(ops(frame)) == {"same"}
    assert sorted(set(asked)) == list(range(len(performance.shots)))
    assert [(p["side"], p["step"]) for p in frame.attrs["problems"]] == [("a", 2)]
    assert (frame["screen_bits"].dropna() <= 12).all()
    assert frame["screen_bits"].isna().sum() == 1


def test_screens_are_left_alone_when_not_wanted() -> None:
    """Without `compare_screens` no picture is fetched or looked at, and none is a problem."""

    def pictures(_step: Any) -> bytes:
        raise AssertionError("fetched")

    step = {"func_name": "wait", "pre_check_snapshot": {"screenshot": "supabase://run-images/a.png"}}
    bad = {"func_name": "wait", "pre_check_snapshot": {"screenshot": "?"}}
    frame = diff_trajectories(trajectory(step, bad), trajectory(step), compare_screens=False, pictures=pictures)
    assert frame.attrs["problems"] == []
    assert frame["screen_bits"].isna().all()
    assert sorted(ops(frame)) == ["deleted", "same"]


def test_models_frames_and_steps_are_taken_alike() -> None:
    """A dict, a model, a steps frame and a list of steps of one recording are the same recording."""
    performance = samples.play()
    run, record = samples.run(performance, replayed=2), samples.trajectory(performance)
    extra: dict[str, Any] = {"workflow_id": "w", "machine_id": None, "created_at": STARTED, "updated_at": STARTED}
    extra |= dict.fromkeys(("is_approved", "has_been_approved", "is_generated", "is_main"), True)
    run_model, model = RunResponse.model_validate(run | extra), TrajectoryResponse.model_validate(record | extra)
    forms = [record, run, run_model, model, steps_frame(record), steps_frame(run), trajectory_steps(record)]
    for form in forms:
        assert set(ops(diff_trajectories(form, record))) == {"same"}
        assert set(ops(diff_trajectories(record, form))) == {"same"}


def test_nothing_and_odd_steps_are_no_error() -> None:
    """Empty recordings give the same columns; steps that are no objects, unknown or hostile are aligned and inert."""
    empty = diff_trajectories(trajectory(), {"trajectory_data": None})
    full = diff_trajectories(trajectory(("click", [1, 2])), trajectory())
    assert empty.empty
    assert empty.dtypes.equals(full.dtypes)
    assert ops(full) == ["deleted"]
    odd: list[Any] = ["raw", None, 5, [], {"func_name": HOSTILE, "kwargs": {HOSTILE: HOSTILE}}]
    other: list[Any] = ["raw", None, 6, [], {"func_name": HOSTILE, "kwargs": {HOSTILE: "王"}}]
    frame = diff_trajectories({"trajectory_data": odd}, {"trajectory_data": other})
    assert ops(frame) == ["same", "same", "changed", "same", "changed"]
    words = "".join(frame["what"])
    assert "王" in words
    assert len(words) < 1000
    assert "\u202e" not in words
    assert "\x1b" not in words


def test_places_count_as_near_only_when_asked() -> None:
    """A click two pixels aside is a change unless the tolerance allows it; the distance is told in both cases."""
    a, b = trajectory(("click", [500, 300])), trajectory(("click", [502, 300]))
    strict, lax = diff_trajectories(a, b), diff_trajectories(a, b, tolerance_px=2)
    assert (ops(strict), ops(lax)) == (["changed"], ["same"])
    assert strict["distance_px"].tolist() == lax["distance_px"].tolist() == [2]


def test_screens_of_other_sizes_are_compared_by_share() -> None:
    """Clicks on two displays at the same share of the screen are the same place."""
    points = [(480, 270), (960, 540), (1900, 1000)]
    small, large = {"width": 1920, "height": 1080}, {"width": 3840, "height": 2160}
    a = trajectory(*(("click", [x, y]) for x, y in points)) | {"dimensions": small}
    b = trajectory(*(("click", [2 * x, 2 * y]) for x, y in points)) | {"dimensions": large}
    assert ops(diff_trajectories(a, b)) == ["same"] * 3


@pytest.mark.parametrize("missing", ["Bio.Align", "rapidfuzz.process", "scipy.optimize", "imagehash"])
def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """Where a library of the extra is not installed, the error says which command installs it."""
    monkeypatch.setitem(sys.modules, missing, None)
    seen = {"func_name": "wait", "pre_check_snapshot": {"screenshot": inline(picture())}}
    with pytest.raises(ConfigurationError, match=r"analysis") as caught:
        diff_trajectories(trajectory(seen, ("key", ["Tab"])), trajectory(("key", ["Tab"]), seen))
    assert "pip install" in str(caught.value)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"id": "r", "status": "success"}, "neither trajectory_data nor run_message_history"),
        ("7f3a9d20-aaaa-4bbb-8ccc-ddddeeeeffff", "cannot be read from str"),
        (pd.DataFrame({"id": ["r"]}), "lacks the columns"),
        (steps_frame([{"id": x, "trajectory_data": [{"func_name": "wait"}]} for x in "ab"]), "2 recordings"),
    ],
)
def test_what_is_no_recording_is_refused_in_words(record: object, words: str) -> None:
    """A run without its history, an id, a foreign frame and a frame of two recordings say what to give instead."""
    with pytest.raises(RequestError, match=words):
        diff_trajectories(record, trajectory())
