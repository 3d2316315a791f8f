"""The client: every operation of the API as an async method."""

from __future__ import annotations

from types import TracebackType
from typing import Any, NoReturn, Self

from cyberdesk_nb.client._http import Limits, Transport
from cyberdesk_nb.client._key import find_base_url, find_key
from cyberdesk_nb.client._operation import free_call
from cyberdesk_nb.client.computer import Computer
from cyberdesk_nb.client.connections import Connections
from cyberdesk_nb.client.health import Health
from cyberdesk_nb.client.machines import Machines
from cyberdesk_nb.client.model_configurations import ModelConfigurations
from cyberdesk_nb.client.pools import Pools
from cyberdesk_nb.client.provider_credentials import ProviderCredentials
from cyberdesk_nb.client.request_logs import RequestLogs
from cyberdesk_nb.client.run_attachments import RunAttachments
from cyberdesk_nb.client.runs import Runs
from cyberdesk_nb.client.trajectories import Trajectories
from cyberdesk_nb.client.usage import Usage
from cyberdesk_nb.client.workflow_tag_groups import WorkflowTagGroups
from cyberdesk_nb.client.workflow_tags import WorkflowTags
from cyberdesk_nb.client.workflows import Workflows
from cyberdesk_nb.errors import ConfigurationError, RequestError


class Client:
    """An async client of the Cyberdesk API, with its operations grouped by noun.

    Parameters
    ----------
    api_key
        The key; None takes `CYBERDESK_API_KEY`. Without either, only `health` can be asked.
    base_url
        Where the API is; None takes `CYBERDESK_BASE_URL`, else https://api.cyberdesk.io.
    timeout_s
        Seconds that one call may take with all its retries and waits; also the longest wait that a server may ask for.
    connections
        Requests on the wire at once; further calls wait for their turn.
    max_body_bytes
        The largest answer to accept, after decompression.
    limits
        All bounds at once, in place of the three above.

    Raises `ConfigurationError` where the key or the address cannot be right. It lives on the event loop that it is
    first used on; `async with` closes it.

    Example
    -------
    ::

        async with Client() as client:
            async for run in client.runs.iter(status="error"):
                print(run.id, run.error)

    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        timeout_s: float = 120.0,
        connections: int = 8,
        max_body_bytes: int = 64 * 2**20,
        limits: Limits | None = None,
    ) -> None:
        key, url = find_key(api_key), find_base_url(base_url)
        del api_key, base_url  # A traceback that shows local variables must not show a key.
        if isinstance(key, ConfigurationError):
            raise key
        if isinstance(url, ConfigurationError):
            raise url
        bounds = limits or Limits(timeout_s=timeout_s, connections=connections, max_body_bytes=max_body_bytes)
        self._transport = transport = Transport(url, key, bounds)
        self.computer = Computer(transport)
        self.connections = Connections(transport)
        self.health = Health(transport)
        self.machines = Machines(transport)
        self.model_configurations = ModelConfigurations(transport)
        self.pools = Pools(transport)
        self.provider_credentials = ProviderCredentials(transport)
        self.request_logs = RequestLogs(transport)
        self.run_attachments = RunAttachments(transport)
        self.runs = Runs(transport)
        self.trajectories = Trajectories(transport)
        self.usage = Usage(transport)
        self.workflow_tag_groups = WorkflowTagGroups(transport)
        self.workflow_tags = WorkflowTags(transport)
        self.workflows = Workflows(transport)

    @property
    def base_url(self) -> str:
        """Where the API is."""
        return self._transport.base_url

    @property
    def has_key(self) -> bool:
        """Tell whether there is a key to send."""
        return self._transport.key is not None

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, Any] | None = None,
        body: Any = None,
        timeout_s: float | None = None,
        idempotency_key: str | None = None,
    ) -> Any:
        """Send a call that this version has no method for, with the same care, and give the decoded JSON.

        `path` starts with a slash; `query` values may be lists, times and booleans; `body` is anything that JSON can
        hold. A write takes `idempotency_key=`.
        """
        call = free_call(method, path, query or {}, body, timeout_s, idempotency_key)
        del query, body, idempotency_key  # A traceback that shows local variables must not show inputs.
        if isinstance(call, RequestError):
            raise call
        return (await self._transport.send(call)).value

    async def aclose(self) -> None:
        """Close all connections; later calls raise `ClientClosedError`."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        if not hasattr(self, "_transport"):
            return "<Client, not made>"
        key = self._transport.key
        state = "closed" if self._transport.is_closed else f"{self._transport.in_flight} requests on the wire"
        return f"<Client of {self.base_url}, {f'key *** from {key.source}' if key else 'no key'}, {state}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A client cannot be pickled or copied: it holds connections and a key. Make one where needed.")
