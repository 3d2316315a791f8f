"""A run is followed until it ends, politely, through failures."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

import pytest

from cyberdesk_nb.errors import APIConnectionError, AuthenticationError, NotFoundError
from cyberdesk_nb.models import RunResponse, RunStatus
from cyberdesk_nb.panels.pacing import SLOWEST
from cyberdesk_nb.panels.watching import Watch
from tests.panels.records import Ticks, run, settled


class Followed:
    """A watch over a scripted run."""

    def __init__(self, poll: Callable[[], Future[RunResponse]], first: RunResponse | None = None) -> None:
        self.ticks = Ticks()
        self.polls = 0
        self.seen: list[RunStatus] = []
        self.failed: list[bool] = []
        self.elapsed: list[float] = []
        self._poll = poll
        self.watch = Watch(
            first or run(),
            poll=self.ask,
            is_over=lambda one: one.is_terminal,
            every=self.ticks.every,
            seen=lambda one: self.seen.append(one.status),
            failed=lambda _, again: self.failed.append(again),
            ticked=self.elapsed.append,
        )

    def ask(self) -> Future[RunResponse]:
        """Answer a poll by the script."""
        self.polls += 1
        return self._poll()


def test_it_ends_on_a_terminal_status_and_stops_its_timer() -> None:
    """`running_checks` does not end the watch; success does, and nothing ticks afterwards."""
    states = iter([run(RunStatus.RUNNING), run(RunStatus.RUNNING_CHECKS), run(RunStatus.SUCCESS)])
    followed = Followed(lambda: settled(next(states)))
    followed.ticks.tick(10)
    assert followed.seen == [RunStatus.RUNNING, RunStatus.RUNNING_CHECKS, RunStatus.SUCCESS]
    assert followed.watch.ended.result(0).status == RunStatus.SUCCESS
    assert followed.ticks.running == 0
    assert followed.elapsed == [1.0, 2.0, 3.0]


def test_it_asks_more_seldom_while_nothing_changes() -> None:
    """An unchanged run is polled at growing pauses, up to a bound; a change makes it quick again."""
    state = [run(RunStatus.RUNNING)]
    followed = Followed(lambda: settled(state[0]))
    followed.ticks.tick(60)
    assert 60 / SLOWEST <= followed.polls < 20
    before = followed.polls
    state[0] = run(RunStatus.RUNNING, steps=3)
    followed.ticks.tick(SLOWEST)
    assert followed.polls > before
    state[0] = run(RunStatus.RUNNING, steps=4)
    before = followed.polls
    followed.ticks.tick(2)
    assert followed.polls == before + 1


def test_polls_do_not_overlap() -> None:
    """While an answer is on its way no other is asked for."""
    waiting: Future[RunResponse] = Future()
    followed = Followed(lambda: waiting)
    followed.ticks.tick(5)
    assert followed.polls == 1


def test_an_answer_that_is_late_is_told_until_it_comes() -> None:
    """While a poll hangs, as it does when the client rides out an outage, each tick says so after a short grace."""
    waiting: Future[RunResponse] = Future()
    followed = Followed(lambda: waiting)
    followed.ticks.tick(3)
    assert followed.failed == []
    followed.ticks.tick(2)
    assert followed.failed == [True, True]
    waiting.set_result(run(RunStatus.SUCCESS))
    assert followed.seen == [RunStatus.SUCCESS]


def test_it_outlasts_a_server_that_is_away() -> None:
    """Failed polls are told and asked again; when the server is back the run is seen to its end."""
    answers = iter([APIConnectionError("away"), APIConnectionError("away"), run(RunStatus.SUCCESS)])
    followed = Followed(lambda: settled(next(answers)))
    followed.ticks.tick(20)
    assert followed.failed == [True, True]
    assert followed.watch.ended.result(0).status == RunStatus.SUCCESS


@pytest.mark.parametrize("error", [AuthenticationError("no", status=401), NotFoundError("gone", status=404)])
def test_it_gives_up_where_asking_again_cannot_help(error: Exception) -> None:
    """A deleted run or a rejected key ends the watch with that error."""
    followed = Followed(lambda: settled(error))
    followed.ticks.tick(20)
    assert followed.failed == [False]
    assert followed.watch.ended.exception(0) is error
    assert followed.ticks.running == 0


def test_a_poll_that_raises_is_told_and_does_not_end_the_timer() -> None:
    """An error before anything is sent is shown like one of the answer."""

    def broken() -> Future[RunResponse]:
        raise OSError("broke")

    followed = Followed(broken)
    followed.ticks.tick(3)
    assert followed.failed[0] is True
    assert followed.ticks.running == 1


def test_stopped_it_hears_no_late_answer() -> None:
    """After `stop` the timer is gone, the future is cancelled, and an answer on its way changes nothing."""
    waiting: Future[RunResponse] = Future()
    followed = Followed(lambda: waiting)
    followed.ticks.tick()
    followed.watch.stop()
    waiting.set_result(run(RunStatus.SUCCESS))
    assert followed.seen == []
    assert followed.watch.ended.cancelled()
    assert followed.ticks.running == 0


def test_a_run_that_has_already_ended_is_not_polled() -> None:
    """A run that comes back ended needs no timer."""
    followed = Followed(lambda: settled(run()), first=run(RunStatus.ERROR))
    assert followed.watch.ended.result(0).status == RunStatus.ERROR
    assert followed.ticks.running == 0
