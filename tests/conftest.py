"""Fixtures that several areas share: a running simulator, and the async backend."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from cyberdesk_nb.simulator import Simulator, simulator

# No test asserts on time, and machines that run tests are busy. Where the environment variable CI is set, hypothesis
# draws the same examples each time: a change is judged by what the one before it was judged by.
settings.register_profile("busy", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

# A shell lets its background jobs begin with Ctrl-C ignored, also by what they start: tests of it would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run async tests on asyncio only: it is what notebooks run on."""
    return "asyncio"


@pytest.fixture(scope="session")
def sim() -> Iterator[Simulator]:
    """One default fleet for the whole session. Tests may add to it, and take nothing away that they did not add."""
    with simulator(seed=7, speed=200.0) as running:
        yield running


@pytest.fixture
def make_sim() -> Iterator[Callable[..., Simulator]]:
    """Start simulators of a test's own; small and with stopped time unless said otherwise."""
    with ExitStack() as stack:

        def start(**options: Any) -> Simulator:
            small: dict[str, Any] = {"runs": 30, "speed": 0.0, "trajectories": 6}
            return stack.enter_context(simulator(**{**small, **options}))

        yield start
