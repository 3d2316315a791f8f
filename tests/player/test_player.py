"""The player as a Python object: its state, its step, its answers to the front end."""

from __future__ import annotations

import gc
import json
import weakref
from queue import Queue
from typing import Any, cast

import pytest
import traitlets
from ipywidgets.widgets.widget import _instances

from cyberdesk_nb.player import Ending, TrajectoryPlayer
from tests.player.pictures import inline, picture

SECRET = "hunter2-typed-by-mistake"


def trajectory(n: int = 4, **extra: Any) -> dict[str, Any]:
    """Return a trajectory of `n` steps that type something secret."""
    step = {
        "func_name": "computer",
        "args": [],
        "kwargs": {"action": "type", "text": SECRET},
        "pre_check_snapshot": {"screenshot": inline(picture()), "last_agent_thought": f"I type {SECRET}"},
        "result": SECRET,
    }
    return {"id": "0b5d8c1e-1111", "name": "Log on", "trajectory_data": [step] * n} | extra


class Listening(TrajectoryPlayer):
    """A player whose messages to the front end can be read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sent: Queue[tuple[dict[str, Any], list[bytes]]] = Queue()
        super().__init__(*args, **kwargs)

    def send(self, content: Any, buffers: Any = None) -> None:
        """Keep a message to the front end."""
        self.sent.put((content, list(buffers or ())))

    def hear(self, message: Any) -> None:
        """Take a message as if the front end had sent it."""
        self._handle_custom_msg(message, [])


def test_state_holds_neither_texts_nor_pictures() -> None:
    """What a saved notebook would keep of the player has no picture, no title, and nothing that was typed or said."""
    player = TrajectoryPlayer.from_trajectory(trajectory())
    state = {name: value for name, value in player.get_state().items() if name not in {"_esm", "_css"}}
    saved = json.dumps(state, default=str)
    assert SECRET not in saved
    assert "Log on" not in saved
    assert inline(picture())[:40] not in saved
    assert len(saved) < 1500


def test_step_stays_within_the_recording() -> None:
    """A step beyond either end becomes the nearest one there is."""
    player = TrajectoryPlayer.from_trajectory(trajectory(4))
    player.step = 99
    assert player.step == 3
    player.step = -5
    assert player.step == 0


def test_an_empty_recording_is_no_error() -> None:
    """A recording without steps has step 0 and no current step."""
    player = TrajectoryPlayer([])
    player.step = 3
    assert (player.step, player.n_steps, player.current) == (0, 0, None)


def test_on_step_is_called_with_the_step_until_it_is_stopped() -> None:
    """A function given to on_step sees each step shown, and none after it was stopped."""
    player = TrajectoryPlayer.from_trajectory(trajectory())
    seen: list[int] = []
    stop = player.on_step(lambda step: seen.append(step.index))
    player.step = 2
    player.step = 1
    stop()
    player.step = 3
    assert seen == [2, 1]


def test_an_error_in_on_step_is_shown_and_others_are_still_called() -> None:
    """A function that raises does not stop the player or the next function, and its error reaches the front end."""
    player = Listening.from_trajectory(trajectory())
    seen: list[int] = []

    def broken(_step: object) -> None:
        raise ValueError("no such column")

    player.on_step(broken)
    player.on_step(lambda step: seen.append(step.index))
    player.step = 1
    assert seen == [1]
    assert "no such column" in player.sent.get(timeout=5)[0]["text"]


def test_two_players_can_be_linked() -> None:
    """Two players whose steps are linked move together; the shorter one stays at its end."""
    one, two = TrajectoryPlayer.from_trajectory(trajectory(6)), TrajectoryPlayer.from_trajectory(trajectory(4))
    traitlets.link((one, "step"), (two, "step"))
    moved: list[tuple[int, int]] = []
    for player, step in [(one, 2), (two, 1), (one, 5), (two, 2)]:
        player.step = step
        moved.append((one.step, two.step))
    assert moved == [(2, 2), (1, 1), (5, 3), (2, 2)]


def test_the_front_end_is_told_the_recording_when_it_opens() -> None:
    """The first message of a view is answered with the whole recording."""
    player = Listening.from_trajectory(trajectory(3))
    player.hear({"kind": "open"})
    message, _ = player.sent.get(timeout=5)
    assert message["kind"] == "story"
    assert len(message["story"]["steps"]) == 3


def test_pictures_come_as_bytes_when_asked_for() -> None:
    """A wanted picture is sent as binary with its kind and size; a missing one with its reason."""
    player = Listening.from_trajectory(trajectory(2))
    player.hear({"kind": "pictures", "positions": [1, 2], "size": "full"})
    sent = [player.sent.get(timeout=20) for _ in range(2)]
    answers = {message["position"]: (message, data) for message, data in sent}
    assert answers[1][1] == [picture()]
    assert (answers[1][0]["mime"], answers[1][0]["width"]) == ("image/png", 64)
    assert answers[2][1] == []
    assert answers[2][0]["reason"]


@pytest.mark.parametrize(
    "message", [None, [], "open", {}, {"kind": "pictures"}, {"kind": "pictures", "positions": ["x", None, True, 1.0]}]
)
def test_odd_messages_are_ignored(message: Any) -> None:
    """Whatever a front end sends, the player neither raises nor answers nonsense."""
    player = Listening.from_trajectory(trajectory())
    player.hear(message)
    assert player.sent.empty()


def test_update_shows_what_a_new_player_would() -> None:
    """After update the player tells the same recording, step and view as the other one."""
    player = Listening.from_trajectory(trajectory(4))
    player.step = 3
    other = TrajectoryPlayer.from_trajectory(trajectory(2, name="Other"))
    other.step, other.view = 1, "after"
    player.update(other)
    assert (player.step, player.n_steps, player.view, repr(player)) == (1, 2, "after", repr(other))
    assert player.sent.get(timeout=5)[0]["story"] == other._story


def test_update_calls_back_once_with_the_new_recordings_step() -> None:
    """Functions given to on_step see the step that update shows, once, even when its number is the same."""
    player = TrajectoryPlayer.from_trajectory(trajectory(4))
    seen: list[tuple[str, int]] = []
    player.step = 2
    player.on_step(lambda step: seen.append((step.source_id, step.index)))
    for n_steps, step in [(5, 2), (3, 1)]:
        other = TrajectoryPlayer.from_trajectory(trajectory(n_steps, id=f"of {n_steps}"))
        other.step = step
        player.update(other)
    assert seen == [("of 5", 2), ("of 3", 1)]


def test_pictures_say_which_recording_they_belong_to() -> None:
    """A picture asked for before an update is told apart from those of the recording shown after it."""
    player = Listening.from_trajectory(trajectory(2))
    player.hear({"kind": "pictures", "positions": [0], "size": "full"})
    before = player.sent.get(timeout=20)[0]
    player.update(TrajectoryPlayer.from_trajectory(trajectory(2)))
    story = player.sent.get(timeout=5)[0]
    player.hear({"kind": "pictures", "positions": [0], "size": "full"})
    after = player.sent.get(timeout=20)[0]
    assert before["edition"] != story["edition"] == after["edition"]


def test_closing_forgets_callbacks() -> None:
    """A closed player calls nobody."""
    player = TrajectoryPlayer.from_trajectory(trajectory())
    seen: list[int] = []
    player.on_step(lambda step: seen.append(step.index))
    player.close()
    player.step = 1
    assert seen == []


def test_closed_players_are_gone() -> None:
    """A hundred players opened and closed leave no comm behind, and no player in memory."""
    before = len(_instances)
    players = [TrajectoryPlayer.from_trajectory(trajectory(1)) for _ in range(100)]
    gone = weakref.ref(players[0])
    assert len(_instances) > before
    while players:
        players.pop().close()
    gc.collect()
    assert len(_instances) == before
    assert gone() is None


def test_repr_says_what_it_is_and_where_it_failed() -> None:
    """Without widgets the player shows its title, its length, its status and the steps that failed."""
    history = [
        {"role": "assistant", "content": [{"type": "tool_use", "tool_use_id": "a", "tool_name": "computer"}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "error": "timed out"}]},
    ]
    player = TrajectoryPlayer.from_run({"id": "7f3a9d20-aaaa", "status": "error", "run_message_history": history})
    assert repr(player) == "TrajectoryPlayer('run 7f3a9d20', 1 step, error, failed at step 1)"
    assert repr(player) in str(player._repr_mimebundle_())


def test_a_run_ends_with_its_last_words_and_picture() -> None:
    """The picture and the words after the last action belong to the ending; earlier ones do not."""
    history: list[dict[str, Any]] = [
        {"role": "user", "content": [{"type": "image", "image_url": "supabase://run-images/0.png"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "first"}, {"type": "tool_use", "tool_use_id": "a"}]},
        {"role": "user", "content": [{"type": "image", "image_base64": "QUJD"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "All done."}]},
    ]
    player = TrajectoryPlayer.from_run({"id": "r", "status": "success", "run_message_history": history})
    assert player._recording.ending == Ending("success", (), "All done.", "QUJD")


def test_the_frame_has_the_steps_in_the_players_order() -> None:
    """The row at the player's step is the step that it shows."""
    player = TrajectoryPlayer.from_trajectory(trajectory(3))
    player.step = 2
    shown = player.selected
    assert shown is not None
    assert shown.equals(player.frame.iloc[2])
    assert (len(player.frame), shown["step"], shown["text"]) == (3, 2, SECRET)
    assert TrajectoryPlayer([]).selected is None


def test_the_frame_counts_in_the_recordings_display() -> None:
    """Coordinates beyond the screenshot are shares of the recorded display in the frame, as they are on screen."""
    clicks = [{"func_name": "click", "args": args} for args in ([960, 540], [1919, 1079])]
    player = TrajectoryPlayer.from_trajectory(
        {"id": "t", "dimensions": {"width": 1920, "height": 1080}, "trajectory_data": clicks}
    )
    first = player.frame.iloc[0]
    assert (first["x_share"], first["y_share"]) == (0.5, 0.5)


def test_inputs_are_named_for_redaction() -> None:
    """The player tells the recording's inputs, by the names that a Redaction takes."""
    player = TrajectoryPlayer.from_trajectory(trajectory(1, original_input_values={"patient": "Ada"}))
    assert dict(player.inputs) == {"patient": "Ada"}


@pytest.mark.parametrize("dimensions", [None, {}, {"width": 0, "height": 5}, {"width": "1", "height": 2}, [1, 2]])
def test_dimensions_that_tell_nothing_are_none(dimensions: Any) -> None:
    """Missing or senseless display sizes are not used."""
    assert TrajectoryPlayer.from_trajectory(trajectory(dimensions=dimensions))._recording.dimensions is None


def test_a_saved_notebook_holds_no_markup_of_a_recording() -> None:
    """The cell's output is text, a picture and the widget's number, whatever a recording is called; never HTML."""
    hostile = "<img src=x onerror=alert(1)></script>\u202e"
    step = {"func_name": hostile, "args": [hostile], "kwargs": {hostile: hostile}}
    record = {"id": hostile, "name": hostile, "trajectory_data": [step]}
    (bundle, _) = cast("Any", TrajectoryPlayer.from_trajectory(record)._repr_mimebundle_())
    assert bundle.keys() == {"text/plain", "image/png", "application/vnd.jupyter.widget-view+json"}
    assert "\u202e" not in bundle["text/plain"]
