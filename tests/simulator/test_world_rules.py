"""Random users against the world: whatever they do, no rule of placement, sessions and bookkeeping is broken."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, precondition, rule

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
    """Users who launch, cancel, retry, delete, reserve, release, pool, block and unplug on three machines."""

    runs = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        self.world = make_world(machines=3, trajectories=0, screens=False, failure_rate=0.2)
        self.body = launchable(self.world, 7)
        self.machines = list(self.world.machines)
        self.pool = next(iter(self.world.pools))
        self.known: set[str] = set()
        self.ended: dict[str, Any] = {}
        self.chains: list[list[str]] = []
        self.blocked: set[str] = set()
        # Where a run may start: its machine, or the machines that have been in its pool since it was asked for.
        self.allowed: dict[str, set[str]] = {}

    def _create(self, **more: Any) -> str:
        return self._note(self.world.create_run({**self.body, **more})["id"], **more)

    def _note(self, run: str, **asked: Any) -> str:
        self.known.add(run)
        if asked.get("session_id") is None and asked.get("machine_id"):
            self.allowed[run] = {asked["machine_id"]}
        elif asked.get("session_id") is None and asked.get("pool_ids"):
            self.allowed[run] = self._members()
        return run

    def _members(self) -> set[str]:
        return {machine["id"] for machine in self.world.machines_of_pool(self.pool)}

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
        return self._create(pool_ids=[self.pool])

    @rule(target=runs, count=st.integers(1, 4), holds=st.booleans())
    def launch_many(self, count: int, holds: bool) -> Any:
        """Launch equal runs at once, on wish in a session of their own."""
        made = self.world.bulk_create_runs({**self.body, "count": count, "start_session": holds})["created_runs"]
        assert len(made) == count
        [session] = {run["session_id"] for run in made}
        assert (session is not None) == holds
        return multiple(*(self._note(run["id"]) for run in made))

    @rule(target=runs, steps=st.integers(1, 3), keeps=st.booleans())
    def launch_a_chain(self, steps: int, keeps: bool) -> Any:
        """Launch workflows one after another in a session."""
        step = {
            "workflow_id": self.body["workflow_id"],
            "inputs": self.body["input_values"],
            "sensitive_inputs": self.body["sensitive_input_values"],
        }
        body = {"steps": [step] * steps, "keep_session_after_completion": keeps}
        self.chains.append([self._note(run) for run in self.world.create_chain(body)["run_ids"]])
        return multiple(*self.chains[-1])

    @rule(machine=MACHINES, is_member=st.booleans())
    def change_the_pool(self, machine: int, is_member: bool) -> None:
        """Put a machine into the pool or take it out."""
        machine_id = self.machines[machine]
        (self.world.add_pool_machines if is_member else self.world.remove_pool_machines)(self.pool, [machine_id])
        assert (machine_id in self._members()) == is_member
        for run, allowed in self.allowed.items():
            if is_member and self.world.run(run)["pool_ids"]:
                allowed.add(machine_id)

    @rule(machine=MACHINES, is_available=st.booleans())
    def block_or_free(self, machine: int, is_available: bool) -> None:
        """Keep new runs off a machine, or let them come again."""
        self.world.update_machine(self.machines[machine], {"is_available": is_available})
        (self.blocked.discard if is_available else self.blocked.add)(self.machines[machine])

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
                self.ended.pop(run, None)
                self.chains = [chain for chain in self.chains if run not in chain]

    @rule(run=consumes(runs))
    def delete(self, run: str) -> None:
        """Delete an ended run; a live one is a 409."""
        if run in self.known:
            expected = 409 if self._is_live(run) else None
            assert refusal(lambda: self.world.delete_run(run)) == expected
            if not expected:
                self.known.discard(run)
                self.ended.pop(run, None)
                self.allowed.pop(run, None)
                self.chains = [chain for chain in self.chains if run not in chain]

    @rule(machine=MACHINES)
    def clear_a_reservation(self, machine: int) -> None:
        """Clear a hold; the next session may take the machine at once."""
        before = self.world.machines[self.machines[machine]]["reserved_session_id"]
        record = self.world.update_machine(self.machines[machine], {"reserved_session_id": None})
        self.blocked.discard(self.machines[machine])
        assert before is None or record["reserved_session_id"] != before, "the next session may take it at once"

    @rule(machine=MACHINES)
    def unplug(self, machine: int) -> None:
        """Take a machine off the network."""
        self.world.update_machine(self.machines[machine], {"status": "disconnected"})

    @rule(machine=MACHINES, status=st.sampled_from(["disconnected", "error"]))
    def drop_the_connection(self, machine: int, status: str) -> None:
        """Close a machine's connection, if it has one; the machine shows how it ended."""
        open_ones = [row for row in self.world.connections.values() if row["disconnected_at"] is None]
        for row in open_ones:
            if row["machine_id"] == self.machines[machine]:
                self.world.update_connection(row["id"], {"status": status})
                assert self.world.machines[self.machines[machine]]["status"] == status

    @rule(machine=MACHINES)
    def connect_anew(self, machine: int) -> None:
        """Open a connection for a machine, which ends the one before."""
        self.world.create_connection({"machine_id": self.machines[machine], "websocket_id": "ws"})
        assert self.world.machines[self.machines[machine]]["status"] == "connected"

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
    def runs_are_where_they_were_asked_to_be(self) -> None:
        """No run starts where it was not asked to be: outside its machine or its pool."""
        for run_id, allowed in self.allowed.items():
            run = self.world.run(run_id)
            assert run["started_at"] is None or run["machine_id"] in allowed

    @invariant()
    def chains_go_step_by_step(self) -> None:
        """No step of a chain starts before the one in front of it has succeeded."""
        for chain in self.chains:
            runs = [self.world.run(run_id) for run_id in chain]
            for before, after in pairwise(runs):
                assert after["started_at"] is None or (
                    before["status"] == "success" and before["ended_at"] <= after["started_at"]
                )

    @invariant()
    def connections_agree_with_machines(self) -> None:
        """Machines have one open connection while they are connected, and none otherwise."""
        for machine_id, machine in self.world.machines.items():
            rows = [row for row in self.world.connections.values() if row["machine_id"] == machine_id]
            open_ones = [row for row in rows if row["disconnected_at"] is None]
            assert len(open_ones) == (machine["status"] == "connected")
            assert {row["status"] for row in open_ones} <= {"connected"}

    @invariant()
    def machines_show_what_they_do(self) -> None:
        """Status, availability and holds agree with what runs where."""
        live = [self.world.run(run_id) for run_id in self.known]
        busy = {run["machine_id"]: run for run in live if run["status"] in {"running", "running_checks"}}
        for machine_id, machine in self.world.machines.items():
            run = busy.get(machine_id)
            if machine["status"] == "connected" and not (run or machine["reserved_session_id"]):
                placed = any(one["machine_id"] == machine_id and one["status"] == "scheduling" for one in live)
                assert machine["is_available"] == (machine_id not in self.blocked) or placed
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
            self.world.update_machine(machine, {"status": "connected", "is_available": True})
            self.world.add_pool_machines(self.pool, [machine])
        self.blocked.clear()
        for run, allowed in self.allowed.items():
            if self.world.run(run)["pool_ids"]:
                allowed.update(self.machines)
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
