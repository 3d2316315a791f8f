"""Files that appear whole or not at all: a page, and the folders beside it."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from cyberdesk_nb.errors import ConfigurationError, printable

if TYPE_CHECKING:
    from collections.abc import Generator


FOLDERS = ("replays", "frames")
"""Endings of the folders that may stand beside a page."""


@dataclass(frozen=True, slots=True)
class Staged:
    """Files on their way to a page's place: written beside it first, and moved there together.

    Attributes
    ----------
    page
        Where the page will be.
    room
        Folder in which everything is written until then.
    """

    page: Path
    room: Path

    def folder(self, ending: str) -> tuple[Path, str]:
        """Make a folder that will stand beside the page; gives where to write, and its name in the end.

        Names of files in it begin with ``report-``: that is how a later report knows them for an earlier one's.
        """
        name = self._name(ending)
        (self.room / name).mkdir(exist_ok=True)
        return self.room / name, name

    def write_page(self, content: bytes) -> None:
        """Write the page itself."""
        (self.room / self.page.name).write_bytes(content)

    def commit(self) -> tuple[Path, ...]:
        """Move everything to its place, the page last; gives the files beside it."""
        beside = [path for ending in FOLDERS for path in self._move(self._name(ending))]
        (self.room / self.page.name).replace(self.page)
        return tuple(beside)

    def _name(self, ending: str) -> str:
        return f"{self.page.stem}_{ending}"

    def _move(self, name: str) -> list[Path]:
        new, target = self.room / name, self.page.parent / name
        files = sorted(new.iterdir()) if new.is_dir() else []
        if files:
            target.mkdir(exist_ok=True)
        moved = [file.replace(target / file.name) for file in files]
        # Of an earlier report: it may show what this one masks.
        for old in set(target.glob("report-*")).difference(moved):
            old.unlink()
        if target.is_dir() and not any(target.iterdir()):
            target.rmdir()
        return moved


@contextmanager
def staged(path: str | os.PathLike[str]) -> Generator[Staged]:
    """Stage the files of a page; leaving the block with an error leaves everything as it was.

    Raises
    ------
    ConfigurationError
        When something cannot be written.
    """
    page = Path(path)
    room = page.parent / f".{page.name}.{uuid4().hex}.part"
    if page.is_dir():
        raise ConfigurationError(f"{str(page)!r} is a folder.", hint="Give the name of a file in it.")
    if page.exists() and not page.is_file():
        raise ConfigurationError(f"{str(page)!r} is no file.", hint="A device cannot be replaced: give a new file.")
    try:
        room.mkdir()
        yield Staged(page, room)
    except OSError as error:
        raise ConfigurationError(
            f"{str(page)!r} cannot be written: {error.strerror or printable(str(error))}.",
            hint="Choose a folder that exists, is writable and has room.",
        ) from None
    finally:
        shutil.rmtree(room, ignore_errors=True)
