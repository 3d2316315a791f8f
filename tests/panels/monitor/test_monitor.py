"""The monitor from its first words to its close, by clicks and from Python."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from comm import get_comm_manager
from ipywidgets import Button, embed

from cyberdesk_nb.errors import (
    APIConnectionError,
    AuthenticationError,
    ClientClosedError,
    ConflictError,
    RequestError,
    WaitTimeoutError,
)
from cyberdesk_nb.models import RunStatus
from cyberdesk_nb.panels.monitor import Monitor
from tests.panels.monitor.source import Server, ended, live
from tests.panels.records import AT, control, labels, settled, texts

FAILED = ended("x", RunStatus.ERROR, error=["Lost it"])


class Desk:
    """A server, and monitors that are closed in the end."""

    def __init__(self, *runs: Any) -> None:
        self.server = Server()
        self.server.put(*runs)
        self.monitors: list[Monitor] = []

    def monitor(self, *, status: str | None = None, **source: Any) -> Monitor:
        """Make a monitor of all runs."""
        made = Monitor(self.server.source(**source), status=status, folder=Path("saved"))
        self.monitors.append(made)
        return made


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Give a server with a live run, a good one and a failed one."""
    made = Desk(live("l"), ended("g"), FAILED)
    yield made
    for monitor in made.monitors:
        monitor.close()


def said(monitor: Monitor) -> str:
    """Give all texts in view."""
    return " | ".join(texts(monitor))


def press(monitor: Monitor, label: str) -> None:
    """Press a button."""
    control(monitor, label).click()


def test_it_shows_what_the_list_holds_and_follows_it(desk: Desk) -> None:
    """All runs are there at once, with counts by status; a run that ends is seen to, and the end is said."""
    monitor = desk.monitor()
    assert "Showing all 3 runs: 1 running, 1 success, 1 error." in said(monitor)
    assert "Watching: 1 run has not ended. Last good at" in said(monitor)
    assert list(monitor.frame["id"]) == ["l", "g", "x"]
    desk.server.put(ended("l"))
    desk.server.ticks.tick(5)
    assert "All 3 runs have ended; the server is not asked any more." in said(monitor)
    assert desk.server.ticks.running == 0
    assert repr(monitor) == "Monitor(3 runs, 0 live, all have ended)"
    assert set(monitor.wait(0)["status"]) == {"success", "error"}


def test_the_page_has_all_rows_as_state(desk: Desk) -> None:
    """A page that comes late has every row, in order, without asking the kernel for anything."""
    monitor = desk.monitor()
    table = monitor._table
    rows = {line[0]: line for text in (table.base, table.delta) for line in json.loads(text)["rows"]}
    assert [rows[key][3] for key in table.order] == ["running", "success", "error"]
    desk.server.put(ended("l", RunStatus.CANCELLED))
    desk.server.ticks.tick(5)
    rows |= {line[0]: line for line in json.loads(table.delta)["rows"]}
    assert json.loads(table.delta)["version"] == json.loads(table.base)["version"]
    assert sorted(rows[key][3] for key in table.order) == ["cancelled", "error", "success"]


def test_filters_by_controls_narrow_table_and_frame(desk: Desk) -> None:
    """What the controls say is what the table and the frame show, and how many of how many is said."""
    monitor = desk.monitor(status="error")
    assert list(monitor.frame["id"]) == ["x"]
    assert "Showing 1 of 3 runs" in said(monitor)
    control(monitor, "Status").value = ""
    control(monitor, "Search").value = "LOST"
    assert list(monitor.frame["id"]) == ["x"]
    control(monitor, "Search").value = "nowhere"
    assert monitor.frame.empty
    assert monitor.frame.attrs["completeness"]["complete"]


def test_filters_from_python(desk: Desk) -> None:
    """`show` sets the controls, by name or id; what no run has is an error that changes nothing."""
    monitor = desk.monitor()
    monitor.show(status="live")
    assert list(monitor.frame["id"]) == ["l"]
    monitor.show(workflow="w", text="lost")
    assert list(monitor.frame["id"]) == ["x"]
    assert control(monitor, "Status").value == ""
    with pytest.raises(RequestError, match="No run here has the workflow 'nope'"):
        monitor.show(workflow="nope")
    assert list(monitor.frame["id"]) == ["x"]
    monitor.show()
    assert len(monitor.frame) == 3


def test_what_leaves_the_view_leaves_the_selection(desk: Desk) -> None:
    """A selected run that a filter hides is not selected any more, so that no button reaches it."""
    monitor = desk.monitor()
    monitor.select(["l", "x"])
    assert monitor.selected == ["l", "x"]
    control(monitor, "Search").value = "lost"
    assert monitor.selected == ["x"]
    control(monitor, "Search").value = ""
    assert monitor.selected == ["x"], "it does not come back by itself"
    control(monitor, "Search").value = "lost"
    with pytest.raises(RequestError, match="shows no run 'g'"):
        monitor.select("g")


def test_the_selection_stays_with_its_runs(desk: Desk) -> None:
    """Runs that come in above do not move the selection onto others."""
    monitor = desk.monitor()
    monitor.select("g")
    desk.server.put(live("new"), live("newer"))
    desk.server.ticks.tick(5)
    assert len(monitor.frame) == 5
    assert monitor.selected == ["g"]


def test_cancelling_asks_first_and_says_what_is_lost(desk: Desk) -> None:
    """The button asks, names the run, and only the answer sends; a second press of the answer sends nothing."""
    monitor = desk.monitor()
    monitor.select(["l", "g"])
    press(monitor, "Cancel...")
    assert desk.server.changes == []
    assert "Cancel 1 run? | 1 is at work: it stops where it is, and its output is lost." in said(monitor)
    answer: Button = control(monitor, "Cancel 1 run")
    answer.click()
    answer.click()
    assert [(verb, run_id) for verb, run_id, _ in desk.server.changes] == [("cancel", "l")]
    assert "1 run cancelled." in said(monitor)
    assert monitor.frame.set_index("id")["status"]["l"] == "cancelled"


def test_a_question_can_be_left(desk: Desk) -> None:
    """Leaving them as they are sends nothing and takes the question away."""
    monitor = desk.monitor()
    monitor.select("l")
    press(monitor, "Cancel...")
    press(monitor, "Leave them as they are")
    assert desk.server.changes == []
    assert "Cancel 1 run" not in labels(monitor)


def test_a_retry_can_save_first(desk: Desk) -> None:
    """The question says that outputs are erased; saved first, the run is retried and the place is said."""
    monitor = desk.monitor()
    monitor.select("x")
    press(monitor, "Retry...")
    assert "A retry erases what its earlier attempt left: output, message history" in said(monitor)
    assert "saved" in said(monitor)
    press(monitor, "Save first, then retry")
    assert desk.server.saved == ["x"]
    assert [(verb, run_id) for verb, run_id, _ in desk.server.changes] == [("retry", "x")]
    assert f"1 run retried. Saved before: {Path('saved/x')}." in said(monitor)


def test_a_run_that_cannot_be_saved_is_not_retried(desk: Desk) -> None:
    """A failure to save is told, and nothing is erased."""
    monitor = desk.monitor()
    desk.server.save = lambda run_id, folder: settled(OSError("disk full"))  # type: ignore[method-assign]
    monitor = desk.monitor()
    (outcome,) = monitor.retry("x", save=True).result(1)
    assert isinstance(outcome.error, OSError)
    assert desk.server.changes == []
    assert "1 run not retried. x: OSError: disk full" in said(monitor)


def test_secrets_that_a_retry_lacks_are_warned_of(desk: Desk) -> None:
    """A run that was given secrets is named in the question as one that may fail without them."""
    desk.server.put(FAILED.model_copy(update={"sensitive_input_aliases": {"pin": "v"}}))
    monitor = desk.monitor()
    monitor.select("x")
    press(monitor, "Retry...")
    assert "It was given secrets, which are not kept" in said(monitor)


def test_refusals_are_told_for_each_run(desk: Desk) -> None:
    """What the server refuses stands beside what went well."""
    desk.server.put(ended("y", RunStatus.ERROR))

    def reply(_verb: str, run: Any) -> Future[Any]:
        return settled(ConflictError("It is busy.", status=409) if run.id == "x" else run)

    desk.server.reply = reply
    monitor = desk.monitor()
    outcomes = monitor.retry(["x", "y"]).result(1)
    assert [(one.run_id, one.error is None) for one in outcomes] == [("x", False), ("y", True)]
    assert "1 run retried. | 1 run not retried. x: It is busy." in said(monitor)


def test_what_makes_no_sense_is_refused_before_it_is_sent(desk: Desk) -> None:
    """An ended run is not cancelled, a live one not retried, an unknown one not looked for."""
    monitor = desk.monitor()
    assert isinstance(monitor.cancel("g").result(1)[0].error, RequestError)
    assert isinstance(monitor.retry("l").result(1)[0].error, RequestError)
    with pytest.raises(RequestError, match="knows no run 'nope'"):
        monitor.cancel(["l", "nope"])
    assert desk.server.changes == []


def test_a_retry_after_the_end_is_watched(desk: Desk) -> None:
    """When all had ended, a retry from the panel starts the watching again, and `wait` waits for it."""
    desk.server.put(ended("l"))
    monitor = desk.monitor()
    assert desk.server.ticks.running == 0
    monitor.retry("x").result(1)
    assert desk.server.ticks.running == 1
    with pytest.raises(WaitTimeoutError, match="1 of 3 runs had not ended after 0 s"):
        monitor.wait(0)
    desk.server.put(ended("x", ended_at=AT.replace(hour=20)))
    Thread(target=desk.server.ticks.tick, args=[5]).start()
    assert set(monitor.wait(5)["status"]) == {"success"}


def test_an_outage_leaves_the_last_state_with_words(desk: Desk) -> None:
    """While the server is away the rows stay, words say so and since when; back again, the words go by themselves."""
    monitor = desk.monitor()
    desk.server.failure = APIConnectionError("The server refused the connection.")
    desk.server.ticks.tick(3)
    assert "This is the last known state, good at" in said(monitor)
    assert "The server refused the connection. Asking again in" in said(monitor)
    assert len(monitor.frame) == 3
    assert not monitor.frame.attrs["completeness"]["complete"]
    desk.server.failure = None
    desk.server.put(ended("l"))
    desk.server.ticks.tick(15)
    assert "last known state" not in said(monitor)
    assert monitor.frame.attrs["completeness"]["complete"]


def test_a_slow_server_is_told_of(desk: Desk) -> None:
    """An answer that does not come for seconds is said, before it fails."""
    monitor = desk.monitor()
    desk.server.waiting = Future()
    desk.server.ticks.tick(6)
    assert "The server has not answered for 5 s." in said(monitor)


def test_a_rejected_key_ends_it_with_words(desk: Desk) -> None:
    """After a 401 nothing is asked any more, words say so, and `wait` raises it."""
    monitor = desk.monitor()
    desk.server.failure = AuthenticationError("The key is wrong.", status=401)
    desk.server.ticks.tick(3)
    assert "The key is wrong. It is not asked again." in said(monitor)
    with pytest.raises(AuthenticationError):
        monitor.wait(1)
    assert "Watch on" in labels(monitor)


def test_refresh_reads_again_or_raises(desk: Desk) -> None:
    """`refresh` waits for a new reading of the whole list, and raises what keeps it from being read."""
    monitor = desk.monitor()
    desk.server.put(ended("new"))
    monitor.refresh(1)
    assert "new" in set(monitor.frame["id"])
    desk.server.failure = APIConnectionError("away")
    with pytest.raises(APIConnectionError):
        monitor.refresh(1)


def test_the_replay_opens_below_and_closes_again(desk: Desk) -> None:
    """Opening a row shows what `replay` gives; its failure is words; closing takes it away."""
    shown = Button(description="a player")
    replies: list[Callable[[], Any]] = [lambda: shown]
    monitor = desk.monitor(replay=lambda run_id: replies[0]())
    monitor._table._received(None, {"kind": "open", "key": monitor._table.order[1]}, [])
    assert "a player" in labels(monitor)
    press(monitor, "Close the replay")
    assert "a player" not in labels(monitor)
    assert shown.comm is None

    def broken() -> Any:
        raise APIConnectionError("The server is away.")

    replies[0] = broken
    monitor.select("g")
    press(monitor, "Replay")
    assert "The replay cannot be shown. The server is away." in said(monitor)


def test_closed_it_leaves_nothing_behind(desk: Desk) -> None:
    """After `close` there is no timer and no comm; what waits is told, and calls raise."""
    gc.collect()
    before = len(get_comm_manager().comms)
    monitor = desk.monitor()
    monitor.select("l")
    press(monitor, "Cancel...")
    assert len(get_comm_manager().comms) > before + 20
    waits: list[BaseException] = []

    def wait() -> None:
        try:
            monitor.wait(5)
        except ClientClosedError as error:
            waits.append(error)

    waiting = Thread(target=wait)
    waiting.start()
    monitor.close()
    waiting.join(5)
    assert len(waits) == 1
    monitor.close()
    desk.server.ticks.tick(3)
    gc.collect()
    assert (desk.server.ticks.running, len(get_comm_manager().comms)) == (0, before)
    for call in (monitor.refresh, monitor.wait, lambda: monitor.cancel("l")):
        with pytest.raises(ClientClosedError):
            call()


def test_widget_state_is_plain_json(desk: Desk) -> None:
    """What a saved notebook keeps of the panel can be written, hostile text and odd numbers included."""
    desk.server.put(ended("h", RunStatus.ERROR, error=["\ud800<script>\u202e", "\x00"]))
    monitor = desk.monitor()
    assert "script" in str(embed.dependency_state([monitor]))
