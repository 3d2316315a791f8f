"""The fleet report, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cyberdesk_nb._extras import load
from cyberdesk_nb.errors import ConfigurationError, RequestError, printable
from cyberdesk_nb.workspace.report_data import Wanted, fetch
from cyberdesk_nb.workspace.review import Review
from cyberdesk_nb.workspace.run_recordings import RunRecordings
from cyberdesk_nb.workspace.when import When

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from cyberdesk_nb.models import RunResponse
    from cyberdesk_nb.player import Redaction, TrajectoryPlayer
    from cyberdesk_nb.report import MaskedRuns, Report

_MAY_SHOW = "Screens are left out: they may show what is masked."
_REPLAYS_MAX = 50


class Reporting(Review):
    """The part of a workspace that writes reports."""

    if TYPE_CHECKING:

        def replay(self, record: RunResponse, *, still: bool = True) -> TrajectoryPlayer:
            """Open the player of a run."""
            ...

    @property
    def _fleet_name(self) -> str:
        return "your organization"

    def report(
        self,
        since: When = "30d",
        until: When = None,
        workflow: str | None = None,
        machine: str | None = None,
        pool: str | None = None,
        tag: str | None = None,
        path: str | os.PathLike[str] | None = None,
        *,
        redact: Redaction | str | Sequence[str] | None = None,
        tz: str = "UTC",
        replays: int = 6,
        attach: Literal["parquet", "csv"] | None = "parquet",
        confidence: float = 0.95,
    ) -> Report:
        """Make the fleet report: what to look at first, what failed and why, waits, durations, machines, steps.

        Fetches the runs of the time, machines, connections, workflows and usage, and of a few failed runs the last
        screen and, when it is saved, the replay.

        Parameters
        ----------
        since, until
            Bounds of ``created_at``, as in `runs`. None: since the beginning; until now.
        workflow, machine, pool, tag
            Names or ids, to make it about these runs only. A run belongs to the pool when its machine is in it now, or
            when it asked for the pool and has no machine yet; to a tag when its workflow has it.
        path
            File to write; see `Report.save`. None writes nothing.
        redact
            Names of inputs and outputs whose values are masked in every text and attached frame, in their own run
            wherever they stand, in others where they stand as whole words; or a `Redaction`. Screens, which may show
            the values, are then left out, unless the `Redaction` says which rectangles to paint over.
        tz
            Time zone of days, hours and shown times, such as ``Europe/Berlin``.
        replays
            Most failed runs to show, 0 to 50, each with its last screen and a link to its replay.
        attach
            How the frames are attached to the file: ``parquet``, ``csv`` (cells that a spreadsheet would run are
            neutralised), or None for not at all.
        confidence
            Of all intervals, and of the findings together.

        Returns
        -------
        Report
            Shows itself in a notebook. ``findings`` and ``frames`` hold what it rests on; ``save(path)`` writes it.

        Raises
        ------
        RequestError
            When a name, a time or a time zone cannot be read as one, or the time is empty.
        ConfigurationError
            When the ``report`` extra is not installed, the file cannot be written, or `redact` names an input that no
            run has.

        Examples
        --------
        >>> ws.report(since="30d", path="fleet.html")  # doctest: +SKIP
        """
        _check(path, tz, replays, attach, confidence)
        redaction = _redaction(redact)
        _get_ready()
        wanted = Wanted(since, until, workflow, machine, pool, tag)
        fetched = fetch(self, wanted)
        package = load("cyberdesk_nb.report", extra="report")
        masking = package.Masking(redaction.inputs, redaction.values)
        masked: MaskedRuns | None = package.MaskedRuns(fetched.frames["runs"], masking) if masking else None
        frames = fetched.frames if masked is None else masked.frames(fetched.frames)
        key = self._client.runs.transport.key
        hide: Callable[[bytes], bytes] = bytes if key is None else key.redact
        scrubber = package.Scrubber(hide)
        scope = package.Scope(
            self._fleet_name, fetched.since, fetched.until, fetched.made_at, wanted.filters, tz, confidence
        )
        report: Report = package.make_report(
            scope,
            {name: scrubber.frame(frame) for name, frame in frames.items()},
            {name: scrubber.text(why) for name, why in fetched.missing.items()},
            recordings=self._recordings(redaction, masked, hide),
            replays=replays,
            why_no_screen=_MAY_SHOW if redaction.pictures or (masked and not redaction.rectangles) else "",
            form=attach,
            notes=_said(redaction),
        )
        if path is not None:
            report.save(path)
        return report

    def _recordings(
        self, redaction: Redaction, masked: MaskedRuns | None, hide: Callable[[bytes], bytes]
    ) -> RunRecordings:
        def of_run(run_id: str) -> Redaction:
            if masked is None:
                return redaction
            pictures = redaction.pictures or not redaction.rectangles
            return replace(redaction, inputs=(), values=masked.values_of(run_id), pictures=pictures)

        return RunRecordings(self.api, lambda run: self.replay(run, still=False), of_run, hide)


def _get_ready() -> None:
    """Import what a report takes beside the fetch, as that takes seconds; raises when it is not installed."""
    if find_spec("jinja2") is None:
        load("cyberdesk_nb.report", extra="report")

    def import_all() -> None:
        # What goes wrong is said where it is needed.
        with suppress(Exception):
            for module in ("cyberdesk_nb.report", "scipy.stats"):
                import_module(module)

    Thread(target=import_all, name="cyberdesk_nb report", daemon=True).start()


def _check(path: str | os.PathLike[str] | None, tz: str, replays: int, attach: str | None, confidence: float) -> None:
    """Refuse what cannot work before anything is fetched."""
    if path is not None and not Path(path).parent.is_dir():
        raise ConfigurationError(f"There is no folder {str(Path(path).parent)!r}.", hint="Make it first.")
    try:
        ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise RequestError(f"{printable(tz, 60)!r} is no time zone.", hint='Use one such as "Europe/Berlin".') from None
    if not 0 <= replays <= _REPLAYS_MAX:
        raise RequestError(f"replays={replays} is out of range.", hint=f"Show 0 to {_REPLAYS_MAX} failed runs.")
    if attach not in ("parquet", "csv", None):
        raise RequestError(f"attach={attach!r} is no form.", hint='Use "parquet", "csv" or None.')
    if not 0 < confidence < 1:
        raise RequestError(f"confidence={confidence} is no confidence.", hint="Use one between 0 and 1, such as 0.95.")


def _redaction(redact: Redaction | str | Sequence[str] | None) -> Redaction:
    from cyberdesk_nb.player import Redaction

    if isinstance(redact, Redaction):
        return redact
    return Redaction((redact,) if isinstance(redact, str) else tuple(redact or ()))


def _said(redaction: Redaction) -> list[str]:
    """Say what is masked; values themselves are not repeated."""
    names = [f"inputs and outputs called {', '.join(redaction.inputs)}"] if redaction.inputs else []
    values = [f"{len(redaction.values)} further texts"] if redaction.values else []
    return [f"Masked everywhere: {' and '.join([*names, *values])}."] if names or values else []
