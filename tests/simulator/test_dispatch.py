"""The dispatcher by itself: queues, priority, slots and sessions."""

from __future__ import annotations

from cyberdesk_nb.simulator.engine.dispatch import ANYWHERE, Dispatcher


def test_jobs_queue_in_order_and_priority_first() -> None:
    """A free slot goes to the first waiting job, a priority one before it."""
    dispatcher = Dispatcher(connected=0b1)
    assert dispatcher.submit(1, ANYWHERE) == 0
    assert [dispatcher.submit(job, ANYWHERE, priority=job == 4) for job in (2, 3, 4)] == [None] * 3
    assert [dispatcher.finish(0) for _ in range(4)] == [4, 2, 3, None]


def test_a_job_runs_only_where_it_may() -> None:
    """A job with a mask waits for its slot while others are free, and does not hold up jobs behind it."""
    dispatcher = Dispatcher(connected=0b11)
    assert dispatcher.submit(1, 0b10) == 1
    assert dispatcher.submit(2, 0b10) is None
    assert dispatcher.submit(3, 0b11) == 0
    assert dispatcher.finish(0) is None
    assert dispatcher.finish(1) == 2


def test_work_spreads_over_free_slots() -> None:
    """Jobs that follow each other use all machines in turn."""
    dispatcher = Dispatcher(connected=0b111)
    slots: list[int | None] = []
    for job in range(6):
        slots.append(dispatcher.submit(job, ANYWHERE))
        dispatcher.finish(slots[-1] or 0)
    assert slots == [0, 1, 2, 0, 1, 2]


def test_a_session_keeps_its_slot_until_released() -> None:
    """Between and after a session's jobs its slot is nobody else's; the release gives it to the queue."""
    dispatcher = Dispatcher(connected=0b1)
    assert dispatcher.submit(1, ANYWHERE, session="s") == 0
    assert dispatcher.submit(2, ANYWHERE, session="s") is None
    assert dispatcher.submit(3, ANYWHERE, priority=True) is None
    assert dispatcher.finish(0) == 2
    assert dispatcher.finish(0) is None
    assert dispatcher.idle == 0
    assert dispatcher.release("s") == 3


def test_a_disconnected_slot_takes_nothing() -> None:
    """A slot that is off gets no job, and the first waiting one when it is back."""
    dispatcher = Dispatcher(connected=0b1)
    dispatcher.disconnect(0)
    assert dispatcher.submit(1, ANYWHERE) is None
    assert dispatcher.connect(0) == 1


def test_a_session_goes_on_when_its_slot_is_back() -> None:
    """A session's job that found its slot off starts there, and nothing else does, when the slot is on again."""
    dispatcher = Dispatcher(connected=0b10)
    dispatcher.submit(5, ANYWHERE, session="s")
    dispatcher.disconnect(1)
    dispatcher.finish(1)
    assert dispatcher.submit(6, ANYWHERE, session="s") is None
    assert dispatcher.connect(1) == 6
    assert dispatcher.running == {1: 6}


def test_a_withdrawn_job_never_starts() -> None:
    """A waiting job that was withdrawn is passed over, also as the first of a session."""
    dispatcher = Dispatcher(connected=0b1)
    dispatcher.submit(1, ANYWHERE)
    for job, session in ((2, None), (3, "s"), (4, "s")):
        dispatcher.submit(job, ANYWHERE, session=session)
    assert [dispatcher.withdraw(job) for job in (2, 3)] == [False, True]
    assert dispatcher.finish(0) == 4


def test_a_session_keeps_its_order_while_its_slot_is_off() -> None:
    """When the job that waits for a session's slot is withdrawn, the next in line follows, not a newer one."""
    dispatcher = Dispatcher(connected=0b1)
    dispatcher.submit(1, ANYWHERE, session="s")
    dispatcher.disconnect(0)
    dispatcher.finish(0)
    for job in (2, 3):
        dispatcher.submit(job, ANYWHERE, session="s")
    dispatcher.withdraw(2)
    dispatcher.submit(4, ANYWHERE, session="s")
    assert [dispatcher.connect(0), dispatcher.finish(0)] == [3, 4]


def test_the_job_that_waited_longest_goes_first_whatever_it_asks_for() -> None:
    """A slot that comes free takes the earliest job that may run there, though others wait for just this slot."""
    for first, second in ((ANYWHERE, 0b01), (0b01, ANYWHERE), (0b11, 0b01)):
        dispatcher = Dispatcher(connected=0b01)
        assert dispatcher.submit(1, ANYWHERE) == 0
        assert dispatcher.submit(2, first) is None
        assert dispatcher.submit(3, second) is None
        assert dispatcher.finish(0) == 2
        assert dispatcher.finish(0) == 3
