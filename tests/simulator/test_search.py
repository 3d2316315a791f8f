"""Search: seeded runs are found by their texts without reading each, as reading each would find them."""

from __future__ import annotations

import json
import random
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyberdesk_nb.simulator.runs.mentions import FIELDS, HISTORY, mentions
from cyberdesk_nb.simulator.world.world import World

from .worlds import LIVE, NOW, Record, create, drain, make_world, pass_time

UNKNOWN = "00000000-0000-4000-8000-000000000000"
ODD = ["no run says this", "\x00", "%", '"', "\\", "é" * 500, UNKNOWN, "toolu_", "toolu_zz", "-"]
REFERENCES = ("tool_use_id", "image_url", "trajectory_id", "trajectory_label")


@cache
def lived_in() -> tuple[World, list[Record]]:
    """Return a world in which much has happened, and all its runs in the order of a list; for reading only."""
    world = make_world(runs=260, failure_rate=0.3, disturbance_rate=0.3)
    seeded = [run for run in world.list_runs(limit=300)[0] if run["status"] not in LIVE]
    for run in seeded[3:30:3]:
        world.retry_run(run["id"], {})
    for run in seeded[31:60:4]:
        world.delete_run(run["id"])
    mine = [{"role": "user", "content": "Zebra crossing", "timestamp": NOW}]
    world.update_run(seeded[50]["id"], {"run_message_history": mine})
    world.update_machine(next(iter(world.machines)), {"machine_parameters": {"insurer": "Okapi Mutual"}})
    for number in range(len(world.workflows)):
        create(world, number)
    drain(world)
    create(world)
    pass_time(world, 25)
    return world, world.list_runs(limit=1000)[0]


def found(world: World, words: str, *, deep: bool = False) -> list[str]:
    """Return the ids of what a search finds, in order."""
    runs, total = world.list_runs(search=words, deep_search=deep, limit=1000, fields=[])
    assert total == len(runs)
    return [run["id"] for run in runs]


def read_through(runs: list[Record], words: str, *, deep: bool) -> list[str]:
    """Return the ids of the runs that mention some words, by reading each."""
    names = [*FIELDS, HISTORY] if deep else FIELDS
    return [run["id"] for run in runs if mentions({name: run[name] for name in names}, words.casefold())]


@st.composite
def snippets(draw: st.DrawFn) -> str:
    """Cut a piece out of what some run says, or of its ids, in whatever case."""
    run = draw(st.sampled_from(lived_in()[1]))
    whole = [json.dumps(run[name], ensure_ascii=False, default=str) for name in FIELDS]
    whole += [json.dumps(message, ensure_ascii=False, default=str) for message in run[HISTORY] or []]
    whole += [run["id"], *references(run)]
    piece = draw(st.sampled_from([one for one in whole if one]))
    start = draw(st.integers(0, len(piece) - 1))
    text = piece[start : start + draw(st.sampled_from([1, 2, 4, 9, 25, 200]))]
    return draw(st.sampled_from([text, text.upper(), piece]))


def references(run: Record) -> list[str]:
    """Return the ids that a history holds: of calls, pictures and trajectories."""
    named: list[str] = []
    for message in run[HISTORY] or []:
        if isinstance(message["content"], str):
            continue
        for block in (message, *message["content"]):
            named += [
                block[key] for key in ("tool_use_id", "image_url", "trajectory_id", "trajectory_label") if key in block
            ]
    return named


@given(words=snippets(), deep=st.booleans())
@settings(max_examples=20, deadline=None)
def test_a_search_finds_what_reading_every_run_finds(words: str, deep: bool) -> None:
    """Whatever is searched for, the runs that mention it are found, in the order of the list, and no others."""
    world, runs = lived_in()
    assert found(world, words, deep=deep) == read_through(runs, words, deep=deep)


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize(
    "words", ["no run says this", "\x00", "%", '"', "\\", "é" * 500, UNKNOWN, "toolu_", "toolu_zz", "-"]
)
def test_odd_words_are_searched_like_others(words: str, deep: bool) -> None:
    """Words that occur nowhere, signs of JSON and half ids neither fail nor find what does not mention them."""
    world, runs = lived_in()
    assert found(world, words, deep=deep) == read_through(runs, words, deep=deep)


def test_deep_search_reads_all_of_a_history() -> None:
    """A thought, a result, typed text, the prompt, the last words, a trajectory's name and a call's id are found."""
    world, runs = lived_in()
    run = next(r for r in runs[::-1] if r["status"] == "success" and any("trajectory_id" in m for m in r[HISTORY]))
    history = run[HISTORY]
    call = next(m for m in history if "trajectory_id" in m)
    typed = next(b["tool_input"]["text"] for m in history for b in m["content"] if b.get("tool_input", {}).get("text"))
    result = next(b["tool_result"] for m in history for b in m["content"] if b.get("tool_result"))
    block = call["content"][1]
    prompt = history[0]["content"][0]["text"]
    for words in (
        call["content"][0]["text"],
        json.dumps(typed, ensure_ascii=False)[1:-1],
        json.dumps(result, ensure_ascii=False)[1:-1],
        json.dumps(prompt, ensure_ascii=False)[1:40],
        history[-1]["content"][0]["text"],
        call["trajectory_label"],
        call["trajectory_id"],
    ):
        assert run["id"] in found(world, words, deep=True), words
    for words in (block["tool_use_id"], history[2]["content"][1]["image_url"]):
        assert found(world, words, deep=True) == [run["id"]], words
        assert found(world, words) == []


def test_what_happened_to_runs_and_machines_is_found() -> None:
    """A history set by hand, and a parameter given to a machine since, are found where they show."""
    world, runs = lived_in()
    assert len(found(world, "zebra CROSSING", deep=True)) == 1
    shown = [run["id"] for run in runs if "Okapi Mutual" in json.dumps(run[HISTORY], default=str)]
    assert found(world, "okapi mutual", deep=True) == shown


def test_a_prompt_is_searched_as_it_reads_now() -> None:
    """What a machine, a pool or a workflow says since the last search is found in the prompts that it is put into."""
    world = make_world(runs=60)

    def reading(words: str) -> list[str]:
        runs = world.list_runs(limit=100)[0]
        assert found(world, words, deep=True) == read_through(runs, words, deep=True)
        return found(world, words, deep=True)

    assert reading("quagga") == []
    for workflow in list(world.workflows):
        world.update_workflow(workflow, {"main_prompt": "Feed the quagga of {town}, {shire}"})
    assert reading("quagga") != []
    for machine in list(world.machines):
        world.update_machine(machine, {"machine_parameters": {"town": "Okapi"}})
    assert reading("quagga of okapi") != []
    for pool in list(world.pools):
        world.update_pool(pool, {"pool_parameters": {"shire": "Zebra"}})
    assert reading("okapi, zebra") != []


def test_event_types_are_found_where_histories_have_them() -> None:
    """With the switch on, the names of event types count as any text; without it nothing has them."""
    for is_on in (True, False):
        world = make_world(runs=40, event_types=is_on)
        runs = world.list_runs(limit=100)[0]
        names = {m.get("event_type") for run in runs for m in run[HISTORY] or []} - {None}
        assert bool(names) == is_on
        for name in names:
            assert found(world, f'"event_type": "{name}"', deep=True) == read_through(
                runs, f'"event_type": "{name}"', deep=True
            )
        assert is_on or found(world, "event_type", deep=True) == []


def test_pages_of_a_search_join_to_the_whole() -> None:
    """A search is paged, ordered and filtered as any list."""
    world, _ = lived_in()
    query: dict[str, Any] = {"search": "a", "deep_search": True, "status": "success", "fields": []}
    for mode in ("activity", "created_at_desc"):
        whole, total = world.list_runs(**query, sort_mode=mode, limit=1000)
        pages = [world.list_runs(**query, sort_mode=mode, skip=skip, limit=37)[0] for skip in range(0, total, 37)]
        assert [run["id"] for page in pages for run in page] == [run["id"] for run in whole]
        assert {run["status"] for run in whole} == {"success"}
    times = [run["created_at"] for run in whole]
    assert times == sorted(times, reverse=True)


def test_a_word_of_one_run_among_many_is_found() -> None:
    """In a large world each run is found by its own id and by the beginning of it."""
    world = make_world(runs=5000)
    for number in random.Random(4).sample(range(5000), 5):
        run_id = world._book.at(number).id
        assert found(world, run_id) == [run_id]
        assert run_id in found(world, run_id[:6].upper())
