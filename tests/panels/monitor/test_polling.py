"""A list is read once, then polled politely: through outages, until all runs have ended."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from threading import RLock
from typing import Any

import pytest

from cyberdesk_nb.errors import APIConnectionError, AuthenticationError, PermissionDeniedError
from cyberdesk_nb.models import RunStatus
from cyberdesk_nb.panels.monitor.book import RunBook
from cyberdesk_nb.panels.monitor.polling import PAUSE_MAX, Phase, Poller
from cyberdesk_nb.panels.monitor.source import Told, Walked
from cyberdesk_nb.panels.pacing import SLOWEST
from tests.panels.monitor.source import Server, ended, live


class Watched:
    """A poller on a scripted server."""

    def __init__(self, *runs: Any, **source: Any) -> None:
        self.server = Server()
        self.server.put(*runs)
        self.changed: list[set[str]] = []
        given = self.server.source(**source)
        self.book = RunBook(given.watched)
        self.poller = Poller(given, self.book, RLock(), changed=self.changed.append, ticked=lambda: None)
        self.poller.start()

    def tick(self, times: int = 1) -> int:
        """Let time pass; returns how many pages were asked for."""
        before = len(self.server.asked)
        for _ in range(times):
            asked = len(self.server.asked) + self.server.walks
            self.server.ticks.tick()
            assert len(self.server.asked) + self.server.walks <= asked + 1, "never two requests in a tick"
        return len(self.server.asked) - before


def test_it_reads_all_then_polls_until_all_have_ended() -> None:
    """The list is read at once; a page follows on a tick; with the last run ended the timer is gone."""
    watched = Watched(live("a"), ended("b"))
    assert (watched.server.walks, watched.book.live) == (1, {"a"})
    assert watched.tick() == 1
    watched.server.put(ended("a"))
    watched.tick(SLOWEST)
    assert watched.poller.phase is Phase.ENDED
    assert watched.poller.ended.done()
    assert watched.server.ticks.running == 0
    assert {"a"} in watched.changed


def test_it_asks_more_seldom_while_nothing_changes() -> None:
    """Unchanged, it asks at growing pauses up to a bound; a change makes it quick again."""
    watched = Watched(live("a"))
    assert 60 / SLOWEST <= watched.tick(60) < 20
    watched.server.put(live("a", usage_metadata={"total_agentic_steps": 3}))
    watched.tick(SLOWEST)
    watched.server.put(live("a", usage_metadata={"total_agentic_steps": 4}))
    assert watched.tick(2) >= 1


def test_requests_do_not_overlap() -> None:
    """While an answer is on its way no other is asked for, and it says for how long it has waited."""
    watched = Watched(live("a"))
    watched.server.waiting = Future()
    assert watched.tick(6) == 1
    assert watched.poller.pace.waited == 5


def test_it_outlasts_a_server_that_is_away() -> None:
    """Failures keep what is known, come at growing pauses, and end by themselves when the server is back."""
    watched = Watched(live("a"), ended("b"))
    good = watched.poller.last_good
    watched.server.failure = APIConnectionError("away")
    assert 60 / PAUSE_MAX <= watched.tick(60) <= 12
    assert isinstance(watched.poller.failure, APIConnectionError)
    assert watched.poller.last_good == good
    assert set(watched.book.runs) == {"a", "b"}
    watched.server.failure = None
    watched.server.put(ended("a"))
    watched.tick(PAUSE_MAX)
    assert watched.poller.failure is None
    assert watched.poller.phase is Phase.ENDED


def test_a_list_that_cannot_be_read_at_first_is_read_later() -> None:
    """A server that is away at the start is asked for the whole list again, not for a page."""
    watched = Watched.__new__(Watched)
    watched.server = Server(failure=APIConnectionError("away"))
    watched.book, watched.changed = RunBook(), []
    watched.poller = Poller(
        watched.server.source(), watched.book, RLock(), changed=watched.changed.append, ticked=lambda: None
    )
    watched.poller.start()
    assert watched.poller.phase is Phase.READING
    watched.server.failure = None
    watched.server.put(live("a"))
    assert watched.tick(1) == 0
    assert watched.book.live == {"a"}


@pytest.mark.parametrize("error", [AuthenticationError("no", status=401), PermissionDeniedError("no", status=403)])
def test_it_gives_up_where_asking_again_cannot_help(error: Exception) -> None:
    """A rejected key ends the timer, and whoever waits gets the error."""
    watched = Watched(live("a"))
    watched.server.failure = error
    watched.tick(30)
    assert len(watched.server.asked) == 1
    assert watched.poller.ended.exception(0) is error
    assert watched.server.ticks.running == 0


def test_runs_that_are_gone_from_the_list_are_found_out() -> None:
    """A total that disagrees leads to one reading of the whole list, after which deleted runs are gone."""
    watched = Watched(live("a"), ended("b"), ended("c"))
    del watched.server.runs["c"]
    watched.tick(SLOWEST + 1)
    assert watched.server.walks == 2
    assert set(watched.book.runs) == {"a", "b"}
    watched.tick(40)
    assert watched.server.walks == 2


def test_a_server_that_counts_otherwise_is_not_read_over_and_over() -> None:
    """A total that never agrees leads to one more reading, not to one on every tick."""
    watched = Watched(live("a"), ended("b"))
    watched.server.total_off = 3
    watched.tick(100)
    assert watched.server.walks == 2
    for off in range(100):
        watched.server.total_off = off
        watched.tick()
    assert watched.server.walks <= 2 + 4, "not even where it says something else each time"


def test_watching_on_lasts_until_other_runs_have_ended() -> None:
    """After the end it goes on when asked to, waits for a run to come, and stops when that has ended."""
    watched = Watched(ended("a"))
    assert watched.poller.phase is Phase.ENDED
    watched.poller.watch_on()
    assert watched.tick(30) > 0
    assert watched.poller.phase is Phase.WATCHING
    watched.server.put(live("n"))
    watched.tick(SLOWEST)
    assert watched.book.live == {"n"}
    watched.server.put(ended("n"))
    watched.tick(SLOWEST)
    assert watched.poller.phase is Phase.ENDED


def test_an_answer_asked_for_before_a_change_does_not_undo_it() -> None:
    """A page that was on its way while a run was retried does not put the run back to its end."""
    watched = Watched(live("a"), ended("b", RunStatus.ERROR))
    watched.server.waiting = Future()
    watched.tick()
    stale = watched.server.now()
    watched.poller.learn(live("b", RunStatus.SCHEDULING))
    watched.server.put(live("b", RunStatus.SCHEDULING), ended("a"))
    answer, watched.server.waiting = watched.server.waiting, None
    answer.set_result(stale)
    assert watched.book.runs["b"].status == RunStatus.SCHEDULING
    watched.tick(SLOWEST)
    assert watched.book.live == {"b"}
    watched.server.put(ended("b", ended_at=ended("b", took_s=99).ended_at))
    watched.tick(SLOWEST)
    assert watched.poller.phase is Phase.ENDED


def test_stopped_it_hears_no_late_answer() -> None:
    """After `stop` the timer is gone, who waits is cancelled, and an answer on its way changes nothing."""
    watched = Watched(live("a"))
    watched.server.waiting = Future()
    watched.tick()
    watched.poller.stop()
    changes = len(watched.changed)
    watched.server.put(ended("a"))
    watched.server.waiting.set_result(watched.server.now())
    assert len(watched.changed) == changes
    assert watched.poller.ended.cancelled()
    assert watched.server.ticks.running == 0


def test_an_answer_from_before_a_stop_is_not_that_of_another_request() -> None:
    """Started again, it waits for the answer that it asked for since, and hears none from before."""
    watched = Watched(live("a"))
    watched.server.waiting = before = Future[Any]()
    watched.tick()
    watched.poller.stop()
    watched.poller.start()
    watched.server.waiting = Future()
    watched.tick()
    before.set_result(watched.server.now())
    assert watched.poller.pace.is_asking
    watched.server.put(ended("a"))
    watched.server.waiting.set_result(watched.server.now())
    assert watched.poller.phase is Phase.ENDED


def test_pages_of_a_reading_from_before_a_stop_are_not_counted() -> None:
    """Read again after a stop, the list has the rows of the new reading only."""
    told: list[Told] = []

    def walk(tell: Told) -> Future[Walked]:
        told.append(tell)
        return Future()

    source = replace(Server().source(), walk=walk)
    poller = Poller(source, RunBook(), RLock(), changed=lambda _: None, ticked=lambda: None)
    poller.start()
    poller.stop()
    poller.start()
    told[1]([live("a")], 1)
    told[0]([live("b"), live("c")], 2)
    assert (poller.rows, poller.total) == (1, 1)


def test_only_the_runs_asked_for_are_kept() -> None:
    """Where runs were named, others on the pages are passed over, and the end of the named ones is the end."""
    watched = Watched(live("a"), live("other"), watched=frozenset({"a"}))
    assert set(watched.book.runs) == {"a"}
    watched.server.put(ended("a"))
    watched.tick(SLOWEST)
    assert watched.poller.phase is Phase.ENDED
