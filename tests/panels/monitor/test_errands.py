"""The same request for several runs: a few at a time, none twice, each under a key that lasts until its outcome."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from cyberdesk_nb.errors import APIConnectionError, ConflictError, InternalServerError, NotFoundError
from cyberdesk_nb.models import RunResponse, RunStatus
from cyberdesk_nb.panels.monitor.errands import Errands, Outcome, then
from tests.panels.monitor.source import ended
from tests.panels.records import settled


class Line:
    """Takes requests; the test answers each."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.replies: dict[str, Future[RunResponse]] = {}
        self.settled: list[Outcome] = []
        self.errands = Errands(self.send, self.settled.append)

    def send(self, run: RunResponse, key: str) -> Future[RunResponse]:
        """Take a request."""
        self.sent.append((run.id, key))
        self.replies[run.id] = Future()
        return self.replies[run.id]

    def fail(self, error: Exception, run: RunResponse) -> str:
        """Send for a run, fail, and give the key."""
        batch = self.errands.go([run])
        self.replies[run.id].set_exception(error)
        assert batch.result(1)[0].error is error
        return self.sent[-1][1]


def test_outcomes_come_in_order_with_each_refusal() -> None:
    """One refusal leaves the others alone."""
    line = Line()
    batch = line.errands.go([ended("a"), ended("b")])
    line.replies["b"].set_result(ended("b"))
    no = NotFoundError("gone", status=404)
    line.replies["a"].set_exception(no)
    assert [(one.run_id, one.error) for one in batch.result(1)] == [("a", no), ("b", None)]
    assert [one.run_id for one in line.settled] == ["b", "a"]


def test_a_second_press_sends_nothing() -> None:
    """A run whose request is on its way gets no other; both who asked get its outcome."""
    line = Line()
    first, second = line.errands.go([ended("a")]), line.errands.go([ended("a")])
    assert len(line.sent) == 1
    line.replies["a"].set_result(ended("a"))
    assert first.result(1) == second.result(1)


@pytest.mark.parametrize(
    "error", [APIConnectionError("cut"), InternalServerError("broke", status=500), ConflictError("busy", status=409)]
)
def test_after_a_lost_reply_the_same_attempt_keeps_its_key(error: Exception) -> None:
    """Where it may have happened, it goes under the same key again; another attempt of the run has a key of its own."""
    line = Line()
    run = ended("a")
    first = line.fail(error, run)
    assert line.fail(error, run) == first
    assert line.fail(error, ended("a", took_s=500)) != first


def test_a_refusal_renews_the_key() -> None:
    """A refused request changed nothing, and its key could only bring the refusal back."""
    line = Line()
    assert line.fail(NotFoundError("no", status=404), ended("a")) != line.fail(
        NotFoundError("no", status=404), ended("a")
    )


def test_a_few_go_at_a_time() -> None:
    """Of a hundred runs a few requests are out together, and all are answered in the end."""
    line = Line()
    runs = [ended(f"r{i}") for i in range(100)]
    batch = line.errands.go(runs)
    assert len(line.sent) < 20
    while not batch.done():
        waiting = [one for one, reply in line.replies.items() if not reply.done()]
        line.replies[waiting[0]].set_result(ended(waiting[0]))
    assert [one.run_id for one in batch.result(1)] == [run.id for run in runs]
    assert len(line.sent) == 100


def test_none_is_an_end_at_once() -> None:
    """No runs, no requests, no waiting."""
    assert Line().errands.go([]).result(0) == []


def test_what_cannot_be_sent_is_an_outcome() -> None:
    """An error raised by the function that sends arrives like one of the reply."""

    def broken(run: RunResponse, key: str) -> Future[RunResponse]:
        raise OSError(run.id, key)

    assert isinstance(Errands(broken, lambda _: None).go([ended("a")]).result(1)[0].error, OSError)


def test_what_depends_on_a_failure_is_not_done() -> None:
    """`then` goes on only after success, and gives the result of what follows."""
    done: list[str] = []

    def follow() -> Future[RunResponse]:
        done.append("second")
        return settled(ended("a", RunStatus.ERROR))

    failed = then(settled(OSError("disk")), follow)
    assert isinstance(failed.exception(1), OSError)
    assert done == []
    cut: Future[int] = Future()
    cut.cancel()
    assert isinstance(then(cut, follow).exception(1), InterruptedError)
    assert done == []
    assert then(settled(1), follow).result(1).id == "a"
