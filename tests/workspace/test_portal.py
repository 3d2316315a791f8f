"""The background loop that plain calls wait on."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from cyberdesk_nb.errors import ClientClosedError
from cyberdesk_nb.workspace.portal import Portal

PATIENCE_S = 10


@pytest.fixture
def portal() -> Iterator[Portal]:
    """Give a portal that is closed afterwards."""
    made = Portal()
    yield made
    made.close()


def test_a_call_returns_what_the_work_returns_and_raises_what_it_raises(portal: Portal) -> None:
    """A plain call is the awaited call: same result, same exception."""

    async def half(number: int) -> float:
        await asyncio.sleep(0)
        return 1 / number

    assert portal.call(half, 2) == 0.5
    with pytest.raises(ZeroDivisionError):
        portal.call(half, 0)


def test_calls_from_any_thread_share_one_loop(portal: Portal) -> None:
    """A cell and a click on other threads reach the same loop, on which the client lives."""

    async def loop_id() -> int:
        return id(asyncio.get_running_loop())

    seen = [portal.call(loop_id)]
    thread = threading.Thread(target=lambda: seen.append(portal.call(loop_id)))
    thread.start()
    thread.join()
    assert len(set(seen)) == 1


def test_an_interrupt_cancels_the_work_at_once(portal: Portal) -> None:
    """The stop button ends the waiting cell and cancels the request behind it."""
    started, cancelled = threading.Event(), threading.Event()

    async def endless() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    main = threading.main_thread().ident
    assert main is not None
    threading.Thread(target=lambda: (started.wait(PATIENCE_S), signal.pthread_kill(main, signal.SIGINT))).start()
    with pytest.raises(KeyboardInterrupt):
        portal.call(endless)
    assert cancelled.wait(PATIENCE_S)


@pytest.mark.parametrize("begins", [True, False])
def test_an_interrupt_while_the_work_is_handed_over_stops_it_too(begins: bool) -> None:
    """An interrupt that comes before there is a future to cancel leaves nothing running behind the cell's back."""
    started, cancelled = threading.Event(), threading.Event()

    async def endless() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    class Interrupted(Portal):
        def submit(self, *args: Any, **kwargs: Any) -> Any:
            super().submit(*args, **kwargs)
            assert not begins or started.wait(PATIENCE_S)
            raise KeyboardInterrupt

    portal = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        portal.run(endless, meanwhile=lambda: None)
    assert Portal.submit(portal, asyncio.sleep, 0.05).result(PATIENCE_S) is None
    assert cancelled.is_set() == started.is_set()
    assert started.is_set() or not begins
    portal.close()


def test_meanwhile_runs_on_the_waiting_thread(portal: Portal) -> None:
    """A progress bar is drawn by the thread that waits, while the work goes on."""
    seen: list[threading.Thread] = []
    looked: Future[None] = Future()

    async def until_seen() -> str:
        await asyncio.wait_for(asyncio.wrap_future(looked), PATIENCE_S)
        return "done"

    def look() -> None:
        seen.append(threading.current_thread())
        if not looked.done():
            looked.set_result(None)

    assert portal.run(until_seen, meanwhile=look) == "done"
    assert set(seen) == {threading.current_thread()}


def test_a_timeout_of_the_work_is_not_taken_for_waiting(portal: Portal) -> None:
    """A TimeoutError that the work raises reaches the caller, also while a bar is drawn."""

    async def late() -> None:
        await asyncio.sleep(0.15)
        raise TimeoutError("from the work")

    with pytest.raises(TimeoutError, match="from the work"):
        portal.run(late, meanwhile=lambda: None)


def test_a_timer_ticks_until_it_is_stopped(portal: Portal) -> None:
    """`every` calls again and again, and never after it was stopped."""
    ticks: list[int] = []
    three = threading.Event()

    def tick() -> None:
        ticks.append(1)
        if len(ticks) == 3:
            stop()
            three.set()

    stop = portal.every(0.01, tick)
    assert three.wait(PATIENCE_S)
    portal.call(asyncio.sleep, 0.05)
    assert len(ticks) == 3


def test_work_is_started_from_a_callback_on_the_loop(portal: Portal) -> None:
    """What a future's callback starts, on the loop's own thread, runs too: a panel begins to watch that way."""

    async def number(value: int) -> int:
        await asyncio.sleep(0)
        return value

    outer: Future[Future[int]] = Future()
    portal.submit(number, 1).add_done_callback(lambda _: outer.set_result(portal.submit(number, 2)))
    assert outer.result(PATIENCE_S).result(PATIENCE_S) == 2


def test_closing_ends_work_and_thread() -> None:
    """Closing cancels what still runs, says so to who waits for it, and leaves no thread; twice is once."""
    before = set(threading.enumerate())
    portal = Portal()
    started, said = threading.Event(), Future[str]()

    async def endless() -> None:
        started.set()
        await asyncio.Event().wait()

    def wait() -> None:
        try:
            portal.call(endless)
        except ClientClosedError as error:
            said.set_result(str(error))

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert started.wait(PATIENCE_S)
    portal.close()
    portal.close()
    waiting.join(PATIENCE_S)
    assert "closed" in said.result(PATIENCE_S)
    with pytest.raises(ClientClosedError, match="closed"):
        portal.call(asyncio.sleep, 0)
    assert set(threading.enumerate()) == before


def test_a_portal_left_open_does_not_hold_up_the_end_of_the_program() -> None:
    """A script or kernel that never closes its workspace ends all the same, also with work under way."""
    script = """
import asyncio
from cyberdesk_nb.workspace.portal import Portal
portal = Portal()
portal.call(asyncio.sleep, 0)
waiting = portal.submit(asyncio.Event().wait)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=PATIENCE_S * 3)
