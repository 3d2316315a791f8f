"""When the next request goes out, and which errors end the asking."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from cyberdesk_nb.errors import (
    APIConnectionError,
    AuthenticationError,
    BadRequestError,
    ClientClosedError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestError,
)
from cyberdesk_nb.panels.pacing import LATE, LOST, Pace, attempt, failure_of, is_final
from tests.panels.records import settled


def ticks_to_next(pace: Pace) -> int:
    """Count the ticks until a request is due."""
    return next(count for count in range(1, 100) if pace.tick())


def test_pauses_grow_while_nothing_changes_and_shrink_with_a_change() -> None:
    """Each answer without news makes the pause one tick longer, up to the bound; news makes it one tick again."""
    pace = Pace(slowest=3)
    found: list[int] = []
    for has_changed in (True, False, False, False, False, True):
        pace.asked()
        pace.answered(has_changed=has_changed)
        found.append(ticks_to_next(pace))
    assert found == [1, 2, 3, 3, 3, 1]


def test_pauses_double_while_it_fails() -> None:
    """A server that is away is asked ever more seldom, up to a bound of its own."""
    pace = Pace(slowest_after_failure=6)
    found: list[int] = []
    for _ in range(5):
        pace.asked()
        pace.failed()
        found.append(pace.until_next)
    assert found == [1, 2, 4, 6, 6]


def test_while_an_answer_is_awaited_nothing_is_due_and_the_wait_is_counted() -> None:
    """A late answer is told from a certain tick on, and no longer once it has come."""
    pace = Pace()
    pace.asked()
    late: list[bool] = []
    for _ in range(LATE + 1):
        assert not pace.tick()
        late.append(pace.is_late)
    assert late == [False] * (LATE - 1) + [True, True]
    assert (pace.waited, pace.until_next) == (LATE + 1, 0)
    pace.answered(has_changed=True)
    assert not pace.is_late


@pytest.mark.parametrize(
    ("error", "ends"),
    [
        (AuthenticationError("no", status=401), True),
        (PermissionDeniedError("no", status=403), True),
        (NotFoundError("gone", status=404), True),
        (BadRequestError("what?", status=400), True),
        (ClientClosedError("closed"), True),
        (RequestError("cannot be sent"), True),
        (RateLimitError("slower", status=429), False),
        (InternalServerError("broken", status=503), False),
        (APIConnectionError("away"), False),
        (OSError("broken"), False),
    ],
)
def test_it_ends_only_where_asking_again_cannot_help(error: Exception, ends: bool) -> None:
    """A server that is away or too busy is asked again; a wrong key, request or id is not."""
    assert is_final(error) is ends
    is_lost = isinstance(error, AuthenticationError | PermissionDeniedError | ClientClosedError)
    assert is_final(error, LOST) is is_lost


def test_every_way_to_fail_gives_an_error() -> None:
    """A reply that was cancelled, that failed, or that could not even be asked for has an error; a good one none."""

    def broken() -> Future[int]:
        raise OSError("broken")

    cancelled: Future[int] = Future()
    cancelled.cancel()
    assert isinstance(failure_of(cancelled), ClientClosedError)
    assert isinstance(failure_of(attempt(broken)), OSError)
    assert failure_of(attempt(lambda: settled(1))) is None
