"""Readings on a timer: polite, one at a time, patient with failures."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from cyberdesk_nb.errors import APIConnectionError, AuthenticationError, ClientClosedError, NotFoundError
from cyberdesk_nb.panels.fleet.polling import SLOWEST, SLOWEST_AFTER_FAILURE, Polling
from cyberdesk_nb.panels.pacing import LATE
from tests.panels.records import Ticks, settled


class Polled:
    """A polling over scripted answers; `value` is given while there is no other."""

    def __init__(self, answer: Callable[[], Future[Any]] | None = None) -> None:
        self.ticks = Ticks()
        self.value = 0
        self.answer: Callable[[], Future[Any]] = answer or (lambda: settled(self.value))
        self.asked: list[bool] = []
        self.seen: list[int] = []
        self.failed: list[tuple[str, bool]] = []
        self.polling = Polling(self.read, self.ticks.every, seen=self.see, failed=self.fail)

    def read(self, whole: bool) -> Future[int]:
        """Answer as the test wants it."""
        self.asked.append(whole)
        return self.answer()

    def see(self, value: int) -> bool:
        """Take what was read; the same as before is no change."""
        self.seen.append(value)
        return len(self.seen) < 2 or self.seen[-2] != value

    def fail(self, error: BaseException, asks_again: bool) -> None:
        """Take a failure."""
        self.failed.append((str(error), asks_again))


def test_it_reads_all_at_once_and_then_what_changed() -> None:
    """The first reading is a whole one and needs no tick; those of the timer are not."""
    polled = Polled()
    assert polled.polling.ask().result(0) == 0
    polled.value = 1
    polled.ticks.tick()
    assert polled.asked == [True, False]
    assert polled.seen == [0, 1]


def test_it_reads_more_seldom_while_nothing_changes() -> None:
    """Pauses grow up to a bound; a change makes them short again."""
    polled = Polled()
    polled.polling.ask()
    polled.ticks.tick(100)
    assert 100 / SLOWEST <= len(polled.asked) < 30
    polled.value = 1
    polled.ticks.tick(SLOWEST)
    before = len(polled.asked)
    polled.value = 2
    polled.ticks.tick()
    assert len(polled.asked) == before + 1


def test_readings_do_not_overlap_and_a_refresh_waits_its_turn() -> None:
    """While one is under way no tick starts another; what is asked for meanwhile is read whole right after it."""
    first: Future[int] = Future()
    polled = Polled(lambda: first)
    polled.polling.ask()
    polled.ticks.tick(2)
    assert polled.asked == [True]
    polled.answer = lambda: settled(5)
    again = polled.polling.ask()
    assert polled.polling.ask() is again
    assert not again.done()
    first.set_result(1)
    assert again.result(0) == 5
    assert polled.asked == [True, True]
    assert polled.seen == [1, 5]


def test_it_outlasts_a_server_that_is_away() -> None:
    """Failures are told and read again after short pauses, until it is back."""
    polled = Polled()
    polled.polling.ask()
    polled.answer = lambda: settled(APIConnectionError("away"))
    polled.ticks.tick(40)
    assert set(polled.failed) == {("away", True)}
    assert len(polled.asked) >= 40 / SLOWEST_AFTER_FAILURE
    polled.answer = lambda: settled(7)
    polled.ticks.tick(SLOWEST_AFTER_FAILURE)
    assert polled.seen[-1] == 7


def test_a_refused_reading_is_tried_again() -> None:
    """What a gateway or a machine refuses now it may give later; only a lost key or connection ends the readings."""
    polled = Polled(lambda: settled(NotFoundError("no", status=404)))
    polled.polling.ask()
    polled.answer = lambda: settled(7)
    polled.ticks.tick(SLOWEST_AFTER_FAILURE)
    assert polled.failed == [("no", True)]
    assert polled.seen[-1] == 7


def test_a_reading_that_is_late_is_told() -> None:
    """While the client rides out an outage no answer comes; each tick says so after a short grace."""
    polled = Polled(Future)
    polled.polling.ask()
    polled.ticks.tick(LATE - 1)
    assert polled.failed == []
    polled.ticks.tick(2)
    assert [again for _, again in polled.failed] == [True, True]
    assert "after 8 s" in polled.failed[-1][0]


def test_a_rejected_key_ends_it_until_it_is_asked() -> None:
    """Where asking again cannot help no timer is left; asking by hand starts anew."""
    polled = Polled(lambda: settled(AuthenticationError("no", status=401)))
    with pytest.raises(AuthenticationError):
        polled.polling.ask().result(0)
    polled.ticks.tick(20)
    assert polled.failed == [("no", False)]
    assert len(polled.asked) == 1
    polled.answer = lambda: settled(1)
    assert polled.polling.ask().result(0) == 1
    assert polled.ticks.running == 1


def test_what_fails_in_showing_is_told_and_does_not_end_the_timer() -> None:
    """A fault of ours is seen by the one who waits, and by the one who looks."""

    def broken() -> Future[int]:
        raise OSError("broken")

    polled = Polled(broken)
    with pytest.raises(OSError, match="broken"):
        polled.polling.ask().result(0)
    polled.ticks.tick(5)
    assert len(polled.failed) > 1
    assert polled.ticks.running == 1


def test_paused_it_reads_only_what_is_asked_for() -> None:
    """While paused no timer is left, and what is asked for is read once; resumed, it reads at once and goes on."""
    polled = Polled()
    polled.polling.ask()
    polled.polling.pause()
    polled.ticks.tick(20)
    assert (len(polled.asked), polled.ticks.running) == (1, 0)
    polled.value = 3
    assert polled.polling.ask().result(0) == 3
    assert (len(polled.asked), polled.ticks.running) == (2, 0)
    polled.value = 4
    polled.polling.resume()
    assert (polled.seen[-1], polled.asked[-1], polled.ticks.running) == (4, True, 1)
    polled.polling.resume()
    assert len(polled.asked) == 3


def test_stopped_it_hears_no_late_answer() -> None:
    """After `stop` the timer is gone, who waits is told, and a late answer changes nothing."""
    late: Future[int] = Future()
    polled = Polled(lambda: late)
    waiting = polled.polling.ask()
    queued = polled.polling.ask()
    polled.polling.stop()
    assert queued.cancelled()
    late.set_result(3)
    assert polled.seen == []
    assert polled.ticks.running == 0
    with pytest.raises(ClientClosedError):
        waiting.result(0)
    with pytest.raises(ClientClosedError):
        polled.polling.ask()
