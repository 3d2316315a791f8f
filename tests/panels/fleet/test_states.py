"""What each machine does and since when, told from the lists of the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from cyberdesk_nb.models import MachineResponse, MachineStatus
from cyberdesk_nb.panels.fleet.wording import state_words
from tests.panels.fleet.fleets import AT, SINCE, ago, ran, surveyed, waits, wire
from tests.panels.records import machine, pool

FRONT, BACK = pool("Front"), pool("Back")
VM = machine("VM")


def row_of(*args: Any, of: MachineResponse = VM, **more: Any) -> dict[str, Any]:
    """Give the row of one machine."""
    states = surveyed(*args, **more).states
    rows: list[dict[str, Any]] = states[states["id"] == of.id].to_dict("records")  # pyright: ignore[reportAssignmentType]
    return rows[0]


def test_a_busy_machine_is_busy_since_its_run_began() -> None:
    """The run on it, its workflow and its beginning are told, whatever else the machine says of itself."""
    held = machine("VM", free=False, reserved_session_id="s")
    row = row_of([held], [ran(held, "live", "running", ended=None), ran(held, "old", ended=ago(hours=2))])
    assert (row["state"], row["run_id"], row["workflow_name"]) == ("busy", "live", "Patient lookup")
    assert row["since"] == ago(minutes=1)
    assert row["for_s"] == 60
    assert row["trouble"] is False


@pytest.mark.parametrize("status", ["running_checks", "a status of later"])
def test_a_run_that_is_checked_or_of_a_new_kind_still_has_its_machine(status: str) -> None:
    """Only what has ended gives its machine back."""
    assert row_of([VM], [ran(VM, "r", status, ended=None)])["state"] == "busy"


def test_runs_that_have_not_begun_keep_no_machine_busy() -> None:
    """A run that waits for a machine is not on it; two that are said to be on it are counted, the latest is told."""
    assert row_of([VM], [waits("w", machine_id=VM.id)])["state"] == "idle"
    both = [ran(VM, "a", "running", ended=None), ran(VM, "b", "running", ended=None, started_at=AT)]
    row = row_of([VM], both)
    assert (row["runs_live"], row["run_id"]) == (2, "b")


def test_idle_since_the_later_of_last_run_and_connection() -> None:
    """Work done ends the idle time before it, and so does a connection that began later."""
    runs = [ran(VM, "a", ended=ago(hours=3)), ran(VM, "b", "cancelled", ended=ago(hours=2))]
    assert row_of([VM], runs, [wire(VM, ago(days=5))])["since"] == ago(hours=2)
    assert row_of([VM], runs, [wire(VM, ago(days=5), ago(hours=1)), wire(VM, ago(minutes=50))])["since"] == ago(
        minutes=50
    )
    assert row_of([VM], [], [wire(VM, ago(days=2))])["since"] == ago(days=2)


def test_idle_since_before_the_window_is_not_told() -> None:
    """Connected for longer than the window, without a run in it: what was before is not known, and nothing made up."""
    row = row_of([VM], [], [wire(VM, ago(days=30))])
    assert row["state"] == "idle"
    assert pd.isna(row["since"])
    assert pd.isna(row["for_s"])


@pytest.mark.parametrize(("status", "state"), [("disconnected", "offline"), ("error", "error")])
def test_down_since_the_last_connection_ended(status: str, state: str) -> None:
    """The last end counts, or the time when it was last heard of where that is later or nothing else is known."""
    down = machine("VM").model_copy(update={"status": MachineStatus(status), "last_seen": ago(hours=6)})
    wires = [wire(down, ago(days=3), ago(days=2)), wire(down, ago(days=1), ago(hours=5))]
    row = row_of([down], [], wires)
    assert (row["state"], row["since"], row["trouble"]) == (state, ago(hours=5), True)
    assert row_of([down], [], wires[:1])["since"] == ago(hours=6)
    assert row_of([down], [], [])["since"] == ago(hours=6)
    still_open = wire(down, ago(days=1), ping=ago(hours=4))
    assert row_of([down], [], [still_open])["state"] == state


def test_a_run_that_stays_on_a_machine_that_is_down_is_told() -> None:
    """The machine is down, and the run that is said to be on it is named."""
    down = machine("VM", connected=False)
    row = row_of([down], [ran(down, "stuck", "running", ended=None)])
    assert (row["state"], row["run_id"], row["runs_live"]) == ("offline", "stuck", 1)


def test_reserved_since_the_last_run_of_its_session() -> None:
    """Between two runs of a session the machine is held; runs of other sessions do not count."""
    held = machine("VM", free=False, reserved_session_id="s")
    runs = [
        ran(held, "a", ended=ago(hours=2), session_id="s"),
        ran(held, "b", ended=ago(hours=1), session_id="s"),
        ran(held, "c", ended=ago(minutes=9), session_id="other"),
    ]
    row = row_of([held], runs)
    assert (row["state"], row["session_id"], row["since"]) == ("reserved", "s", ago(hours=1))
    assert pd.isna(row_of([held], [])["since"])


def test_what_is_not_known_is_not_guessed() -> None:
    """A status of a later API, or an availability that could not be read, is unknown; taking no run is told."""
    odd = machine("VM").model_copy(update={"status": MachineStatus("rebooting")})
    assert (row_of([odd])["state"], row_of([odd])["status"]) == ("unknown", "rebooting")
    assert row_of([machine("VM").model_copy(update={"is_available": None, "last_seen": None})])["state"] == "unknown"
    assert row_of([machine("VM", free=False)])["state"] == "unavailable"
    unread = row_of([machine("VM").model_copy(update={"status": None})])
    assert unread["state"] == "unknown"
    assert state_words(unread, AT, SINCE) == "status could not be read"
    assert state_words(row_of([odd]), AT, SINCE) == "status 'rebooting', which is not known here"


def test_a_time_that_no_calendar_has_is_not_told() -> None:
    """A machine last heard of at the end of the calendar does not keep the others from being shown."""
    end = datetime.fromisoformat("9999-12-31T23:59:59-05:00")
    odd = machine("VM", connected=False).model_copy(update={"last_seen": end})
    states = surveyed([odd, machine("Other")]).states.set_index("name")
    assert states["state"].to_dict() == {"VM": "offline", "Other": "idle"}
    assert states["last_seen"].isna().to_dict() == {"VM": True, "Other": False}


def test_failures_are_those_of_the_window_and_cancelled_runs_do_not_count() -> None:
    """Ended and failed runs are counted over the window, the streak up to the last that did not fail."""
    runs = [
        ran(VM, "before", "error", ended=SINCE - timedelta(seconds=1)),
        ran(VM, "first", "task_failed", ended=SINCE),
        ran(VM, "good", ended=ago(hours=4)),
        ran(VM, "bad", "error", ended=ago(hours=3), error=["older"]),
        ran(VM, "stopped", "cancelled", ended=ago(hours=2)),
        ran(VM, "worse", "task_failed", ended=ago(hours=1), error=["newer", "words"]),
        ran(VM, "live", "running", ended=None),
        ran(machine("Other"), "elsewhere", "error", ended=ago(hours=1)),
    ]
    row = row_of([VM, machine("Other")], runs)
    assert [row[name] for name in ("ended", "failed", "failed_in_a_row")] == [4, 3, 2]
    assert row["last_error"] == "newer\nwords"
    assert row["trouble"] is False


def test_trouble_comes_first() -> None:
    """Those that are down, then those whose last three runs failed, then the others by what they do and by name."""
    broken = machine("z").model_copy(update={"status": MachineStatus.ERROR})
    off, streak, busy = machine("y", connected=False), machine("x"), machine("w")
    idle = [machine("B"), machine("a")]
    runs = [ran(streak, f"f{n}", "error", ended=ago(hours=n)) for n in (1, 2, 3)]
    states = surveyed([*idle, busy, streak, off, broken], [*runs, ran(busy, "r", "running", ended=None)]).states
    assert states["name"].tolist() == ["z", "y", "x", "w", "a", "B"]
    assert states["trouble"].tolist() == [True, True, True, False, False, False]


def test_an_empty_fleet_has_an_empty_frame_with_all_columns() -> None:
    """No machine gives no row, and the same columns of the same kinds."""
    empty, full = surveyed([]).states, surveyed([VM], [ran(VM, "r", ended=AT)], [wire(VM, ago(days=1))]).states
    assert empty.empty
    assert empty.columns.tolist() == full.columns.tolist()
    assert empty["since"].dtype == full["since"].dtype


def test_availability_stands_beside_the_state() -> None:
    """The share of the known time, and the number of gaps."""
    wires = [wire(VM, ago(days=2), ago(days=1)), wire(VM, ago(hours=12))]
    row = row_of([VM], [], wires)
    assert row["uptime_share"] == pytest.approx(0.75)
    assert (row["gaps"], row["unknown_s"]) == (1, timedelta(days=5).total_seconds())
