"""Talking to the terminal, and ending when it says so."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType


def say(line: str) -> None:
    """Print a line now, also into a pipe."""
    print(line, flush=True)  # noqa: T201 - the command line talks to its terminal


@contextmanager
def terminated_like_interrupted() -> Generator[None]:
    """Take SIGTERM as Ctrl-C, so that a service manager's stop leaves no child behind."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
