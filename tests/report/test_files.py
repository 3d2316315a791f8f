"""A page and what stands beside it appear together, or not at all."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from cyberdesk_nb.errors import ConfigurationError
from cyberdesk_nb.report.files import staged

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, text: str, replay: str | None = None) -> tuple[Path, ...]:
    """Write a page, perhaps with a replay beside it."""
    with staged(path) as files:
        if replay is not None:
            folder, _ = files.folder("replays")
            (folder / "report-1.html").write_text(replay, encoding="utf-8")
        files.write_page(text.encode())
        return files.commit()


def test_files_come_together_and_leave_nothing_else(tmp_path: Path) -> None:
    """The page and its replay are in their places, and the room in which they were written is gone."""
    beside = write(tmp_path / "a.html", "new", "replay")
    assert beside == (tmp_path / "a_replays" / "report-1.html",)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "a_replays"]


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    """A full disk half-way leaves the old page and the old replay as they were, and says what is wrong."""
    write(tmp_path / "a.html", "old", "old replay")
    with pytest.raises(ConfigurationError, match="No space left"), staged(tmp_path / "a.html") as files:  # noqa: PT012
        folder, _ = files.folder("replays")
        (folder / "report-1.html").write_text("half", encoding="utf-8")
        files.write_page(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert (tmp_path / "a.html").read_text() == "old"
    assert (tmp_path / "a_replays" / "report-1.html").read_text() == "old replay"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "a_replays"]


def test_replays_of_an_earlier_report_go(tmp_path: Path) -> None:
    """A new report without replays takes the old one's away, which may show what is masked now, and nothing else."""
    write(tmp_path / "a.html", "old", "old replay")
    write(tmp_path / "b.html", "other", "of another report")
    (tmp_path / "a_replays" / "mine.txt").write_text("a person's own file")
    write(tmp_path / "a.html", "new")
    assert [path.name for path in (tmp_path / "a_replays").iterdir()] == ["mine.txt"]
    assert (tmp_path / "b_replays" / "report-1.html").exists()


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """The name of a folder is refused before anything is written."""
    (tmp_path / "a.html").mkdir()
    with pytest.raises(ConfigurationError, match="is a folder"):
        write(tmp_path / "a.html", "new", "replay")
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a pipe with a name")
def test_a_pipe_or_device_is_not_replaced(tmp_path: Path) -> None:
    """What is neither file nor folder, such as a device, is refused and stays what it is."""
    os.mkfifo(tmp_path / "a.html")
    with pytest.raises(ConfigurationError, match="is no file"):
        write(tmp_path / "a.html", "new")
    assert (tmp_path / "a.html").is_fifo()


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    """A page in a folder that does not exist is refused in words."""
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write(tmp_path / "missing" / "a.html", "new")
