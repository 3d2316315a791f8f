"""Where a run may be placed."""

from __future__ import annotations

from typing import Any

import pytest

from cyberdesk_nb.panels.form import FieldError
from cyberdesk_nb.panels.launch.placement import Placement
from tests.panels.records import control, machine, pool, texts

FRONT, NIGHT = pool("Front", site="A"), pool("Night", site="B")
MACHINES = [
    machine("Off", NIGHT, connected=False, free=False),
    machine("Both", FRONT, NIGHT, machine_parameters={"printer": "P1"}, machine_sensitive_parameters={"pin": "alias"}),
    machine("Busy", FRONT, free=False),
]


def placement(machines: Any = MACHINES) -> Placement:
    """Make a placement over these machines and both pools."""
    return Placement(machines, [FRONT, NIGHT], lambda: None)


def ways(shown: Placement) -> Any:
    """Find the choice of the way to place."""
    return control(shown.widget, "Run on")


def test_any_machine_is_the_beginning() -> None:
    """Nothing is chosen at first, and the panel says how many machines there are."""
    shown = placement()
    assert shown.machine is None
    assert shown.pools == []
    assert texts(shown.widget) == ["3 machines, 1 free now."]


def test_pools_narrow_down_to_the_machines_in_all_of_them() -> None:
    """Each pool ticked leaves the machines that are in all, by their own pool lists."""
    shown = placement()
    ways(shown).value = "Pools"
    assert shown.problem
    control(shown.widget, "Front").value = True
    assert texts(shown.widget)[-1].startswith("2 machines in this pool, 1 free now.")
    control(shown.widget, "Night").value = True
    assert texts(shown.widget)[-1].startswith("1 machine in all of these pools, 1 free now.")
    assert [one.name for one in shown.pools] == ["Front", "Night"]
    assert not shown.problem


def test_a_machine_says_when_the_run_must_wait() -> None:
    """Connected machines come first; one that is off or busy says what that means."""
    shown = placement()
    ways(shown).value = "One machine"
    options = [label for label, _ in control(shown.widget, "Machine").options]
    assert options == ["Both  ·  connected, free", "Busy  ·  connected, busy", "Off  ·  disconnected"]
    shown.machine = MACHINES[0]
    assert texts(shown.widget) == ["It is not connected: the run waits until it is."]
    shown.machine = MACHINES[1]
    assert texts(shown.widget) == ["It fills in, where left empty: printer."]
    assert shown.machine is MACHINES[1]


def test_what_is_supplied_depends_on_the_place() -> None:
    """A chosen machine supplies known values; otherwise pools do, and whatever a machine may add is possible."""
    shown = placement()
    assert shown.supply().known == {}
    assert shown.supply().possible == {"printer", "$pin"}
    shown.machine = MACHINES[1]
    assert shown.supply().known == {"printer": "P1"}
    assert shown.supply().possible == {"$pin"}
    shown.pools = [NIGHT]
    assert shown.supply().known == {"site": "B"}


def test_machines_that_do_not_tell_their_pools_are_not_counted() -> None:
    """Where the records carry no pools, no number is made up."""
    bare = [one.model_copy(update={"pools": None}) for one in MACHINES]
    shown = placement(bare)
    shown.pools = [FRONT]
    assert texts(shown.widget) == ["The run goes to a machine that is in all of these pools."]


@pytest.mark.parametrize("way", ["One machine", "Pools"])
def test_without_machines_or_pools_the_panel_still_stands(way: str) -> None:
    """An organization without machines and pools gets a sentence, not a crash."""
    shown = Placement([], [], lambda: None)
    ways(shown).value = way
    assert shown.problem


def test_errors_of_the_place_are_said_once() -> None:
    """What is still to be chosen becomes an error in place of the note; what the server says stands beside the note."""
    shown = placement()
    ways(shown).value = "Pools"
    other = FieldError(("patient",), "Not here.")
    assert shown.show_errors([FieldError(("pool_ids",), shown.problem), other]) == [other]
    assert texts(shown.widget) == ["Choose at least one pool."]
    shown.show_errors([FieldError(("machine_id",), "No such machine.")])
    assert texts(shown.widget) == ["Choose at least one pool.", "No such machine."]
    shown.show_errors([])
    assert texts(shown.widget) == ["Choose at least one pool."]
