"""Pictures are taken out of a stream of JSON, and the frames do not notice."""

from __future__ import annotations

import base64
import json
import resource
import signal
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.frames import messages_frame, steps_frame
from cyberdesk_nb.frames.picture_store import PictureStore, image
from cyberdesk_nb.frames.sieve import PictureSieve
from tests.player.pictures import inline, picture

PNG = inline(picture(size=(640, 480)) + bytes(3000))
OTHER = inline(picture(size=(320, 200)) + bytes(4001))


def step(screenshot: Any, **kwargs: Any) -> dict[str, Any]:
    """Give one recorded step."""
    return {"func_name": "click", "args": [1, 2], "kwargs": kwargs, "pre_check_snapshot": {"screenshot": screenshot}}


SAYS = 'The field "screenshot": "' + "x" * 3000 + '" was empty \\'
HISTORY = [
    {"role": "user", "content": [{"type": "image", "image_url": "supabase://run-images/o/r/" + "1" * 2000 + ".png"}]},
    {"role": "assistant", "content": [{"type": "tool_use", "tool_name": "computer", "tool_input": {"text": SAYS}}]},
    {"role": "user", "content": [{"type": "image", "image_base64": "data:image/png;base64," + PNG}]},
    {"role": "assistant", "content": [{"type": "tool_use", "tool_name": "computer", "tool_input": {"action": "wait"}}]},
]
RECORDS: list[dict[str, Any]] = [
    {"id": "t", "trajectory_data": [step(PNG), step(None), step("iVBORw0KGgo="), step(OTHER, text=SAYS), step(PNG)]},
    {"id": "r", "run_message_history": HISTORY},
]
BODIES = [
    json.dumps({"items": RECORDS}).encode(),
    json.dumps({"items": RECORDS}, separators=(",", ":")).encode(),
    json.dumps({"items": RECORDS}, indent=1).replace("/", "\\/").encode(),
]


def sieved(body: bytes, cuts: list[int], keep: Callable[[str], str | None] | None = None) -> PictureSieve:
    """Put a body through a sieve in pieces."""
    sieve = PictureSieve(keep)
    edges = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    for start, end in pairwise(edges):
        sieve.write(body[start:end])
    return sieve


@pytest.mark.parametrize("body", BODIES, ids=["spaced", "compact", "escaped"])
@given(cuts=st.lists(st.integers(0, 2**16), max_size=12))
@settings(max_examples=100, deadline=None)
def test_the_text_is_the_same_wherever_the_stream_is_cut(body: bytes, cuts: list[int]) -> None:
    """However the network cuts a body, the same text comes out, with no picture left in it."""
    less = sieved(body, []).body
    assert sieved(body, cuts).body == less
    assert len(less) < len(body) - 3 * 3000
    assert PNG[:200].encode() not in less


@pytest.mark.parametrize("body", BODIES, ids=["spaced", "compact", "escaped"])
def test_the_frames_are_the_same(body: bytes) -> None:
    """Steps and messages of the sieved text are those of the whole text."""
    less = bytes(sieved(body, []).body)
    for make in (steps_frame, messages_frame):
        pd.testing.assert_frame_equal(make(less), make(body))


def test_a_stream_in_single_bytes_is_the_same() -> None:
    """The smallest pieces give what the largest gives."""
    sieve = PictureSieve()
    for place in range(len(BODIES[2])):
        sieve.write(BODIES[2][place : place + 1])
    assert sieve.body == sieved(BODIES[2], []).body


def test_little_is_in_memory_while_a_picture_streams_by() -> None:
    """Of a picture that is dropped no more than its head is held, however long it is."""
    sieve = PictureSieve()
    sieve.write(b'{"screenshot":"' + PNG.encode())
    most = 0
    for _ in range(1000):
        sieve.write(b"A" * 65536)
        most = max(most, sieve.size_bytes)
    assert most < 200_000


def test_what_broke_off_in_the_middle_stays_broken() -> None:
    """A body that ends within a picture is no JSON afterwards either, so that it is fetched again."""
    sieve = sieved(BODIES[1][: BODIES[1].index(PNG.encode()) + 2000], [])
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(sieve.body)
    sieve.begin()
    sieve.write(BODIES[1])
    assert json.loads(sieve.body)["items"][1]["id"] == "r"


def test_other_long_texts_stay(tmp_path: Path) -> None:
    """Addresses, and long texts that are no picture when they are to be stored, are left as they are."""
    address = "https://storage.example/" + "q" * 3000
    for text, keep in (
        (address, None),
        (address, PictureStore(tmp_path).keep),
        ("x" * 3001, PictureStore(tmp_path).keep),
    ):
        body = json.dumps({"image_url": text}).encode()
        assert bytes(sieved(body, [], keep).body) == body
    assert list(tmp_path.iterdir()) == []


def test_pictures_are_stored_once_under_their_hash(tmp_path: Path) -> None:
    """Each different picture is one file with its bytes; the frame names it, and it opens when asked for."""
    folder = tmp_path / "new" / "shots"
    frame = steps_frame(bytes(sieved(BODIES[0], [5000], PictureStore(folder).keep).body))
    kept = frame[frame["image_kind"] == "file"]
    assert len(kept) == 4
    assert sorted(set(kept["image_ref"])) == sorted(path.name for path in folder.iterdir())
    ref = kept["image_ref"].iloc[0]
    assert (folder / ref).read_bytes() == base64.b64decode(PNG)
    assert image(ref, folder).size == (640, 480)
    whole = steps_frame(BODIES[0])
    for name in ("image_size_bytes", "space", "space_width_px", "x_share"):
        pd.testing.assert_series_equal(frame[name], whole[name])


@pytest.mark.parametrize("ref", ["../secret.png", "/etc/hostname", "none.png", ""])
def test_a_reference_reaches_no_file_beside_the_folder(tmp_path: Path, ref: str) -> None:
    """A reference that is no picture of the folder is refused in words."""
    (tmp_path / "secret.png").write_bytes(picture())
    (tmp_path / "shots").mkdir()
    with pytest.raises(RequestError, match="There is no picture"):
        image(ref, tmp_path / "shots")


def test_a_full_disk_leaves_no_half_picture(tmp_path: Path) -> None:
    """A picture that cannot be written stays in the text, the reason is kept, and no piece of a file is left."""
    store = PictureStore(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    former = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        body = sieved(BODIES[1], [], store.keep).body
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, former)
    assert body == BODIES[1]
    assert isinstance(store.failure, OSError)
    assert list(tmp_path.iterdir()) == []
