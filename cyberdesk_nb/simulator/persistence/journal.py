"""The journal of a fleet: which world the file holds, and how that world is brought back."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any, Self

from cyberdesk_nb._version import __version__
from cyberdesk_nb.errors import ConfigurationError
from cyberdesk_nb.simulator.clock import Clock
from cyberdesk_nb.simulator.options import WorldOptions
from cyberdesk_nb.simulator.persistence.file import Answered, JournalFile, Request, damaged, newer, unusable
from cyberdesk_nb.simulator.runs.past_runs import from_us, to_us
from cyberdesk_nb.simulator.world.world import World

_AHEAD = timedelta(seconds=1)
"""How far the time in the file runs ahead of the clock, so that not every answer needs a write."""


class Journal:
    """The file of one simulator, from start to stop.

    Attributes
    ----------
    options
        Those of the fleet in the file, `now` always set.
    link_secret
        Signs links, so that those given out before a restart still open.

    """

    def __init__(self, file: JournalFile, options: WorldOptions) -> None:
        self.options = options
        self.link_secret = bytes.fromhex(file.fact("link_secret"))
        self._file = file
        self._reached = from_us(file.fact("reached_us"))

    @classmethod
    def open(cls, path: Path, given: Mapping[str, Any]) -> Self:
        """Open the file at `path`, made where there is none.

        Parameters
        ----------
        given
            Fields of `WorldOptions` that were asked for; those left out are the file's, or the defaults of a new one.

        Raises
        ------
        ConfigurationError
            When the file is not the simulator's, damaged, in use, of a newer version, cannot be written, or holds a
            fleet that is not the one asked for.
        """
        WorldOptions(**given)  # what no fleet can have is told before a file is made
        file = JournalFile.open(path)
        try:
            options = _make_fleet(file, given) if file.is_new else _agreed(file, given)
            # A file that cannot be written to is told at the start, not at the first request.
            file.set_facts(last_opened_by=__version__)
            return cls(file, options)
        except sqlite3.Error as error:
            file.close()
            raise unusable(path, error) from error
        except BaseException:
            file.close()
            raise

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._file.path

    def new_world(self) -> World:
        """Return the fleet as it was made, at its first instant."""
        clock = Clock(self.options.now or datetime.now(UTC), self.options.speed)
        with clock.held():
            return World(self.options, clock)

    # writing
    def append(self, request: Request) -> int:
        """Write a request down before it is applied; return its number. Raises `sqlite3.Error`."""
        number = self._file.append(request)
        self._reached = max(self._reached, request.at)
        return number

    def answered(self, number: int, status: int, digest: int | None) -> None:
        """Take note of how a request was answered."""
        self._file.answered(number, status, digest)

    def drop(self, number: int) -> None:
        """Take out a request that did not fit and changed nothing."""
        self._file.drop(number)

    def reach(self, now: datetime) -> None:
        """Write down how far time has come before somebody sees it, so that it never goes back."""
        if now <= self._reached:
            return
        ahead = now + _AHEAD if self.options.speed else now
        # Reading goes on where the file cannot be written.
        with suppress(sqlite3.Error):
            self._file.set_facts(reached_us=to_us(ahead))
            self._reached = ahead

    def close(self, now: datetime | None = None) -> None:
        """Write down the time, where there is one, and give the file free."""
        if now is not None:
            with suppress(sqlite3.Error):
                self._file.set_facts(reached_us=to_us(now))
        self._file.close()

    # reading
    def entries(self) -> Iterator[Answered]:
        """Go over the requests of the fleet's life so far, in their order."""
        return self._file.entries()

    def go_on(self, clock: Clock, last: datetime) -> None:
        """Set the clock to where time stood, or, where nothing is due, to where it would have come by now."""
        stood = max(self._reached, last, clock.anchor)
        clock.set(stood)
        if clock.speed and not clock.is_hurrying:
            born = float(self._file.fact("born_s"))
            clock.set(max(stood, clock.anchor + timedelta(seconds=time.time() - born)))

    def diverged(self, entry: Answered) -> ConfigurationError:
        """Return the error for a request that is answered otherwise than when it was made."""
        made_by = self._file.fact("made_by")
        return ConfigurationError(
            f"{self.path} cannot be brought back: request {entry.number} ({entry.request.method} "
            f"{entry.request.path}) is answered otherwise than when it was made "
            f"(file of cyberdesk-nb {made_by}, this is {__version__}).",
            hint="Use the version that made it, or name another file with --db.",
        )


def _make_fleet(file: JournalFile, given: Mapping[str, Any]) -> WorldOptions:
    options = WorldOptions(**given)
    now = options.now or datetime.now(UTC)
    options = replace(options, now=now.astimezone(UTC))
    file.set_facts(
        options=_identity(options),
        born_s=time.time(),
        reached_us=to_us(now),
        link_secret=token_hex(32),
        made_by=__version__,
    )
    return options


def _agreed(file: JournalFile, given: Mapping[str, Any]) -> WorldOptions:
    """Return the options of the file's fleet. Raises `ConfigurationError` where something else is asked for."""
    kept: dict[str, Any] = file.fact("options")
    unknown = sorted(set(kept) - {field.name for field in fields(WorldOptions)})
    if unknown:
        raise newer(file.path, f"unknown switch {unknown[0]}")
    try:
        kept["now"] = datetime.fromisoformat(kept["now"])
        options = WorldOptions(**kept, **{name: given[name] for name in ("speed",) if name in given})
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(file.path) from error
    asked = {name: value for name, value in given.items() if name != "speed" and value != getattr(options, name)}
    if asked:
        words = ", ".join(f"{name} {getattr(options, name)}, not {value}" for name, value in asked.items())
        raise ConfigurationError(
            f"{file.path} holds another fleet than the one asked for: {words}.",
            hint="Leave these switches out to go on with the file's fleet, or name another file with --db.",
        )
    return options


def _identity(options: WorldOptions) -> dict[str, Any]:
    """Return what makes the fleet, in JSON form; the speed does not."""
    values = asdict(options)
    return {
        field.name: str(values[field.name]) if field.name == "now" else values[field.name]
        for field in fields(options)
        if field.name != "speed"
    }
