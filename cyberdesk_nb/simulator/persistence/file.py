"""The SQLite file of a fleet: facts about it, and the requests that it took, in order."""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from cyberdesk_nb.errors import ConfigurationError
from cyberdesk_nb.simulator.runs.past_runs import from_us, to_us

FORMAT = 1
"""Version of the tables and of what stands in them."""

_APPLICATION_ID = 0x43646E62
_SCHEMA = """
    CREATE TABLE fleet (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE journal (
        number INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, made_at_s REAL NOT NULL, method TEXT NOT NULL,
        path TEXT NOT NULL, query BLOB NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL, seal INTEGER NOT NULL,
        status INTEGER, digest INTEGER
    )
"""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the file keeps it.

    Parameters
    ----------
    at
        Virtual time at which it was made; all that it did happened then.
    made_at_s
        Real time at which it was made, in epoch seconds.
    headers
        Those that matter to what it does, by lower-case name.
    """

    at: datetime
    made_at_s: float
    method: str
    path: str
    query: bytes
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """A request with the status and checksum of its answer; None where the simulator ended before it wrote them."""

    number: int
    request: Request
    status: int | None
    digest: int | None


class JournalFile:
    """A locked file; every method that writes has written durably when it returns, or raises `sqlite3.Error`."""

    def __init__(self, path: Path, connection: sqlite3.Connection, *, is_new: bool) -> None:
        self.path = path
        self.is_new = is_new
        self._connection = connection
        self._answers: list[tuple[int, int | None, int]] = []
        self._refused: list[tuple[int]] = []

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make a file and lock it. Raises `ConfigurationError` when it cannot be used."""
        # Only SQLite may open the file: closing it by other means would undo the lock of a simulator in this process.
        if _may(path, os.F_OK) and not _may(path, os.R_OK | os.W_OK):
            raise ConfigurationError(f"{path} may not be read and written.", hint="Check its rights.")
        try:
            connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
            try:
                return cls(path, connection, is_new=_prepare(path, connection))
            except BaseException:
                connection.close()
                raise
        except sqlite3.Error as error:
            raise unusable(path, error) from error

    # facts
    def fact(self, name: str) -> Any:
        """Return a fact. Raises `ConfigurationError` where it is missing or cannot be read."""
        try:
            row = self._connection.execute("SELECT value FROM fleet WHERE name = ?", (name,)).fetchone()
            return json.loads(row[0])
        except (TypeError, ValueError) as error:
            raise damaged(self.path) from error
        except sqlite3.Error as error:
            raise unusable(self.path, error) from error

    def set_facts(self, **facts: Any) -> None:
        """Write facts, all or none."""
        with self._transaction():
            rows = [(name, json.dumps(value)) for name, value in facts.items()]
            self._connection.executemany("INSERT OR REPLACE INTO fleet VALUES (?, ?)", rows)

    # requests
    def append(self, request: Request) -> int:
        """Write a request down and return its number; answers that were told of are written with it."""
        headers = json.dumps(request.headers)
        row = (to_us(request.at), request.made_at_s, request.method, request.path, request.query, headers, request.body)
        with self._transaction():
            found = self._connection.execute(
                "INSERT INTO journal (at_us, made_at_s, method, path, query, headers, body, seal)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, _seal(row)),
            )
        return int(found.lastrowid or 0)

    def answered(self, number: int, status: int, digest: int | None) -> None:
        """Take note of an answer; it is written with the next request, since nothing is lost without it."""
        self._answers.append((status, digest, number))

    def drop(self, number: int) -> None:
        """Take a request out again; where that fails, it goes with the next write."""
        self._refused.append((number,))
        with suppress(sqlite3.Error), self._transaction():
            pass

    def entries(self) -> Iterator[Answered]:
        """Go over the requests in their order. Raises `ConfigurationError` for one that is not as it was written."""
        try:
            with closing(self._connection.execute("SELECT * FROM journal ORDER BY number")) as rows:
                for number, *row, seal, status, digest in rows:
                    if _seal(tuple(row)) != seal:
                        raise damaged(self.path)
                    yield Answered(number, _request(*row), status, digest)
        except sqlite3.Error as error:
            raise unusable(self.path, error) from error

    def close(self) -> None:
        """Write what is left and give the file free."""
        with suppress(sqlite3.Error), self._transaction():
            pass
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Generator[None]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.executemany("UPDATE journal SET status = ?, digest = ? WHERE number = ?", self._answers)
            self._connection.executemany("DELETE FROM journal WHERE number = ?", self._refused)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._answers.clear()
        self._refused.clear()


def damaged(path: Path) -> ConfigurationError:
    """Return the error for a file that is not as it was written."""
    return ConfigurationError(f"{path} is damaged.", hint="Restore a copy of it, or name another file with --db.")


def newer(path: Path, words: str) -> ConfigurationError:
    """Return the error for a file of a later version of this package."""
    return ConfigurationError(
        f"{path} was written by a newer version of cyberdesk-nb ({words}).",
        hint="Update cyberdesk-nb, or name another file with --db.",
    )


def _may(path: Path, mode: int) -> bool:
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def _prepare(path: Path, connection: sqlite3.Connection) -> bool:
    """Lock the file, make its tables where it is empty, check it where it is not; tell whether it holds no fleet."""
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    application_id, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    is_empty = application_id == 0 and not _pragma(connection, "schema_version")
    if application_id != _APPLICATION_ID and not is_empty:
        raise _foreign(path)
    if version > FORMAT:
        raise newer(path, f"format {version}; this one reads {FORMAT}")
    if not is_empty and connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise damaged(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if is_empty:
        stamps = f"PRAGMA application_id = {_APPLICATION_ID}; PRAGMA user_version = {FORMAT}"
        connection.executescript(f"BEGIN EXCLUSIVE; {_SCHEMA}; {stamps}; COMMIT")
    return connection.execute("SELECT count(*) FROM fleet").fetchone() == (0,)


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _request(at_us: int, made_at_s: float, method: str, path: str, query: bytes, headers: str, body: bytes) -> Request:
    return Request(from_us(at_us), made_at_s, method, path, query, json.loads(headers), body)


def _seal(row: tuple[Any, ...]) -> int:
    """Return a checksum of a request, by which a changed byte shows."""
    return zlib.crc32(repr(row).encode())


def _foreign(path: Path) -> ConfigurationError:
    return ConfigurationError(
        f"{path} is not a file of the simulator.", hint="Name another file with --db; a new one is made."
    )


def unusable(path: Path, error: sqlite3.Error) -> ConfigurationError:
    """Return the error for a file that SQLite does not get on with."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_BUSY:
        return ConfigurationError(f"{path} is in use by another simulator.", hint="Stop that one first.")
    if code == sqlite3.SQLITE_NOTADB:
        return _foreign(path)
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR):
        return damaged(path)
    return ConfigurationError(f"{path} cannot be used: {error}.", hint="Check the folder, its rights and its space.")
