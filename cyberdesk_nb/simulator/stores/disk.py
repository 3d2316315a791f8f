"""The files of a simulated machine: a small Windows disk in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PureWindowsPath

from cyberdesk_nb.simulator.refusals import DriverRefusal
from cyberdesk_nb.simulator.world.world import Record

HOME = PureWindowsPath("C:/Users/operator")
MAX_BYTES = 100 * 1024 * 1024


class Disk:
    """Files by path; folders exist where files are in them. Paths without a drive start at the home folder.

    What runs have imported lies under what was written since, and goes when they take it away.
    """

    def __init__(self) -> None:
        self._written: dict[PureWindowsPath, tuple[bytes, float]] = {}
        self._imported: dict[PureWindowsPath, tuple[bytes, float]] = {}
        self.write(str(HOME / "CyberdeskTransfers" / "readme.txt"), b"Files for runs arrive here.\r\n", at=0.0)
        self.write(str(HOME / "Documents" / "notes.txt"), b"", at=0.0)

    @property
    def _files(self) -> dict[PureWindowsPath, tuple[bytes, float]]:
        return {**self._imported, **self._written}

    def show_imports(self, files: Sequence[tuple[Record, bytes]]) -> None:
        """Let the disk hold these files of runs, and no other: at their `target_path`, or where all transfers go."""
        self._imported = {_place(row): (content, row["created_at"].timestamp()) for row, content in files}

    def entries(self, path: str) -> Record:
        """List a folder, folders first. 404 when it is not there."""
        folder = _absolute(path)
        files = self._files
        inside = [file for file in files if folder in file.parents]
        if not inside:
            raise DriverRefusal(404, f"No folder {folder}", code="path_not_found")
        names = {file.parts[len(folder.parts)] for file in inside}
        rows = [_entry(files, folder / name) for name in names]
        return {"path": str(folder), "entries": sorted(rows, key=lambda row: (not row["is_dir"], row["name"].lower()))}

    def read(self, path: str) -> tuple[str, bytes]:
        """Return a file's absolute path and content. 404 when it is not there."""
        file, files = _absolute(path), self._files
        if file not in files:
            raise DriverRefusal(404, f"No file {file}", code="path_not_found")
        return str(file), files[file][0]

    def write(self, path: str, content: bytes, *, at: float, appends: bool = False) -> Record:
        """Write or append to a file at a time in epoch seconds. 413 above 100 MB."""
        file = _absolute(path)
        before = self._files.get(file, (b"", 0.0))[0] if appends else b""
        if len(before) + len(content) > MAX_BYTES:
            raise DriverRefusal(413, "Files may have up to 100 MB", code="file_too_large")
        self._written[file] = (before + content, at)
        return {"path": str(file), "size": len(before) + len(content), "modified": at}


def _entry(files: Mapping[PureWindowsPath, tuple[bytes, float]], path: PureWindowsPath) -> Record:
    content, modified = files.get(path, (b"", 0.0))
    is_dir = path not in files
    return {"name": path.name, "path": str(path), "is_dir": is_dir, "size": len(content), "modified": modified}


def _place(row: Record) -> PureWindowsPath:
    """Return where a file of a run lies; a target that names no file is the folder for it."""
    name = PureWindowsPath(row["filename"]).name or "file"
    target = row["target_path"] or str(HOME / "CyberdeskTransfers")
    names_file = bool(PureWindowsPath(target).suffix) and not target.endswith(("/", "\\"))
    return _absolute(target) if names_file else _absolute(f"{target}/{name}")


def _absolute(path: str) -> PureWindowsPath:
    whole = HOME / path.replace("~", str(HOME), 1) if path.startswith("~") else HOME / path
    parts: list[str] = []
    for part in whole.parts[1:]:
        if part != "..":
            parts.append(part)
        elif parts:
            parts.pop()
    return PureWindowsPath(whole.anchor or "C:\\", *parts)
