"""Pages are printed from plates that runs share; what a page says is what each run says of itself."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cyberdesk_nb.simulator.runs.history_press import History
from cyberdesk_nb.simulator.world.world import World

from .worlds import LIVE, NOW, Record, create, default_world, drain, launchable, make_world, pass_time

HOSTILE = ["100 % of %(run)b, %b%%", 'a "quoted" \\ word', "</script><img src=x>", "\x00\u202e\u2028", "Müller 你好 🙂"]


def as_json(value: object) -> Any:
    """Return what a client reads."""
    return msgspec.json.decode(msgspec.json.encode(value))


def told_alike(world: World, **query: Any) -> list[Record]:
    """Compare a page that is sent with the records it stands for, to the byte; return it as read."""
    records, total = world.list_runs(limit=1000, **query)
    page, total_sent = world.runs_to_send(limit=1000, **query)
    assert total_sent == total
    for sent, record in zip(page, records, strict=True):
        assert msgspec.json.encode(sent, enc_hook=History.json) == msgspec.json.encode(record), record["id"]
    return msgspec.json.decode(msgspec.json.encode(page, enc_hook=History.json))


def test_every_seeded_run_is_printed_as_it_is_told() -> None:
    """Pages equal the records of their runs, however these ended, and are really printed."""
    world = default_world()
    page = told_alike(world)
    assert {run["status"] for run in page} > {"success", "task_failed", "error", "cancelled"}
    printed = [run for run in world.runs_to_send(limit=1000)[0] if isinstance(run["run_message_history"], History)]
    begun = [run for run in page if run["started_at"] and run["status"] != "running"]
    assert len(printed) == len(begun) > 700


@pytest.mark.parametrize("seconds", [1, 9, 25, 60, 200])
def test_live_runs_are_told_among_printed_ones(seconds: float) -> None:
    """A page of runs that wait, work, are checked, were cancelled halfway or have ended equals their records."""
    world = make_world(runs=60, failure_rate=0.3, disturbance_rate=0.3)
    numbers = [*range(len(world.workflows)), *range(len(world.workflows))]
    made = [create(world, number)["id"] for number in numbers]
    pass_time(world, seconds)
    for run_id in made[::3]:
        if world.run(run_id)["status"] in LIVE:
            world.update_run(run_id, {"status": "cancelled"})
    page = told_alike(world)
    assert {run["id"] for run in page} >= set(made)
    drain(world)
    told_alike(world)


def test_runs_of_a_lost_machine_say_in_which_step() -> None:
    """The last message of a run that lost its machine in the middle of a step holds the words of the failure."""
    world = make_world()
    run = create(world)
    for _ in range(400):
        pass_time(world, 0.25)
        history = world.run(run["id"])["run_message_history"]
        if history and history[-1]["role"] == "assistant":
            break
    machine_id = world.run(run["id"])["machine_id"]
    ours = [c for c in world.connections.values() if c["machine_id"] == machine_id and c["status"] == "connected"]
    world.update_connection(ours[0]["id"], {"status": "disconnected"})
    (sent,) = told_alike(world)
    assert sent["status"] == "error"
    assert sent["run_message_history"][-1]["content"][0]["error"] == sent["error"][0]


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_from_outside_are_printed_as_they_are(text: str) -> None:
    """Prompts, inputs and labels cannot pass for a slot of the plate, whatever they hold."""
    world = make_world()
    for trajectory_id, trajectory in world.trajectories.items():
        if trajectory["is_approved"]:
            world.update_trajectory(trajectory_id, {"name": text})
    body = launchable(world)
    names = [name for name, value in body["input_values"].items() if isinstance(value, str)]
    inputs = {**body["input_values"], names[0]: text}
    world.create_run({**body, "main_prompt": f"{text} {{{names[0]}}}", "input_values": inputs})
    world.create_run(body)
    drain(world)
    runs = told_alike(world)
    assert any(run["run_message_history"][0]["content"][0]["text"].startswith(f"{text} {text}") for run in runs)


def test_one_plate_serves_many_runs() -> None:
    """Runs of one play that differ in ids, times, prompt and trajectory are printed each with its own."""
    world = make_world()
    body = launchable(world)
    runs = [world.create_run({**body, "main_prompt": f"Number {number}"}) for number in range(4)]
    drain(world)
    assert len(world._reader._press._plates) == 0
    page = told_alike(world)
    assert len(world._reader._press._plates) < len(runs)
    texts = {run["id"]: run["run_message_history"][0]["content"][0]["text"] for run in page}
    assert texts == {run["id"]: f"Number {number}" for number, run in enumerate(runs)}


def test_a_history_that_was_set_by_hand_stays() -> None:
    """PATCH replaces a history; the page shows the replacement."""
    world = make_world(runs=20)
    run = next(run for run in world.list_runs()[0] if run["status"] == "success")
    mine = [{"role": "user", "content": [{"type": "text", "text": "mine"}], "timestamp": NOW}]
    world.update_run(run["id"], {"run_message_history": mine})
    page = {one["id"]: one for one in told_alike(world)}
    assert page[run["id"]]["run_message_history"] == as_json(mine)
