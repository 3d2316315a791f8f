"""The tables of the fleet: machines, pools, who is in which, connections, and calls that were relayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyberdesk_nb import frames
from cyberdesk_nb.frames import Columns
from cyberdesk_nb.models import ConnectionStatus, MachineStatus
from cyberdesk_nb.workspace.source import Source
from cyberdesk_nb.workspace.when import When, as_time

if TYPE_CHECKING:
    import pandas as pd


class FleetTables(Source):
    """Lists of machines and of what belongs to them, as frames.

    `columns` and `strict` are those of `runs_frame` everywhere: names of columns and groups to have, and whether a
    value that cannot be read, or a row that cannot be reached, is an error.
    """

    def machines(
        self,
        *,
        search: str | None = None,
        name: str | None = None,
        status: MachineStatus | str | None = None,
        since: When = None,
        until: When = None,
        columns: Columns = None,
        strict: bool = False,
    ) -> pd.DataFrame:
        """Fetch machines with their pools (`GET /v1/machines`); columns as `machines_frame`.

        Parameters
        ----------
        search
            Text to find in id, name and hostname.
        name
            Exact name; names are not unique.
        status
            One status.
        since, until
            Bounds of ``created_at``, as in `runs`.
        """
        walk = self._client.machines.iter(
            search=search,
            name=name,
            status=status,
            created_at_from=as_time(since),
            created_at_to=as_time(until),
            include=["pools"],
        )
        return self._frame(frames.machines_frame, "machines", walk, columns=columns, strict=strict)

    def machine_pools(self, *, columns: Columns = None, strict: bool = False) -> pd.DataFrame:
        """Fetch which machine is in which pool, one row each (`GET /v1/machines`); columns as `machine_pools_frame`."""
        walk = self._client.machines.iter(include=["pools"])
        return self._frame(frames.machine_pools_frame, "machines", walk, columns=columns, strict=strict)

    def pools(self, *, columns: Columns = None, strict: bool = False) -> pd.DataFrame:
        """Fetch pools (`GET /v1/pools`); columns as `pools_frame`."""
        return self._frame(frames.pools_frame, "pools", self._client.pools.iter(), columns=columns, strict=strict)

    def connections(
        self,
        *,
        machine: str | None = None,
        status: ConnectionStatus | str | None = None,
        columns: Columns = None,
        strict: bool = False,
    ) -> pd.DataFrame:
        """Fetch connections (`GET /v1/connections`) of all machines or one; columns as `connections_frame`."""
        walk = self._client.connections.iter(machine_id=self._id_of("machine", machine), status=status)
        # The list carries no names; the machines' own list is short.
        named = self.api.machines.iter()
        return self._frame(
            frames.connections_frame, "connections", walk, included=named, columns=columns, strict=strict
        )

    def request_logs(
        self,
        *,
        machine: str | None = None,
        method: str | None = None,
        status_code: int | None = None,
        columns: Columns = None,
        strict: bool = False,
    ) -> pd.DataFrame:
        """Fetch calls that were relayed to machines (`GET /v1/request-logs`); columns as `request_logs_frame`.

        Parameters
        ----------
        machine
            Name or id.
        method
            HTTP method.
        status_code
            HTTP status of the answer.
        """
        walk = self._client.request_logs.iter(
            machine_id=self._id_of("machine", machine), method=method, status_code=status_code
        )
        named = self.api.machines.iter()
        return self._frame(
            frames.request_logs_frame, "request_logs", walk, included=named, columns=columns, strict=strict
        )
