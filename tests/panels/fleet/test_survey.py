"""The moment of a survey, by whichever clock can be believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cyberdesk_nb.panels.fleet.survey import server_time
from tests.panels.fleet.fleets import AT, ago
from tests.panels.records import machine

HEARD = machine("heard").model_copy(update={"last_seen": ago(minutes=1)})
DOWN = machine("down", connected=False).model_copy(update={"last_seen": ago(days=2)})


def test_this_computers_time_where_the_clocks_agree() -> None:
    """Pings of the last minutes, or of none for long, are no other clock."""
    assert server_time([HEARD, DOWN], [ago(hours=1), None], AT) == AT
    assert server_time([HEARD, DOWN], [], AT + timedelta(days=30)) == AT + timedelta(days=30)


def test_a_time_that_has_not_come_here_yet_is_the_servers() -> None:
    """A run that began in our future shows that the server's clock is ahead, and so do its machines."""
    ahead = AT + timedelta(minutes=3)
    assert server_time([HEARD], [ahead], AT) == ahead
    later = AT + timedelta(days=2)
    machines = [HEARD.model_copy(update={"last_seen": later}), DOWN]
    assert server_time(machines, [later + timedelta(minutes=1)], AT) == later + timedelta(minutes=1)


def test_one_absurd_time_does_not_move_the_clock() -> None:
    """A record from the end of the calendar is a fault; neither a run nor a machine can set the clock alone."""
    end = datetime.max.replace(tzinfo=UTC)
    odd = machine("odd").model_copy(update={"last_seen": end})
    assert server_time([HEARD, odd, DOWN], [end, datetime.min.replace(tzinfo=UTC)], AT) == AT
    assert server_time([odd], [end], AT) == AT
    tomorrow = machine("odd").model_copy(update={"last_seen": AT + timedelta(days=1)})
    assert server_time([HEARD, HEARD, tomorrow], [], AT) == AT


def test_nobody_connected_tells_nothing_of_the_clock() -> None:
    """A fleet that has been down for long is still down."""
    assert server_time([DOWN], [ago(days=3)], AT) == AT
    assert server_time([], [], AT) == AT
    unread = HEARD.model_copy(update={"last_seen": None})
    assert server_time([unread], [], AT) == AT
