"""The moment of a survey, by whichever clock can be believed."""

from __future__ import annotations

from datetime import timedelta

from cyberdesk_nb.panels.fleet.survey import server_time
from tests.panels.fleet.fleets import AT, ago
from tests.panels.records import machine

HEARD = machine("heard").model_copy(update={"last_seen": ago(minutes=1)})
DOWN = machine("down", connected=False).model_copy(update={"last_seen": ago(days=2)})


def test_this_computers_time_where_the_clocks_agree() -> None:
    """Pings of the last minutes are no other clock."""
    assert server_time([HEARD, DOWN], [ago(hours=1), None], AT) == AT


def test_a_time_that_has_not_come_here_yet_is_the_servers() -> None:
    """A run that began in our future shows that the server's clock is ahead."""
    ahead = AT + timedelta(hours=1)
    assert server_time([HEARD], [ahead], AT) == ahead


def test_a_server_whose_clock_is_behind() -> None:
    """Connected machines that were all last heard of long ago, by our clock, are heard of now, by theirs."""
    later = AT + timedelta(days=30)
    assert server_time([HEARD, DOWN], [], later) == ago(minutes=1)


def test_nobody_connected_tells_nothing_of_the_clock() -> None:
    """A fleet that has been down for long is still down."""
    assert server_time([DOWN], [ago(days=3)], AT) == AT
    assert server_time([], [], AT) == AT
    unread = HEARD.model_copy(update={"last_seen": None})
    assert server_time([unread], [], AT) == AT
