"""The tables of one organization: each call fetches a list and gives its DataFrame.

This is where the network meets frames. Everything below takes data and returns data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from cyberdesk_nb import frames
from cyberdesk_nb.client import Client, Walk
from cyberdesk_nb.errors import NotFoundError
from cyberdesk_nb.frames import Columns
from cyberdesk_nb.models import (
    ConnectionStatus,
    MachineStatus,
    RunResponse,
    RunStatus,
    TrajectoryResponse,
)
from cyberdesk_nb.workspace.fetching import fetch_frame, newest_first
from cyberdesk_nb.workspace.names import id_of, is_id
from cyberdesk_nb.workspace.plain import PlainClient, fetch_all
from cyberdesk_nb.workspace.portal import Portal
from cyberdesk_nb.workspace.when import When, as_time

if TYPE_CHECKING:
    import pandas as pd


class Tables:
    """Lists of the API as frames, each fetched whole on the background loop.

    Attributes
    ----------
    api : PlainClient
        Every operation of `Client`, as a plain call: ``ws.api.runs.get(run_id)``.
    """

    def __init__(self, client: Client, portal: Portal) -> None:
        self._client = client
        self._portal = portal
        self.api = PlainClient(client, portal)

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
        walk = self._client.runs.iter(
            created_at_from=as_time(since),
            created_at_to=as_time(until),
            workflow_id=self._id_of("workflow", workflow),
            machine_id=self._id_of("machine", machine),
            status=status,
            session_id=session_id,
            search=search,
            deep_search=deep_search or None,
            include=include,
            fields=frames.run_fields(columns),
        )
        return newest_first(self._frame(frames.runs_frame, "runs", walk, columns=columns, strict=strict))

    def machines(self, *, search: str | None = None, status: MachineStatus | str | None = None) -> pd.DataFrame:
        """Fetch machines with their pools (`GET /v1/machines`); columns as `machines_frame`."""
        walk = self._client.machines.iter(search=search, status=status, include=["pools"])
        return self._frame(frames.machines_frame, "machines", walk)

    def workflows(self, *, search: str | None = None) -> pd.DataFrame:
        """Fetch workflows (`GET /v1/workflows`); columns as `workflows_frame`."""
        walk = self._client.workflows.iter(search=search, include=["tags"])
        return self._frame(frames.workflows_frame, "workflows", walk)

    def pools(self) -> pd.DataFrame:
        """Fetch pools (`GET /v1/pools`); columns as `pools_frame`."""
        return self._frame(frames.pools_frame, "pools", self._client.pools.iter())

    def connections(self, *, machine: str | None = None, status: ConnectionStatus | str | None = None) -> pd.DataFrame:
        """Fetch connections (`GET /v1/connections`) of all machines or one; columns as `connections_frame`."""
        walk = self._client.connections.iter(machine_id=self._id_of("machine", machine), status=status)
        # The list carries no names; the machines' own list is short.
        return self._frame(frames.connections_frame, "connections", walk, included=self.api.machines.iter())

    def trajectories(
        self, *, workflow: str | None = None, approved: bool | None = None, generated: bool | None = None
    ) -> pd.DataFrame:
        """Fetch trajectories (`GET /v1/trajectories`); columns as `trajectories_frame`.

        Parameters
        ----------
        workflow
            Name or id.
        approved
            Only approved ones, or only the others.
        generated
            Only generated ones, or only the others. The API lists one kind at a time; None fetches both.
        """
        workflow_id = self._id_of("workflow", workflow)
        walks = [
            self._client.trajectories.iter(
                workflow_id=workflow_id, is_approved=approved, is_generated=kind, include=["workflow"]
            )
            for kind in ([True, False] if generated is None else [generated])
        ]
        return self._frame(frames.trajectories_frame, "trajectories", *walks)

    def steps(self, record: str | RunResponse | TrajectoryResponse | Sequence[str]) -> pd.DataFrame:
        """Fetch the steps of a trajectory or run, or of several, one row a step; columns as `steps_frame`.

        Parameters
        ----------
        record
            Id of a trajectory or a run, several ids, or a record that was fetched before.
        """
        if isinstance(record, Sequence) and not isinstance(record, str):
            return frames.steps_frame([self._recording(each) for each in record])
        return frames.steps_frame([self._recording(record)])

    def messages(self, run: str | RunResponse) -> pd.DataFrame:
        """Fetch the message history of a run, one row a block (`GET /v1/runs/{id}`); columns as `messages_frame`."""
        return frames.messages_frame([self.api.runs.get(run) if isinstance(run, str) else run])

    # plumbing

    def _frame(self, build: Callable[..., pd.DataFrame], label: str, *walks: Walk[Any], **options: Any) -> pd.DataFrame:
        return fetch_frame(self._portal, build, label, walks, **options)

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
            raise NotFoundError(
                f"No trajectory and no run has the id {record!r}.",
                hint="Take one from ws.runs()['id'] or ws.trajectories()['id'].",
                status=error.status,
                request_id=error.request_id,
            ) from None

    def _id_of(self, kind: Literal["workflow", "machine"], name: str | None) -> str | None:
        if name is None or is_id(name):
            return name
        resource = self._client.workflows if kind == "workflow" else self._client.machines
        # All names, not `search=name`: a misspelt one finds nothing, and the nearest should be named.
        return id_of(kind, name, fetch_all(self._portal, [resource.iter()]))
