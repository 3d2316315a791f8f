"""The tables of one organization: each call fetches a list and gives its DataFrame.

This is where the network meets frames. Everything below takes data and returns data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, TypeVar, Unpack, cast

from cyberdesk_nb import frames
from cyberdesk_nb.client import Walk
from cyberdesk_nb.errors import NotFoundError
from cyberdesk_nb.frames import Columns
from cyberdesk_nb.models import ApiModel, RunField, RunResponse, RunStatus, TrajectoryResponse
from cyberdesk_nb.workspace.fetching import fetch_file, newest_first
from cyberdesk_nb.workspace.fleet_tables import FleetTables
from cyberdesk_nb.workspace.recordings import fetch_recording, keeping, not_found
from cyberdesk_nb.workspace.usage_tables import UsageTables
from cyberdesk_nb.workspace.when import When, as_time
from cyberdesk_nb.workspace.workflow_tables import WorkflowTables

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")


class RunFilters(TypedDict, total=False):
    """What runs can be narrowed by; `Tables.runs` says how."""

    since: When
    until: When
    workflow: str | None
    machine: str | None
    status: RunStatus | str | None
    session_id: str | None
    search: str | None
    deep_search: bool
    include: Sequence[str]


class Tables(FleetTables, WorkflowTables, UsageTables):
    """Lists of the API as frames, each fetched whole on the background loop.

    Attributes
    ----------
    api : PlainClient
        Every operation of `Client`, as a plain call: ``ws.api.runs.get(run_id)``.
    """

    def runs(
        self,
        *,
        since: When = None,
        until: When = None,
        workflow: str | None = None,
        machine: str | None = None,
        status: RunStatus | str | None = None,
        session_id: str | None = None,
        search: str | None = None,
        deep_search: bool = False,
        columns: Columns = None,
        include: Sequence[str] = ("workflow", "machine"),
        strict: bool = False,
    ) -> pd.DataFrame:
        """Fetch runs (`GET /v1/runs`), newest first.

        Parameters
        ----------
        since, until
            Bounds of ``created_at``, both inclusive: a time span back from now (``"7d"``, ``"12h"``, a timedelta), a
            date, or a time (naive is UTC). None is unbounded.
        workflow, machine
            Name or id.
        status
            One status.
        session_id
            Only the runs of this session.
        search
            Text to find in id, inputs, outputs, error and session alias; `deep_search` also looks in the history
            (slow on the server).
        columns
            Names of columns and groups, such as ``["timing", "usage"]``, to have beside the identity; the server is
            asked for what they are read or computed from and nothing else. None has all but the heavy ``history``.
        include
            ``"workflow"``, ``"machine"``: their names become columns.
        strict
            Raise instead of leaving a cell missing when a value cannot be read, or when rows cannot be reached.

        Returns
        -------
        pandas.DataFrame
            As `runs_frame`: one row a run. ``cd.columns("runs")`` documents columns and groups.

        Raises
        ------
        RequestError
            When a name, a time or a column cannot be read as one.
        IncompleteError
            With ``strict``, when anything could not be read or is missing.
        """
        walk = self._walk_over_runs(
            columns,
            since=since,
            until=until,
            workflow=workflow,
            machine=machine,
            status=status,
            session_id=session_id,
            search=search,
            deep_search=deep_search,
            include=include,
        )
        return newest_first(self._frame(frames.runs_frame, "runs", walk, columns=columns, strict=strict))

    def runs_to_parquet(
        self,
        path: str | PathLike[str],
        *,
        columns: Columns = None,
        strict: bool = False,
        **filters: Unpack[RunFilters],
    ) -> Path:
        """Write runs to a Parquet file while they are fetched, for more of them than memory holds (`GET /v1/runs`).

        Parameters
        ----------
        path
            Name of the file. It appears when it is whole; an error or an interrupt leaves what was there before.
        columns, strict, filters
            As in `runs`.

        Returns
        -------
        pathlib.Path
            The file. `cyberdesk_nb.read_parquet` gives the frame that `runs` would have given, ``attrs`` included; as
            the rows come from several windows of time, other readers see them in the order in which they came.

        Raises
        ------
        ConfigurationError
            When the file cannot be written.
        IncompleteError
            With ``strict``, when anything could not be read or is missing.

        Examples
        --------
        >>> ws.runs_to_parquet("runs.parquet", since="365d")  # doctest: +SKIP
        """
        walk = self._walk_over_runs(columns, **filters)
        return fetch_file(self._portal, frames.runs_frame, "runs", walk, path, columns=columns, strict=strict)

    def run_checks(
        self,
        *,
        since: When = None,
        until: When = None,
        workflow: str | None = None,
        machine: str | None = None,
        status: RunStatus | str | None = None,
        session_id: str | None = None,
        columns: Columns = None,
        strict: bool = False,
    ) -> pd.DataFrame:
        """Fetch the post-run checks of runs, one row for each check of each run (`GET /v1/runs`).

        Parameters
        ----------
        since, until, workflow, machine, status, session_id
            Which runs, as in `runs`.
        columns, strict
            As in `runs`.

        Returns
        -------
        pandas.DataFrame
            As `run_checks_frame`; runs without checks have no row.
        """
        walk = self._client.runs.iter(
            created_at_from=as_time(since),
            created_at_to=as_time(until),
            workflow_id=self._id_of("workflow", workflow),
            machine_id=self._id_of("machine", machine),
            status=status,
            session_id=session_id,
            include=["workflow"],
            fields=[RunField.POST_RUN_CHECKS],
        )
        return self._frame(frames.run_checks_frame, "runs", walk, columns=columns, strict=strict)

    def steps(
        self,
        record: str | RunResponse | TrajectoryResponse | Iterable[str | RunResponse | TrajectoryResponse],
        *,
        columns: Columns = None,
        images: str | PathLike[str] | None = None,
        strict: bool = False,
    ) -> pd.DataFrame:
        """Fetch the steps of a trajectory or run, or of several, one row a step; columns as `steps_frame`.

        Parameters
        ----------
        record
            Id of a trajectory or a run, a record that was fetched before, or several of these.
        images
            Folder to write the screenshots of fetched records to, each under the hash of its content; ``image_ref``
            names the file and `cyberdesk_nb.image` opens it. None drops them as they come.
        columns, strict
            As in `runs`.

        Raises
        ------
        NotFoundError
            When no trajectory and no run has such an id.
        ConfigurationError
            When a screenshot cannot be written to the folder.
        """
        with keeping(images) as memory:

            async def fetched(each: str | RunResponse | TrajectoryResponse) -> object:
                return await fetch_recording(self._client, each, memory) if isinstance(each, str) else each

            rows = self._each(fetched, _several(record))
        return self._answered(frames.steps_frame, rows, columns=columns, strict=strict)

    def trajectory_steps(
        self,
        *,
        workflow: str | None = None,
        approved: bool | None = None,
        generated: bool | None = None,
        since: When = None,
        until: When = None,
        columns: Columns = None,
        images: str | PathLike[str] | None = None,
        strict: bool = False,
    ) -> pd.DataFrame:
        """Fetch the steps of all trajectories, one row a step (`GET /v1/trajectories`); columns as `steps_frame`.

        Their screenshots stream by and are dropped, or written to a folder: memory holds none.

        Parameters
        ----------
        workflow, approved, generated, since, until
            As in `trajectories`.
        columns, images, strict
            As in `steps`.
        """
        workflow_id = self._id_of("workflow", workflow)
        walks = [
            self._client.trajectories.iter(
                workflow_id=workflow_id,
                is_approved=approved,
                is_generated=kind,
                created_at_from=as_time(since),
                created_at_to=as_time(until),
                include=["workflow"],
            )
            for kind in ([True, False] if generated is None else [generated])
        ]
        options = {"columns": columns, "strict": strict}
        with keeping(images) as memory:
            return self._frame(frames.steps_frame, "trajectories", *walks, memory=memory, **options)

    def messages(
        self,
        run: str | RunResponse | Iterable[str | RunResponse],
        *,
        columns: Columns = None,
        strict: bool = False,
    ) -> pd.DataFrame:
        """Fetch the message history of a run, or of several, one row a block (`GET /v1/runs/{id}`).

        Parameters
        ----------
        run
            Id of a run, a run that was fetched with its history before, or several of these.
        columns, strict
            As in `runs`.

        Returns
        -------
        pandas.DataFrame
            As `messages_frame`.
        """

        async def fetched(each: str | RunResponse) -> RunResponse:
            return await self._client.runs.get(each, include=["workflow"]) if isinstance(each, str) else each

        rows = self._each(fetched, _several(run))
        return self._answered(frames.messages_frame, rows, columns=columns, strict=strict)

    # plumbing

    def _walk_over_runs(self, columns: Columns, **filters: Unpack[RunFilters]) -> Walk[RunResponse]:
        return self._client.runs.iter(
            created_at_from=as_time(filters.get("since")),
            created_at_to=as_time(filters.get("until")),
            workflow_id=self._id_of("workflow", filters.get("workflow")),
            machine_id=self._id_of("machine", filters.get("machine")),
            status=filters.get("status"),
            session_id=filters.get("session_id"),
            search=filters.get("search"),
            deep_search=filters.get("deep_search") or None,
            include=filters.get("include", ("workflow", "machine")),
            fields=frames.run_fields(columns),
        )

    def _recording(self, record: str | RunResponse | TrajectoryResponse) -> RunResponse | TrajectoryResponse:
        if not isinstance(record, str):
            return record
        try:
            return self.api.trajectories.get(record, include=["workflow"])
        except NotFoundError:
            pass
        try:
            return self.api.runs.get(record, include=["workflow", "machine"])
        except NotFoundError as error:
            raise not_found(record, error) from None


def _several(given: T | Iterable[T]) -> list[T]:
    """Give one record, or several, as a list."""
    is_one = isinstance(given, str | ApiModel) or not isinstance(given, Iterable)
    return [cast("T", given)] if is_one else list(cast("Iterable[T]", given))
