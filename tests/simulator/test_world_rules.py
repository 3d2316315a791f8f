"""Random users against the world: whatever they do, no rule of placement, sessions and bookkeeping is broken."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from cyberdesk_nb.simulator.refusals import Refusal
from tests.simulator.worlds import TERMINAL, drain, launchable, make_world, overlaps, pass_time

MACHINES = st.integers(0, 2)


def refusal(call: Callable[[], object]) -> int | None:
    """Return the status with which a call is refused; None when it is not."""
    try:
        call()
    except Refusal as fault:
        return fault.status
    return None


class Users(RuleBasedStateMachine):
    """Users who launch, cancel, retry, delete, reserve, release and unplug on three machines."""

    runs = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        self.world = make_world(machines=3, trajectories=0, screens=False, failure_rate=0.2)
        self.body = launchable(self.world, 7)
        self.machines = list(self.world.machines)
        self.known: set[str] = set()
        self.ended: dict[str, Any] = {}

    def _create(self, **more: Any) -> str:
        run = self.world.create_run({**self.body, **more})
        self.known.add(run["id"])
        return run["id"]

    @rule(target=runs, priority=st.booleans())
    def launch_anywhere(self, priority: bool) -> str:
        """Launch on any machine."""
        return self._create(is_priority=priority)

    @rule(target=runs, machine=MACHINES)
    def launch_on(self, machine: int) -> str:
        """Launch on one machine."""
        return self._create(machine_id=self.machines[machine])

    @rule(target=runs)
    def launch_in_a_pool(self) -> str:
        """Launch in a pool."""
        return self._create(pool_ids=[next(iter(self.world.pools))])

    @rule(target=runs)
    def start_a_session(self) -> str:
        """Launch and hold the machine."""
        return self._create(start_session=True)

    @rule(target=runs, leader=runs, release=st.booleans())
    def join_a_session(self, leader: str, release: bool) -> str:
        """Launch in the session of another run, or anywhere when that has none."""
        session = self.world.run(leader)["session_id"] if leader in self.known else None
        return self._create(session_id=session, release_session_after=release)

    def _is_live(self, run: str) -> bool:
        return self.world.run(run)["status"] not in TERMINAL

    @rule(run=runs)
    def cancel(self, run: str) -> None:
        """Cancel a live run; one that has ended is a 409."""
        if run in self.known:
            expected = None if self._is_live(run) else 409
            assert refusal(lambda: self.world.update_run(run, {"status": "cancelled"})) == expected
            assert expected or self.world.run(run)["status"] == "cancelled"

    @rule(run=runs)
    def retry(self, run: str) -> None:
        """Queue an ended run again; a live one is a 409."""
        if run in self.known:
            expected = 409 if self._is_live(run) else None
            assert refusal(lambda: self.world.retry_run(run, {})) == expected
            if not expected:
                assert self.world.run(run)["status"] == "scheduling"
                self.ended.pop(run, None)

    @rule(run=consumes(runs))
    def delete(self, run: str) -> None:
        """Delete an ended run; a live one is a 409."""
        if run in self.known:
            expected = 409 if self._is_live(run) else None
            assert refusal(lambda: self.world.delete_run(run)) == expected
            if not expected:
                self.known.discard(run)
                self.ended.pop(run, None)

    @rule(machine=MACHINES)
    def clear_a_reservation(self, machine: int) -> None:
        """Clear a hold; the next session may take the machine at once."""
        before = self.world.machines[self.machines[machine]]["reserved_session_id"]
        record = self.world.update_machine(self.machines[machine], {"reserved_session_id": None})
        assert before is None or record["reserved_session_id"] != before, "the next session may take it at once"

    @rule(machine=MACHINES)
    def unplug(self, machine: int) -> None:
        """Take a machine off the network."""
        self.world.update_machine(self.machines[machine], {"status": "disconnected"})

    @rule(machine=MACHINES)
    def plug_in(self, machine: int) -> None:
        """Bring a machine back."""
        self.world.update_machine(self.machines[machine], {"status": "connected"})

    @rule(seconds=st.sampled_from([1, 9, 60, 400]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        pass_time(self.world, seconds)

    @invariant()
    def the_list_is_complete(self) -> None:
        """Every run that was made and not deleted is listed once."""
        runs, total = self.world.list_runs(limit=1000, fields=[])
        assert {run["id"] for run in runs} == self.known
        assert total == len(runs) == len(self.known)

    @invariant()
    def nothing_runs_twice(self) -> None:
        """No machine runs two at once."""
        runs, _ = self.world.list_runs(limit=1000, fields=["started_at", "ended_at"])
        assert overlaps(runs) == []

    @invariant()
    def what_has_ended_stays_as_it_is(self) -> None:
        """Only a retry changes a run that has ended."""
        for run_id in self.known:
            run = self.world.run(run_id)
            if run["status"] in TERMINAL:
                facts = (run["status"], run["ended_at"], run["error"], run["usage_metadata"])
                assert self.ended.setdefault(run_id, facts) == facts

    @invariant()
    def machines_show_what_they_do(self) -> None:
        """Status, availability and holds agree with what runs where."""
        live = [self.world.run(run_id) for run_id in self.known]
        busy = {run["machine_id"]: run for run in live if run["status"] in {"running", "running_checks"}}
        for machine_id, machine in self.world.machines.items():
            run = busy.get(machine_id)
            assert not (machine["is_available"] and (run or machine["status"] != "connected"))
            assert not (machine["is_available"] and machine["reserved_session_id"])
            if run and machine["reserved_session_id"]:
                assert run["session_id"] == machine["reserved_session_id"]
            if machine["status"] != "connected":
                assert run is None

    @precondition(lambda self: len(self.known) > 3)
    @rule()
    def everything_ends_once_nothing_stands_in_its_way(self) -> None:
        """With all machines on and no hold kept, every run ends."""
        for machine in self.machines:
            self.world.update_machine(machine, {"status": "connected"})
        for _ in range(20):
            pass_time(self.world, 2000)
            for machine in self.machines:
                if self.world.machines[machine]["reserved_session_id"]:
                    self.world.update_machine(machine, {"reserved_session_id": None})
        drain(self.world)
        assert all(self.world.run(run_id)["status"] in TERMINAL for run_id in self.known)


Users.TestCase.settings = settings(
    max_examples=int(os.environ.get("CYBERDESK_NB_SEQUENCES", "15")),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
TestUsers = Users.TestCase
