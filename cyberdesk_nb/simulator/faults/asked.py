"""The request that a fault works on: what it asks for, its place in the sequence, and ways to ask the API oneself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope

from cyberdesk_nb.simulator.faults.answers import Answer, answer_of
from cyberdesk_nb.simulator.faults.delivery import Closing
from cyberdesk_nb.simulator.faults.operations import Operation, Operations
from cyberdesk_nb.simulator.web.links import Links


@dataclass(slots=True)
class Asked:
    """One request on its way through the faults.

    Attributes
    ----------
    query
        Its query parameters; what is changed here is what the API sees.
    told
        Its query parameters as they came.
    turn
        How often this same request (method, path, query) has come before.
    closing
        Set when the simulator ends: nothing waits for longer than that.
    notes
        What faults want to say of themselves in the log.

    """

    scope: Scope
    receive: Receive
    app: ASGIApp
    operations: Operations
    links: Links
    turn: int
    closing: Closing
    query: list[tuple[str, str]] = field(init=False)
    told: list[tuple[str, str]] = field(init=False)
    notes: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        self.query = self.told = query_of(self.scope)

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.scope["method"]

    @property
    def path(self) -> str:
        """The path as it came."""
        return self.scope["path"]

    @property
    def identity(self) -> str:
        """What makes two requests the same: method, path and query, whatever their headers and body say."""
        return identity_of(self.scope)

    @property
    def operation(self) -> Operation | None:
        """The operation of the API that answers; None for paths that it does not describe."""
        return self.operations.find(self.method, self.path)

    def one(self, name: str, default: str = "") -> str:
        """Return a query parameter."""
        return dict(self.query).get(name, default)

    def ask_for(self, **changed: object) -> None:
        """Change query parameters before the API sees them."""
        kept = [(name, value) for name, value in self.query if name not in changed]
        self.query = [*kept, *((name, str(value)) for name, value in changed.items())]

    async def carry_out(self) -> Answer:
        """Let the API answer the request."""
        return await answer_of(self.app, {**self.scope, "query_string": urlencode(self.query).encode()}, self.receive)

    async def ask(
        self, method: str, path: str, *, query: Mapping[str, object] | None = None, body: Any = None
    ) -> Answer:
        """Ask the API something else with the same key."""
        content = b"" if body is None else json.dumps(body).encode()
        parts: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]

        async def receive() -> Message:
            return parts.pop() if parts else {"type": "http.disconnect"}

        kept = [(name, value) for name, value in self.scope["headers"] if name in (b"authorization", b"host")]
        headers = [*kept, (b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        scope = {
            **self.scope,
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": urlencode(query or {}).encode(),
            "headers": headers,
        }
        return await answer_of(self.app, scope, receive)


def query_of(scope: Scope) -> list[tuple[str, str]]:
    """Return the query parameters of a request."""
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)


def identity_of(scope: Scope) -> str:
    """Return what makes two requests the same."""
    return f"{scope['method']} {scope['path']}?{urlencode(sorted(query_of(scope)))}"
