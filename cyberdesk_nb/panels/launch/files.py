"""The files that a launch places on the machine: taken from the browser or from disk, listed, each with its place."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import TypeAlias

import ipywidgets as w

from cyberdesk_nb.errors import RequestError
from cyberdesk_nb.models import FileInput
from cyberdesk_nb.panels import parts
from cyberdesk_nb.panels.form import FieldError
from cyberdesk_nb.panels.launch.file_picker import FilePicker, size_words
from cyberdesk_nb.panels.launch.launches import Setting

MOST_BYTES = 50_000_000
"""Of all files of a launch. The API names no limit; this one bounds the request and the memory of the kernel."""
FOLDER = "~/CyberdeskTransfers/"

FileSource: TypeAlias = "str | PathLike[str] | FileInput"


class _File:
    """One file, its row, and where it goes."""

    def __init__(self, name: str, content: bytes, edited: Callable[[], None], remove: Callable[[_File], None]) -> None:
        self.name = name
        self.size = len(content)
        self._encoded = b64encode(content).decode()
        self.place = w.Text(description="Place at", placeholder=f"{FOLDER}{name}"[:200], continuous_update=False)
        self.cleanup = w.Checkbox(description="Remove it after the run", indent=False)
        parts.classed(self.place, "field")
        for control in (self.place, self.cleanup):
            parts.observe(control, lambda _: edited())
        title = parts.words(f"{name}  ·  {size_words(self.size)}")
        button = parts.button("Remove", lambda: remove(self), "quiet", tooltip="Do not send this file")
        self._error = parts.words("", "error")
        self.widget = parts.column(parts.row(title, button), self.place, self.cleanup, self._error, looks=("inner",))

    @property
    def target(self) -> str:
        """Where the user wants it; empty for the usual folder."""
        return parts.value_of(self.place).strip()

    def say(self, message: str) -> None:
        """Show an error at the row; empty shows none."""
        parts.say(self._error, message)

    def to_input(self) -> FileInput:
        """Give the field of the request."""
        more = {"target_path": self.target} if self.target else {}
        more |= {"cleanup_imports_after_run": True} if parts.value_of(self.cleanup) else {}
        return FileInput.model_validate({"filename": self.name, "content": self._encoded, **more})


class Files:
    """Files to send with a launch; their contents are held here only, in no widget's state."""

    def __init__(self, edited: Callable[[], None]) -> None:
        self._edited = edited
        self._files: list[_File] = []
        self._picker = FilePicker("Choose files to send along", MOST_BYTES, self._took)
        self._list = parts.column()
        self._more = w.ToggleButton(description="Files", tooltip="Files to place on the machine")
        parts.classed(self._more, "button", "quiet")
        self._box = parts.column(self._list, self._picker)
        parts.visible(self._box, shown=False)
        parts.observe(self._more, lambda on: parts.visible(self._box, shown=on))
        self.widget = parts.column(self._more, self._box)

    @property
    def value(self) -> list[FileInput]:
        """The files as the request carries them."""
        return [file.to_input() for file in self._files]

    @value.setter
    def value(self, sources: Iterable[FileSource]) -> None:
        read = [_read(source) for source in sources]
        total = sum(len(content) for _, content, _ in read)
        if total > MOST_BYTES:
            raise RequestError(
                f"The files are too large: {size_words(total)}.", hint=f"Together {size_words(MOST_BYTES)} at most."
            )
        while self._files:
            self._drop(self._files[-1])
        for name, content, given in read:
            file = self._append(name, content)
            if given is not None:
                file.place.value = given.target_path or ""
                file.cleanup.value = given.cleanup_imports_after_run
        self._more.value = bool(self._files)
        self._arrange()

    def errors(self) -> list[FieldError]:
        """Say which files would overwrite each other on the machine."""
        found: list[FieldError] = []
        taken: set[str] = set()
        for index, file in enumerate(self._files):
            place = file.target or file.name
            if place in taken:
                found.append(FieldError((Setting("file_inputs"), index), "Another file goes to the same place."))
            taken.add(place)
        return found

    def show_errors(self, errors: Iterable[FieldError]) -> list[FieldError]:
        """Show the errors about files at their rows; returns the others."""
        for file in self._files:
            file.say("")
        rest: list[FieldError] = []
        for error in errors:
            match error.path:
                case ("file_inputs" | "shared_file_inputs", int(index), *_) if index < len(self._files):
                    self._files[index].say(error.message)
                    self._more.value = True
                case _:
                    rest.append(error)
        return rest

    def _took(self, name: str, content: bytes) -> None:
        self._append(parts.block(name), content)
        self._arrange()
        self._edited()

    def _append(self, name: str, content: bytes) -> _File:
        self._files.append(_File(name, content, self._edited, self._removed))
        return self._files[-1]

    def _removed(self, file: _File) -> None:
        self._drop(file)
        self._arrange()
        self._edited()

    def _drop(self, file: _File) -> None:
        self._files.remove(file)
        parts.close_all(file.widget)

    def _arrange(self) -> None:
        parts.put(self._list, *(file.widget for file in self._files))
        self._more.description = f"Files ({len(self._files)})" if self._files else "Files"
        self._picker.room_bytes = MOST_BYTES - sum(file.size for file in self._files)


def _read(source: FileSource) -> tuple[str, bytes, FileInput | None]:
    if isinstance(source, FileInput):
        try:
            return source.filename, b64decode(source.content, validate=True), source
        except Base64Error:
            raise RequestError(f"The content of the file {source.filename!r} is not base64.") from None
    path = Path(source).expanduser()
    try:
        return path.name, path.read_bytes(), None
    except OSError as error:
        raise RequestError(f"The file {path.name!r} cannot be read: {error.strerror}.") from None
