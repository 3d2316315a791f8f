"""A fleet that is kept in a file (`db=`): what survives a restart, a kill, and the passing of time."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from cyberdesk_nb.simulator import Simulator, simulator
from tests.simulator.conftest import http_client, launchable
from tests.simulator.deeds import NOBODY, PNG, SECRET
from tests.simulator.kept_fleet import PATIENCE_S, SMALL, differences, everything, served

LIVE = {"scheduling", "running", "running_checks"}


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Name a file that is not there yet."""
    return tmp_path / "fleet.db"


@contextmanager
def living(db: Path, **options: Any) -> Generator[tuple[Simulator, httpx.Client]]:
    """Run a small kept fleet and a client of it."""
    with simulator(db=db, **{**SMALL, **options}) as sim, http_client(sim) as http:
        yield sim, http


def made(answer: httpx.Response) -> Any:
    """Return the JSON of an answer that must be a success."""
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def desk(http: httpx.Client) -> dict[str, Any]:
    """Return what direct control shows of the first connected machine."""
    machine = made(http.get("/v1/machines", params={"status": "connected"}))["items"][0]
    at = f"/v1/computer/{machine['id']}"
    return {
        "screen": http.get(f"{at}/display/screenshot").content,
        "pointer": made(http.get(f"{at}/input/mouse/position")),
        "files": made(http.get(f"{at}/fs/read", params={"path": "plan.txt"})),
    }


def test_everything_made_survives_a_restart(db: Path) -> None:
    """Runs live and ended, sessions, files, pictures, tags, models, keys and logs are after a restart as before it."""
    with living(db, screens=True, seed=5) as (sim, http):
        body = launchable(http, with_secrets=True)
        ended = made(http.post("/v1/runs", json=body))
        sim.clock.advance(3_000)
        made(http.post(f"/v1/runs/{ended['id']}/generate-trajectory"))
        made(http.post("/v1/runs/bulk", json={**body, "count": 7, "start_session": True}))
        sim.clock.advance(20)
        machine = made(http.get("/v1/machines", params={"status": "connected"}))["items"][0]
        at = f"/v1/computer/{machine['id']}"
        content = base64.b64encode(b"by hand").decode()
        made(http.post(f"{at}/fs/write", json={"path": "plan.txt", "content": content}))
        made(http.post("/v1/workflows/prompt-image", files={"file": ("a.png", PNG)}))
        step = {"func_name": "click", "args": [1, 2], "pre_check_snapshot": {"screenshot": "QUJD"}}
        sent = {"workflow_id": body["workflow_id"], "trajectory_data": [step], "dimensions": {"width": 9, "height": 9}}
        made(http.post("/v1/trajectories", json=sent))
        made(http.patch(f"/v1/workflows/{body['workflow_id']}", json={"main_prompt": "Other words"}))
        made(http.put("/v1/provider-credentials/openai", json={"api_key": "sk-what-is-never-shown-7788"}))
        before, seen = everything(http), desk(http)
        logs = made(http.get("/v1/request-logs"))
    with living(db, screens=True, seed=5) as (_, http):
        assert made(http.get("/v1/request-logs")) == logs
        after = everything(http)
        assert desk(http) == seen
    changed = {path for path in differences(before, after) if "request-logs" not in path}
    assert changed == set()
    assert {run["status"] for run in before["/v1/runs"][1]["items"]} & LIVE
    assert any(machine["reserved_session_id"] for machine in before["/v1/machines"][1]["items"])


def test_clicks_on_a_desktop_survive_a_restart(db: Path) -> None:
    """A desktop that was typed on by hand looks the same after a restart, to the pixel."""
    with living(db, screens=True, runs=0) as (_, http):
        machine = made(http.get("/v1/machines", params={"status": "connected"}))["items"][0]
        at = f"/v1/computer/{machine['id']}"
        untouched = http.get(f"{at}/display/screenshot").content
        touched = untouched
        for x in range(40, 1024, 90):  # until a click meets something
            made(http.post(f"{at}/input/mouse/click", json={"x": x, "y": x // 2}))
            made(http.post(f"{at}/input/keyboard/type", json={"text": "kept"}))
            touched = http.get(f"{at}/display/screenshot").content
            if touched != untouched:
                break
    with living(db, screens=True, runs=0) as (_, http):
        assert http.get(f"{at}/display/screenshot").content == touched != untouched


def test_a_kill_after_the_answer_loses_nothing(db: Path) -> None:
    """What was answered before a kill is there after it, all of it, though nothing could be tidied up."""
    with served(db) as first:
        body = launchable(first.http, with_secrets=True)
        made(first.http.post("/v1/runs", json=body))
        first.advance(40)
        made(first.http.post("/v1/workflow-tags", json={"name": "kept"}))
        before = everything(first.http)
        last = made(first.http.post("/v1/runs", json=body))
        first.kill()
    with living(db) as (_, http):
        assert made(http.get(f"/v1/runs/{last['id']}"))["created_at"] == last["created_at"]
        assert made(http.delete(f"/v1/runs/{_cancelled(http, last['id'])}")) is None
        after = everything(http)
    assert [path for path in before if before[path] != after[path] and not _follows_from_launch(path)] == []


def _cancelled(http: httpx.Client, run_id: str) -> str:
    made(http.patch(f"/v1/runs/{run_id}", json={"status": "cancelled"}))
    return run_id


def _follows_from_launch(path: str) -> bool:
    """Tell whether an address shows machines: which was given to the deleted run shows in them."""
    return "machine" in path


def test_kills_in_the_middle_of_writes_leave_whole_ones(db: Path) -> None:
    """However often a simulator is killed while it writes, each answered write is there; of the others none or all."""
    answered: set[str] = set()
    for most in (3, 40):
        with served(db) as running:
            enough = threading.Event()
            writer = threading.Thread(target=_write_until_cut_off, args=(running.http, answered, most, enough))
            writer.start()
            assert enough.wait(PATIENCE_S)
            running.kill()
            writer.join(PATIENCE_S)
    with living(db) as (_, http):
        kept = {pool["name"] for pool in made(http.get("/v1/pools", params={"limit": 1000}))["items"]}
    assert answered <= kept
    assert len({name for name in kept if name.startswith("made ")} - answered) <= 2


def _write_until_cut_off(http: httpx.Client, answered: set[str], most: int, enough: threading.Event) -> None:
    with suppress(httpx.TransportError):
        for number in range(900):
            name = f"made {most} {number}"
            made(http.post("/v1/pools", json={"name": name}))
            answered.add(name)
            if number == most:
                enough.set()


def test_time_stands_still_and_live_runs_go_on(db: Path) -> None:
    """A run that is live at a kill is live after it, on the same machine and plan, and ends when it would have."""
    with served(db) as first:
        body = launchable(first.http)
        run = made(first.http.post("/v1/runs", json=body))
        first.advance(20)
        before = made(first.http.get(f"/v1/runs/{run['id']}"))
        first.kill()
    assert before["status"] == "running"
    with living(db) as (sim, http):
        anchor = sim.clock.anchor
        assert made(http.get(f"/v1/runs/{run['id']}")) == before
        sim.clock.advance(3_000)
        kept = made(http.get(f"/v1/runs/{run['id']}"))
    with simulator(**SMALL, now=anchor) as sim, http_client(sim) as http:
        never_stopped = made(http.post("/v1/runs", json=body))
        sim.clock.advance(3_020)
        assert made(http.get(f"/v1/runs/{never_stopped['id']}")) == kept


def test_time_never_goes_back(db: Path) -> None:
    """What only the passing of time has shown before a kill is so after it: a run that was seen to end has ended."""
    with served(db, speed=200.0) as first:
        run = made(first.http.post("/v1/runs", json=launchable(first.http)))
        while run["status"] in LIVE:
            run = made(first.http.get(f"/v1/runs/{run['id']}"))
        first.kill()
    with living(db) as (sim, http):
        assert made(http.get(f"/v1/runs/{run['id']}")) == {**run, "included": None}
        assert sim.clock.now() - datetime.fromisoformat(run["ended_at"]) < timedelta(hours=1)


def test_a_stop_keeps_the_time_to_the_instant(db: Path) -> None:
    """Time that passed after the last request, and was seen by nobody, is there after a clean stop, too."""
    with living(db) as (sim, _):
        stopped = sim.clock.advance(12_345)
    with living(db) as (sim, _):
        assert sim.clock.now() == stopped


def test_an_idle_fleet_catches_up_with_real_time(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing due, time goes on while no simulator runs, so that what is launched next day is of the next day."""
    idle: dict[str, Any] = {"runs": 0, "speed": 20.0}
    with living(db, **idle) as (sim, _):
        stopped = sim.clock.now()
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 86_400)
    with living(db, **idle) as (sim, _):
        assert sim.clock.now() - stopped >= timedelta(days=1)


def test_a_repeat_after_a_restart_gets_the_first_answer(db: Path) -> None:
    """A keyed launch whose answer was lost in a restart is not made twice, nor is its key good for another."""
    keyed = {"Idempotency-Key": "once"}
    with living(db) as (_, http):
        body = launchable(http, with_secrets=True)
        body["sensitive_input_values"] = dict.fromkeys(body["sensitive_input_values"], SECRET)
        first = made(http.post("/v1/runs", json=body, headers=keyed))
    with living(db) as (_, http):
        total = made(http.get("/v1/runs"))["total"]
        assert made(http.post("/v1/runs", json=body, headers=keyed)) == first
        other = http.post("/v1/runs", json={**body, "is_priority": True}, headers=keyed)
        assert (other.status_code, other.json()["error_code"]) == (422, "idempotency_key_reused")
        assert made(http.get("/v1/runs"))["total"] == total


def test_what_was_refused_stays_refused(db: Path) -> None:
    """A launch that did not fit, by its inputs or by a secret that is not kept, is not made by a restart."""
    with living(db) as (_, http):
        body = launchable(http, with_secrets=True)
        secrets = body["sensitive_input_values"]
        refused = [
            {**body, "sensitive_input_values": dict.fromkeys(secrets, 5)},
            {**body, "input_values": {key: [] for key in body["input_values"]}},
            {**body, "workflow_id": NOBODY},
        ]
        assert [http.post("/v1/runs", json=one).status_code for one in refused] == [422, 422, 404]
        before = everything(http)
    with living(db) as (_, http):
        assert differences(before, everything(http)) == {}


def test_requests_that_overlap_are_repeated_as_they_were_applied(db: Path) -> None:
    """Large uploads that arrive at once, among small writes, come back with their own names, content and order."""

    def upload(http: httpx.Client, number: int) -> None:
        content = PNG + bytes([number]) * (4_000_000 - 600_000 * number)
        made(http.post("/v1/workflows/prompt-image", files={"file": (f"{number}.png", content)}))
        made(http.post("/v1/pools", json={"name": f"P{number}"}))

    with living(db) as (_, http):
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda number: upload(http, number), range(6)))
        before = everything(http)
    with living(db) as (_, http):
        assert differences(before, everything(http)) == {}


def test_signed_links_outlive_a_restart(db: Path) -> None:
    """A link that was handed out before a restart opens the same picture after it, at the new address."""
    with living(db) as (_, http):
        link = made(http.post("/v1/workflows/prompt-image", files={"file": ("a.png", PNG)}))["signed_url"]
    with living(db) as (sim, _):
        address = urlsplit(link)
        opened = httpx.get(f"{sim.url}{address.path}?{address.query}")
        assert (opened.status_code, opened.content) == (200, PNG)


def test_ids_go_on_after_a_restart(db: Path) -> None:
    """What is made after a restart does not take the id of what was made before it."""
    ids: set[str] = set()
    for number in range(3):
        with living(db) as (_, http):
            ids.add(made(http.post("/v1/pools", json={"name": f"P{number}"}))["id"])
            ids.add(made(http.post("/v1/runs", json=launchable(http)))["id"])
    assert len(ids) == 6


def test_the_file_knows_its_fleet(db: Path) -> None:
    """Without switches a file's own fleet comes back; speed is not part of it."""
    with living(db, seed=11) as (sim, _):
        options = sim.world.options
    with simulator(db=db, speed=3.0) as sim:
        assert sim.world.options.speed == 3.0
        assert sim.world.options == replace(options, speed=3.0)
        assert sim.world.seed == 11


def test_nothing_is_written_without_the_switch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By default the fleet is in memory only, and no file appears."""
    monkeypatch.chdir(tmp_path)
    with simulator(**SMALL) as sim, http_client(sim) as http:
        made(http.post("/v1/pools", json={"name": "P"}))
    assert list(tmp_path.iterdir()) == []
