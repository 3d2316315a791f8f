"""What the rows of a monitor say, which are shown, and in which order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cyberdesk_nb.models import RunStatus
from cyberdesk_nb.models._base import relate
from cyberdesk_nb.panels.monitor.book import RunBook
from cyberdesk_nb.panels.monitor.rows import COLUMNS
from cyberdesk_nb.panels.monitor.sheet import LIVE, Sheet, Wanted
from tests.panels.monitor.source import ended, live
from tests.panels.records import AT, machine, workflow

NAMES = [name for name, _, _ in COLUMNS]
NOW = AT + timedelta(hours=2)
BEGUN = NOW - timedelta(seconds=30)


def sheet_of(*runs: Any) -> Sheet:
    """Give a sheet of these runs, two hours after they were created."""
    book = RunBook()
    book.take(runs, NOW)
    sheet = Sheet(book, lambda: NOW)
    sheet.update(book.runs)
    sheet.arrange(Wanted())
    return sheet


def cells(sheet: Sheet, run_id: str) -> dict[str, str]:
    """Give the cells of a run by column."""
    (line,) = sheet.lines([run_id])
    return dict(zip(NAMES, line[3:], strict=True))


def named(run: Any, flow: str, desk: str) -> Any:
    """Put a workflow and a machine beside a run."""
    relate(run, "workflow", workflow(flow).model_copy(update={"id": run.workflow_id}))
    relate(run, "machine", machine(desk).model_copy(update={"id": run.machine_id}))
    return run


def test_a_row_says_how_a_run_stands() -> None:
    """An ended run shows its names, waits, duration, steps and error; a live one how far it has come."""
    usage = {"total_agentic_steps": 4, "total_cached_steps": 8}
    done = ended("d", RunStatus.ERROR, took_s=3725, machine_id="m", usage_metadata=usage, error=["Lost it", "twice"])
    sheet = sheet_of(
        named(done, "Export", "Desk"), *(ended(f"e{i}", took_s=60) for i in range(3)), live("l", started_at=BEGUN)
    )
    found = cells(sheet, "d")
    assert found | {"created": ""} == {
        "status": "error",
        "workflow": "Export",
        "machine": "Desk",
        "created": "",
        "waited": "9 s",
        "took": "1 h 2 min",
        "progress": "",
        "steps": "12",
        "error": "Lost it · twice",
    }
    assert found["created"] == f"{AT.astimezone():%d %b %H:%M:%S}"
    going = cells(sheet, "l")
    assert (going["took"], going["progress"], going["steps"]) == ("30 s", "50%, usually 60 s", "")
    assert sheet.lines(["l"])[0][1:3] == ["live", 0.5]


def test_what_is_not_known_is_left_out() -> None:
    """Too few ended runs say nothing of what is usual; a run that never started took nothing."""
    sheet = sheet_of(ended("a"), ended("b"), live("l"), live("q", RunStatus.SCHEDULING))
    assert cells(sheet, "l")["progress"] == ""
    waiting = cells(sheet, "q")
    assert (waiting["waited"], waiting["took"], waiting["progress"]) == ("2 h", "", "")


def test_cancelled_runs_do_not_count_for_what_is_usual() -> None:
    """The usual duration is the median of runs that ended by themselves."""
    cut = [ended(f"c{i}", RunStatus.CANCELLED, took_s=1) for i in range(9)]
    sheet = sheet_of(*cut, *(ended(f"e{i}", took_s=s) for i, s in enumerate((10, 20, 900))), live("l"))
    assert cells(sheet, "l")["progress"] == "over, usually 20 s"


def test_a_retry_does_not_count_the_time_before_as_waiting() -> None:
    """A run seen to be retried waits from then on; where the retry was not seen its wait is not known."""
    book = RunBook()
    book.take([ended("a"), ended("b", RunStatus.ERROR)], NOW)
    later = NOW + timedelta(hours=1)
    book.take([live("a", RunStatus.SCHEDULING)], later)
    again = later + timedelta(seconds=5)
    book.take([live("a", started_at=later + timedelta(seconds=3)), ended("b", ended_at=again)], again)
    sheet = Sheet(book, lambda: again)
    sheet.update(book.runs)
    assert (cells(sheet, "a")["waited"], cells(sheet, "a")["took"]) == ("3 s", "2 s")
    assert cells(sheet, "b")["waited"] == ""


def test_a_clock_behind_the_server_shows_no_time_before_it() -> None:
    """Times of runs that go on count from the latest time seen where this computer's clock is behind it."""
    late = AT + timedelta(hours=2)
    book = RunBook()
    book.take([live("l"), ended("e", ended_at=late)], NOW)
    sheet = Sheet(book, lambda: NOW)
    sheet.update(book.runs)
    assert cells(sheet, "l")["took"] == "1 h 59 min"


def test_hostile_text_is_one_inert_line() -> None:
    """Markup stays text; control characters and those that reorder it are spelled out, in every cell."""
    evil = "<script>x</script>\n\x1b[31m\u202egnp.exe\ud800"
    run = named(ended("x", RunStatus.ERROR, machine_id="m", error=[evil]), evil, evil)
    found = cells(sheet_of(run), "x")
    for name in ("workflow", "machine", "error"):
        assert "<script>x</script>" in found[name]
        assert found[name].isprintable()


def test_live_runs_come_first_and_then_the_newest() -> None:
    """Without a chosen column, live runs stand above ended ones, the newest of each first."""
    old, new = ({"created_at": AT + timedelta(hours=h)} for h in (-5, 5))
    runs = [ended("e-old").model_copy(update=old), ended("e-new").model_copy(update=new)]
    runs += [live("l-old").model_copy(update=old), live("l-new").model_copy(update=new)]
    assert sheet_of(*runs).shown == ["l-new", "l-old", "e-new", "e-old"]


def test_sorting_by_a_column_leaves_missing_values_last() -> None:
    """Both ways, runs without a value come after those with one."""
    sheet = sheet_of(*(ended(name, took_s=s) for name, s in (("b", 20), ("c", 30), ("a", 10))), live("q", "scheduling"))  # pyright: ignore[reportArgumentType]
    sheet.arrange(Wanted(), "took")
    assert sheet.shown == ["a", "b", "c", "q"]
    sheet.arrange(Wanted(), "took", descending=True)
    assert sheet.shown == ["c", "b", "a", "q"]


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        (Wanted(status=LIVE), {"l"}),
        (Wanted(status="error"), {"x"}),
        (Wanted(workflow_id="w2"), {"y"}),
        (Wanted(text="lost it"), {"x"}),
        (Wanted(status="success", text="lost it"), set[str]()),
    ],
)
def test_filters_go_together(wanted: Wanted, shown: set[str]) -> None:
    """Status, workflow and text narrow what is shown, all at once."""
    sheet = sheet_of(live("l"), ended("x", RunStatus.ERROR, error=["Lost it"]), ended("y", workflow_id="w2"))
    sheet.arrange(wanted)
    assert set(sheet.shown) == shown


def test_only_rows_that_changed_are_made_anew() -> None:
    """Of all rows made anew, those are given that say something else."""
    clock = [NOW]
    book = RunBook()
    book.take([live("l", started_at=BEGUN), ended("e")], NOW)
    sheet = Sheet(book, lambda: clock[0])
    assert set(sheet.update(book.runs)) == {"l", "e"}
    assert sheet.update(book.runs) == []
    clock[0] += timedelta(seconds=5)
    assert sheet.update(book.runs) == ["l"]


def test_what_could_not_be_read_is_left_open() -> None:
    """A run without a readable status or time is there, goes on as far as is known, and stops nothing."""
    broken = live("b").model_copy(update={"status": None, "created_at": None, "started_at": None})
    sheet = sheet_of(ended("e"), broken, ended("n").model_copy(update={"id": None}))
    assert sheet.shown == ["b", "e"]
    found = cells(sheet, "b")
    assert (found["status"], found["created"], found["waited"], found["took"]) == ("unreadable", "", "", "")
    sheet.arrange(Wanted(), "created", descending=True)
    assert sheet.shown == ["e", "b"]


def test_a_time_far_ahead_is_nobodys_now() -> None:
    """One record from the end of time does not make live runs last for ages."""
    sheet = sheet_of(live("l", started_at=BEGUN), ended("e", ended_at=AT.replace(year=9999)))
    assert cells(sheet, "l")["took"] == "30 s"


def test_what_stands_beside_a_run_is_no_change() -> None:
    """A machine that was seen again, or renamed, does not make its runs changed ones; its name is the new one."""
    book = RunBook()
    assert book.take([named(ended("e", machine_id="m"), "Export", "Desk")], NOW) == {"e"}
    assert book.take([named(ended("e", machine_id="m"), "Export", "Front desk")], NOW) == set()
    assert book.name_of("m") == "Front desk"


def test_histories_are_not_kept() -> None:
    """A server that sends message histories unasked fills no memory with them, and its runs are not always new."""
    book = RunBook()
    book.take([ended("e", steps=3)], NOW)
    assert book.runs["e"].run_message_history is None
    assert book.take([ended("e", steps=3)], NOW) == set()
