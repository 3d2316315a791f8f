"""A pytest plugin that gives notebooks a running simulator, as `cyberdesk-nb lab` does for a person."""

from __future__ import annotations

import os
from contextlib import ExitStack

import pytest

from cyberdesk_nb.simulator import simulator

_RUNNING = pytest.StashKey[ExitStack]()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the simulator and name it in the environment, which the notebooks' kernels inherit."""
    stack = ExitStack()
    sim = stack.enter_context(simulator(seed=7))
    os.environ["CYBERDESK_BASE_URL"] = sim.url
    os.environ["CYBERDESK_API_KEY"] = sim.api_key
    session.config.stash[_RUNNING] = stack


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the simulator."""
    session.config.stash[_RUNNING].close()
