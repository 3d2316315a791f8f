"""uvicorn on the loopback interface, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import uvicorn
from fastapi import FastAPI

from cyberdesk_nb.errors import ConfigurationError

HOST = "127.0.0.1"


def bind(port: int) -> socket.socket:
    """Return a socket listening at `port` on loopback, 0 for a free one; a `ConfigurationError` when it is taken.

    Callers that connect before the server runs wait in the socket's queue.
    """
    # The protocol is named because asyncio turns off the delay of small packets only on sockets that name it.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        raise ConfigurationError(
            f"The simulator cannot use port {port} on {HOST}: {error}.",
            hint="Choose another port, or 0 for a free one.",
        ) from error
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the base URL of a listening socket."""
    return f"http://{HOST}:{listener.getsockname()[1]}"


class ServerThread:
    """A server in a daemon thread with its own event loop; it answers from the moment the constructor returns."""

    def __init__(self, app: FastAPI, listener: socket.socket) -> None:
        ready = threading.Event()
        self._server = _AnnouncedServer(_config(app), ready.set)
        app.state.transport_of = self.transport_of
        self._thread = threading.Thread(target=self._run, args=(listener,), name="cyberdesk-simulator", daemon=True)
        self._failure: BaseException | None = None
        self._ready = ready
        self._thread.start()
        ready.wait()
        if self._failure is not None:
            raise ConfigurationError(f"The simulator did not start: {self._failure}") from self._failure

    def transport_of(self, client: tuple[str, int]) -> asyncio.Transport | None:
        """Return the open connection of a client's address and port."""
        connections: set[Any] = self._server.server_state.connections
        return next((one.transport for one in connections if one.client == tuple(client)), None)

    def close(self) -> None:
        """Stop serving and wait until the thread is gone; a second call does nothing."""
        self._server.should_exit = True
        self._thread.join()

    def _run(self, listener: socket.socket) -> None:
        try:
            self._server.run(sockets=[listener])
        except BaseException as error:  # noqa: BLE001 - a thread has no caller; the constructor raises it
            self._failure = error
        finally:
            self._ready.set()


class _AnnouncedServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_started: Callable[[], object]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=2,
        # Sockets are ours and loopback only; believing proxy headers would let a request forge its base URL.
        proxy_headers=False,
    )
