"""A monitor on the real client: what it asks a server for, and that it outlasts one that is killed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Generator
from concurrent.futures import wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cyberdesk_nb.client import Client, Limits
from cyberdesk_nb.errors import ClientClosedError, RequestError
from cyberdesk_nb.models import RunStatus
from cyberdesk_nb.panels.monitor import Monitor
from cyberdesk_nb.panels.monitor.rounds import MARGIN
from cyberdesk_nb.simulator import Simulator
from cyberdesk_nb.workspace import Workspace, monitoring
from tests.panels.killable import Killable, killable
from tests.panels.records import Ticks, texts

QUICK = Limits(outage_s=0.1)


class Site:
    """A workspace whose monitors tick when the test says so."""

    def __init__(self, served: Simulator | Killable) -> None:
        self.ws = Workspace(Client(api_key=served.api_key, base_url=served.url, limits=QUICK))
        self.ticks = Ticks()
        self.ws._portal.every = self.ticks.every  # type: ignore[method-assign]

    def monitor(self, *args: Any, **kwargs: Any) -> Monitor:
        """Show a monitor, and wait until the list was read."""
        made = self.ws.monitor(*args, **kwargs)
        self.settle(made)
        return made

    def tick(self, monitor: Monitor, times: int = 1) -> None:
        """Let ticks go by, each with its answer."""
        for _ in range(times):
            self.ticks.tick()
            self.settle(monitor)

    def settle(self, monitor: Monitor) -> None:
        """Wait until what is on its way was answered, and the answer was taken in."""
        flight = monitor._poller._flight
        if flight is not None:
            wait([flight], timeout=30)
        # What follows an answer runs on the portal's loop before this does.
        self.ws._portal.call(asyncio.sleep, 0)


@contextmanager
def site(served: Simulator | Killable) -> Generator[Site]:
    """Give a site that is closed in the end."""
    made = Site(served)
    with made.ws:
        yield made


def test_one_list_request_a_tick_without_histories(make_sim: Callable[..., Simulator]) -> None:
    """After the first reading each poll is one request for a small page in order of activity, and nothing else."""
    sim = make_sim(runs=300)
    with site(sim) as here, counted(sim) as asked:
        monitor = here.monitor()
        assert set(monitor.frame["id"]) == set(here.ws.runs()["id"])
        assert monitor.frame.attrs["completeness"]["complete"]
        live = len(monitor._book.live)
        assert live > 0
        asked.clear()
        here.tick(monitor)
        assert len(asked) == 1
        assert asked[0]["sort_mode"] == "activity"
        assert int(asked[0]["limit"]) == live + MARGIN
        assert "run_message_history" not in asked[0]["fields"]
        asked.clear()
        here.tick(monitor, 30)
        assert 30 / 5 <= len(asked) < 12


def launched(here: Site) -> str:
    """Launch what another run did, one that needed no secrets, and give the new run's id."""
    runs = here.ws.api.runs.iter()
    like = next(run for run in runs if run.input_values and not run.sensitive_input_aliases)
    return here.ws.api.runs.create(workflow_id=like.workflow_id, input_values=like.input_values).id


@contextmanager
def counted(sim: Simulator) -> Generator[list[dict[str, str]]]:
    """Give a list that gathers the query of each request for runs that reaches the server."""
    found: list[dict[str, str]] = []
    whole = sim.world.runs_to_send

    def noted(**query: Any) -> Any:
        found.append({name: str(getattr(value, "value", value)) for name, value in query.items()})
        return whole(**query)

    sim.world.runs_to_send = noted  # type: ignore[method-assign]
    yield found


def test_time_goes_by_and_it_follows(make_sim: Callable[..., Simulator]) -> None:
    """Runs end while they are watched; when the last has, the table is that of a list read anew."""
    sim = make_sim(runs=60)
    with site(sim) as here:
        monitor = here.monitor()
        while monitor._book.live:
            sim.clock.advance(120)
            here.tick(monitor, 5)
        assert "have ended; the server is not asked any more" in " ".join(texts(monitor))
        assert here.ticks.running == 0
        fresh = here.ws.runs().set_index("id")
        shown = monitor.wait(0).set_index("id")
        for column in ("status", "machine_name", "workflow_name", "duration_s", "steps_total", "error_signature"):
            assert shown[column].sort_index().equals(fresh[column].sort_index()), column


def test_new_runs_come_in_and_deleted_ones_go(make_sim: Callable[..., Simulator]) -> None:
    """A run launched elsewhere shows after a tick; one deleted elsewhere is gone after the list was read again."""
    sim = make_sim(runs=60)
    with site(sim) as here:
        monitor = here.monitor()
        born = launched(here)
        here.tick(monitor, 6)
        assert born in set(monitor.frame["id"])
        old = monitor.frame["id"].iloc[-1]
        here.ws.api.runs.delete(old)
        here.tick(monitor, 12)
        assert old not in set(monitor.frame["id"])
        assert set(monitor.frame["id"]) == set(here.ws.runs()["id"])


def test_filters_of_the_call(make_sim: Callable[..., Simulator]) -> None:
    """since, workflow and machine narrow the list itself; status is what the panel shows first."""
    sim = make_sim(runs=200)
    with site(sim) as here:
        runs = here.ws.runs()
        name = runs["workflow_name"].mode()[0]
        monitor = here.monitor(workflow=name, status="success")
        expected = runs[runs["workflow_name"] == name]
        assert set(monitor.frame["id"]) == set(expected.loc[expected["status"] == "success", "id"])
        assert len(monitor._book) == len(expected)
        recent = here.monitor(since="3d")
        assert set(recent.frame["id"]) == set(here.ws.runs(since="3d")["id"])
        with pytest.raises(RequestError, match="is no time"):
            here.ws.monitor(since="yesterdayish")


@pytest.mark.parametrize("count", [3, 40])
@pytest.mark.parametrize("form", ["ids", "frame"])
def test_only_some_runs(make_sim: Callable[..., Simulator], count: int, form: str) -> None:
    """Runs named by ids, or by a frame, are the only ones watched; one that does not exist is said to be missing."""
    sim = make_sim(runs=120)
    with site(sim) as here:
        some = here.ws.runs().sample(count, random_state=1)
        monitor = here.monitor(some if form == "frame" else list(some["id"]))
        assert set(monitor.frame["id"]) == set(some["id"])
        assert monitor.frame.attrs["completeness"]["complete"]
        lacking = here.monitor([*some["id"], "00000000-0000-4000-8000-000000000000"])
        assert set(lacking.frame["id"]) == set(some["id"])
        assert not lacking.frame.attrs["completeness"]["complete"]
        assert any("do not exist" in text for text in texts(lacking))


def test_a_watched_run_that_is_deleted_is_gone(make_sim: Callable[..., Simulator]) -> None:
    """Where the last live run that was asked for is deleted elsewhere, the watching ends and says what is missing."""
    sim = make_sim(runs=60)
    with site(sim) as here:
        born = launched(here)
        monitor = here.monitor([born, here.ws.runs()["id"].iloc[-1]])
        here.ws.api.runs.update(born, status=RunStatus.CANCELLED)
        here.ws.api.runs.delete(born)
        here.tick(monitor, 12)
        assert born not in set(monitor.wait(0)["id"])
        assert any("1 of the 2 runs asked for do not exist" in text for text in texts(monitor))


def test_a_longer_list_than_it_holds_is_said(
    make_sim: Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of too many runs the newest are shown, and words and frame say that there are more."""
    monkeypatch.setattr(monitoring, "RUNS_MAX", 1000)
    sim = make_sim(runs=1500)
    with site(sim) as here:
        monitor = here.monitor()
        newest = here.ws.runs()["id"][:1000]
        assert set(newest) <= set(monitor.frame["id"])
        assert len(monitor.frame) < 1500
        assert not monitor.frame.attrs["completeness"]["complete"]
        assert any("This is not the whole list" in text for text in texts(monitor))


def test_cancel_and_retry_reach_the_server(make_sim: Callable[..., Simulator], tmp_path: Path) -> None:
    """A live run is cancelled; an ended one is saved with screens and files, then retried under its id."""
    sim = make_sim(runs=200)
    with site(sim) as here:
        monitor = here.monitor()
        kept = monitor.folder = tmp_path / "kept"
        live = next(iter(monitor._book.live))
        assert monitor.cancel(live).result(30)[0].error is None
        assert sim.world.run(live)["status"] == "cancelled"
        files = here.ws.api.run_attachments.iter(attachment_type="output")
        run_id = next(one.run_id for one in files if one.run_id in monitor._book.runs)
        before = here.ws.api.runs.get(run_id)
        (outcome,) = monitor.retry(run_id, save=True).result(60)
        assert outcome.error is None
        assert sim.world.run(run_id)["status"] == "scheduling"
        folder = kept / run_id
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        assert record["output_data"] == before.output_data
        assert len(record["run_message_history"]) == len(before.run_message_history or ())
        assert any((folder / "output_files").iterdir())
        assert any((folder / "screenshots").glob("*.png"))
        assert [one.name for one in kept.iterdir()] == [run_id], "nothing half-written stays"


def test_a_folder_that_cannot_be_written_stops_the_retry(make_sim: Callable[..., Simulator], tmp_path: Path) -> None:
    """Where the record cannot be saved nothing is erased."""
    sim = make_sim(runs=60)
    (tmp_path / "file").write_text("in the way")
    with site(sim) as here:
        monitor = here.monitor(status=RunStatus.SUCCESS)
        monitor.folder = tmp_path / "file"
        run_id = monitor.frame["id"][0]
        (outcome,) = monitor.retry(run_id, save=True).result(30)
        assert "cannot be written to" in str(outcome.error)
        assert sim.world.run(run_id)["status"] == "success"


def test_it_outlasts_a_killed_server(tmp_path: Path) -> None:
    """While the server is dead the rows stay beside words that say so; once it is back, all goes on unasked."""
    with killable(tmp_path, "--speed=0") as fleet, site(fleet) as here:
        born = launched(here)
        monitor = here.monitor()
        before = set(monitor.frame["id"])
        assert born in monitor._book.live
        fleet.kill()
        here.tick(monitor, 6)
        words = " ".join(texts(monitor))
        assert "This is the last known state, good at" in words
        assert "Asking again in" in words
        assert set(monitor.frame["id"]) == before
        fleet.start("--speed=0")
        here.tick(monitor, 12)
        assert "last known state" not in " ".join(texts(monitor))
        assert set(monitor.frame["id"]) == before
        assert monitor.frame.attrs["completeness"]["complete"]


def test_closing_the_workspace_closes_its_monitors(make_sim: Callable[..., Simulator]) -> None:
    """After `close` nothing ticks, and the monitor says that it is closed."""
    sim = make_sim()
    with site(sim) as here:
        monitor = here.monitor()
    assert here.ticks.running == 0
    with pytest.raises(ClientClosedError):
        monitor.refresh()


@pytest.mark.parametrize("fault", ["bad_values", "hostile_text", "unknown_enums"])
def test_answers_full_of_nonsense_are_shown_as_far_as_they_go(make_sim: Callable[..., Simulator], fault: str) -> None:
    """Values of the wrong kind, hostile text and unknown statuses stop nothing, and what was unreadable is counted."""
    sim = make_sim(runs=60)
    with site(sim) as here:
        sim.faults.add({"fault": fault, "share": 0.5}, path="/v1/runs")
        monitor = here.monitor()
        here.tick(monitor, 3)
        assert monitor._poller.failure is None
        assert len(monitor.frame) == 60
        assert all(text.isprintable() for text in texts(monitor))
        unread = any("could not be read" in text for text in texts(monitor))
        assert unread == (fault != "hostile_text")
        sim.faults.clear()
        monitor.refresh(30)
        assert set(monitor.frame["id"]) == set(here.ws.runs()["id"])
