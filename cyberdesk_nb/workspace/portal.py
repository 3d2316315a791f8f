"""The background event loop on which a workspace's client lives.

A notebook cell, a click on a widget and a script all run on other threads or loops than each other, and which ones
depends on the ipykernel version. The portal is the one loop that they share: a plain call waits for it, a widget hands
it work and gets a future.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError, Future
from threading import Thread
from typing import ParamSpec, TypeVar

from cyberdesk_nb.errors import ClientClosedError

T = TypeVar("T")
P = ParamSpec("P")

_SLICE_S = 0.1


class Portal:
    """One daemon thread with one asyncio loop; `close()` ends both.

    Not anyio's blocking portal: left open, as notebooks leave theirs, that one hangs the interpreter at its end.
    """

    def __init__(self, name: str = "cyberdesk_nb") -> None:
        started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = Thread(target=lambda: asyncio.run(_stay(started)), name=name, daemon=True)
        self._thread.start()
        self._loop, self._leave = started.result()
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """Whether `close()` was called."""
        return self._is_closed

    def submit(self, work: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Start `work(*args, **kwargs)` on the loop and return its future; cancelling the future cancels the work.

        May be called from any thread, the loop's own included (a callback of an earlier future runs there). Raises
        `ClientClosedError` after `close()`.
        """
        if self._is_closed:
            raise ClientClosedError("This workspace is closed.", hint="Make a new one with cd.connect() or cd.demo().")

        async def run() -> T:
            return await work(*args, **kwargs)

        return asyncio.run_coroutine_threadsafe(run(), self._loop)

    def call(self, work: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work(*args, **kwargs)` on the loop and wait for what it returns, as `run` does."""
        return self.run(lambda: work(*args, **kwargs))

    def run(self, work: Callable[[], Awaitable[T]], *, meanwhile: Callable[[], None] | None = None) -> T:
        """Run `work()` on the loop and wait for what it returns.

        `meanwhile` is called about ten times a second on the waiting thread. An interrupt (Ctrl-C, the stop button)
        cancels the work at once and is raised here.
        """
        running: list[asyncio.Task[object] | None] = []
        is_off = False

        async def unless_off() -> T:
            running.append(asyncio.current_task())
            if is_off:
                raise CancelledError
            return await work()

        try:
            return _settled(self.submit(unless_off), meanwhile)
        except CancelledError:
            raise ClientClosedError("The call was cancelled, because its workspace was closed.") from None
        except BaseException:
            # An interrupt may come while the work is handed over, when there is no future to cancel yet.
            is_off = True
            if not self._is_closed:
                self._loop.call_soon_threadsafe(lambda: [task.cancel() for task in running if task is not None])
            raise

    def every(self, period_s: float, tick: Callable[[], object]) -> Callable[[], None]:
        """Call `tick` on the loop every `period_s` seconds until the function that this returns is called.

        A tick that raises ends the timer; nothing is printed, so a tick shows its own failures.
        """

        async def beat() -> None:
            while True:
                await asyncio.sleep(period_s)
                tick()

        future = self.submit(beat)

        def stop() -> None:
            future.cancel()

        return stop

    def close(self) -> None:
        """Cancel what still runs and end the thread; further calls of `close` do nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        self._loop.call_soon_threadsafe(self._leave.set)
        self._thread.join()


def _settled(future: Future[T], meanwhile: Callable[[], None] | None) -> T:
    while meanwhile is not None and not future.done():
        try:
            return future.result(timeout=_SLICE_S)
        except TimeoutError:
            if not future.done():
                meanwhile()
    return future.result()


async def _stay(started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]) -> None:
    """Keep the loop until it is told to leave; `asyncio.run` then cancels what is still going on."""
    leave = asyncio.Event()
    started.set_result((asyncio.get_running_loop(), leave))
    await leave.wait()
