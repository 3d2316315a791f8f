"""The same request for each of several runs: a few at a time, none twice, each under its own idempotency key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, TypeAlias
from uuid import uuid4

from cyberdesk_nb.errors import APIStatusError
from cyberdesk_nb.models import RunResponse

Send: TypeAlias = Callable[[RunResponse, str], "Future[RunResponse]"]

_AT_ONCE = 8
_MAY_HAVE_HAPPENED = {408, 409, 429}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one run: as the server gave it back, or the error."""

    run_id: str
    run: RunResponse | None = field(default=None, repr=False)
    error: BaseException | None = None


class Errands:
    """Sends requests that change runs; a run whose request is on its way gets no second one.

    Where a reply was lost, the same attempt of the same run goes under the same key again, so that it happens once.

    Parameters
    ----------
    send
        Sends the request for a run under a key.
    settled
        Called with each outcome as it comes, before whoever waits for `go` sees it.
    """

    def __init__(self, send: Send, settled: Callable[[Outcome], object]) -> None:
        self._send, self._settled = send, settled
        self._lock = RLock()
        self._keys: dict[tuple[object, ...], str] = {}
        self._flights: dict[str, Future[Outcome]] = {}

    def go(self, runs: Sequence[RunResponse]) -> Future[list[Outcome]]:
        """Send for each run; the future has the outcomes in the order of `runs`, and does not fail."""
        return _Batch(runs, self._one).done

    def _one(self, run: RunResponse) -> Future[Outcome]:
        attempt = (run.id, run.status, run.started_at, run.ended_at)
        with self._lock:
            if run.id in self._flights:
                return self._flights[run.id]
            key = self._keys.setdefault(attempt, str(uuid4()))
            flight = self._flights[run.id] = Future[Outcome]()
        flight.set_running_or_notify_cancel()
        try:
            reply = self._send(run, key)
        except Exception as error:  # noqa: BLE001 - any failure to send is shown like one of the reply
            reply = Future[RunResponse]()
            reply.set_exception(error)
        reply.add_done_callback(lambda settled: self._settle(attempt, flight, settled))
        return flight

    def _settle(self, attempt: tuple[object, ...], flight: Future[Outcome], reply: Future[RunResponse]) -> None:
        run_id = str(attempt[0])
        error = _error_of(reply)
        outcome = Outcome(run_id, error=error) if error else Outcome(run_id, run=reply.result())
        with self._lock:
            self._flights.pop(run_id, None)
            if error is None or _was_refused(error):
                self._keys.pop(attempt, None)
        try:
            self._settled(outcome)
        finally:
            flight.set_result(outcome)


class _Batch:
    """Starts one thing for each run, a few at a time, and gathers what becomes of them."""

    def __init__(self, runs: Sequence[RunResponse], start: Callable[[RunResponse], Future[Outcome]]) -> None:
        self.done: Future[list[Outcome]] = Future()
        self.done.set_running_or_notify_cancel()
        self._runs, self._start = list(runs), start
        self._outcomes: dict[str, Outcome] = {}
        self._next = self._going = 0
        self._lock = RLock()
        self._pump()

    def _pump(self) -> None:
        with self._lock:
            while self._next < len(self._runs) and self._going < _AT_ONCE:
                run = self._runs[self._next]
                self._next += 1
                self._going += 1
                self._start(run).add_done_callback(self._came)
            if self._going == 0 and not self.done.done():
                self.done.set_result([self._outcomes[run.id] for run in self._runs])

    def _came(self, flight: Future[Outcome]) -> None:
        with self._lock:
            self._going -= 1
            outcome = flight.result()
            self._outcomes[outcome.run_id] = outcome
        self._pump()


def then(first: Future[Any], follow: Callable[[], Future[RunResponse]]) -> Future[RunResponse]:
    """Do one thing after another: where the first fails, the second is not done and the failure is what comes."""
    result: Future[RunResponse] = Future()
    result.set_running_or_notify_cancel()

    def hand_on(reply: Future[RunResponse]) -> None:
        error = _error_of(reply)
        if error is None:
            result.set_result(reply.result())
        else:
            result.set_exception(error)

    def go_on(before: Future[Any]) -> None:
        error = _error_of(before)
        if error is not None:
            result.set_exception(error)
            return
        try:
            follow().add_done_callback(hand_on)
        except Exception as failure:  # noqa: BLE001 - any failure to send is one of what follows
            result.set_exception(failure)

    first.add_done_callback(go_on)
    return result


def _error_of(reply: Future[Any]) -> BaseException | None:
    if reply.cancelled():
        return InterruptedError("It was cut off before the reply came.")
    return reply.exception()


def _was_refused(error: BaseException) -> bool:
    """Whether the server surely changed nothing."""
    if not isinstance(error, APIStatusError):
        return False
    return 400 <= error.status < 500 and error.status not in _MAY_HAVE_HAPPENED
