"""Starting and stopping the simulator."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import httpx
import pytest

import cyberdesk_nb as cd
from cyberdesk_nb.errors import ConfigurationError
from cyberdesk_nb.simulator import Simulator
from tests.simulator.conftest import Own


def test_it_serves_on_loopback_only(sim: Simulator) -> None:
    """The address is on 127.0.0.1, and nothing listens on the machine's other addresses."""
    port = int(sim.url.removeprefix("http://127.0.0.1:"))
    with socket.socket() as other, pytest.raises(ConnectionRefusedError):
        other.connect(("127.0.0.2", port))


def test_closing_frees_thread_and_port(make_sim: Callable[..., Simulator]) -> None:
    """After `close` its thread is gone, and the same port can be served again at once."""
    before = set(threading.enumerate())
    first = make_sim(runs=5)
    with httpx.Client(base_url=first.url) as client:
        assert client.get("/health").status_code == 200
        # The client's connection is still open: a server must not wait for it.
        first.close()
    assert set(threading.enumerate()) == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{first.url}/health")
    second = make_sim(runs=5, port=int(first.url.rsplit(":", 1)[1]))
    assert second.url == first.url
    first.close()


def test_small_answers_are_not_held_back(own: Own) -> None:
    """Connections send small packets at once; else every call on a kept connection waits 40 ms for the other side."""
    own.get("/health")
    [connection] = own.sim._thread._server.server_state.connections
    server_side: socket.socket = connection.transport.get_extra_info("socket")
    assert server_side.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_taken_port_is_named(sim: Simulator, make_sim: Callable[..., Simulator]) -> None:
    """A port in use, or one that cannot be, gives one clear error with the port in it."""
    port = int(sim.url.rsplit(":", 1)[1])
    with pytest.raises(ConfigurationError, match=str(port)):
        make_sim(port=port)
    with pytest.raises(ConfigurationError, match="70000"):
        make_sim(port=70000)


def test_the_public_name_starts_one_however_it_was_imported() -> None:
    """`cyberdesk_nb.simulator` is the package and the function: calling either starts a simulator."""
    for start in (cd.simulator, __import__("sys").modules["cyberdesk_nb.simulator"]):
        with start(runs=5, speed=0.0) as running:
            assert httpx.get(f"{running.url}/health").status_code == 200


def test_same_seed_same_fleet(make_sim: Callable[..., Simulator], sim: Simulator) -> None:
    """Two simulators of one seed and one time answer alike; another seed answers otherwise."""
    now = sim.clock.anchor

    def machines(seed: int) -> object:
        running = make_sim(seed=seed, now=now)
        headers = {"Authorization": f"Bearer {running.api_key}"}
        return httpx.get(f"{running.url}/v1/machines", headers=headers).json()

    assert machines(11) == machines(11)
    assert machines(11) != machines(12)
