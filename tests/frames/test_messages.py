"""The messages frame is the history block by block."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from cyberdesk_nb.frames import messages_frame, steps_frame
from tests.frames.test_steps import RUN


def test_every_block_is_a_row_in_order() -> None:
    """A history of six messages comes out block by block, with the type and the place of each."""
    frame = messages_frame(RUN, strict=True)
    assert frame["message"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 3, 4, 5]
    assert frame["block"].tolist() == [0, 1, 0, 1, 0, 1, 0, 1, 2, 0, 0]
    assert frame["type"].tolist()[:4] == ["text", "image", "text", "tool_use"]
    assert frame["block_text"][10] == "summary"
    pd.testing.assert_frame_equal(messages_frame(json.dumps([RUN]).encode()), frame)


def test_only_calls_are_cached_or_not() -> None:
    """A call says whether it was replayed; words and pictures do not."""
    frame = messages_frame(RUN)
    calls = frame["type"] == "tool_use"
    assert frame.loc[calls, "is_cached"].tolist() == [True, False, False]
    assert frame.loc[~calls, "is_cached"].isna().all()


def test_calls_have_the_actions_of_the_steps_frame() -> None:
    """The same call reads the same in both frames."""
    shared = ["action", "x", "y", "text", "is_known", "space", "x_share", "screenshot_x", "screenshot_y", "is_cached"]
    shared += ["trajectory_id", "trajectory_step", "signature_hash"]
    messages = messages_frame(RUN).query("type == 'tool_use'").reset_index(drop=True)
    pd.testing.assert_frame_equal(messages[shared], steps_frame(RUN)[shared])


def test_times_between_messages_stand_on_the_first_block() -> None:
    """The gap is counted once per message, and never across runs."""

    def run(run_id: str, *seconds: int) -> dict[str, Any]:
        content = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
        history = [{"role": "user", "timestamp": f"2026-11-01T00:00:{at:02d}Z", "content": content} for at in seconds]
        return {"id": run_id, "run_message_history": history}

    gaps = messages_frame([run("a", 1, 5), run("b", 30, 31)])["since_previous_s"]
    assert gaps.fillna(-1).tolist() == [-1, -1, 4, -1, -1, -1, 1, -1]


def test_what_is_no_block_is_stated() -> None:
    """Something else among the messages or blocks is counted as left out."""
    frame = messages_frame(
        {"id": "r", "run_message_history": ["?", {"role": "user", "content": [7, {"type": "text"}]}]}
    )
    assert (len(frame), frame.attrs["rows_in"], frame.attrs["rows_dropped"]) == (1, 3, 2)


def test_content_that_is_a_plain_text_is_one_block() -> None:
    """The short form of a message, a text in the place of its blocks, is not passed over."""
    frame = messages_frame({"id": "r", "run_message_history": [{"role": "user", "content": "Go on."}]})
    assert frame[["message", "block", "type", "block_text"]].to_numpy().tolist() == [[0, 0, "text", "Go on."]]


@pytest.mark.parametrize(
    ("history", "column"),
    [("?", "run_message_history"), ([{"role": "user", "content": {"type": "text"}}], "content")],
)
def test_a_history_that_is_none_is_stated(history: Any, column: str) -> None:
    """What stands where messages or blocks should is a problem of its run, not an empty history."""
    for frame in (messages_frame, steps_frame):
        problems = frame({"id": "r", "run_message_history": history}).attrs["problems"]
        assert [(each["row_id"], each["column"]) for each in problems] == [("r", column)]


def test_each_bad_value_of_a_run_counts() -> None:
    """Rows that share the id of their run do not share its problems."""
    block = {"type": "text", "text": "a"}
    history = [{"role": "user", "timestamp": when, "content": [block]} for when in ("soon", "later", "soon")]
    assert messages_frame({"id": "r", "run_message_history": history}).attrs["problem_count"] == 3
