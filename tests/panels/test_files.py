"""Files come in pieces, are held outside all state, and are sent as asked."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import ipywidgets as w
import pytest
from ipywidgets import embed
from ipywidgets.widgets.widget import _instances  # pyright: ignore[reportAttributeAccessIssue]

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.models import FileInput
from cyberdesk_nb.panels.form import FieldError
from cyberdesk_nb.panels.launch.file_picker import FilePicker, size_words
from cyberdesk_nb.panels.launch.files import MOST_BYTES, Files
from cyberdesk_nb.panels.parts import close_all
from tests.panels.records import control, labels, texts, tree

CONTENT = b"sentinel-file-4711 " * 9


def picked(picker: FilePicker, name: str, *pieces: bytes, key: str = "1", size: int | None = None) -> None:
    """Deliver what the page sends for a chosen file."""
    told = sum(map(len, pieces)) if size is None else size
    picker._handle_custom_msg({"kind": "begin", "file": key, "name": name, "size": told}, [])
    for piece in pieces:
        picker._handle_custom_msg({"kind": "piece", "file": key}, [memoryview(piece)])


def picker_of(files: Files) -> Any:
    """Open the files and find the field that takes them."""
    next(one for one in tree(files.widget) if isinstance(one, w.ToggleButton)).value = True
    return next(one for one in tree(files.widget) if isinstance(one, FilePicker))


def test_a_file_is_put_together_from_its_pieces() -> None:
    """Pieces of several files may come mixed; each file is taken once it is whole, an empty one at once."""
    took: list[tuple[str, bytes]] = []
    picker = FilePicker("Files", 100, lambda name, content: took.append((name, content)))
    picker._handle_custom_msg({"kind": "begin", "file": "a", "name": "a.txt", "size": 4}, [])
    picker._handle_custom_msg({"kind": "begin", "file": "b", "name": "b.txt", "size": 2}, [])
    picker._handle_custom_msg({"kind": "piece", "file": "a"}, [b"12"])
    assert "a.txt (2 bytes of 4 bytes)" in picker.note
    picker._handle_custom_msg({"kind": "piece", "file": "b"}, [b"xy"])
    picker._handle_custom_msg({"kind": "piece", "file": "a"}, [b"34"])
    picked(picker, "none.txt", key="c")
    assert took == [("b.txt", b"xy"), ("a.txt", b"1234"), ("none.txt", b"")]
    assert picker.note == ""


@pytest.mark.parametrize(
    ("size", "pieces", "words"),
    [(101, [], "too large: 100 bytes are left"), (-1, [], "too large"), (3, [b"1234"], "changed while it was read")],
)
def test_what_does_not_fit_is_refused_in_words(size: int, pieces: list[bytes], words: str) -> None:
    """A file above the limit, or longer than it was said to be, is not taken; another one still is."""
    took: list[str] = []
    picker = FilePicker("Files", 100, lambda name, _: took.append(name))
    picked(picker, "a.txt", *pieces, size=size)
    assert words in picker.error
    picked(picker, "b.txt", b"1", key="2")
    assert (took, picker.error) == (["b.txt"], "")


def test_files_on_their_way_count_against_the_limit() -> None:
    """Two files that fit one by one, and not together, are not both begun; one that broke gives its room back."""
    took: list[str] = []
    picker = FilePicker("Files", 100, lambda name, _: took.append(name))
    picked(picker, "a.txt", b"1", size=60)
    picked(picker, "b.txt", key="2", size=60)
    assert "40 bytes are left" in picker.error
    picker._handle_custom_msg({"kind": "broken", "file": "1", "name": "a.txt"}, [])
    assert picker.error == "a.txt could not be read."
    picked(picker, "b.txt", b"x" * 60, key="2")
    assert took == ["b.txt"]


@pytest.mark.parametrize(
    "content", [None, {"kind": "piece", "file": "?"}, {"kind": "begin", "file": 1}, {"kind": "begin", "size": "x"}, 3]
)
def test_other_messages_are_ignored(content: Any) -> None:
    """What is no piece of a file that was begun changes nothing."""
    picker = FilePicker("Files", 100, lambda *_: pytest.fail("took something"))
    picker._handle_custom_msg(content, [b"x"])
    assert (picker.error, picker.note) == ("", "")


def test_the_content_is_in_no_state() -> None:
    """What a file holds stands in no widget's state, embedded or sent, nor in a repr."""
    files = Files(lambda: None)
    picked(picker_of(files), "scan.pdf", CONTENT)
    held = files.value
    assert b64decode(held[0].content) == CONTENT
    state = [w.Widget.get_manager_state(), embed.dependency_state([files.widget]), repr(files.widget), repr(held)]
    text = json.dumps(state, default=repr)
    assert "scan.pdf" in text
    assert "sentinel-file" not in text
    assert held[0].content[:40] not in text


def test_each_file_is_sent_as_asked() -> None:
    """A place and the wish to remove it are sent where given; a removed row is not sent."""
    edits: list[int] = []
    files = Files(lambda: edits.append(1))
    picker = picker_of(files)
    for key in "ab":
        picked(picker, f"{key}.txt", key.encode(), key=key)
    places = [one for one in tree(files.widget) if getattr(one, "description", "") == "Place at"]
    places[0].value = " C:/in/a.txt "  # pyright: ignore[reportAttributeAccessIssue]
    next(one for one in tree(files.widget) if isinstance(one, w.Checkbox)).value = True
    assert [one.to_wire() for one in files.value] == [
        {"filename": "a.txt", "content": "YQ==", "target_path": "C:/in/a.txt", "cleanup_imports_after_run": True},
        {"filename": "b.txt", "content": "Yg=="},
    ]
    assert "Files (2)" in labels(files.widget)
    assert picker.room_bytes == MOST_BYTES - 2
    removes = [one for one in tree(files.widget) if getattr(one, "description", "") == "Remove"]
    removes[0].click()  # pyright: ignore[reportAttributeAccessIssue]
    assert [one.filename for one in files.value] == ["b.txt"]
    assert len(edits) == 5


def test_files_are_set_from_python(tmp_path: Path) -> None:
    """Paths are read, `FileInput`s keep their place; what cannot be read or is too much changes nothing."""
    path = tmp_path / "in.bin"
    path.write_bytes(b"\x00\xff")
    given = FileInput(filename="x", content="eA==", target_path="/x", cleanup_imports_after_run=True)
    files = Files(lambda: None)
    files.value = [path, given]
    assert [one.to_wire() for one in files.value] == [{"filename": "in.bin", "content": "AP8="}, given.to_wire()]
    assert control(files.widget, "Files (2)").value
    wrong: list[tuple[Any, str]] = [
        (tmp_path / "none", "'none' cannot be read: No such file"),
        (tmp_path, "cannot be read"),
        (FileInput(filename="y", content="?"), "'y' is not base64"),
        (FileInput(filename="z", content=b64encode(bytes(MOST_BYTES + 1)).decode()), "too large: 50.0 MB"),
    ]
    for source, words in wrong:
        with pytest.raises(RequestError, match=words):
            files.value = [source]
    assert len(files.value) == 2
    files.value = []
    assert files.value == []


def test_two_files_for_one_place_are_an_error_at_the_second() -> None:
    """Files that would overwrite each other on the machine are said to, at the row."""
    files = Files(lambda: None)
    picker = picker_of(files)
    for key in "ab":
        picked(picker, "same.txt", b"1", key=key)
    (error,) = files.errors()
    other = FieldError(("file_inputs", 7), "No such row.")
    assert files.show_errors([error, other]) == [other]
    assert "Another file goes to the same place." in texts(files.widget)
    places = [one for one in tree(files.widget) if getattr(one, "description", "") == "Place at"]
    places[1].value = "/other"  # pyright: ignore[reportAttributeAccessIssue]
    assert files.errors() == []


def test_names_from_the_page_are_text() -> None:
    """A file's name is shown as it is, without what could reorder or break the line."""
    files = Files(lambda: None)
    picked(picker_of(files), "<img src=x>\u202egnp.exe\n\ud800", b"1")
    assert not any(isinstance(one, w.HTML) for one in tree(files.widget))
    assert "\u202e" not in "".join(texts(files.widget))
    assert files.value[0].filename.encode()


def test_closing_leaves_no_widget() -> None:
    """Files closed with their panel leave no widget behind, nor do removed rows."""
    before = set(_instances)
    files = Files(lambda: None)
    picker = picker_of(files)
    for key in "ab":
        picked(picker, key, b"1", key=key)
    files.value = files.value[:1]
    close_all(files.widget)
    assert set(_instances) == before


def test_sizes_are_written_for_people() -> None:
    """A size has a unit that fits it."""
    assert [size_words(size) for size in (0, 999, 1000, 50_000_000)] == ["0 bytes", "999 bytes", "1.0 kB", "50.0 MB"]
