"""Pictures are checked before they are shown, fetched once, and replaced by their reason when they cannot be shown."""

from __future__ import annotations

import io
import tracemalloc
from concurrent.futures import Future
from queue import Queue

import pytest
from PIL import Image

from cyberdesk_nb.player import images
from cyberdesk_nb.player.images import NoPicture, Picture, Pictures, decode_inline, read_picture, thumbnail
from tests.player.pictures import bomb, inline, picture

STORED = "supabase://run-images/org/run/0.png"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def ask(pictures: Pictures, position: int, *, small: bool = False) -> Picture | NoPicture:
    """Read one picture and wait for it."""
    answers: Queue[Picture | NoPicture] = Queue()
    pictures.request(position, answers.put, small=small)
    return answers.get(timeout=20)


@pytest.mark.parametrize(
    ("fmt", "mime"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("GIF", "image/gif"), ("WEBP", "image/webp")]
)
def test_kind_and_size_come_from_the_file_itself(fmt: str, mime: str) -> None:
    """Each picture kind is known by its own first bytes, with the size that its header says."""
    data = picture(fmt, (123, 45))
    assert read_picture(data) == Picture(data, mime, 123, 45)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (SVG, "not a PNG"),
        (b"<html>not found</html>", "not a PNG"),
        (b"", "not a PNG"),
        (picture()[:20], "broken"),
        (picture()[:-20], "broken"),
        (b"\xff\xd8\xff\xe0 no jpeg", "broken"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "broken"),
    ],
)
def test_what_is_no_picture_is_told_in_words(data: bytes, words: str) -> None:
    """SVG, pages, empty and cut files become a reason, never a picture and never an exception."""
    outcome = read_picture(data)
    assert isinstance(outcome, NoPicture)
    assert words in outcome.reason


def test_too_many_pixels_are_refused_without_decoding() -> None:
    """A small file of forty megapixels is refused from its header alone: nothing of its size is ever allocated."""
    data = bomb(8000, 5000)
    assert len(data) < 20_000
    tracemalloc.start()
    outcome = read_picture(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(outcome, NoPicture)
    assert "8000x5000" in outcome.reason
    assert peak < 1_000_000


def test_too_many_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file beyond the byte bound is refused before it is decoded from base64 or read."""
    monkeypatch.setattr(images, "MAX_BYTES", 1000)
    assert isinstance(read_picture(b"\x89PNG" + b"x" * 2000), NoPicture)
    assert "MB" in getattr(decode_inline("A" * 5000), "reason", "")


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,", "data:image/svg+xml;base64,"])
def test_base64_is_read_bare_and_as_data_uri(prefix: str) -> None:
    """Inline pictures are read with or without a data URI's head, whose claim about the kind is not believed."""
    outcome = decode_inline(prefix + inline(picture()))
    assert isinstance(outcome, Picture)
    assert outcome.mime == "image/png"


def test_text_that_is_no_base64_is_told() -> None:
    """A screenshot field that holds something else says so."""
    outcome = decode_inline("not base64 at all!")
    assert isinstance(outcome, NoPicture)
    assert "base64" in outcome.reason


def test_thumbnail_keeps_the_shape_and_is_small() -> None:
    """A thumbnail fits its box, keeps the aspect ratio, and is a JPEG that opens."""
    full = read_picture(picture(size=(1024, 768)))
    assert isinstance(full, Picture)
    small = thumbnail(full)
    assert isinstance(small, Picture)
    assert (small.width, small.height, small.mime) == (160, 120, "image/jpeg")
    assert Image.open(io.BytesIO(small.data)).size == (160, 120)


def test_thumbnail_of_a_cut_file_is_a_reason() -> None:
    """A picture whose header is whole but whose body is cut has no thumbnail, and says why."""
    noise = io.BytesIO()
    Image.effect_noise((400, 300), 90).save(noise, "JPEG")
    cut = read_picture(noise.getvalue()[:2000])
    assert isinstance(cut, Picture)
    assert isinstance(thumbnail(cut), NoPicture)


def test_positions_without_a_reference_are_told() -> None:
    """A position without a picture, or outside the recording, is answered with words."""
    pictures = Pictures([None], None)
    assert isinstance(ask(pictures, 0), NoPicture)
    assert isinstance(ask(pictures, 7), NoPicture)
    assert isinstance(ask(pictures, -1), NoPicture)


def test_stored_pictures_are_fetched_once() -> None:
    """The full picture and its thumbnail come from one fetch."""
    asked: list[str] = []

    def fetch(reference: str) -> Future[bytes]:
        asked.append(reference)
        future: Future[bytes] = Future()
        future.set_result(picture())
        return future

    pictures = Pictures([STORED], fetch)
    assert isinstance(ask(pictures, 0), Picture)
    assert isinstance(ask(pictures, 0, small=True), Picture)
    assert asked == [STORED]


def test_a_failed_fetch_is_told_and_may_be_tried_again() -> None:
    """A fetch that fails gives its reason; asking again fetches again, since an address may have expired."""
    outcomes: list[Future[bytes]] = [Future(), Future()]
    outcomes[0].set_exception(RuntimeError("expired\x1b[31m"))
    outcomes[1].set_result(picture())
    pictures = Pictures([STORED], lambda _: outcomes.pop(0))
    first = ask(pictures, 0)
    assert first == NoPicture("The picture could not be fetched: expired\\x1b[31m", passing=True)
    assert isinstance(ask(pictures, 0), Picture)


def test_a_fetch_that_cannot_start_is_told() -> None:
    """An error raised by the fetching function itself reaches the viewer as words."""

    def fetch(_reference: str) -> Future[bytes]:
        raise RuntimeError("closed")

    assert "closed" in getattr(ask(Pictures([STORED], fetch), 0), "reason", "")


@pytest.mark.parametrize("reference", ["https://example.org/a.png", "file:///etc/passwd", "javascript://x"])
def test_other_addresses_are_never_opened(reference: str) -> None:
    """Only storage references are fetched: a record cannot make the player open an address of its choice."""
    asked: list[str] = []

    def fetch(address: str) -> Future[bytes]:
        asked.append(address)
        return Future()

    outcome = ask(Pictures([reference], fetch), 0)
    assert "never opened" in getattr(outcome, "reason", "")
    assert asked == []


def test_without_connection_stored_pictures_say_so() -> None:
    """A stored picture without anything to fetch it says that there is no connection."""
    assert "no connection" in getattr(ask(Pictures([STORED], None), 0), "reason", "")


def test_closing_cancels_what_is_under_way() -> None:
    """After closing no fetch is left waiting."""
    waiting: Future[bytes] = Future()
    pictures = Pictures([STORED], lambda _: waiting)
    answers: Queue[Picture | NoPicture] = Queue()
    pictures.request(0, answers.put)
    pictures.close()
    assert waiting.cancelled()
    assert isinstance(answers.get(timeout=20), NoPicture)


def test_fetched_pictures_are_kept_up_to_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking through a long run keeps the pictures asked for last, as many as fit, and fetches the others again."""
    asked: list[str] = []

    def fetch(reference: str) -> Future[bytes]:
        asked.append(reference)
        future: Future[bytes] = Future()
        future.set_result(picture())
        return future

    monkeypatch.setattr(images, "KEPT_BYTES", 3 * len(picture()))
    pictures = Pictures([f"{STORED}{n}" for n in range(10)], fetch)
    for n in [0, 1, 2, 0, 3, 0, 2, 3, 1]:
        ask(pictures, n)
    assert [int(reference.removeprefix(STORED)) for reference in asked] == [0, 1, 2, 3, 1]
    assert sum(len(done.result()) for done in pictures._fetched.values()) <= images.KEPT_BYTES
