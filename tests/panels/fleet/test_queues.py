"""Which runs wait, for what, and which machines could take them."""

from __future__ import annotations

from cyberdesk_nb.panels.fleet.queues import waiting_runs
from tests.panels.fleet.fleets import AT, ago, frame_of, ran, surveyed, waits
from tests.panels.records import machine, pool

FRONT, BACK = pool("Front"), pool("Back")
BOTH, ONE, NONE = machine("both", FRONT, BACK), machine("one", FRONT), machine("none")
MACHINES = [BOTH, ONE, NONE]


def test_each_way_to_wait() -> None:
    """A session beats a machine, a machine beats pools, pools must all be shared; the longest wait comes first."""
    holder = machine("holder", reserved_session_id="s")
    runs = [
        waits("any", since=ago(minutes=1)),
        waits("pools", since=ago(minutes=5), pool_ids=[FRONT.id, BACK.id]),
        waits("pool", since=ago(minutes=4), pool_ids=[FRONT.id]),
        waits("machine", since=ago(minutes=3), machine_id=NONE.id, pool_ids=[FRONT.id]),
        waits("session", since=ago(minutes=2), session_id="s", machine_id=NONE.id),
        ran(ONE, "live", "running", ended=None),
    ]
    waiting = waiting_runs(frame_of(*runs), [*MACHINES, holder])
    assert waiting["run_id"].tolist() == ["pools", "pool", "machine", "session", "any"]
    assert waiting["wants"].tolist() == ["pools", "pools", "machine", "session", "any"]
    assert waiting["machine_ids"].tolist() == [
        (BOTH.id,),
        (BOTH.id, ONE.id),
        (NONE.id,),
        (holder.id,),
        (BOTH.id, ONE.id, NONE.id, holder.id),
    ]
    assert waiting["pool_ids"].tolist() == [(FRONT.id, BACK.id), (FRONT.id,), (), (), ()]
    assert waiting["workflow_name"].tolist() == ["Patient lookup"] * 5


def test_a_session_that_holds_no_machine_yet_waits_as_its_run_says() -> None:
    """Its first run still looks for a machine."""
    waiting = waiting_runs(frame_of(waits("r", session_id="new", pool_ids=[BACK.id])), MACHINES)
    assert waiting[["wants", "machine_ids"]].to_numpy().tolist() == [["pools", (BOTH.id,)]]


def test_runs_that_nobody_can_take_have_no_machine() -> None:
    """A machine that is gone, and pools that no machine shares."""
    waiting = waiting_runs(frame_of(waits("a", machine_id="gone"), waits("b", pool_ids=["p1", "p2"])), MACHINES)
    assert waiting["machine_ids"].tolist() == [(), ()]


def test_machines_count_what_they_could_take_and_what_waits_for_them_alone() -> None:
    """A run is counted on each machine that could take it, and as waiting alone where there is one only."""
    runs = [waits("a"), waits("b", pool_ids=[BACK.id]), waits("c", pool_ids=[FRONT.id]), waits("d", machine_id=ONE.id)]
    states = surveyed(MACHINES, runs).states.set_index("name")
    assert states["waiting"].to_dict() == {"both": 3, "one": 3, "none": 1}
    assert states["waiting_alone"].to_dict() == {"both": 1, "one": 1, "none": 0}


def test_nothing_waits() -> None:
    """No run, no row, and the columns are there."""
    waiting = waiting_runs(frame_of(ran(ONE, "r", ended=AT)), MACHINES)
    assert waiting.empty
    assert "machine_ids" in waiting
