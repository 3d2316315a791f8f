"""The comparison from Python: its rows, its links, its pictures of both sides, and what its copies leave out."""

from __future__ import annotations

import base64
import copy
import io
from concurrent.futures import Future
from queue import Queue
from typing import Any

import pytest
from PIL import Image

from cyberdesk_nb.errors import ConfigurationError, RequestError
from cyberdesk_nb.player import Redaction
from cyberdesk_nb.player.compare import TrajectoryComparison
from cyberdesk_nb.player.images import NoPicture, Picture
from tests.player import samples
from tests.player.pictures import inline, picture

WIDGET = "application/vnd.jupyter.widget-view+json"
SECRET = "Annabel Winterbourne"
OTHER = "Theodora Lindqvist"


def typed(name: str, colour: str) -> dict[str, Any]:
    """Return a trajectory that types a name and clicks."""
    snapshot = {"screenshot": inline(picture(colour=colour)), "last_agent_thought": f"I type {name}."}
    steps = [
        {"func_name": "computer", "kwargs": {"action": "type", "text": name}, "pre_check_snapshot": snapshot},
        {"func_name": "click", "args": [10, 10], "result": f"Clicked for {name}"},
    ]
    record = {"id": colour, "name": f"For {name}", "trajectory_data": steps}
    return record | {"original_input_values": {"patient": name}}


def edited() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a trajectory and one that lacks its fourth step and types another name."""
    a = samples.trajectory(samples.play())
    b = copy.deepcopy(a)
    del b["trajectory_data"][3]
    return a, b


def picture_at(shown: TrajectoryComparison, position: int) -> Picture | NoPicture:
    """Return the picture that the front end would get."""
    answers: Queue[Picture | NoPicture] = Queue()
    shown._request(position, answers.put, small=False)
    return answers.get(timeout=20)


def test_it_starts_at_the_first_difference_and_keeps_within_its_rows() -> None:
    """The first row shown is the first that differs; a row beyond the ends is the nearest one."""
    shown = TrajectoryComparison(*edited())
    assert shown.row == 3
    assert shown.frame.iloc[shown.row]["op"] == "deleted"
    for wanted, kept in ((-4, 0), (10_000, shown.n_rows - 1)):
        shown.row = wanted
        assert shown.row == kept
    shown.close()


def test_python_sees_the_row() -> None:
    """The row shown comes with its steps of both sides, and callbacks get it until they are stopped."""
    shown = TrajectoryComparison(*edited())
    heard: list[tuple[str, int]] = []
    stop = shown.on_row(lambda row: heard.append((row["op"], row["step_a"])))
    assert shown.current is not None
    a, b = shown.steps
    assert (a and a.index, b) == (3, None)
    shown.row = 4
    a, b = shown.steps
    assert (a and a.index, b and b.index) == (4, 3)
    stop()
    shown.row = 0
    assert heard == [("same", 4)]


def test_a_failing_callback_is_shown_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in a callback becomes words in the widget, and the other callbacks are still called."""
    shown = TrajectoryComparison(*edited())
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(shown, "send", lambda content, _buffers: told.append(content))
    heard: list[int] = []

    def fail(_row: object) -> None:
        raise ValueError("no such column")

    shown.on_row(fail)
    shown.on_row(lambda row: heard.append(int(row["step_a"])))
    shown.row = 5
    assert heard == [5]
    assert "no such column" in told[0]["text"]


def test_pictures_come_from_the_side_that_has_them() -> None:
    """A run's stored pictures are fetched through its own side, a trajectory's are read from its record."""
    performance = samples.play()
    run, record = samples.run(performance), samples.trajectory(performance)
    fetch = samples.fetcher(performance)
    asked: list[str] = []

    def images(reference: str) -> Future[bytes]:
        asked.append(reference)
        return fetch(reference)

    shown = TrajectoryComparison(record, run, images_b=images)
    assert len(set(asked)) == len(performance.shots)
    assert shown.frame["screen_bits"].notna().all()
    offset = len(performance.shots) + 1
    for position in (0, 2, offset + 2):
        found = picture_at(shown, position)
        assert isinstance(found, Picture)
        assert found.data == performance.shots[position % offset].before.render()
    assert isinstance(picture_at(shown, offset - 1), NoPicture)
    quiet = TrajectoryComparison(record, run, images_b=images, compare_screens=False)
    assert quiet.frame["screen_bits"].isna().all()
    assert set(quiet.frame["op"]) == {"same"}


@pytest.mark.parametrize(
    "redaction", [Redaction(inputs=("patient",)), Redaction(typed_text=True), Redaction(values=(SECRET, OTHER))]
)
def test_what_is_masked_is_masked_on_both_sides(tmp_path: Any, redaction: Redaction) -> None:
    """A value of either side is in no byte of the file, also where the other side or the list of changes tells it."""
    a, b = typed(SECRET, "navy"), typed(OTHER, "teal")
    a["trajectory_data"][1]["result"] = f"Not {OTHER}"
    b["trajectory_data"][1]["result"] = f"Not {SECRET}"
    shown = TrajectoryComparison(a, b)
    assert shown.frame["op"].tolist() == ["changed", "same"]
    plain = shown.to_html(tmp_path / "plain.html").path.read_bytes()
    masked = shown.to_html(tmp_path / "masked.html", redact=redaction).path.read_bytes()
    for name in (SECRET, OTHER):
        assert name.encode() in plain
        assert name.encode() not in masked
    assert b'"name":"text"' in masked
    with pytest.raises(ConfigurationError, match="no input"):
        shown.to_html(tmp_path / "a.html", redact=Redaction(inputs=("patiemt",)))


def test_pictures_can_be_left_out_of_the_file(tmp_path: Any) -> None:
    """With pictures left out, no picture of either side is in the file."""
    shown = TrajectoryComparison(typed(SECRET, "navy"), typed(OTHER, "teal"))
    page = shown.to_html(tmp_path / "a.html", redact=Redaction(pictures=True)).path.read_bytes()
    for colour in ("navy", "teal"):
        assert inline(picture(colour=colour))[:40].encode() not in page
    assert b"pictures were left out" in page


def test_the_saved_notebook_keeps_a_small_still_picture() -> None:
    """The cell's output holds a PNG of the differences beside the widget; none when it was not wanted."""
    a, b = edited()
    bundle = TrajectoryComparison(a, b)._repr_mimebundle_()
    assert bundle is not None
    assert WIDGET in bundle[0]
    data = base64.b64decode(bundle[0]["image/png"])
    assert len(data) <= 300_000
    with Image.open(io.BytesIO(data)) as still:
        assert still.width > 500
    bare = TrajectoryComparison(a, b, still=False)._repr_mimebundle_()
    assert bare is not None
    assert "image/png" not in bare[0]


def test_the_contact_sheet_has_a_line_for_each_difference() -> None:
    """The sheet grows by a pair of screens with each row drawn, and draws all rows on request."""
    shown = TrajectoryComparison(*edited())
    one, full = shown.contact_sheet(width_px=100), shown.contact_sheet(width_px=100, differences_only=False)
    line = one.height - 34
    assert full.height == 34 + shown.n_rows * line


def test_its_name_tells_what_differs() -> None:
    """The repr has both titles and the counts, hostile text made plain, and no picture."""
    a, b = edited()
    shown = TrajectoryComparison(a, b | {"name": "\x1b[31mred\u202e"})
    assert "17 same, 1 deleted" in repr(shown)
    assert "\x1b" not in repr(shown)
    assert len(repr(shown)) < 250


def test_a_run_without_its_history_is_refused() -> None:
    """A run that came without messages says how to fetch it whole."""
    with pytest.raises(RequestError, match="neither"):
        TrajectoryComparison({"id": "r", "status": "success"}, edited()[0])
